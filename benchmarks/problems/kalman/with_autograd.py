"""In autograd."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad


def objective(motion, view, q, r, observed):
    x, p = np.zeros(len(motion)), np.eye(len(motion))
    noise, blur = np.diag(np.exp(q)), np.diag(np.exp(r))
    total = 0.0
    for y in observed:
        x = np.dot(motion, x)
        p = np.dot(np.dot(motion, p), motion.T) + noise
        miss = y - np.dot(view, x)
        s = np.dot(np.dot(view, p), view.T) + blur
        gain = np.linalg.solve(s, np.dot(view, p)).T
        known = np.dot(miss, np.linalg.solve(s, miss))
        total = total + 0.5 * (known + np.linalg.slogdet(s)[1] + len(view) * np.log(2 * np.pi))
        x = x + np.dot(gain, miss)
        p = p - np.dot(np.dot(gain, view), p)
    return total


def prepare(data):
    gradient = grad(objective, argnum=(0, 1, 2, 3))
    return lambda: objective(*data), lambda: gradient(*data)
