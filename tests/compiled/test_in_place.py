"""Arrays that take the place of what was saved, and extremes without their ties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir, machine
from chainrule.compiled.emit import emit
from chainrule.compiled.tidy.in_place import in_place


def logsumexp(x):
    highest = np.max(x)
    return highest + np.log(np.sum(np.exp(x - highest)))


def steps(x):
    a = np.empty_like(x)
    b = np.empty_like(x)
    s = t = 0.0
    for i in range(len(x)):
        a[i] = np.exp(x[i])
        s += a[i]
    for i in range(len(x)):
        b[i] = a[i] / s
        t += b[i] * x[i]
    return b, t


def read_again(x):
    a = np.empty_like(x)
    b = np.empty_like(x)
    s = 0.0
    for i in range(len(x)):
        a[i] = x[i] * x[i]
        s += a[i]
    for i in range(len(x)):
        b[i] = a[i] / s
    for i in range(len(x)):
        b[i] += a[i]
    return b


def neighbours(x):
    a = np.empty_like(x)
    b = np.empty_like(x)
    s = 0.0
    for i in range(len(x)):
        a[i] = x[i] * x[i]
        s += a[i]
    for i in range(len(x)):
        b[i] = a[len(x) - 1 - i] / s
    return b


def set_before(x):
    a = np.empty_like(x)
    b = np.empty_like(x)
    s = 0.0
    for i in range(len(x)):
        a[i] = x[i] * x[i]
        s += a[i]
    for i in range(len(x)):
        b[i] = s
        b[i] += a[i]
    return b


def sometimes(x):
    a = np.empty_like(x)
    b = np.empty_like(x)
    s = 0.0
    for i in range(len(x)):
        a[i] = x[i] * x[i]
        b[i] = 1.0
        s += a[i]
    for i in range(len(x)):
        if a[i] > s / 3:
            b[i] = a[i]
    return a[0], b


def both(x):
    a = np.empty_like(x)
    b = np.empty_like(x)
    s = 0.0
    for i in range(len(x)):
        a[i] = x[i] * x[i]
        s += a[i]
    for i in range(len(x)):
        b[i] = a[i] / s
    return a, b


def rows(x):
    a = np.empty((len(x), len(x)))
    b = np.empty((len(x), len(x)))
    s = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            a[i, j] = x[i] ** j
            s += a[i, j]
    for i in range(len(x)):
        for j in range(len(x)):
            b[i, j] = a[i, j] / s
    return b


def first_column(x):
    a = np.empty((len(x), len(x)))
    b = np.empty((len(x), len(x)))
    s = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            a[i, j] = x[i] ** j
            s += a[i, j]
    for i in range(len(x)):
        for j in range(len(x)):
            b[i, j] = a[i, 0] / s
    return b


def with_records(f):
    """Return a function as a program in which each array is one that was saved for the reverse sweep."""
    compiled = cr.jit(f)
    compiled(X)
    (version,) = compiled._versions.values()
    entry = version.lowered.program.entry
    body = [replace(s, record=True) if isinstance(s, ir.Alloc) else s for s in entry.body]
    return replace(entry, body=body)


X = np.random.default_rng(0).normal(size=13)


@pytest.mark.parametrize(("f", "arrays"), [
    (steps, 1), (rows, 1), (read_again, 2), (neighbours, 2), (sometimes, 2), (both, 2), (first_column, 2),
])  # fmt: skip
def test_only_what_is_read_for_the_last_time_gives_its_place(f, arrays):
    made = in_place(with_records(f)).body
    assert sum(isinstance(s, ir.Alloc) for s in ir.walk(made)) == arrays


@pytest.mark.parametrize("f", [steps, rows, read_again, neighbours, set_before, sometimes, both, first_column])
@pytest.mark.parametrize("length", [1, 2, 13])
def test_values(f, length):
    x = X[:length]
    with np.errstate(all="ignore"):
        found, right = machine.plain(emit(ir.Program(in_place(with_records(f)))))(x), f(x)
    for a, b in zip(*[r if isinstance(r, tuple) else (r,) for r in (found, right)], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_the_argument_stays():
    x = X.copy()
    for f in (steps, rows, set_before):
        cr.jit(f)(x)
    cr.jit(cr.value_and_grad(logsumexp))(x)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("x", [
    X, X[:1], np.zeros(9), np.array([1.0, np.nan, 2.0, 0.0, 4.0]), np.array([np.inf, 1.0, 2.0, 3.0, 4.0]),
    np.array([-np.inf, 0.0, 800.0, 800.0, 1.0]),
])  # fmt: skip
def test_a_gradient_in_the_place_of_what_was_saved(x):
    g = cr.grad(logsumexp)
    compiled = cr.jit(g)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(compiled(x), g(x), rtol=1e-12, atol=1e-15)
    assert "x_bar[i] = t_bar" in compiled.source(X)
    assert "saved" not in compiled.source(X)


def test_results_of_two_calls_are_two_arrays():
    compiled = cr.jit(cr.grad(logsumexp))
    first, second = compiled(X), compiled(2 * X)
    assert not np.shares_memory(first, second)
    np.testing.assert_allclose(first, cr.grad(logsumexp)(X), rtol=1e-12)


def test_ties_are_not_counted_where_no_derivative_is_taken():
    assert "ties" not in cr.jit(logsumexp).source(X)
    source = cr.jit(cr.grad(logsumexp)).source(X)
    assert "ties" in source
    assert source.count("radd(total,") == 1


def test_ties_in_two_derivatives():
    x = np.array([1.0, 3.0, 3.0, 2.0])
    found = cr.jit(cr.hessian(logsumexp))(x)
    np.testing.assert_allclose(found, cr.hessian(logsumexp)(x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(cr.jit(logsumexp, threads=2)(x), logsumexp(x))
