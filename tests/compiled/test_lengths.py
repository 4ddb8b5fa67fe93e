"""Lengths that have to be equal, unless one is 1: the machine's program takes them for equal, and no call is wrong."""

import numpy as np
import pytest

import chainrule as cr


def scaled(x, y, n):
    return np.sum(np.sin(x[:n]) * y)


def stored(x, y, n):
    z = np.zeros_like(y)
    z[:] = x[:n]
    z += y * x[:n]
    return np.sum(z * z)


def in_rows(x, y, n):
    table = np.outer(y, y)
    table = table * x[:n] + x[:n, None]
    return np.sum(np.exp(0.1 * table))


def in_a_loop(x, y, n):
    total = 0.0
    for k in range(1, n + 1):
        total += np.sum((y[: n - k + 1] + x[k - 1 : n]) ** 2)
    return total


PROGRAMS = [scaled, stored, in_rows, in_a_loop]
X, Y = np.linspace(0.2, 2.0, 9), np.linspace(-1.0, 1.0, 6)


def running(compiled):
    return next(iter(compiled._versions.values()))


@pytest.mark.parametrize("order", [(6, 1, 6), (1, 6, 1)], ids=str)
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_one_is_repeated_whichever_comes_first(function, order):
    value, slope = cr.jit(function), cr.jit(cr.grad(function, argnums=(0, 1)))
    for n in order:
        assert value(X, Y, n) == pytest.approx(function(X, Y, n), rel=1e-13)
        for found, right in zip(slope(X, Y, n), cr.grad(function, argnums=(0, 1))(X, Y, n), strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-13)


def test_lengths_are_taken_for_equal_until_one_differs():
    compiled = cr.jit(cr.grad(scaled))
    compiled(X, Y, 6)
    assert running(compiled).lowered.assumed
    compiled(X, Y, 6)
    compiled(X, Y, 1)
    assert not running(compiled).lowered.assumed
    np.testing.assert_allclose(compiled(X, Y, 6), cr.grad(scaled)(X, Y, 6), rtol=1e-13)


@pytest.mark.parametrize("function", [scaled, stored], ids=lambda f: f.__name__)
def test_lengths_that_do_not_fit_are_numpys_error(function):
    for compiled in (cr.jit(function), cr.jit(cr.grad(function))):
        compiled(X, Y, 6)
        for n in (4, 0, 4):
            with pytest.raises(ValueError, match="broadcast"):
                compiled(X, Y, n)
        assert np.all(np.isfinite(compiled(X, Y, 6)))


def test_what_is_shown_is_for_all_lengths():
    compiled = cr.jit(scaled)
    before = compiled.source(X, Y, 6)
    compiled(X, Y, 6)
    assert compiled.source(X, Y, 6) == before
    assert "BufferError" not in before
    assert running(compiled).lowered.assumed


def test_functions_that_write_to_their_arguments_assume_nothing():
    def written(x, y, n):
        x[0] += 1.0
        return np.sum(x[:n] * y)

    compiled = cr.jit(written)
    for n in (6, 1):
        a, b = X.copy(), X.copy()
        assert compiled(a, Y, n) == pytest.approx(written(b, Y, n), rel=1e-14)
        np.testing.assert_array_equal(a, b)
    assert not running(compiled).lowered.assumed


def test_functions_that_call_python_assume_nothing():
    def called(x, y, n):
        return np.sum(np.linalg.svd(np.outer(x, x))[1]) + np.sum(x[:n] * y)

    compiled = cr.jit(called)
    assert compiled(X, Y, 6) == pytest.approx(called(X, Y, 6), rel=1e-12)
    assert not running(compiled).lowered.assumed


def test_nan_and_empty_arrays():
    compiled, x = cr.jit(cr.grad(scaled)), X.copy()
    x[3] = np.nan
    np.testing.assert_allclose(compiled(x, Y, 6), cr.grad(scaled)(x, Y, 6), rtol=1e-13)
    empty = np.zeros(0)
    np.testing.assert_array_equal(compiled(X, empty, 0), np.zeros(9))
    np.testing.assert_array_equal(compiled(X, empty, 1), cr.grad(scaled)(X, empty, 1))


def test_without_machine_code():
    compiled = cr.jit(cr.grad(scaled), compile=False)
    for n in (6, 1):
        np.testing.assert_allclose(compiled(X, Y, n), cr.grad(scaled)(X, Y, n), rtol=1e-13, atol=1e-14)


def test_an_error_of_ones_own_stays():
    def refuses(x):
        if x[0] > 0:
            raise BufferError("mine")
        return x[0]

    try:
        compiled = cr.jit(refuses)
        compiled(-X)
    except cr.UnsupportedError:
        return
    with pytest.raises(BufferError, match="mine"):
        compiled(X)


@pytest.mark.parametrize("transform", [cr.hessian, cr.jacobian], ids=["hessian", "jacobian"])
def test_other_transforms(transform):
    compiled = cr.jit(transform(in_rows if transform is cr.hessian else lambda x, y, n: x[:n] * y))
    right = transform(in_rows if transform is cr.hessian else lambda x, y, n: x[:n] * y)
    for n in (6, 1, 6):
        np.testing.assert_allclose(compiled(X, Y, n), right(X, Y, n), rtol=1e-11, atol=1e-12)


def test_two_arrays_that_one_loop_fills_one_of_them_in_part():
    def product(x, y):
        total = 0.0
        for i in range(len(y)):
            total += y[i] * x[i]
        return total

    junk = [np.full(9, 7.7) for _ in range(50)]
    del junk  # what is not set may be found again
    for compiled in (cr.jit(cr.grad(product, argnums=(0, 1))), cr.jit(cr.grad(product, argnums=(1, 0)))):
        found = sorted(compiled(X, Y), key=len)
        np.testing.assert_array_equal(found[0], X[:6])
        np.testing.assert_array_equal(found[1], [*Y, 0.0, 0.0, 0.0])
