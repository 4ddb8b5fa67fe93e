"""Passes that leave the meaning alone."""

from __future__ import annotations

import numpy as np

from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.own import whole
from chainrule.compiled.tidy import assign_cleared, assign_first, flatten, share, split, straighten, sweep
from compiled.interpreter import run

N = const(4)


def made(write):
    """Let ``write(builder, x)`` make a function of an array x of length 4; it returns the results."""
    b = Builder(rough=True)
    x = ir.Buffer(b.names.fresh("x"), "float64", 1)
    results = write(b, x)
    return ir.Function("f", [x], b.block, results)


def kinds(function, kind):
    return [s for s in ir.walk(function.body) if isinstance(s, kind)]


X = np.array([1.0, -2.0, 3.0, 0.5])


def same(function, changed):
    for a, b in zip(run(function, X.copy()), run(changed, X.copy()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_a_load_is_not_shared_across_a_store():
    def write(b, x):
        y = b.alloc("y", "float64", [N], const(1.0))
        first = b.load(y, [const(0)])
        again = b.load(y, [const(0)])
        b.store(y, [const(0)], b.load(x, [const(0)]))
        return [first, again, b.load(y, [const(0)])]

    f = made(write)
    changed = sweep(share(f))
    assert len(kinds(changed, ir.Load)) == 3
    same(f, changed)


def test_a_load_is_not_shared_across_a_swap():
    def write(b, x):
        y, z = b.alloc("y", "float64", [N], const(1.0)), b.alloc("z", "float64", [N], const(2.0))
        before = b.load(y, [const(0)])
        b.add(ir.Swap((y, z), (z, y)))
        return [before, b.load(y, [const(0)])]

    f = made(write)
    same(f, share(f))
    assert run(share(f), X.copy()) == (1.0, 2.0)


def backward(b, body):
    counter = b.counter(N)
    block = []
    with b.into(block):
        ends = body(counter)
    b.add(ir.For(counter, N, block, ends or [], backward=True))


def test_a_scatter_runs_forwards_and_is_split():
    def write(b, x):
        y = b.alloc("y", "float64", [const(6)], const(0.0))

        def body(j):
            g = b.load(x, [j])
            b.store(y, [j], g, add=True)
            b.store(y, [b.let("add", j, const(2))], b.let("multiply", g, const(3.0)), add=True)

        backward(b, body)
        return [whole(b, y)]

    f = made(write)
    straight = straighten(f)
    assert not any(s.backward for s in kinds(straight, ir.For))
    same(f, straight)


def test_a_recurrence_stays_backward():
    def write(b, x):
        def body(j):
            b.store(x, [j], b.let("multiply", b.load(x, [b.let("subtract", const(3), j)]), const(2.0)))

        backward(b, body)
        return [b.load(x, [const(0)])]

    f = made(write)
    assert all(s.backward for s in kinds(straighten(f), ir.For))


def test_a_swapped_name_is_not_filled_for_another():
    """y is filled after it has been swapped with z: the zeros of y have become z's."""

    def write(b, x):
        y, z = b.alloc("y", "float64", [N], const(0.0)), b.alloc("z", "float64", [N], const(0.0))
        with b.loop(N, "j", parallel=True) as j:
            b.store(z, [j], b.load(x, [j]), add=True)
        b.add(ir.Swap((y, z), (z, y)))
        return [whole(b, y), whole(b, z)]

    f = made(write)
    changed = assign_first(f)
    fills = {s.buffer.hint: s.fill for s in kinds(changed, ir.Alloc)}
    assert fills == {"y": const(0.0), "z": None}
    same(f, changed)


def test_a_short_branch_becomes_a_selection_and_the_sum_stays_a_sum():
    def write(b, x):
        counter = b.counter(N)
        phi, result, merged = b.var("s", "float64"), b.var("s", "float64"), b.var("s", "float64")
        body: list = []
        with b.into(body):
            value = b.load(x, [counter])
            test = b.let("less", value, const(0.6))
            with b.into([]) as then:
                more = b.let("radd", b.let("radd", phi, value), value)
            b.add(ir.If(test, then, [], [ir.Merge(merged, more, phi)]))
        b.add(ir.For(counter, N, body, [ir.Carried(phi, const(0.0), merged, result)]))
        return [result]

    f = made(write)
    changed = flatten(f)
    assert not kinds(changed, ir.If)
    (last,) = [s for s in kinds(changed, ir.Let) if s.var.hint == "s"]
    assert last.op == "radd"
    same(f, changed)


def test_split_needs_two_additions_into_one_array():
    def write(b, x):
        y = b.alloc("y", "float64", [const(20)], const(0.0))
        with b.loop(const(12), "j", parallel=True) as j:
            b.store(y, [j], const(1.0), add=True)
            b.store(y, [b.let("add", j, const(2))], const(3.0), add=True)
        return [whole(b, y)]

    f = made(write)
    assert len(kinds(split(f), ir.For)) == 2
    same(f, split(f))


def test_what_a_shorter_loop_leaves_out_is_set_to_zero():
    def write(b, x):
        n = b.dim(x, 0)
        short = b.let("maximum", b.let("subtract", n, const(1)), const(0))
        y = b.alloc("y", "float64", [n], const(0.0))
        with b.loop(short, "i") as i:
            b.store(y, [i], b.load(x, [i]), add=True)
        return [whole(b, y)]

    f = made(write)
    changed = assign_first(f)
    (alloc,) = kinds(changed, ir.Alloc)
    assert alloc.fill is None
    same(f, changed)
    for length in (0, 1, 2):
        np.testing.assert_array_equal(run(changed, np.ones(length))[0], [1.0] * (length - 1) + [0.0] * (length > 0))


def test_a_loop_whose_trip_may_be_negative_leaves_all_rows_to_be_set():
    def write(b, x):
        n = b.dim(x, 0)
        y = b.alloc("y", "float64", [n], const(0.0))
        with b.loop(b.let("subtract", n, const(3)), "i") as i:
            b.store(y, [i], b.load(x, [i]), add=True)
        return [whole(b, y)]

    changed = assign_first(made(write))
    (alloc,) = kinds(changed, ir.Alloc)
    assert alloc.fill is None
    for length in range(6):
        expected = [1.0] * (length - 3) + [0.0] * min(length, 3)
        np.testing.assert_array_equal(run(changed, np.ones(length))[0], expected)


def test_a_new_array_is_filled_under_the_name_of_another_shape_with_axes_in_any_order():
    def write(b, x):
        n = b.dim(x, 0)
        y = b.alloc("y", "float64", [b.let("multiply", n, const(3))], const(0.0))
        table = ir.Buffer("table", "float64", 2)
        b.add(ir.Alias(table, y, (n, const(3))))
        with b.loop(const(3), "j") as j, b.loop(n, "i") as i:
            b.store(table, [i, j], b.load(x, [i]), add=True)
        return [whole(b, y)]

    changed = assign_first(made(write))
    (alloc,) = kinds(changed, ir.Alloc)
    assert alloc.fill is None
    np.testing.assert_array_equal(run(changed, np.array([1.0, 2.0]))[0], [1.0, 1.0, 1.0, 2.0, 2.0, 2.0])


def test_an_array_of_which_a_loop_reaches_the_diagonal_is_made_of_zeros():
    def write(b, x):
        n = b.dim(x, 0)
        y = b.alloc("y", "float64", [n, n], const(0.0))
        with b.loop(n, "i") as i:
            b.store(y, [i, i], b.load(x, [i]), add=True)
        return [whole(b, y)]

    (alloc,) = kinds(assign_first(made(write)), ir.Alloc)
    assert alloc.fill is not None


def test_an_array_of_which_a_loop_leaves_out_columns_is_made_of_zeros():
    def write(b, x):
        n = b.dim(x, 0)
        y = b.alloc("y", "float64", [n, const(3)], const(0.0))
        with b.loop(n, "i") as i, b.loop(const(2), "j") as j:
            b.store(y, [i, j], b.load(x, [i]), add=True)
        return [whole(b, y)]

    (alloc,) = kinds(assign_first(made(write)), ir.Alloc)
    assert alloc.fill is not None


def cleared(between):
    def write(b, x):
        y = b.alloc("y", "float64", [const(6)], const(2.0))
        with b.loop(const(3), "i") as i:
            after = b.let("add", i, const(1))
            old = b.load(y, [after])
            b.store(y, [after], const(0.0))
            between(b, x, y, i, after)
            b.store(y, [after], b.let("multiply", old, b.load(x, [i])), add=True)
        return [whole(b, y)]

    f = made(write)
    changed = assign_cleared(f)
    same(f, changed)
    return len(kinds(changed, ir.Store))


def test_a_zero_that_is_only_added_to_is_left_out():
    assert cleared(lambda b, x, y, i, after: None) == 1
    assert cleared(lambda b, x, y, i, after: b.store(y, [i], const(1.0), add=True)) == 2
    assert cleared(lambda b, x, y, i, after: b.load(y, [const(0)])) == 1


def test_a_zero_that_may_be_read_or_overwritten_stays():
    assert cleared(lambda b, x, y, i, after: b.store(y, [i], b.load(y, [after]))) == 3
    assert cleared(lambda b, x, y, i, after: b.store(y, [b.let("subtract", const(3), i)], const(1.0), add=True)) == 3
    assert cleared(lambda b, x, y, i, after: b.check(b.let("less", i, const(9)), "IndexError", "far")) == 2
