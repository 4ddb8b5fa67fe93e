"""The smallest or largest element of a row, found by a helper."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

X = np.random.default_rng(3).normal(size=(20, 30))


def total_of_lowest(x):
    return np.sum(np.min(np.sin(x), axis=1) * np.max(x, axis=1))


def written_out(x):
    low = np.inf
    for i in range(len(x)):
        low = np.minimum(low, x[i])
    return low * np.max(x)


def of_columns(x):
    return np.max(x, axis=0)


def logarithm_of_sum(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


@pytest.mark.parametrize(
    ("f", "x"), [(total_of_lowest, X), (written_out, X[0]), (written_out, X[:, 3]), (logarithm_of_sum, X[1])]
)
@pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["text", "numba"])
def test_values_and_gradients(f, x, compile):
    compiled = cr.jit(f, compile=compile)
    assert "lowest(" in compiled.source(x) or "highest(" in compiled.source(x)
    np.testing.assert_allclose(compiled(x), f(x), rtol=1e-13)
    np.testing.assert_allclose(cr.jit(cr.grad(f), compile=compile)(x), cr.grad(f)(x), rtol=1e-12)


@pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["text", "numba"])
def test_a_nan_counts_in_any_place(compile):
    compiled = cr.jit(written_out, compile=compile)
    for k in range(30):
        x = X[0].copy()
        x[k] = np.nan
        assert np.isnan(compiled(x))


def test_second_derivatives():
    np.testing.assert_allclose(
        cr.jit(cr.hessian(logarithm_of_sum), compile=False)(X[0]), cr.hessian(logarithm_of_sum)(X[0]), atol=1e-12
    )


def test_what_is_no_plain_search_stays_a_loop():
    def last_low(x):
        low, steps = np.inf, 0
        for i in range(len(x)):
            low = np.minimum(low, x[i])
            steps += 1 if low < 0 else 0
        return low + steps

    def falling(x):
        low = 0.5
        for i in range(len(x)):
            low = np.minimum(x[i], x[i] * low)
        return low

    for f in (last_low, falling, of_columns):
        compiled = cr.jit(f, compile=False)
        x = X if f is of_columns else X[0]
        assert "lowest(" not in compiled.source(x)
        np.testing.assert_allclose(compiled(x), f(x), rtol=1e-14)


def test_nothing_at_all():
    def lowest_or_nine(x):
        low = 9.0
        for i in range(len(x)):
            low = np.minimum(low, x[i])
        return low

    compiled = cr.jit(lowest_or_nine, compile=False)
    assert "lowest(" in compiled.source(X[0])
    assert compiled(np.zeros(0)) == 9.0
    assert compiled(np.arange(10.0)) == 0.0


def test_a_part_of_a_row():
    def lowest_before(x, n):
        low = np.inf
        for i in range(n):
            low = np.minimum(low, x[i])
        return low

    compiled = cr.jit(lowest_before, compile=False)
    for n in (-3, 0, 1, 20, 30):
        assert compiled(X[0], n) == lowest_before(X[0], n)
    with pytest.raises(IndexError):
        compiled(X[0], 31)
