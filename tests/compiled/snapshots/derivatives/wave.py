import numpy as np

from chainrule.compiled.runtime import radd


def wave_value_and_grad(now, speed, steps):
    n = now.shape[0]
    now_1 = np.empty(n)
    for j in range(n):
        now_1[j] = now[j]
    # line 5: before, after = now.copy(), np.zeros_like(now)
    before = np.empty(n)
    for i in range(n):
        before[i] = now_1[i]
    after = np.zeros(n)
    # line 6: for _ in range(steps):
    n_1 = max(steps, 0)
    # line 7: bend = now[2:] - 2 * now[1:-1] + now[:-2]
    n_2 = max(n - 2, 0)
    # line 8: after[1:-1] = 2 * now[1:-1] - before[1:-1] + speed**2 * bend
    t = speed*speed
    all_bend = np.empty((n_1, n_2))
    # line 6: for _ in range(steps):
    for k in range(n_1):
        # line 7: bend = now[2:] - 2 * now[1:-1] + now[:-2]
        for i in range(n_2):
            all_bend[k, i] = now_1[i + 2] - 2.0*now_1[i + 1] + now_1[i]
        # line 8: after[1:-1] = 2 * now[1:-1] - before[1:-1] + speed**2 * bend
        for i in range(n_2):
            k_1 = i + 1
            after[k_1] = 2.0*now_1[k_1] - before[k_1] + t*all_bend[k, i]
        # line 9: before, now, after = now, after, before
        before, now_1, after = now_1, after, before
    total = 0.0
    # line 10: return np.sum(now**2)
    for i in range(n):
        total = radd(total, now_1[i]**2)
    n_3 = now_1.shape[0]
    now_bar_1 = np.empty(n_3)
    # line 6: for _ in range(steps):
    before_bar = np.zeros(n)
    after_bar = np.zeros(n)
    # line 10: return np.sum(now**2)
    for i in range(n):
        now_bar_1[i] = 2.0*now_1[i]
    now_bar_row = now_bar_1[n:]
    for i in range(n_3 - n):
        now_bar_row[i] = 0.0
    t_bar_1 = 0.0
    # line 6: for _ in range(steps):
    for k in range(n_1 - 1, -1, -1):
        # line 8: after[1:-1] = 2 * now[1:-1] - before[1:-1] + speed**2 * bend
        bend_bar = np.empty(n_2)
        # line 9: before, now, after = now, after, before
        now_bar_1, after_bar, before_bar = before_bar, now_bar_1, after_bar
        # line 8: after[1:-1] = 2 * now[1:-1] - before[1:-1] + speed**2 * bend
        for i in range(n_2):
            k_1 = i + 1
            t_bar = after_bar[k_1]
            after_bar[k_1] = 0.0
            t_bar_1 = radd(t_bar_1, t_bar*all_bend[k, i])
            bend_bar[i] = t_bar*t
            before_bar[k_1] -= t_bar
            now_bar_1[k_1] += t_bar*2.0
        # line 7: bend = now[2:] - 2 * now[1:-1] + now[:-2]
        for i in range(n_2):
            now_bar_1[i] += bend_bar[i]
        for i in range(n_2):
            now_bar_1[i + 1] -= bend_bar[i]*2.0
        for i in range(n_2):
            now_bar_1[i + 2] += bend_bar[i]
    # line 5: before, after = now.copy(), np.zeros_like(now)
    for i in range(n):
        now_bar = before_bar[i]
        before_bar[i] = 0.0
        now_bar_1[i] += now_bar
    return total, now_bar_1, t_bar_1*(2.0*speed)
