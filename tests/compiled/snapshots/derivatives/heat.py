import numpy as np

from chainrule.compiled.runtime import radd


def heat_value_and_grad(u, kappa, steps):
    n = u.shape[0]
    # line 5: u = u.copy()
    u_1 = np.empty(n)
    for i in range(n):
        u_1[i] = u[i]
    # line 6: for _ in range(steps):
    n_1 = max(steps, 0)
    # line 7: u[1:-1] += kappa * (u[2:] - 2 * u[1:-1] + u[:-2])
    n_2 = max(n - 2, 0)
    # line 6: for _ in range(steps):
    for _ in range(n_1):
        # line 7: u[1:-1] += kappa * (u[2:] - 2 * u[1:-1] + u[:-2])
        t_2 = np.empty(n_2)
        for i in range(n_2):
            t_2[i] = kappa*(u_1[i + 2] - 2.0*u_1[i + 1] + u_1[i])
        for i in range(n_2):
            u_1[i + 1] += t_2[i]
    total = 0.0
    # line 8: return np.sum(u * u)
    for i in range(n):
        t = u_1[i]
        total = radd(total, t*t)
    u_bar = np.empty(n)
    # line 5: u = u.copy()
    u_bar_1 = np.empty(n)
    # line 8: return np.sum(u * u)
    for i in range(n):
        t_1 = u_1[i]
        u_bar[i] = t_1 + t_1
    # line 7: u[1:-1] += kappa * (u[2:] - 2 * u[1:-1] + u[:-2])
    some = n_2 >= 2
    # line 6: for _ in range(steps):
    for _ in range(n_1 - 1, -1, -1):
        # line 7: u[1:-1] += kappa * (u[2:] - 2 * u[1:-1] + u[:-2])
        t_bar_1 = np.empty(n_2)
        for i in range(n_2):
            t_bar_1[i] = u_bar[i + 1]
        if some:
            t_bar = t_bar_1[0]*kappa
            u_bar[0] += t_bar
            u_bar[1] += -t_bar*2.0 + t_bar_1[1]*kappa
            for i in range(n_2 - 2):
                u_bar[i + 2] += t_bar_1[i]*kappa - t_bar_1[i + 1]*kappa*2.0 + t_bar_1[i + 2]*kappa
            t_bar = t_bar_1[n_2 - 1]*kappa
            u_bar[n_2] += t_bar_1[n_2 - 2]*kappa - t_bar*2.0
            u_bar[n_2 + 1] += t_bar
        else:
            for i in range(n_2):
                t_bar = t_bar_1[i]*kappa
                u_bar[i] += t_bar
                u_bar[i + 1] -= t_bar*2.0
                u_bar[i + 2] += t_bar
    # line 5: u = u.copy()
    for i in range(n):
        u_bar_1[i] = u_bar[i]
    return total, u_bar_1
