"""Bins, bits and parts of numbers in compiled programs."""

import numpy as np
import pytest

import chainrule as cr

BINS = [np.array([0.5, 1.0, 2.0]), np.array([2.0, 1.2, 0.5]), np.array([1.0]), np.array([1.0, 1.0]), np.zeros(0)]
X = np.array([0.5, 1.2, 2.0, 2.0, 3.5, -1.0])


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("bins", BINS[:4], ids=lambda bins: str(bins.tolist()))
def test_bins_may_fall(bins, right):
    def place(x, bins):
        return np.digitize(x, bins, right=right)

    np.testing.assert_array_equal(cr.jit(place, compile=False)(X, bins), place(X, bins))


def test_bins_of_known_numbers():
    def place(x):
        return np.digitize(x, [3.0, 2.0, 1.0]), np.digitize(0.7, x[:3]), np.digitize(x, [])

    for mine, theirs in zip(cr.jit(place, compile=False)(X), place(X), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_parts_of_numbers(compile):
    def parts(x):
        whole = np.modf(x)
        binary = np.frexp(x)
        return whole[0], whole[1], binary[0], binary[1], np.ldexp(x, binary[1]), np.modf(x[0])[0] + np.frexp(x[1])[0]

    x = np.array([1.3, -2.7, 0.0, -0.0, 5.0, -3.0, 1e-310, -7.25e100])
    for mine, theirs in zip(cr.jit(parts, compile=compile)(x), parts(x), strict=True):
        np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_array_equal(np.signbit(mine), np.signbit(theirs))


def test_bits():
    def bits(n):
        return np.bitwise_count(n)

    np.testing.assert_array_equal(cr.jit(bits, compile=False)(np.array([1, 7, 255])), [1, 3, 8])
