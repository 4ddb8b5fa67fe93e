"""Checks that are made once, and short loops that go inside long ones."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.own import whole
from chainrule.compiled.tidy.checks import settle_checks
from chainrule.compiled.tidy.jam import jam
from compiled.interpreter import run

native = pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["text", "numba"])


def checks(function):
    """Return how many loops stand around each check, in the order of the text."""
    found = []

    def enter(body, depth):
        for s in body:
            if isinstance(s, ir.Check):
                found.append(depth)
            for block in ir.blocks(s):
                enter(block, depth + isinstance(s, (ir.For, ir.While)))

    enter(settle_checks(function).body, 0)
    return found


def made(write):
    """Let ``write(builder, n, m)`` make a function of two whole numbers."""
    b = Builder()
    n, m = ir.Var(b.names.fresh("n"), ir.INT), ir.Var(b.names.fresh("m"), ir.INT)
    b.parameters |= {n, m}
    write(b, n, m)
    return ir.Function("f", [n, m], b.block, [])


def loop(b, trip, body, **kinds):
    counter = b.counter(trip)
    with b.into([]) as block:
        body(counter)
    b.add(ir.For(counter, trip, block, [], **kinds))


def test_a_check_is_made_once():
    def write(b, n, m):
        same = b.let("equal", n, m)
        b.check(same, "ValueError", "first")
        b.add(ir.Check(same, "ValueError", "again"))
        loop(b, n, lambda i: b.add(ir.Check(same, "ValueError", "inside")))

    assert checks(made(write)) == [0]


def test_a_check_in_a_loop_that_runs_goes_before_it():
    def write(b, n, m):
        same = b.let("equal", n, m)
        loop(b, const(3), lambda i: b.add(ir.Check(same, "ValueError", "inside")))
        b.add(ir.Check(same, "ValueError", "after"))

    assert checks(made(write)) == [0]


@pytest.mark.parametrize("trip", ["n", 0])
def test_a_check_in_a_loop_that_may_not_run_stays_and_proves_nothing(trip):
    def write(b, n, m):
        same = b.let("equal", n, m)
        loop(b, n if trip == "n" else const(0), lambda i: b.add(ir.Check(same, "ValueError", "inside")))
        b.add(ir.Check(same, "ValueError", "after"))

    assert checks(made(write)) == [1, 0]


def test_a_check_of_what_a_loop_computes_stays():
    def write(b, n, m):
        loop(b, const(3), lambda i: b.add(ir.Check(b.let("less", i, n), "ValueError", "inside")))

    assert checks(made(write)) == [1]


def test_a_check_in_one_branch_proves_nothing_after_it():
    def write(b, n, m):
        same, less = b.let("equal", n, m), b.let("less", n, m)
        check = ir.Check(same, "ValueError", "in a branch")
        b.add(ir.If(less, [check], [], []))
        b.add(ir.Check(same, "ValueError", "after"))
        b.add(ir.If(less, [check], [check], []))

    assert checks(made(write)) == [0, 0]


def test_a_branch_proves_its_own_test():
    def write(b, n, m):
        same = b.let("equal", n, m)
        b.add(ir.If(same, [ir.Check(same, "ValueError", "then")], [ir.Check(same, "ValueError", "else")], []))

    assert checks(made(write)) == [0]


# ---- Short loops around long ones

X = np.array([1.0, -2.0, 3.0, 0.5])


def rows(write, **kinds):
    """Return a function of a vector x that computes three rows as long as it, each by ``write(b, y, i, j, values)``."""
    b = Builder(rough=True)
    x = ir.Buffer(b.names.fresh("x"), "float64", 1)
    n = b.dim(x, 0)
    y = b.alloc("y", "float64", [const(3), n], const(1.0))
    z = b.alloc("z", "float64", [n], const(2.0))

    def outer(i):
        factor = b.let("float64", i)
        loop(b, n, lambda j: write(b, y, i, j, [b.load(x, [j]), b.load(z, [j]), factor]), parallel=True)

    loop(b, const(3), outer, **{"parallel": True, **kinds})
    return ir.Function("f", [x], b.block, [whole(b, y)])


def product(b, y, i, j, values):
    a, c, factor = values
    b.store(y, [i, j], b.let("multiply", factor, b.let("add", a, c)))


def depth(function):
    """Return how many loops stand inside each other at most."""

    def deepest(body):
        return max((deepest(s.body) + 1 for s in body if isinstance(s, ir.For)), default=0)

    return deepest(function.body)


def test_rows_that_read_the_same_are_computed_side_by_side():
    f = rows(product)
    changed = jam(f)
    assert (depth(f), depth(changed)) == (2, 1)
    np.testing.assert_array_equal(run(f, X)[0], run(changed, X)[0])


def test_rows_that_depend_on_each_other_are_not():
    assert depth(jam(rows(product, parallel=False))) == 2


def test_rows_that_share_nothing_are_not():
    def write(b, y, i, j, values):
        b.store(y, [i, j], b.let("multiply", b.load(y, [i, j]), values[-1]))

    b = rows(write)
    assert depth(jam(b)) == 1  # the vectors are loaded, though not used
    for s in ir.walk(b.body):
        if isinstance(s, ir.For):
            s.body[:] = [t for t in s.body if not (isinstance(t, ir.Load) and t.buffer.ndim == 1)]
    assert depth(jam(b)) == 2


def placed(frames, points, weights):
    """Points moved by several frames, as much as weights say."""
    total = np.zeros((3, points.shape[1]), like=points)
    for k in range(len(frames)):
        total += weights[k] * (frames[k] @ points)
    return total


@native
@pytest.mark.parametrize("count", [0, 1, 7])
def test_narrow_products_join_what_is_around_them(count, compile, rng):
    args = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, count)), rng.normal(size=(2, count))
    np.testing.assert_allclose(cr.jit(placed, compile=compile)(*args), placed(*args), rtol=1e-13)

    def number(*args):
        return np.sum(placed(*args) ** 2)

    found = cr.jit(cr.grad(number, argnums=(0, 1, 2)), compile=compile)(*args)
    for a, b in zip(found, cr.grad(number, argnums=(0, 1, 2))(*args), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


SHAPES = [((5, 2), (2, 3)), ((3, 4), (4, 5)), ((5, 1), (1, 2)), ((4, 3), (3,)), ((0, 2), (2, 2))]


@native
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_narrow_products(shapes, order, compile, rng):
    a, b = (np.asarray(rng.normal(size=shape), order=order) for shape in shapes)

    def f(a, b):
        return np.sum(np.sin(a @ b) * 2.0)

    found = cr.jit(cr.value_and_grad(f, argnums=(0, 1)), compile=compile)(a, b)
    expected = cr.value_and_grad(f, argnums=(0, 1))(a, b)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
