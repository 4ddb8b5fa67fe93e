def root_value_and_grad(a):
    saved_x = []
    x = a
    k = 0
    # line 3: while abs(x * x - a) > 1e-12:
    while abs(x*x - a) > 1e-12:
        saved_x.append(x)
        # line 4: x = (x + a / x) / 2
        x = (x + a/x)/2.0
        k += 1
    x_bar = 1.0
    a_bar = 0.0
    # line 3: while abs(x * x - a) > 1e-12:
    for _ in range(k - 1, -1, -1):
        # line 4: x = (x + a / x) / 2
        x_1 = saved_x.pop()
        t_bar = x_bar*0.5
        a_bar += t_bar*(1.0/x_1) if t_bar != 0.0 else 0.0
        x_bar = t_bar + (-t_bar*(a/x_1/x_1) if t_bar != 0.0 else 0.0)
    return x, a_bar + x_bar
