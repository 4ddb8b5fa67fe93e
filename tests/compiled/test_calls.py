"""The derivatives of calls, as programs, against the derivatives of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.calculus import pulls, pushforward
from chainrule.compiled.calls import CALLS
from chainrule.compiled.scalar import Scalar
from chainrule.rules import lookup
from chainrule.rules.linalg import cholesky_lower, cofactors, cofactors_slope, logdet, solve_matrix
from compiled.lower.tracing import compile_for

A = np.array([[3.0, 0.2, 0.5], [0.1, 2.0, 0.3], [0.4, 0.6, 4.0]])
B = np.arange(6.0).reshape(3, 2) - 2.5
S = A @ A.T
V = np.array([1.0, -2.0, 0.5])
MATMUL = lookup(np.matmul)

CASES = [
    ("matmul", MATMUL, (A, B)), ("matmul", MATMUL, (A, V)), ("matmul", MATMUL, (V, B)),
    ("solve", solve_matrix, (A, B)), ("inv", lookup(np.linalg.inv), (A,)), ("det", lookup(np.linalg.det), (A,)),
    ("cholesky", cholesky_lower, (S,)), ("slogdet", logdet, (A,)), ("cofactors", cofactors, (A,)),
    ("cofactors_slope", cofactors_slope, (A, S)),
]  # fmt: skip


def builder_of(*values: Any) -> Any:
    return next(v.builder for v in values if hasattr(v, "builder"))


@pytest.mark.parametrize(("name", "row", "args"), CASES)
def test_vjp(name, row, args):
    answers = CALLS[name].compute(*args)
    answers = list(answers) if isinstance(answers, tuple) else [answers]
    at = len(answers) - 1
    seed = np.cos(np.arange(np.size(answers[at]))).reshape(np.shape(answers[at]))
    given = [np.asarray(a) for a in answers]
    for which in range(len(args)):
        pull = pulls(row)[which]
        saved = pull.gather(which, answers[at], args, {})
        expected = pull.fn.fn(seed, *saved)

        def derivative(g, *values, which=which):
            reads, done = values[: len(args)], values[len(args) :]
            done = [scalar(a) for a in done]
            cotangents = [None] * at + [scalar(g)]
            return CALLS[name].vjp(builder_of(*values), reads, done, cotangents, which)

        got = compile_for(derivative, seed, *args, *given)(seed, *args, *given)
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("name", "row", "args"), CASES)
def test_jvp(name, row, args):
    answers = CALLS[name].compute(*args)
    answers = list(answers) if isinstance(answers, tuple) else [answers]
    tangents = tuple([np.sin(a * 3) for a in args])
    expected = pushforward(row, answers[-1], args, tangents, {})
    given = [np.asarray(a) for a in answers]

    def derivative(*values):
        n = len(args)
        reads, moved, done = values[:n], values[n : 2 * n], [scalar(a) for a in values[2 * n :]]
        return CALLS[name].jvp(builder_of(*values), reads, done, moved)[-1]

    got = compile_for(derivative, *args, *tangents, *given)(*args, *tangents, *given)
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


def scalar(x):
    return Scalar(x.element(), x.builder) if not x.ndim else x


def test_without_derivative():
    assert CALLS["argsort"].vjp(None, (), (), (), 0) is None
    assert CALLS["argsort"].jvp(None, (), (None,), ()) == [None]
