"""Programs for one point, run for a batch."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.compiled import ir
from chainrule.compiled.adjoint import adjoint
from chainrule.compiled.batch import batch
from chainrule.compiled.tidy import prepare, tidy
from compiled.interpreter import run
from compiled.lower.tracing import trace

X, Y = np.array([[0.3, -1.2, 2.5], [0.7, 1.9, 0.4]]), np.array([1.5, 0.2, -0.4])


def program(f, *args):
    return prepare(ir.Program(trace(f, *args)[0]))


def f(x, y, a):
    return np.sum(np.sin(x) * y[:3]) * a


def test_rows_of_an_array_and_numbers():
    p = batch(program(f, X[0], Y, 2.0), [True, False, True])
    (values,) = run(p, X, Y, np.array([2.0, 3.0]))
    np.testing.assert_allclose(values, [f(X[0], Y, 2.0), f(X[1], Y, 3.0)])


def test_a_gradient_for_each_row():
    g = tidy(adjoint(program(f, X[0], Y, 2.0), [0, 2], unit_seed=True))
    values, by_x, by_a = run(batch(g, [True, False, False]), X, Y, 2.0)
    np.testing.assert_allclose(values, [f(X[0], Y, 2.0), f(X[1], Y, 2.0)])
    np.testing.assert_allclose(by_x, 2 * np.cos(X) * Y)
    np.testing.assert_allclose(by_a, np.sin(X) @ Y)


def test_the_gradient_of_a_batch():
    p = batch(program(lambda x: np.sin(x) * 2, X[0]), [True])
    g = tidy(adjoint(p, [0], keep=False))
    np.testing.assert_allclose(run(g, X, X)[0], 2 * np.cos(X) * X)


def test_lengths_that_differ():
    p = batch(program(f, X[0], Y, 2.0), [True, False, True])
    with pytest.raises(ValueError, match="different lengths"):
        run(p, X, Y, np.ones(3))
