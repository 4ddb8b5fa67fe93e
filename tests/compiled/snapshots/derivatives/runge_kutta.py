import numpy as np


def runge_kutta_value_and_grad(y, rate, steps):
    # line 6: h = 1.0 / steps
    h = 1.0/steps
    # line 7: for _ in range(steps):
    n = max(steps, 0)
    # line 2: return -rate * y * y
    t = -rate
    # line 9: k2 = decay(y + h / 2 * k1, rate)
    t_1 = h/2.0
    # line 12: y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    t_2 = h/6.0
    saved_y = np.empty(n)
    # line 7: for _ in range(steps):
    for k in range(n):
        saved_y[k] = y
        # line 2: return -rate * y * y
        k1 = t*y*y
        # line 9: k2 = decay(y + h / 2 * k1, rate)
        t_3 = y + t_1*k1
        # line 2: return -rate * y * y
        k2 = t*t_3*t_3
        # line 10: k3 = decay(y + h / 2 * k2, rate)
        t_4 = y + t_1*k2
        # line 2: return -rate * y * y
        k3 = t*t_4*t_4
        # line 11: k4 = decay(y + h * k3, rate)
        t_5 = y + h*k3
        # line 12: y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        y += t_2*(k1 + 2.0*k2 + 2.0*k3 + t*t_5*t_5)
    y_bar = 1.0
    t_bar_7 = 0.0
    # line 7: for _ in range(steps):
    for k in range(n - 1, -1, -1):
        # line 2: return -rate * y * y
        y_1 = saved_y[k]
        t_6 = t*y_1
        t_7 = y_1 + t_1*(t_6*y_1)
        t_8 = t*t_7
        t_9 = y_1 + t_1*(t_8*t_7)
        t_10 = t*t_9
        t_11 = y_1 + h*(t_10*t_9)
        # line 12: y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        t_bar = y_bar*t_2
        k3_bar = t_bar*2.0
        # line 2: return -rate * y * y
        t_bar_1 = t_bar*t_11
        t_bar_2 = t_bar*(t*t_11) + t_bar_1*t
        # line 11: k4 = decay(y + h * k3, rate)
        k3_bar_1 = k3_bar + t_bar_2*h
        # line 2: return -rate * y * y
        t_bar_3 = k3_bar_1*t_9
        t_bar_4 = k3_bar_1*t_10 + t_bar_3*t
        # line 10: k3 = decay(y + h / 2 * k2, rate)
        k2_bar = k3_bar + t_bar_4*t_1
        # line 2: return -rate * y * y
        t_bar_5 = k2_bar*t_7
        t_bar_6 = k2_bar*t_8 + t_bar_5*t
        # line 9: k2 = decay(y + h / 2 * k1, rate)
        k1_bar = t_bar + t_bar_6*t_1
        # line 2: return -rate * y * y
        t_bar = k1_bar*y_1
        t_bar_7 = t_bar_7 + t_bar_1*t_11 + t_bar_3*t_9 + t_bar_5*t_7 + t_bar*y_1
        y_bar = y_bar + t_bar_2 + t_bar_4 + t_bar_6 + k1_bar*t_6 + t_bar*t
    return y, y_bar, -t_bar_7
