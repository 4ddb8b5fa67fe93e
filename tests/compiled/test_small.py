"""Small arrays of known size: loops over them are written out, and their elements become scalars."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.jit import jit
from chainrule.compiled.own import whole
from chainrule.compiled.signature import known_lengths
from chainrule.compiled.tidy.scalars import elements_as_scalars
from chainrule.compiled.tidy.share import share
from chainrule.compiled.tidy.unroll import unroll
from compiled.interpreter import run

X = np.array([1.0, -2.0, 3.0, 0.5])
THREE = const(3)


def made(write):
    """Let ``write(builder, x, n)`` make a function of an array x of length n; the results are what it returns."""
    b = Builder()
    x = ir.Buffer(b.names.fresh("x"), "float64", 1)
    results = write(b, x, b.dim(x, 0))
    return ir.Function("f", [x], b.block, results)


def count(function, kind):
    return sum(isinstance(s, kind) for s in ir.walk(function.body))


def check(function, loops, arrays, most=100):
    """Compare results, and count the loops and the arrays that are left."""
    changed = elements_as_scalars(share(unroll(function, most)))
    for a, b in zip(run(function, X.copy()), run(changed, X.copy()), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (count(changed, ir.For), count(changed, ir.Alloc)) == (loops, arrays)
    return changed


def filled(b, x, length=THREE):
    """Emit a small array of the first elements of another, squared."""
    y = b.alloc("y", "float64", [length])
    with b.loop(length) as i:
        v = b.load(x, [i])
        b.store(y, [i], b.let("multiply", v, v))
    return y


def summed(b, y, start, backward=False):
    counter, phi, result = b.counter(THREE), b.var("s", "float64"), b.var("s", "float64")
    body = []
    with b.into(body):
        end = b.let("subtract", b.load(y, [counter]), phi)  # the order counts
    b.add(ir.For(counter, THREE, body, [ir.Carried(phi, start, end, result)], backward=backward))
    return result


@pytest.mark.parametrize("backward", [False, True])
def test_a_small_array_between_two_loops(backward):
    check(made(lambda b, x, n: [summed(b, filled(b, x), const(1.0), backward)]), loops=0, arrays=0)


def test_a_loop_that_would_become_too_long_stays():
    check(made(lambda b, x, n: [summed(b, filled(b, x), const(1.0))]), loops=2, arrays=1, most=5)


def test_an_array_whose_length_is_not_known_stays():
    def write(b, x, n):
        y = filled(b, x, n)
        return [b.load(y, [const(1)])]

    check(made(write), loops=1, arrays=1)


def test_an_array_that_is_a_result_stays():
    def write(b, x, n):
        return [whole(b, filled(b, x))]

    check(made(write), loops=1, arrays=1)


def test_an_index_that_is_not_known_keeps_the_array():
    def write(b, x, n):
        y = filled(b, x)
        at = b.let("minimum", n, const(2))
        return [b.load(y, [at]), b.load(y, [const(0)])]

    check(made(write), loops=1, arrays=1)


def test_a_matrix_in_two_loops():
    def write(b, x, n):
        y = b.alloc("y", "float64", [THREE, THREE], const(0.5))
        with b.loop(THREE) as i:
            row = b.load(x, [i])
            with b.loop(THREE) as j:
                b.store(y, [i, j], b.let("multiply", row, b.load(x, [j])), add=True)
        return [summed_diagonal(b, y), b.load(y, [const(0), const(2)])]

    def summed_diagonal(b, y):
        total = const(0.0)
        for k in range(3):
            total = b.let("add", total, b.load(y, [const(k), const(k)]))
        return total

    check(made(write), loops=0, arrays=0)


def test_elements_are_carried_by_loops_and_decided_by_branches():
    def write(b, x, n):
        y = filled(b, x)
        with b.loop(n) as i, b.when(b.let("greater", b.load(x, [i]), const(0.0))):
            b.store(y, [const(1)], b.load(y, [const(0)]))
            b.store(y, [const(0)], b.load(x, [i]), add=True)
        return [b.load(y, [const(k)]) for k in range(3)]

    changed = check(made(write), loops=1, arrays=0)
    (loop,) = [s for s in ir.walk(changed.body) if isinstance(s, ir.For)]
    assert len(loop.carried) == 2  # the third element never changes


def test_an_array_made_anew_in_each_iteration():
    def write(b, x, n):
        z = b.alloc("z", "float64", [n])
        with b.loop(n) as i:
            y = b.alloc("y", "float64", [THREE], const(0.0))
            b.store(y, [const(2)], b.load(x, [i]), add=True)
            b.store(z, [i], b.let("add", b.load(y, [const(2)]), b.load(y, [const(0)])))
        return [whole(b, z)]

    check(made(write), loops=1, arrays=1)


# ---- Programs


def steps(x, count):
    """Two coupled numbers in an array, and a vector that is rebound."""
    state = np.array([x, 1.0])
    momentum = np.zeros(2)
    for t in range(count):
        force = np.empty(2)
        force[0] = -state[0] + 0.1 * state[1] * t
        force[1] = state[0] * state[1]
        momentum = 0.5 * momentum + force
        if momentum[0] > 0.0:
            state[:] = state + 0.1 * momentum
        else:
            state = state - 0.05 * force[::-1]
    return state @ momentum


def while_steps(x, limit):
    state = np.array([x, 0.5, 0.1])
    turns = 0
    while state[0] < limit and turns < 50:
        state = np.array([state[0] + state[1], state[1] + 0.1 * np.sin(state[2]), state[2] * 1.1])
        turns += 1
    return np.sum(state * state)


def cloud(points, weights):
    """Distances in space, as one writes them with vectors."""
    energy = 0.0
    for i in range(len(points)):
        for j in range(i):
            r = points[i] - points[j]
            square = np.sum(r**2)
            axis = np.cross(r, points[i]) / np.sqrt(square + 1.0)
            energy += weights[i] * weights[j] / (square + 0.1) + axis @ axis
    return energy


def moved(points, weights):
    """Rows of a table that are changed in place, one after the other."""
    p = points.copy()
    for i in range(1, len(p)):
        p[i] += weights[i] * p[i - 1]
        if p[i, 0] > 0.0:
            p[i, 1:] = p[i, :-1] * 2.0
    return np.sum(p**2)


ways = pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["text", "numba"])
rng = np.random.default_rng(3)
CLOUD = (rng.normal(size=(40, 3)), rng.uniform(0.5, 1.5, 40))


def slope(function, args, direction, h=1e-6):
    """Return the derivative along a direction, by central differences with an extrapolation."""

    def difference(h):
        ends = [function(*[a + s * h * d for a, d in zip(args, direction, strict=True)]) for s in (1, -1)]
        return (ends[0] - ends[1]) / (2 * h)

    return (4 * difference(h / 2) - difference(h)) / 3


@ways
@pytest.mark.parametrize(("function", "args"), [(steps, (0.7, 9)), (while_steps, (0.2, 3.0))])
def test_states_of_a_few_numbers(function, args, compile):
    value, gradient = jit(cr.value_and_grad(function), compile=compile)(*args)
    assert value == pytest.approx(function(*args), rel=1e-13)
    assert gradient == pytest.approx(slope(lambda x: function(x, args[1]), args[:1], (1.0,)), rel=1e-6)
    assert "np.empty" not in jit(function).source(*args)


@ways
@pytest.mark.parametrize("function", [cloud, moved])
def test_rows_of_a_table(function, compile):
    value, gradient = jit(cr.value_and_grad(function, argnums=(0, 1)), compile=compile)(*CLOUD)
    assert value == pytest.approx(function(*CLOUD), rel=1e-12)
    direction = (rng.normal(size=(40, 3)), rng.normal(size=40))
    along = np.sum(gradient[0] * direction[0]) + gradient[1] @ direction[1]
    assert along == pytest.approx(slope(function, CLOUD, direction), rel=1e-6)
    few = [a[:5] for a in CLOUD]  # a program for rows of any length
    assert jit(function, compile=compile)(*few) == pytest.approx(function(*few), rel=1e-12)


@ways
def test_the_second_derivative_of_rows(compile):
    points, weights = CLOUD
    direction = rng.normal(size=(40, 3))
    gradient = jit(cr.grad(cloud), compile=compile)
    found = jit(cr.hvp(cloud), compile=compile)(points, weights, direction)
    expected = slope(lambda p: gradient(p, weights), (points,), (direction,), h=1e-4)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_what_a_loop_records_is_no_small_array():
    def f(z):
        for _ in range(9):
            z = np.sin(z) * z
        return z

    text = jit(cr.grad(f)).source(1.2)
    assert "range(9)" in text
    assert "np.empty(9)" in text


# ---- Which lengths are known


def test_lengths_of_rows_are_known_if_there_are_many():
    assert known_lengths(np.empty((40, 3))) == (0, 3)
    assert known_lengths(np.empty((5, 3))) == (0, 0)
    assert known_lengths(np.empty((40, 17))) == (0, 0)
    assert known_lengths(np.empty((1, 5))) == (1, 0)
    assert known_lengths(np.empty((0, 3))) == (0, 0)


def test_lengths_of_small_vectors_and_matrices_are_known():
    assert known_lengths(np.empty(4)) == (4,)
    assert known_lengths(np.empty(5)) == (0,)
    assert known_lengths(np.empty(0)) == (0,)
    assert known_lengths(np.empty((2, 4))) == (2, 4)
    assert known_lengths(np.empty((2, 5))) == (0, 0)
    assert known_lengths(np.empty((2, 2, 2))) == (0, 0, 0)
    assert known_lengths(np.empty(())) == ()


def test_one_function_with_rows_of_several_lengths():
    program = jit(lambda x: np.sum(x[:, -1] * x[:, 0]), compile=False)
    for shape in [(40, 3), (40, 2), (5, 3), (40, 3), (100, 20), (3, 40)]:
        x = rng.normal(size=shape)
        assert program(x) == pytest.approx(np.sum(x[:, -1] * x[:, 0]), rel=1e-12)


@pytest.mark.slow
def test_rows_of_another_length_are_not_taken_for_known_ones():
    program = jit(lambda x: np.sum(x[:, -1] * x[:, 0]))
    for shape in [(5, 3), (40, 3), (40, 2), (5, 3), (40, 3), (100, 20), (40, 3)]:
        x = rng.normal(size=shape)
        assert program(x) == pytest.approx(np.sum(x[:, -1] * x[:, 0]), rel=1e-12)


def labelled(rows, x):
    """Rows whose first number is a weight: records, though they are long."""
    total = 0.0
    for i in range(len(rows)):
        total += rows[i, 0] * np.sum(rows[i, 1:] * x[:7])
    return total


def scalar_products(rows, x):
    total = 0.0
    for i in range(len(rows)):
        total += np.sum(rows[i] * x[:8]) ** 2
    return total


def test_long_rows_are_written_out_if_they_are_records():
    rows, x = rng.normal(size=(300, 8)), rng.normal(size=9)
    for function, written_out in ((labelled, True), (scalar_products, False)):
        program = jit(cr.value_and_grad(function, argnums=(0, 1)), compile=False)
        assert ("rows.shape[1]" in program.source(rows, x)) is not written_out
        value, gradient = program(rows, x)
        assert value == pytest.approx(function(rows, x), rel=1e-12)
        np.testing.assert_allclose(gradient[1], cr.grad(function, argnums=1)(rows, x), rtol=1e-10)
