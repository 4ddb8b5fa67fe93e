"""By hand: a place of the pooled image at a time, forwards the four convolutions that compete for it, backwards one.

Only the largest of the four has an adjoint, so that the way back has a quarter of the work. Images are seen as rows in
which the channels of a pixel follow each other: what a kernel meets of a row is contiguous then.
"""

from __future__ import annotations

import numba
import numpy as np

from problems.mlp.by_hand import loss

SETTINGS = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}}


@numba.njit(**SETTINGS)
def layer(x, kernel, bias, pooled, places, sums):
    """Convolve, rectify and pool; note which of the four was the largest, or -1 if none is positive."""
    batch, n, _, kernels = pooled.shape
    width, flat = kernel.shape[0] // 3, x.reshape(batch, x.shape[1], -1)
    step = width // 3
    p, q, r, s = sums[0], sums[1], sums[2], sums[3]
    for b in range(batch):
        for i in range(n):
            for j in range(n):
                sums[:] = 0.0
                left, right = 2 * j * step, (2 * j + 1) * step
                for k in range(3):
                    upper, lower = flat[b, 2 * i + k], flat[b, 2 * i + 1 + k]
                    for t in range(width):
                        w = kernel[k * width + t]
                        a, c, d, e = upper[left + t], upper[right + t], lower[left + t], lower[right + t]
                        for o in range(kernels):
                            p[o] += a * w[o]
                            q[o] += c * w[o]
                            r[o] += d * w[o]
                            s[o] += e * w[o]
                result, place = pooled[b, i, j], places[b, i, j]
                for o in range(kernels):
                    first, second = max(p[o], q[o]), max(r[o], s[o])
                    top = max(first, second) + bias[o]
                    winner = (0 if first == p[o] else 1) if first >= second else (2 if second == r[o] else 3)
                    place[o] = winner if top > 0.0 else -1
                    result[o] = max(top, 0.0)


@numba.njit(**SETTINGS)
def layer_back(bar, places, x, kernel, kernel_bar, bias_bar, x_bar, further):
    """The adjoints of a layer; kernels have their own numbers in a row here. The first layer's images need none."""
    batch, n, _, kernels = bar.shape
    width = kernel.shape[1] // 3
    step, flat, flat_bar = width // 3, x.reshape(batch, x.shape[1], -1), x_bar.reshape(batch, x.shape[1], -1)
    kernel_bar[:] = 0.0
    bias_bar[:] = 0.0
    if further:
        x_bar[:] = 0.0
    for b in range(batch):
        for i in range(n):
            for j in range(n):
                for o in range(kernels):
                    place, g = places[b, i, j, o], bar[b, i, j, o]
                    if place < 0:
                        continue
                    bias_bar[o] += g
                    start = (2 * j + place % 2) * step
                    for k in range(3):
                        at = 2 * i + place // 2 + k
                        row, own = flat[b, at, start : start + width], kernel_bar[o, k * width : (k + 1) * width]
                        for t in range(width):
                            own[t] += g * row[t]
                        if further:
                            row, own = flat_bar[b, at, start : start + width], kernel[o, k * width : (k + 1) * width]
                            for t in range(width):
                                row[t] += g * own[t]


@numba.njit(**SETTINGS)
def forward(k1, b1, k2, b2, w, b3, x, labels, first, second, scores):
    layer(x, k1.reshape(-1, len(b1)), b1, *first)
    layer(first[0], k2.reshape(-1, len(b2)), b2, *second)
    np.dot(second[0].reshape(len(x), -1), w, scores)
    return loss(scores, b3, labels)


@numba.njit(**SETTINGS)
def gradient(k1, b1, k2, b2, w, b3, x, labels, first, second, scores, bars, result):
    forward(k1, b1, k2, b2, w, b3, x, labels, first, second, scores)
    x_bar, h1_bar, h2_bar, turned1, turned2, turned1_bar, turned2_bar = bars
    k1_bar, b1_bar, k2_bar, b2_bar, w_bar, b3_bar = result
    np.dot(second[0].reshape(len(x), -1).T, scores, w_bar)
    np.dot(scores, w.T, h2_bar.reshape(len(x), -1))
    b3_bar[:] = 0.0
    for i in range(len(scores)):
        for j in range(len(b3_bar)):
            b3_bar[j] += scores[i, j]
    turned1[:] = k1.reshape(-1, len(b1)).T
    turned2[:] = k2.reshape(-1, len(b2)).T
    layer_back(h2_bar, second[1], first[0], turned2, turned2_bar, b2_bar, h1_bar, True)
    layer_back(h1_bar, first[1], x, turned1, turned1_bar, b1_bar, x_bar, False)
    k1_bar.reshape(-1, len(b1))[:] = turned1_bar.T
    k2_bar.reshape(-1, len(b2))[:] = turned2_bar.T
    return result


def room(batch, size, kernels):
    """For a layer: what is pooled, the places, and four sums."""
    shape = batch, (size - 2) // 2, (size - 2) // 2, kernels
    return np.empty(shape), np.empty(shape, np.int64), np.empty((4, kernels))


def prepare(data):
    k1, b1, k2, b2, _, _, x, _ = data
    first = room(len(x), x.shape[1], len(b1))
    second = room(len(x), first[0].shape[1], len(b2))
    scores = np.empty((len(x), 10))
    turned = [np.empty((len(b), k.size // len(b))) for k, b in ((k1, b1), (k2, b2))] * 2
    bars = (x.copy(), np.empty_like(first[0]), np.empty_like(second[0]), *(part.copy() for part in turned))
    result = tuple(np.empty_like(part) for part in data[:6])
    return (
        lambda: forward(*data, first, second, scores),
        lambda: gradient(*data, first, second, scores, bars, result),
    )
