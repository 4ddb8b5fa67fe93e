"""Elements that loops come back to are kept in scalars, and only where nothing else can meet them."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.own import whole
from chainrule.compiled.tidy import keep_in_registers, straighten
from compiled.interpreter import run

X = np.array([1.0, -2.0, 3.0, 0.5])


def made(write):
    """Let ``write(builder, x, n)`` make a function of an array x of length n; the results are what it returns."""
    b = Builder(rough=True)
    x = ir.Buffer(b.names.fresh("x"), "float64", 1)
    results = write(b, x, b.dim(x, 0))
    return ir.Function("f", [x], b.block, results)


def loop(b, trip, body, **kinds):
    counter = b.counter(trip)
    block = []
    with b.into(block):
        body(counter)
    b.add(ir.For(counter, trip, block, [], **kinds))


def in_innermost(function):
    """Return the loads and stores in the innermost loops."""
    inner = [s for s in ir.walk(function.body) if isinstance(s, ir.For)]
    inner = [s for s in inner if not any(isinstance(t, ir.For) for t in ir.walk(s.body))]
    return [t for s in inner for t in s.body if isinstance(t, (ir.Load, ir.Store))]


def check(function, left):
    """Compare results, and count the accesses that are left in the innermost loops."""
    changed = keep_in_registers(function)
    for a, b in zip(run(function, X.copy()), run(changed, X.copy()), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(in_innermost(changed)) == left
    return changed


def lower(b, x, n, other):
    """``for i: for j < i: y[i] -= y[other(i, j)]`` on a copy y of x."""
    y = b.alloc("y", "float64", [n])
    loop(b, n, lambda i: b.store(y, [i], b.load(x, [i])))

    def outer(i):
        loop(b, i, lambda j: b.store(y, [i], b.let("negative", b.load(y, [other(b, i, j)])), add=True))

    loop(b, n, outer)
    return [whole(b, y)]


def test_a_sum_into_one_element_stays_in_a_scalar():
    check(made(lambda b, x, n: lower(b, x, n, lambda b, i, j: j)), left=3)  # the copy's two, and y[j]


def test_an_element_that_another_access_may_meet_stays_in_the_array():
    f = made(lambda b, x, n: lower(b, x, n, lambda b, i, j: b.let("minimum", i, b.let("add", j, const(1)))))
    check(f, left=4)


def test_an_element_that_may_not_exist_is_not_read_before_the_loop():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n], const(0.0))
        past = b.let("add", n, const(3))
        none = b.let("subtract", n, n)
        trip = b.let("minimum", none, n)
        loop(b, trip, lambda j: b.store(y, [past], b.load(x, [j]), add=True))
        return [whole(b, y)]

    check(made(write), left=2)


def test_an_element_beside_the_loop_exists():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n], const(0.0))
        at = b.let("minimum", n, const(2))
        loop(b, n, lambda j: b.store(y, [at], b.load(x, [j]), add=True))
        b.store(y, [at], const(1.0), add=True)
        return [whole(b, y)]

    check(made(write), left=1)


@pytest.mark.parametrize("kind", ["backward", "parallel"])
def test_additions_of_a_loop_without_an_order_are_summed_from_zero(kind):
    def write(b, x, n):
        y = b.alloc("y", "float64", [n], const(1.0))
        loop(b, n, lambda j: b.store(y, [const(0)], b.load(x, [j]), add=True), **{kind: True})
        b.store(y, [const(0)], const(1.0), add=True)
        return [whole(b, y)]

    changed = check(made(write), left=1)
    (sums,) = [s for s in ir.walk(changed.body) if isinstance(s, ir.For)]
    assert [c.init for c in sums.carried] == [const(0.0)]


def test_a_users_own_sum_keeps_its_order():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n], const(1e17))
        loop(b, n, lambda j: b.store(y, [const(0)], b.load(x, [j]), add=True))
        b.store(y, [const(0)], const(1.0), add=True)
        return [whole(b, y)]

    changed = check(made(write), left=1)
    assert not any(isinstance(s, ir.Let) and s.op == "radd" for s in ir.walk(changed.body))


def test_what_is_written_before_an_error_stays_written():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n], const(0.0))

        def body(j):
            b.store(y, [const(0)], b.load(x, [j]))
            b.check(b.let("less", j, const(9)), "IndexError", "too far")

        loop(b, n, body)
        b.store(y, [const(0)], const(1.0), add=True)
        return [whole(b, y)]

    check(made(write), left=2)


def test_an_inner_loop_hands_its_element_to_the_loop_around_it():
    def write(b, x, n):
        y = b.alloc("y", "float64", [const(4)], const(0.0))
        loop(b, const(3), lambda i: loop(b, const(3), lambda j: b.store(y, [const(2)], b.load(x, [j]), add=True)))
        return [whole(b, y)]

    changed = check(made(write), left=1)
    (outer, _) = [s for s in ir.walk(changed.body) if isinstance(s, ir.For)]
    assert not any(isinstance(s, ir.Store) for s in ir.walk(outer.body))


def test_rows_of_one_array_that_never_meet_leave_a_loop_without_an_order():
    def write(b, x, n):
        y = b.alloc("y", "float64", [const(3), n], const(1.0))

        def outer(k):
            below = b.let("add", k, const(1))

            def body(j):
                b.store(y, [k, j], b.load(y, [below, j]), add=True)

            loop(b, n, body, backward=True)

        loop(b, const(2), outer)
        return [whole(b, y)]

    f = made(write)
    changed = straighten(f)
    for a, b in zip(run(f, X.copy()), run(changed, X.copy()), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not any(isinstance(s, ir.For) and s.backward for s in ir.walk(changed.body))


def test_rows_that_meet_keep_their_order():
    def write(b, x, n):
        y = b.alloc("y", "float64", [b.let("add", n, const(1))], const(1.0))

        def body(j):
            b.store(y, [j], b.load(y, [b.let("add", j, const(1))]), add=True)

        loop(b, n, body, backward=True)
        return [whole(b, y)]

    (only,) = [s for s in ir.walk(straighten(made(write)).body) if isinstance(s, ir.For)]
    assert only.backward
