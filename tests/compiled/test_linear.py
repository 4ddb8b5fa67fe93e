"""Matrices of derivatives in forward mode: the function once, and then its tangents in each direction."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
import chainrule.numpy as cnp
from chainrule.compiled import ir, linear
from chainrule.compiled.adjoint import adjoint
from chainrule.compiled.linear import linearized
from chainrule.compiled.tangent import tangent
from chainrule.compiled.tidy import prepare, tidy
from compiled.adjoint.random_programs import N, program
from compiled.interpreter import run
from compiled.wellformed import require_wellformed

native = pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["text", "numba"])


# ---- Programs


def arguments(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=N), rng.normal(size=N), float(rng.normal()), int(rng.integers(0, N))


def copied(args):
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def in_two_sweeps(made, count, args, direction):
    """Return the tangents that a sweep ahead finds, run twice: the first leaves what the second needs."""
    for function in made:
        require_wellformed(ir.Program(function))
    kept = run(made.forward, *copied(args))[count:]
    before = copied(kept)
    for _ in range(2):
        found = run(made.ahead, *copied(args), *kept, direction.copy())
        for a, b in zip(kept, before, strict=True):
            np.testing.assert_array_equal(a, b)
    return found


def compare(p, seed):
    """Compare the tangents by the first two arguments with those of the program in one sweep; count what was apart."""
    args, count, apart = arguments(seed), len(p.entry.results), 0
    for wrt in (0, 1):
        made = linearized(p, wrt)
        if made is None:
            continue
        apart += 1
        direction = np.random.default_rng(seed + 1).normal(size=N)
        found = in_two_sweeps(made, count, args, direction)
        expected = run(tangent(p, [wrt]), *copied(args), direction.copy())[count:]
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    return apart


@pytest.fixture
def keeping_much(monkeypatch):
    """Keep something for each iteration of loops of any length, as long as that is known before."""

    def require(layout, region):
        if not all(isinstance(loop, ir.For) for loop in region.loops):
            raise linear._Apart

    monkeypatch.setattr(linear, "_require_known", require)


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_random_programs(start, keeping_much):
    assert sum(compare(prepare(program(seed)), seed) for seed in range(start, start + 10))


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_gradients_of_random_programs(start, keeping_much):
    found = 0
    for seed in range(start, start + 10):
        gradient = tidy(adjoint(prepare(program(seed)), [0, 1, 2], unit_seed=True, keep=False))
        found += compare(prepare(gradient), seed)
    assert found


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1400, 50))
def test_many_random_programs(start, keeping_much):
    for seed in range(start, start + 50):
        p = prepare(program(seed))
        compare(p, seed)
        compare(prepare(tidy(adjoint(p, [0, 1, 2], unit_seed=True, keep=False))), seed)


# ---- Functions


def mixed(x):
    """Calls, a loop that overwrites, branches by the loop's counter and by a value."""
    a = np.outer(x, x) + 3.0 * np.eye(len(x))
    y = np.linalg.solve(a, np.sin(x))
    for k in range(4):
        if k % 2:
            y = a @ y
        else:
            z = np.exp(-y)
            y = np.where(y > 0.2, z, y * y)
        y[0] = y[0] * x[k % 2]
    return y


def by_while(x):
    """A loop of unknown length that overwrites what the tangents need."""
    y = x.copy()
    while np.sum(y * y) > 0.01:
        y = np.sin(y) * x
    return y


def by_argument(x, n):
    y = x.copy()
    for _ in range(n):
        y = np.sin(y) * x
    return y


def in_place(x):
    x[1:] *= np.tanh(x[:-1])
    x += 1.0
    return x[::-1] ** 2


def posed(angles):
    """Matrices of a chain of joints, as records of a loop of known length."""
    frame = np.eye(3)
    places = cnp.zeros((5, 3))
    for k in range(5):
        c, s = np.cos(angles[k]), np.sin(angles[k])
        frame = frame @ cnp.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        places[k] = frame @ np.array([1.0, 0.5, 2.0])
        frame = frame.T if k == 2 else frame
    return places


def sums(x):
    total = 0.0
    for k in range(6):
        total = total * 0.5 + np.exp(np.sin(total + x[k % 3]))
    return cnp.array([total, total**2])


def pairs(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            total += np.exp(np.sin(x[i] * x[j]))
    return total


def points(w, x):
    total = 0.0
    for i in range(len(x)):
        total += np.exp(np.sin(x[i] * w[0])) * w[1]
    return total


X = np.array([0.7, -0.3, 1.1, 0.4, 0.9])
CASES = {
    "mixed": (mixed, (X,)), "while": (by_while, (0.6 * X[:2],)), "argument": (by_argument, (X, 7)),
    "no iteration": (by_argument, (X, 0)), "in place": (in_place, (X,)), "posed": (posed, (X,)),
    "sums": (sums, (X[:3],)), "one": (mixed, (X[:2],)),
}  # fmt: skip


@native
@pytest.mark.parametrize("name", CASES)
def test_jacobians(name, compile):
    f, args = CASES[name]
    found = cr.jit(cr.jacobian(f, method="forward"), compile=compile)(*args)
    np.testing.assert_allclose(found, cr.jacobian(f, method="reverse")(*args), rtol=1e-10, atol=1e-12)


@native
@pytest.mark.parametrize("name", CASES)
def test_hessians(name, compile):
    f, args = CASES[name]

    def number(*args):
        return np.sum(f(*args) ** 2)

    found = cr.jit(cr.hessian(number), compile=compile)(*args)
    np.testing.assert_allclose(found, cr.jacobian(cr.grad(number), method="reverse")(*args), rtol=1e-9, atol=1e-10)


@native
def test_hessians_of_sums_over_points_and_pairs(compile):
    for f, args in ((pairs, (X,)), (points, (X[:2], X))):
        found = cr.jit(cr.hessian(f), compile=compile)(*args)
        np.testing.assert_allclose(found, cr.hessian(f)(*args), rtol=1e-10)


@native
def test_several_arguments_and_results_and_what_is_returned_beside(compile):
    def f(x, w):
        y = np.tanh(w @ x)
        return {"y": y, "s": np.sum(y)}, y * 2.0

    w = np.arange(6.0).reshape(2, 3) / 5.0
    derivative = cr.jacobian(f, argnums=(0, 1), has_aux=True, method="forward")
    found, aux = cr.jit(derivative, compile=compile)(X[:3], w)
    expected, other = cr.jacobian(f, argnums=(0, 1), has_aux=True, method="reverse")(X[:3], w)
    np.testing.assert_allclose(aux, other, rtol=1e-12)
    for key in ("y", "s"):
        for a, b in zip(found[key], expected[key], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


@native
@pytest.mark.parametrize("x", [np.empty(0), np.array([0.5]), np.array([0.5, 2.0], dtype="float32")], ids=str)
def test_lengths_and_types(x, compile):
    def f(x):
        return np.exp(np.sin(x)) * np.sum(x)

    found = cr.jit(cr.jacobian(f, method="forward"), compile=compile)(x)
    expected = cr.jacobian(f, method="forward")(x)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5 if x.dtype == "float32" else 1e-12)


def test_the_function_runs_once():
    text = cr.jit(cr.jacobian(posed, method="forward")).source(X)
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    before, after = "\n".join(lines).split("seed = np.zeros")
    assert "np.cos" in before
    assert "np.cos" not in after


def test_what_is_kept_does_not_grow_with_the_length_of_a_loop():
    assert "saved" in cr.jit(cr.jacobian(posed, method="forward")).source(X)
    assert "saved" not in cr.jit(cr.jacobian(by_argument, method="forward")).source(X, 3)
    assert "saved" not in cr.jit(cr.hessian(pairs)).source(X)
    assert "saved" in cr.jit(cr.hessian(points)).source(X, X)
