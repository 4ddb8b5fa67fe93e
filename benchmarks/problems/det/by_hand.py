"""By hand: one recursion that takes the weight of a minor down and brings its determinant up.

The columns that are left are a linked list, as in the published programs, so that nothing is copied. The last two rows
are written out, to save calls.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit("float64(float64[:, ::1], int64[::1], int64)", cache=True, error_model="numpy")
def minor(a, after, row):
    """The determinant of the rows from `row` on, in the columns of the list."""
    head, total, sign = len(a), 0.0, 1.0
    before, column = head, after[head]
    if row == len(a) - 2:
        other = after[column]
        return a[row, column] * a[row + 1, other] - a[row, other] * a[row + 1, column]
    while column != head:
        after[before] = after[column]
        total += sign * a[row, column] * minor(a, after, row + 1)
        after[before] = column
        sign = -sign
        before, column = column, after[column]
    return total


@numba.njit("float64(float64[:, ::1], int64[::1], int64, float64, float64[:, ::1])", cache=True, error_model="numpy")
def minor_with_cofactors(a, after, row, weight, a_bar):
    """The same, and what the elements of these rows contribute to the derivative, times the weight."""
    head, total, sign = len(a), 0.0, 1.0
    before, column = head, after[head]
    if row == len(a) - 2:
        other = after[column]
        a_bar[row, column] += weight * a[row + 1, other]
        a_bar[row + 1, other] += weight * a[row, column]
        a_bar[row, other] -= weight * a[row + 1, column]
        a_bar[row + 1, column] -= weight * a[row, other]
        return a[row, column] * a[row + 1, other] - a[row, other] * a[row + 1, column]
    while column != head:
        after[before] = after[column]
        factor = sign * a[row, column]
        value = minor_with_cofactors(a, after, row + 1, weight * factor, a_bar)
        a_bar[row, column] += weight * sign * value
        total += factor * value
        after[before] = column
        sign = -sign
        before, column = column, after[column]
    return total


@numba.njit(cache=True, error_model="numpy")
def gradient(a, after, a_bar):
    a_bar[:] = 0.0
    minor_with_cofactors(a, after, 0, 1.0, a_bar)
    return a_bar


def prepare(data):
    (a,) = data
    ell = len(a)
    after = np.array([*range(1, ell + 1), 0])  # after the head, which stands last, comes the first column
    a_bar = np.empty_like(a)
    return lambda: minor(a, after, 0), lambda: gradient(a, after, a_bar)
