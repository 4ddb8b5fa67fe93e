"""Adjoints of random programs against their tangents, and both against differences."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.compiled.adjoint import adjoint
from chainrule.compiled.tangent import tangent
from chainrule.compiled.tidy import prepare, tidy
from compiled.adjoint.random_programs import N, program
from compiled.interpreter import run


def inputs(seed: int) -> tuple:
    rng = np.random.default_rng(seed)
    return rng.normal(size=N), rng.normal(size=N), float(rng.normal()), int(rng.integers(0, N + 1)) % N


def gradient_by_tangent(p, args):
    x, y, a, n = args
    rows = []
    for k in range(2 * N + 1):
        t = np.eye(2 * N + 1)[k]
        rows.append(run(p, x.copy(), y.copy(), a, n, t[:N].copy(), t[N : 2 * N].copy(), t[-1])[1])
    return np.array(rows)


def gradient_by_adjoint(p, args):
    x, y, a, n = args
    before = x.copy(), y.copy()
    *_, gx, gy, ga = run(p, x, y, a, n)
    np.testing.assert_array_equal((x, y), before)
    return np.array([*gx, *gy, ga])


def gradient_by_differences(p, args, h=1e-6):
    x, y, a, n = args
    v = np.array([*x, *y, a])

    def value(v):
        return run(p, v[:N].copy(), v[N : 2 * N].copy(), v[-1], n)[0]

    return np.array([(value(v + h * e) - value(v - h * e)) / (2 * h) for e in np.eye(2 * N + 1)])


def check(seed: int) -> None:
    p = program(seed)
    args = inputs(seed)
    t = gradient_by_tangent(tangent(p, [0, 1, 2]), args)
    plain = gradient_by_adjoint(adjoint(p, [0, 1, 2], unit_seed=True), args)
    np.testing.assert_allclose(plain, t, rtol=1e-8, atol=1e-10)
    shorter = gradient_by_adjoint(tidy(adjoint(prepare(p), [0, 1, 2], unit_seed=True)), args)
    np.testing.assert_allclose(shorter, t, rtol=1e-8, atol=1e-10)
    if seed % 4 == 0:
        differences = gradient_by_differences(p, args)
        near = np.abs(differences - t) < 1e-4 * (1 + np.abs(t))
        assert near.mean() > 0.5, (differences, t)  # a branch may change within the step


def second_order(seed: int) -> None:
    """The tangent of the adjoint and the adjoint of the adjoint give the same Hessian-vector product."""
    p = prepare(program(seed))
    x, y, a, n = inputs(seed)
    direction = np.random.default_rng(seed + 1).normal(size=2 * N + 1)
    tx, ty, ta = direction[:N].copy(), direction[N : 2 * N].copy(), direction[-1]
    g = tidy(adjoint(p, [0, 1, 2], unit_seed=True, keep=False))
    first = run(tidy(tangent(g, [0, 1, 2])), x.copy(), y.copy(), a, n, tx, ty, ta)[3:]
    second = run(tidy(adjoint(g, [0, 1, 2], keep=False)), x.copy(), y.copy(), a, n, tx, ty, ta)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_adjoint(seed):
    check(seed)


@pytest.mark.parametrize("seed", range(20))
def test_second_order(seed):
    second_order(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1500, 50))
def test_many(start):
    for seed in range(start, start + 50):
        check(seed)
        second_order(seed)
