"""By hand: blocks that stay in the cache, each shifted by its own largest number, and one pass that scales them."""

from __future__ import annotations

import math

import numba
import numpy as np

from problems.vectors import exp, largest

BLOCK = 1024


@numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz"})
def exponentials(x, shift, out):
    total = 0.0
    for i in range(x.shape[0]):
        out[i] = exp(x[i] - shift)
        total += out[i]
    return total


@numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz"})
def sum_of_exponentials(x, shift):
    total = 0.0
    for i in range(x.shape[0]):
        total += exp(x[i] - shift)
    return total


@numba.njit(cache=True, error_model="numpy")
def objective(x, lanes):
    top, total = -np.inf, 0.0
    for start in range(0, x.shape[0], BLOCK):
        part = x[start : start + BLOCK]
        shift = largest(part, lanes)
        if shift > top:
            total *= exp(top - shift)
            top = shift
        total += sum_of_exponentials(part, top)
    return top + math.log(total)


@numba.njit(cache=True, error_model="numpy")
def gradient(x, lanes, x_bar, shifts):
    top, total = -np.inf, 0.0
    for start in range(0, x.shape[0], BLOCK):
        part = x[start : start + BLOCK]
        shift = largest(part, lanes)
        if shift > top:
            total *= exp(top - shift)
            top = shift
        shifts[start // BLOCK] = top
        total += exponentials(part, top, x_bar[start : start + BLOCK])
    for start in range(0, x.shape[0], BLOCK):
        scale = exp(shifts[start // BLOCK] - top) / total
        part = x_bar[start : start + BLOCK]
        for i in range(part.shape[0]):
            part[i] *= scale
    return x_bar


def prepare(data):
    (x,) = data
    lanes, x_bar, shifts = np.empty(64), np.empty_like(x), np.empty(len(x) // BLOCK + 1)
    return lambda: objective(x, lanes), lambda: gradient(x, lanes, x_bar, shifts)
