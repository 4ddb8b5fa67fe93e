"""Derivatives from samples leave the caller's arrays alone."""

from __future__ import annotations

import numpy as np

import chainrule as cr


def squares_in_place(x):
    x[0] = x[1] * x[1]
    return np.sum(x)


def test_numeric_gradient_does_not_write_the_callers_array():
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(cr.grad(squares_in_place, method="numeric")(x), [0.0, 5.0], atol=1e-8)
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_numeric_jacobian_does_not_write_the_callers_array():
    x = np.array([1.0, 2.0])
    found = cr.jacobian(lambda x: [squares_in_place(x)], method="numeric")(x)[0]
    np.testing.assert_allclose(found, [0.0, 5.0], atol=1e-8)
    np.testing.assert_array_equal(x, [1.0, 2.0])
