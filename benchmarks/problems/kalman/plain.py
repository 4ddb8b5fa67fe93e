"""The program."""

from __future__ import annotations

import numpy as np


def objective(motion, view, q, r, observed):
    x, p = np.zeros(len(motion)), np.eye(len(motion))
    noise, blur = np.diag(np.exp(q)), np.diag(np.exp(r))
    total = 0.0
    for t in range(len(observed)):
        x = motion @ x
        p = motion @ p @ motion.T + noise
        miss = observed[t] - view @ x
        s = view @ p @ view.T + blur
        gain = np.linalg.solve(s, view @ p).T
        total += 0.5 * (miss @ np.linalg.solve(s, miss) + np.linalg.slogdet(s)[1] + len(view) * np.log(2 * np.pi))
        x = x + gain @ miss
        p = p - gain @ view @ p
    return total
