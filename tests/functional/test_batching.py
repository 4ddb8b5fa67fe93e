"""A function of one point, applied to a batch: eager and compiled."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

X = np.array([[0.3, -1.2, 2.5], [0.7, 1.9, -0.4]])
W = np.array([1.5, 0.2, -0.4])


def f(x, w, a):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            total += np.sin(x[i]) * w[i]
    return total * a


def plain(x, w, a):
    return np.array([f(row, w, b) for row, b in zip(x, a, strict=True)])


A = np.array([2.0, -3.0])
AXES = (0, None, 0)


@pytest.mark.parametrize("run", [lambda g: g, lambda g: cr.jit(g, compile=False)], ids=["eager", "compiled"])
class TestVmap:
    def test_values(self, run):
        np.testing.assert_allclose(run(cr.vmap(f, in_axes=AXES))(X, W, A), plain(X, W, A))

    def test_a_gradient_for_each_row(self, run):
        got = run(cr.vmap(cr.grad(f, argnums=(0, 2)), in_axes=AXES))(X, W, A)
        rows = [cr.grad(f, argnums=(0, 2))(x, W, a) for x, a in zip(X, A, strict=True)]
        np.testing.assert_allclose(got[0], [row[0] for row in rows])
        np.testing.assert_allclose(got[1], [row[1] for row in rows])

    def test_the_jacobian_of_a_batch(self, run):
        got = run(cr.jacobian(cr.vmap(f, in_axes=AXES), argnums=1))(X, W, A)
        np.testing.assert_allclose(got, [np.where(x > 0, np.sin(x), 0) * a for x, a in zip(X, A, strict=True)])

    def test_structures(self, run):
        def g(p):
            return {"twice": 2 * p["x"], "sum": np.sum(p["x"])}

        got = run(cr.vmap(g))({"x": X})
        np.testing.assert_allclose(got["twice"], 2 * X)
        np.testing.assert_allclose(got["sum"], X.sum(axis=1))

    def test_lengths_that_differ(self, run):
        with pytest.raises(ValueError, match="different lengths"):
            run(cr.vmap(f, in_axes=AXES))(X, W, np.ones(3))


@pytest.mark.slow
def test_with_numba():
    got = cr.jit(cr.vmap(cr.grad(f), in_axes=AXES))(X, W, A)
    np.testing.assert_allclose(got, [cr.grad(f)(x, W, a) for x, a in zip(X, A, strict=True)])


def test_another_axis():
    np.testing.assert_allclose(cr.vmap(f, in_axes=(1, None, 0))(X.T, W, A), plain(X, W, A))
    with pytest.raises(cr.UnsupportedError, match="first axis"):
        cr.jit(cr.vmap(f, in_axes=(1, None, 0)), compile=False)(X.T, W, A)


def test_nothing_to_run_over():
    with pytest.raises(cr.DerivativeError, match="no such axis"):
        cr.vmap(f)(X, W, 2.0)
    with pytest.raises(cr.DerivativeError, match="names 1 arguments"):
        cr.vmap(f, in_axes=[0])(X, W, A)
