"""By hand: blocks that stay in the cache, each shifted by its own largest number, and one pass that scales them."""

from __future__ import annotations

import math

import numba
import numpy as np

from problems.exponential import exp

BLOCK = 1024


@numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz", "nnan"})
def largest_of(x):
    largest = x[0]
    for i in range(x.shape[0]):
        largest = max(largest, x[i])
    return largest


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
def objective(x):
    largest, total = -np.inf, 0.0
    for start in range(0, x.shape[0], BLOCK):
        part = x[start : start + BLOCK]
        shift = largest_of(part)
        if shift > largest:
            total *= exp(largest - shift)
            largest = shift
        total += sum_of_exponentials(part, largest)
    return largest + math.log(total)


@numba.njit(cache=True, error_model="numpy")
def gradient(x, x_bar, shifts):
    largest, total = -np.inf, 0.0
    for start in range(0, x.shape[0], BLOCK):
        part = x[start : start + BLOCK]
        shift = largest_of(part)
        if shift > largest:
            total *= exp(largest - shift)
            largest = shift
        shifts[start // BLOCK] = largest
        total += exponentials(part, largest, x_bar[start : start + BLOCK])
    for start in range(0, x.shape[0], BLOCK):
        scale = exp(shifts[start // BLOCK] - largest) / total
        part = x_bar[start : start + BLOCK]
        for i in range(part.shape[0]):
            part[i] *= scale
    return x_bar


def prepare(data):
    (x,) = data
    x_bar, shifts = np.empty_like(x), np.empty(len(x) // BLOCK + 1)
    return lambda: objective(x), lambda: gradient(x, x_bar, shifts)
