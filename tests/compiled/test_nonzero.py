"""Loops of which only those iterations run that do not add zeros."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr


def cost(points, centroids):
    total = 0.0
    for point in points:
        total += np.min(np.sum((point - centroids) ** 2, axis=1))
    return total


def rectified(x, w):
    total = 0.0
    for i in range(len(x)):
        h = np.sum((w - x[i]) ** 3, axis=1)
        total += x[i] * np.sum(np.where(h > 0, h**2, 0.0))
    return total


def scaled(x, w):
    """The choice comes after a branch of zeros, and what is chosen is a product."""
    h = np.sum(np.sqrt(w) * x, axis=1)
    return np.max(h) * np.sum(x)


def slope(points, centroids):
    return cr.jvp(lambda c: cr.grad(cost, argnums=1)(points, c), (centroids,), (np.ones(centroids.shape),))[1]


def agree(f, *args, **options):
    g = cr.grad(f, argnums=1)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(cr.jit(g)(*args), g(*args), rtol=1e-12, atol=1e-13, **options)


POINTS, CENTERS = np.random.default_rng(0).normal(size=(50, 6)), np.random.default_rng(1).normal(size=(17, 6))


def test_the_places_are_looked_up():
    source = cr.jit(cr.grad(cost, argnums=1)).source(POINTS, CENTERS)
    assert "at[found] = " in source
    assert "for j in range(found):" in source
    assert "at[found] = " in cr.jit(cr.grad(rectified, argnums=1)).source(POINTS[:, 0], CENTERS)
    assert "\n    at = np.empty(" in source  # before the loop over points


@pytest.mark.parametrize("f", [cost, rectified])
def test_values(f):
    agree(f, POINTS if f is cost else POINTS[:, 0], CENTERS)


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_ties_share(rows):
    centers = np.repeat(CENTERS[:1], rows, axis=0)
    agree(cost, POINTS, centers)
    agree(cost, POINTS, np.concatenate([CENTERS, CENTERS[::-1]]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -0.0])
@pytest.mark.parametrize("where", ["points", "centers"])
def test_numbers_that_are_not_finite(value, where):
    points, centers = POINTS.copy(), CENTERS.copy()
    (points if where == "points" else centers)[3, 2] = value
    agree(cost, points, centers)
    agree(rectified, points[:, 2], centers)


def test_infinite_slopes_of_what_is_not_chosen():
    w = np.abs(CENTERS)
    w[4, 1] = w[5, 5] = 0.0
    w[9] = 100.0
    agree(scaled, np.abs(POINTS[0]), w)
    found = cr.jit(cr.grad(scaled, argnums=1))(np.abs(POINTS[0]), w)
    assert np.all(found[np.arange(17) != 9] == 0.0)
    assert np.all(found[9] > 0.0)


def test_nothing_and_one():
    agree(cost, POINTS[:0], CENTERS)
    agree(cost, POINTS, CENTERS[:1])
    agree(cost, POINTS[:, :0], CENTERS[:, :0])
    with pytest.raises(ValueError, match="zero-size"):
        cr.jit(cr.grad(cost, argnums=1))(POINTS, CENTERS[:0])


def test_second_derivatives():
    found = cr.jit(slope)(POINTS, CENTERS)
    np.testing.assert_allclose(found, slope(POINTS, CENTERS), rtol=1e-12, atol=1e-13)
    nearest = np.argmin(np.sum((POINTS[:, None] - CENTERS) ** 2, axis=2), axis=1)
    np.testing.assert_allclose(found, np.repeat(2.0 * np.bincount(nearest, minlength=17)[:, None], 6, axis=1))


def test_threads():
    found = cr.jit(cr.grad(cost, argnums=1), threads=2)(np.tile(POINTS, (40, 1)), CENTERS)
    np.testing.assert_allclose(found, 40 * cr.grad(cost, argnums=1)(POINTS, CENTERS), rtol=1e-11)


def test_float32():
    points, centers = POINTS.astype(np.float32), CENTERS.astype(np.float32)
    found = cr.jit(cr.grad(cost, argnums=1))(points, centers)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, cr.grad(cost, argnums=1)(points, centers), rtol=1e-4, atol=1e-5)


def test_python_runs_the_same_text():
    g = cr.grad(cost, argnums=1)
    np.testing.assert_allclose(cr.jit(g, compile=False)(POINTS, CENTERS), cr.jit(g)(POINTS, CENTERS), rtol=1e-12)
