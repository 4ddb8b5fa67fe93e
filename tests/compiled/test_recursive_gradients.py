"""Derivatives of functions that call themselves: a callee that returns one number gives its gradient along with it."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

X = np.array([0.7, -0.4, 1.3, 0.2, 0.9])


def power(x, n):
    return 1.0 if n == 0 else x * power(x, n - 1)


def tree(x, depth):
    """Two calls in one expression."""
    return np.sin(x) if depth == 0 else tree(0.5 * x, depth - 1) * tree(x + 0.1, depth - 1) + x


def halves(v):
    """Views of the argument, by divide and conquer."""
    n = v.shape[0]
    if n == 1:
        return v[0] * v[0]
    return halves(v[: n // 2]) * halves(v[n // 2 :]) + v[0]


def in_while(x, n):
    """Calls in a while, whose number is not known beforehand."""
    if n == 0:
        return x
    total, y = 0.0, x
    while y < 3.0:
        total += in_while(0.3 * y, n - 1)
        y = y * 1.7 + 0.1
    return total * x


def minors_in_while(a):
    n = a.shape[0]
    if n == 1:
        return a[0, 0]
    total, c = 0.0, 0
    while c < n:
        minor = np.zeros((n - 1, n - 1), like=a)
        for i in range(1, n):
            for j in range(n - 1):
                minor[i - 1, j] = a[i, j] if j < c else a[i, j + 1]
        total += (1.0 - 2.0 * (c % 2)) * a[0, c] * minors_in_while(minor)
        c += 1
    return total


def in_branch(x, n):
    if n > 0 and x > 0.0:
        y = in_branch(x - 0.3, n - 1)
        x = x * y + np.cos(y)
    return x


def even(x, n):
    return x if n == 0 else odd(x * x, n - 1)


def odd(x, n):
    return 2.0 * x if n == 0 else np.exp(-even(x + 0.5, n - 1))


def root(x, n):
    """Behind a selection, a gradient that is infinite counts nothing."""
    return np.sqrt(x) if n == 0 else root(x, n - 1)


def selected(x):
    return np.where(x > 0.0, root(x, 2), 0.0) + x


CASES = {
    "power": (lambda x: power(x, 6), 1.3),
    "tree": (lambda x: tree(x, 4), 0.8),
    "halves": (halves, X),
    "halves_once": (halves, X[:1]),
    "in_while": (lambda x: in_while(x, 3), 0.9),
    "minors_in_while": (minors_in_while, np.random.default_rng(0).normal(size=(4, 4))),
    "in_branch": (lambda x: in_branch(x, 5), 0.75),
    "not_taken": (lambda x: in_branch(x, 5), -0.75),
    "mutual": (lambda x: even(x, 5), 0.6),
    "deep": (lambda x: power(x, 300), 0.999),
}
"""Functions of one argument, and where."""


native = pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["text", "numba"])


@native
@pytest.mark.parametrize("name", CASES)
def test_gradient(name, compile):
    f, x = CASES[name]
    value, gradient = cr.jit(cr.value_and_grad(f), compile=compile)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-13)
    np.testing.assert_allclose(gradient, cr.grad(f)(x), rtol=1e-11, atol=1e-13)


@native
@pytest.mark.parametrize("name", [name for name in CASES if name not in ("deep", "in_while")])
def test_second_derivatives(name, compile):
    f, x = CASES[name]
    hessian = cr.hessian(f)(x)
    np.testing.assert_allclose(cr.jit(cr.hessian(f), compile=compile)(x), hessian, rtol=1e-9, atol=1e-11)
    v = np.ones_like(x) if np.ndim(x) else 1.0
    np.testing.assert_allclose(
        cr.jit(cr.hvp(f), compile=compile)(x, v), np.tensordot(hessian, v, np.ndim(x)), rtol=1e-9, atol=1e-11
    )
    if not np.ndim(x):
        np.testing.assert_allclose(cr.jit(cr.grad(cr.grad(f)), compile=compile)(x), hessian, rtol=1e-9, atol=1e-11)


def test_a_cotangent_of_zero_annihilates_an_infinite_gradient():
    assert cr.jit(cr.grad(selected))(0.0) == 1.0
    assert cr.jit(cr.grad(selected))(4.0) == 1.25


def test_no_forward_sweep_runs_twice():
    text = cr.jit(cr.value_and_grad(minors_in_while)).source(np.eye(3))
    assert "_with_gradient_" in text
    assert "_adjoint" not in text
