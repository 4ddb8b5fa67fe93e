"""What compilers can put into vector registers, for the programs that are written by hand.

For an exponential Numba calls the C library, 2.8 ns each; a polynomial takes a fifth of that, and errs by one unit in
the last place or so. A largest number is sought by LLVM one number at a time; so it is sought here in 64 lanes.
"""

from __future__ import annotations

import numba
import numpy as np

_LOG2E, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
_MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to a whole number, which stands in the last bits


@numba.njit(inline="never", fastmath={"contract"}, error_model="numpy")
def exp(x):
    """e to the power of x, for x up to 709; below -708 the result is that for -708, 3e-308."""
    x = max(x, -708.0)
    shifted = x * _LOG2E + _MAGIC
    n = shifted - _MAGIC
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r * r + r
    bits = np.float64(shifted).view(np.int64)
    power = np.int64((bits << 52) + (1023 << 52)).view(np.float64)
    return p * power + power


@numba.njit(error_model="numpy")
def largest(x, lanes):
    """The largest number of a vector without nan; `lanes` are 64 numbers to work with."""
    whole = x.shape[0] // 64 * 64
    for v in range(64):
        lanes[v] = -np.inf
    for start in range(0, whole, 64):
        for v in range(64):
            lanes[v] = max(lanes[v], x[start + v])
    result = -np.inf
    for i in range(whole, x.shape[0]):
        result = max(result, x[i])
    for v in range(64):
        result = max(result, lanes[v])
    return result
