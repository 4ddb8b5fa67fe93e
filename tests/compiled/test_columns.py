"""Sums along the short rows of a matrix, taken for many rows side by side."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr


def distances(points, centers):
    out = np.empty((len(points), len(centers)))
    for i in range(len(points)):
        out[i] = np.sum((points[i] - centers) ** 2, axis=1)
    return out


def nearest(points, centers):
    total = 0.0
    for point in points:
        total += np.min(np.sum((point - centers) ** 2, axis=1))
    return total


def two_matrices(points, centers, weights):
    total = 0.0
    for i in range(len(points)):
        d = np.sum(np.abs(points[i] - centers) * np.exp(weights), axis=1)
        total += np.max(d) + d[0] * i
    return total


def moving(points, centers):
    """The matrix is written to in the loop."""
    total = 0.0
    centers = centers.copy()
    for i in range(len(points)):
        d = np.sum((points[i] - centers) ** 2, axis=1)
        total += np.max(d)
        centers[i % len(centers)] += points[i]
    return total


def rng_arrays(often, rows, length, dtype=np.float64):
    rng = np.random.default_rng(rows + 100 * length)
    return rng.normal(size=(often, length)).astype(dtype), rng.normal(size=(rows, length)).astype(dtype)


@pytest.fixture(scope="module")
def compiled():
    return {f: cr.jit(f) for f in (distances, nearest, two_matrices, moving)}


def test_the_matrix_is_transposed_in_front(compiled):
    source = compiled[nearest].source(*rng_arrays(20, 10, 9))
    assert "columns[j, i] = centers[i, j]" in source
    assert source.index("columns = np.empty(") < source.index("for i in range(n):\n")
    assert "columns" in compiled[distances].source(*rng_arrays(20, 10, 9))
    assert "columns" not in compiled[moving].source(*rng_arrays(20, 10, 9))


@pytest.mark.parametrize("often", [0, 1, 7, 8, 20])
@pytest.mark.parametrize("rows", [1, 7, 8, 9, 33])
@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 16, 23, 63, 64, 70])
def test_shapes(compiled, often, rows, length):
    args = rng_arrays(often, rows, length)
    np.testing.assert_allclose(compiled[nearest](*args), nearest(*args), rtol=1e-12)
    np.testing.assert_allclose(compiled[distances](*args), distances(*args), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(compiled[moving](*args), moving(*args), rtol=1e-12)


@pytest.mark.parametrize("rows", [3, 12])
def test_several_matrices_and_derivatives(compiled, rows):
    points, centers = rng_arrays(30, rows, 13)
    weights = rng_arrays(30, rows, 13)[1][::-1] / 3
    args = (points, centers, weights)
    np.testing.assert_allclose(compiled[two_matrices](*args), two_matrices(*args), rtol=1e-12)
    g = cr.grad(two_matrices, argnums=(0, 1, 2))
    for found, right in zip(cr.jit(g)(*args), g(*args), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("layout", [
    lambda a: np.asfortranarray(a), lambda a: np.repeat(a, 2, axis=1)[:, ::2], lambda a: a[::-1, ::-1],
])  # fmt: skip
def test_layouts(layout):
    points, centers = rng_arrays(20, 11, 10)
    np.testing.assert_allclose(
        cr.jit(nearest)(layout(points), layout(centers)), nearest(layout(points), layout(centers)), rtol=1e-12
    )


def test_one_array_twice(compiled):
    points, _ = rng_arrays(20, 1, 10)
    np.testing.assert_allclose(compiled[distances](points, points[:12]), distances(points, points[:12]), rtol=1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite(compiled, value):
    points, centers = rng_arrays(20, 11, 10)
    points[3, 4] = centers[5, 9] = value
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(compiled[distances](points, centers), distances(points, centers), rtol=1e-12)


def test_lengths_that_do_not_fit_are_refused(compiled):
    points, centers = rng_arrays(20, 11, 10)
    with pytest.raises(ValueError, match="broadcast"):
        compiled[nearest](points, centers[:, :9].copy())
    with pytest.raises(ValueError, match="broadcast"):
        compiled[nearest](points[:, :9].copy(), centers)


def test_one_column_is_broadcast():
    points, centers = rng_arrays(20, 11, 10)
    args = points, np.ascontiguousarray(centers[:, :1])
    np.testing.assert_allclose(cr.jit(nearest)(*args), nearest(*args), rtol=1e-12)
    args = np.ascontiguousarray(points[:, :1]), centers
    np.testing.assert_allclose(cr.jit(nearest)(*args), nearest(*args), rtol=1e-12)


def test_float32():
    args = rng_arrays(20, 11, 10, np.float32)
    found = cr.jit(cr.grad(nearest, argnums=1))(*args)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, cr.grad(nearest, argnums=1)(*args), rtol=1e-4, atol=1e-5)


def test_threads():
    args = rng_arrays(3000, 40, 10)
    np.testing.assert_allclose(cr.jit(nearest, threads=2)(*args), nearest(*args), rtol=1e-11)
    np.testing.assert_allclose(cr.jit(distances, threads=2)(*args), distances(*args), rtol=1e-11)


def test_python_runs_the_same_text(compiled):
    args = rng_arrays(20, 11, 10)
    np.testing.assert_allclose(cr.jit(nearest, compile=False)(*args), compiled[nearest](*args), rtol=1e-12)
