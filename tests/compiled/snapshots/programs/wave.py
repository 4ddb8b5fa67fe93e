import numpy as np


def wave(now, speed, steps):
    before, after = now.copy(), np.zeros_like(now)
    for _ in range(steps):
        bend = now[2:] - 2 * now[1:-1] + now[:-2]
        after[1:-1] = 2 * now[1:-1] - before[1:-1] + speed**2 * bend
        before, now, after = now, after, before
    return np.sum(now**2)
