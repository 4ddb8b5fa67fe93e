"""Functions with their own derivative, called from compiled programs."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr


@cr.custom_vjp
def square(x):
    return x**2


square.defvjp(lambda x: (x**2, x), lambda x, g: (20 * x * g,))  # ten times the derivative, to be told apart


@cr.custom_jvp
def sine(x):
    return np.sin(x)


@sine.defjvp
def _sine_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return np.sin(x), 10 * np.cos(x) * t


@cr.custom_vjp
def weighted(x, y, n):
    return np.sum(x * y) * n


weighted.defvjp(lambda x, y, n: (np.sum(x * y) * n, (x, y, n)), lambda r, g: (7 * g * r[1] * r[2], None, None))


@cr.custom_vjp
def unruled(x):
    return x


@cr.custom_jvp
def softplus(t):
    return np.log1p(np.exp(t))


@softplus.defjvp
def _softplus_jvp(primals, tangents):
    """A rule that calls its own function: in the second derivative, the rule holds again."""
    (t,), (dt,) = primals, tangents
    return softplus(t), 3 * dt * (1 - np.exp(-softplus(t)))


def in_a_loop(x):
    total = 0.0
    for i in range(3):
        total += square(x * i) * sine(x)
    return total


def of_arrays(x, y):
    return weighted(np.sin(x), y, 3) + np.sum(sine(x[1:]))


X, Y = np.array([0.3, -0.7, 1.1]), np.array([1.0, 2.0, -1.0])


@pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])
class TestCustom:
    def test_the_value_is_the_function(self, compile):
        assert cr.jit(in_a_loop, compile=compile)(0.7) == pytest.approx(in_a_loop(0.7), rel=1e-14)

    def test_the_rule_gives_the_gradient(self, compile):
        assert cr.jit(cr.grad(in_a_loop), compile=compile)(0.7) == pytest.approx(cr.grad(in_a_loop)(0.7))

    def test_arrays_and_integers(self, compile):
        got = cr.jit(cr.grad(of_arrays, argnums=(0, 1)), compile=compile)(X, Y)
        for one, other in zip(got, cr.grad(of_arrays, argnums=(0, 1))(X, Y), strict=True):
            np.testing.assert_allclose(one, other)

    def test_forward(self, compile):
        jitted = cr.jit(in_a_loop, compile=compile)
        assert cr.jvp(jitted, 0.7, 1.0)[1] == pytest.approx(cr.jvp(in_a_loop, 0.7, 1.0)[1])

    def test_a_rule_that_calls_its_own_function(self, compile):
        f = lambda x: softplus(x) * x
        assert cr.jit(f, compile=compile)(0.7) == pytest.approx(f(0.7))
        assert cr.jit(cr.grad(f), compile=compile)(0.7) == pytest.approx(cr.grad(f)(0.7))
        assert cr.jit(cr.grad(cr.grad(f)), compile=compile)(0.7) == pytest.approx(cr.grad(cr.grad(f))(0.7))

    def test_second_order(self, compile):
        f = lambda x: square(x) * x
        assert cr.jit(cr.grad(cr.grad(f)), compile=compile)(0.7) == pytest.approx(cr.grad(cr.grad(f))(0.7))


def test_a_missing_rule_is_named():
    with pytest.raises(cr.UnsupportedError, match="unruled has no rule yet"):
        cr.jit(cr.grad(lambda x: unruled(x)), compile=False)(1.0)


def test_a_rule_of_another_form():
    @cr.custom_vjp
    def odd(x, y):
        return x * y

    odd.defvjp(lambda x, y: (x * y, None), lambda r, g: (g,))
    with pytest.raises(cr.UnsupportedError, match="one cotangent for each argument"):
        cr.jit(cr.grad(lambda x: odd(x, x)), compile=False)(1.0)
