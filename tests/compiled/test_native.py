"""The helpers as machine code: linear systems, products of matrices, extremes; beside NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from chainrule.compiled.native import BLOCK
from chainrule.compiled.native_linalg import FEW
from chainrule.compiled.runtime import machine_form

pytestmark = pytest.mark.slow
TOLERANCES = {"float64": {"rtol": 1e-9, "atol": 1e-10}, "float32": {"rtol": 2e-2, "atol": 2e-3}}


def spread(x):
    """Return a view of the same numbers with gaps between them."""
    big = np.zeros([2 * n + 1 for n in x.shape], x.dtype)
    view = big[tuple([slice(1, None, 2)] * x.ndim)]
    view[...] = x
    return view


LAYOUTS = {"C": np.ascontiguousarray, "F": np.asfortranarray, "A": spread}


def system(n, dtype="float64", columns=3):
    random = np.random.default_rng(n)
    return random.normal(size=(n, n)).astype(dtype), random.normal(size=(n, columns)).astype(dtype)


@pytest.mark.parametrize(("dtype", "layout"), [("float64", "C"), ("float64", "F"), ("float64", "A"), ("float32", "C")])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 8, FEW, FEW + 1, 40])
def test_linear_algebra(n, dtype, layout):
    arranged, close = LAYOUTS[layout], TOLERANCES[dtype]
    a, b = system(n, dtype)
    positive = (a @ a.T + np.eye(n)).astype(dtype)
    given = a.copy()
    for name, reads, want in [
        ("solve", (a, b), np.linalg.solve(a, b)), ("inv", (a,), np.linalg.inv(a)),
        ("cholesky", (positive,), np.linalg.cholesky(positive)),
    ]:  # fmt: skip
        out = arranged(np.full(want.shape, np.nan, dtype))
        machine_form(name)(*map(arranged, reads), out)
        np.testing.assert_allclose(out, want, **close)
    np.testing.assert_allclose(machine_form("det")(arranged(a)), np.linalg.det(a), **close)
    np.testing.assert_allclose(machine_form("slogdet")(arranged(a)), np.linalg.slogdet(a), **close)
    np.testing.assert_array_equal(a, given)


@pytest.mark.parametrize("columns", [0, 1, 20])
def test_right_hand_sides(columns):
    a, b = system(5, columns=columns)
    out = np.empty_like(b)
    machine_form("solve")(a, b, out)
    np.testing.assert_allclose(out, np.linalg.solve(a, b), rtol=1e-10)


def test_pivots_are_sought():
    """Without a change of rows these have no solution, or a wrong one."""
    for a in (
        [[0.0, 1.0], [1.0, 0.0]],
        [[1e-20, 1.0], [1.0, 1.0]],
        [[0.0, 2.0, 1.0], [3.0, 0.0, 0.0], [0.0, 0.0, -1.0]],
    ):
        a, b = np.array(a), np.ones((len(a), 1))
        out = np.empty_like(b)
        machine_form("solve")(a, b, out)
        np.testing.assert_allclose(out, np.linalg.solve(a, b), rtol=1e-14)
        np.testing.assert_allclose(machine_form("slogdet")(a), np.linalg.slogdet(a), rtol=1e-14)
        np.testing.assert_allclose(machine_form("det")(a), np.linalg.det(a), rtol=1e-14)


@pytest.mark.parametrize("n", [2, FEW + 4])
def test_singular_and_indefinite_matrices(n):
    a, out = np.ones((n, n)), np.empty((n, n))
    with pytest.raises(np.linalg.LinAlgError, match=r"[Ss]ingular"):
        machine_form("solve")(a, np.ones((n, n)), out)
    with pytest.raises(np.linalg.LinAlgError, match=r"[Ss]ingular"):
        machine_form("inv")(a, out)
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        machine_form("cholesky")(-np.eye(n), out)
    assert machine_form("det")(a) == 0.0
    assert machine_form("slogdet")(a) == (0.0, -np.inf)


@pytest.mark.parametrize("n", [2, FEW + 4])
def test_a_nan_goes_through(n):
    a, b = system(n)
    for i, j in [(0, 0), (n - 1, 0), (0, n - 1)]:
        bad, out = a.copy(), np.zeros((n, 3))
        bad[i, j] = np.nan
        machine_form("solve")(bad, b, out)
        assert np.isnan(out).any(axis=0).all()
        assert np.isnan(machine_form("det")(bad))
        assert np.isnan(machine_form("slogdet")(bad)[1])
    bad, out = b.copy(), np.zeros((n, 3))
    bad[0, 1] = np.nan
    machine_form("solve")(a, bad, out)
    np.testing.assert_array_equal(np.isnan(out).any(axis=0), [False, True, False])
    nan = np.array([[0.0, 1.0], [np.nan, 1.0]])  # which is not taken for a column of zeros
    assert np.isnan(machine_form("det")(nan))


def test_determinants_beyond_the_range_of_their_factors():
    for pivots in ([1e200, 1e200, 1e-300], [1e-200, -1e-200, 1e300, 1e50], [1e300, 1e300], [1e-300, 1e-300]):
        a = np.diag(pivots)
        sign, logarithm = machine_form("slogdet")(a)
        np.testing.assert_allclose([sign, logarithm], np.linalg.slogdet(a), rtol=1e-13)
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(machine_form("det")(a), np.linalg.det(a), rtol=1e-12)


SHAPES = [
    ((2, 3), (3, 5)), ((1, 1), (1, 1)), ((0, 2), (2, 3)), ((2, 0), (0, 3)), ((5, 7), (7, 9)), ((20, 30), (30, 10)),
    ((5, 7), (7,)), ((50, 70), (70,)), ((4,), (4, 6)), ((0,), (0, 3)), ((70,), (70, 60)),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), SHAPES)
@pytest.mark.parametrize(
    "layouts", [*itertools.product("CF", "CF", "C"), ("A", "C", "C"), ("C", "A", "F")], ids="".join
)
def test_products(a, b, layouts):
    random = np.random.default_rng(1)
    x, y = random.normal(size=a), random.normal(size=b)
    want = x @ y
    first, second, out = (LAYOUTS[k](v) for k, v in zip(layouts, (x, y, np.full(want.shape, np.nan)), strict=True))
    machine_form("matmul")(first, second, out)
    np.testing.assert_allclose(out, want, rtol=1e-12, atol=1e-12)


def test_products_of_single_precision():
    x, y = (np.random.default_rng(2).normal(size=(6, 6)).astype(np.float32) for _ in range(2))
    for first, second in [(x, y), (x, y.T), (x.T, y)]:
        out = np.empty((6, 6), np.float32)
        machine_form("matmul")(first, second, out)
        np.testing.assert_allclose(out, first @ second, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 100, BLOCK, BLOCK + 13])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_extremes(n, dtype):
    x = np.random.default_rng(n).normal(size=n).astype(dtype)
    for row in (x, spread(x)):
        assert machine_form("lowest")(row, np.inf) == np.min(x, initial=np.inf)
        assert machine_form("highest")(row, -np.inf) == np.max(x, initial=-np.inf)
        assert machine_form("lowest")(row, -9.0) == -9.0
        assert np.isnan(machine_form("highest")(np.append(row, row[:1]), np.nan)) or not n
    for k in range(0, n, max(1, n // 9)):
        bad = x.copy()
        bad[k] = np.nan
        assert np.isnan(machine_form("lowest")(bad, np.inf))
        assert np.isnan(machine_form("highest")(bad, -np.inf))


def test_extremes_of_infinities():
    x = np.array([np.inf, -np.inf, 1.0] * 5)
    assert machine_form("lowest")(x, np.inf) == -np.inf
    assert machine_form("highest")(x, -np.inf) == np.inf
    assert machine_form("lowest")(np.full(20, np.inf), np.inf) == np.inf
