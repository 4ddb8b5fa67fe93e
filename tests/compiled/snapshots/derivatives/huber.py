import numpy as np

from chainrule.compiled.runtime import radd


def huber_value_and_grad(x, y, slope):
    n = x.shape[0]
    # line 4: r = abs(y[i] - slope * x[i])
    if not (n <= 0 or n <= y.shape[0]):
        raise IndexError("index is out of bounds")
    total = 0.0
    # line 3: for i in range(len(x)):
    for i in range(n):
        # line 4: r = abs(y[i] - slope * x[i])
        r = abs(y[i] - slope*x[i])
        # line 5: if r < 1.0:
        total = total + r*r/2.0 if r < 1.0 else total + (r - 0.5)
    slope_bar = 0.0
    # line 3: for i in range(len(x)):
    for i in range(n):
        # line 5: if r < 1.0:
        x_1 = x[i]
        t = y[i] - slope*x_1
        r = abs(t)
        # line 6: total += r * r / 2
        r_bar = 0.5*r
        # line 4: r = abs(y[i] - slope * x[i])
        t_bar = -(r_bar + r_bar if r < 1.0 else 1.0)*np.sign(t)
        slope_bar = radd(slope_bar, t_bar*x_1 if t_bar != 0.0 else 0.0)
    return total, slope_bar
