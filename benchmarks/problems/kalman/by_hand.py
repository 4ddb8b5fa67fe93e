"""By hand: the adjoint of each step, in products of small matrices; what a step has computed is kept.

With S the covariance of what is seen, A = view P, W = S^-1 A and s = S^-1 miss, a step ends with x + A' s and P - A' W.
All adjoints of covariances are symmetric.
"""

from __future__ import annotations

import math

import numba
import numpy as np

SETTINGS = {"cache": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}
CONSTANT = math.log(2 * math.pi)


@numba.njit(**SETTINGS)
def times(a, b, result):
    """Set a result to a product of small matrices."""
    for i in range(a.shape[0]):
        row = result[i]
        for j in range(b.shape[1]):
            row[j] = a[i, 0] * b[0, j]
        for k in range(1, a.shape[1]):
            x, other = a[i, k], b[k]
            for j in range(b.shape[1]):
                row[j] += x * other[j]


@numba.njit(**SETTINGS)
def add(factor, a, b, result):
    """Add a multiple of a product."""
    for i in range(a.shape[0]):
        row = result[i]
        for k in range(a.shape[1]):
            x, other = factor * a[i, k], b[k]
            for j in range(b.shape[1]):
                row[j] += x * other[j]


@numba.njit(**SETTINGS)
def act(a, x, result):
    for i in range(len(a)):
        total = 0.0
        for j in range(len(x)):
            total += a[i, j] * x[j]
        result[i] = total


@numba.njit(**SETTINGS)
def invert(s, root, result):
    """Set a result to the inverse of a definite matrix; return the logarithm of the determinant."""
    n = len(s)
    log_det = 0.0
    for j in range(n):
        for i in range(j, n):
            total = s[i, j]
            for k in range(j):
                total -= root[i, k] * root[j, k]
            root[i, j] = math.sqrt(total) if i == j else total / root[j, j]
        log_det += 2.0 * math.log(root[j, j])
    for c in range(n):
        for i in range(n):
            total = 1.0 if i == c else 0.0
            for k in range(i):
                total -= root[i, k] * result[k, c]
            result[i, c] = total / root[i, i]
        for i in range(n - 1, -1, -1):
            total = result[i, c]
            for k in range(i + 1, n):
                total -= root[k, i] * result[k, c]
            result[i, c] = total / root[i, i]
    return log_det


@numba.njit(**SETTINGS)
def step(motion, turned, view, seen_by, noise, blur, y, x, p, ahead, spread, a, w, inverse, sight, new_x, new_p, work):
    """One step; all it computes is left in its arguments. Return what it adds to the sum."""
    n, m = view.shape[1], view.shape[0]
    half, s, root, miss = work
    act(motion, x, ahead)
    times(motion, p, half)
    times(half, turned, spread)
    times(view, spread, a)
    act(view, ahead, miss)
    for i in range(m):
        miss[i] = y[i] - miss[i]
    for i in range(n):
        spread[i, i] += noise[i]
        for k in range(m):
            a[k, i] += view[k, i] * noise[i]
    times(a, seen_by, s)
    for i in range(m):
        s[i, i] += blur[i]
    log_det = invert(s, root, inverse)
    act(inverse, miss, sight)
    times(inverse, a, w)
    for i in range(n):
        total = ahead[i]
        for k in range(m):
            total += a[k, i] * sight[k]
        new_x[i] = total
        row = new_p[i]
        for j in range(n):
            row[j] = spread[i, j]
        for k in range(m):
            for j in range(n):
                row[j] -= a[k, i] * w[k, j]
    known = 0.0
    for k in range(m):
        known += miss[k] * sight[k]
    return 0.5 * (known + log_det + m * CONSTANT)


@numba.njit(**SETTINGS)
def start(motion, view, q, r, xs, ps):
    xs[0] = 0.0
    ps[0] = 0.0
    for i in range(len(motion)):
        ps[0, i, i] = 1.0
    return motion.T.copy(), view.T.copy(), np.exp(q), np.exp(r)


@numba.njit(**SETTINGS)
def objective(motion, view, q, r, observed, kept, work):
    xs, ps, ahead, spread, a, w, inverse, sight = kept
    turned, seen_by, noise, blur = start(motion, view, q, r, xs, ps)
    total = 0.0
    for t in range(len(observed)):
        now, then = t & 1, 1 - (t & 1)
        total += step(
            motion, turned, view, seen_by, noise, blur, observed[t], xs[now], ps[now], ahead[0], spread[0], a[0], w[0],
            inverse[0], sight[0], xs[then], ps[then], work,
        )  # fmt: skip
    return total


@numba.njit(**SETTINGS)
def gradient(motion, view, q, r, observed, kept, work, room):
    xs, ps, aheads, spreads, seens, gains, inverses, sights = kept
    turned, seen_by, noise, blur = start(motion, view, q, r, xs, ps)
    n, m = view.shape[1], view.shape[0]
    for t in range(len(observed)):
        step(
            motion, turned, view, seen_by, noise, blur, observed[t], xs[t], ps[t], aheads[t], spreads[t], seens[t],
            gains[t], inverses[t], sights[t], xs[t + 1], ps[t + 1], work,
        )  # fmt: skip
    d_motion, d_view, d_noise, d_blur = np.zeros((n, n)), np.zeros((m, n)), np.zeros(n), np.zeros(m)
    x_bar, p_bar, a_bar, s_bar, u, half, other, seen_half = room
    x_bar[:] = 0.0
    p_bar[:] = 0.0
    for t in range(len(observed) - 1, -1, -1):
        a, w, s, inverse, ahead, spread = seens[t], gains[t], sights[t], inverses[t], aheads[t], spreads[t]
        act(w, x_bar, u)
        times(w, p_bar, seen_half)
        for i in range(m):
            for j in range(n):
                a_bar[i, j] = s[i] * x_bar[j] - 2.0 * seen_half[i, j]
            for k in range(m):
                total = 0.5 * (inverse[i, k] - u[i] * s[k] - s[i] * u[k] - s[i] * s[k])
                for j in range(n):
                    total += seen_half[i, j] * w[k, j]
                s_bar[i, k] = total
            d_blur[i] += s_bar[i, i]
        add(1.0, s_bar, view, a_bar)
        add(1.0, s_bar, a, d_view)
        add(1.0, a_bar, spread, d_view)
        for k in range(m):  # the miss
            bar = u[k] + s[k]
            for j in range(n):
                d_view[k, j] -= bar * ahead[j]
                x_bar[j] -= bar * view[k, j]
        for i in range(n):
            for j in range(n):
                total = 0.0
                for k in range(m):
                    total += view[k, i] * a_bar[k, j] + a_bar[k, i] * view[k, j]
                p_bar[i, j] += 0.5 * total
            d_noise[i] += p_bar[i, i]
        times(p_bar, motion, half)
        add(2.0, half, ps[t], d_motion)
        times(turned, half, p_bar)
        for i in range(n):
            for j in range(n):
                d_motion[i, j] += x_bar[i] * xs[t, j]
        act(turned, x_bar, other)
        x_bar[:] = other
    return d_motion, d_view, d_noise * noise, d_blur * blur


def prepare(data):
    motion, view, _, _, observed = data
    n, m, steps = len(motion), len(view), len(observed)
    shapes = (n,), (n, n), (n,), (n, n), (m, n), (m, n), (m, m), (m,)
    kept = tuple(np.zeros((steps + 1, *shape)) for shape in shapes)
    few = tuple(np.zeros((2, *shape)) for shape in shapes)
    work = tuple(np.zeros(shape) for shape in ((n, n), (m, m), (m, m), (m,)))
    room = tuple(np.zeros(shape) for shape in ((n,), (n, n), (m, n), (m, m), (m,), (n, n), (n,), (m, n)))
    return lambda: objective(*data, few, work), lambda: gradient(*data, kept, work, room)
