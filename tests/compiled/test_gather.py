"""Loops that scatter into one array gather, where that is right; for all lengths, among them those too short for it."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.own import whole
from chainrule.compiled.tidy import split, sweep
from compiled.interpreter import run
from compiled.wellformed import require_wellformed

LENGTHS = range(7)


def made(write, ndim=1):
    """Let ``write(builder, x)`` make a function of an array x; it returns the results."""
    b = Builder(rough=True)
    x = ir.Buffer(b.names.fresh("x"), "float64", ndim)
    results = write(b, x)
    return ir.Function("f", [x], b.block, results)


def gathered(function):
    changed = split(function, gather=True)
    require_wellformed(ir.Program(changed))
    return changed


def array(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape)


def same(function, *shapes):
    changed = gathered(function)
    for shape in shapes:
        for a, b in zip(run(function, array(*shape)), run(changed, array(*shape)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)


def applied(function):
    """Tell whether a function is changed by gathering, not only split."""
    return any(isinstance(s, ir.Let) and s.op == "greater_equal" for s in ir.walk(gathered(function).body))


def plus(b, i, distance):
    return i if not distance else b.let("add", i, const(distance))


def padded(b, x, by, axis=0):
    return b.let("add", b.dim(x, axis), const(by))


def line(offsets, weigh=lambda b, g, k: b.let("multiply", g, const(k + 2.0))):
    """Return ``for i: y[i + offset] += (k + 2)*x[i]``, for the offsets in turn."""

    def write(b, x):
        y = b.alloc("y", "float64", [padded(b, x, max(offsets))], const(1.0))
        with b.loop(b.dim(x, 0), "i", parallel=True) as i:
            g = b.load(x, [i])
            for k, offset in enumerate(offsets):
                b.store(y, [plus(b, i, offset)], weigh(b, g, k), add=True)
        return [whole(b, y)]

    return made(write)


def elements(function):
    """Return how many times each loop adds into an array."""
    return [sum(isinstance(t, ir.Store) for t in s.body) for s in ir.walk(function.body) if isinstance(s, ir.For)]


@pytest.mark.parametrize("offsets", [(0, 1), (1, 0), (2, 0, 1), (0, 3), (1, 1, 4, 0, 4)])
def test_a_line_is_gathered(offsets):
    f = line(offsets)
    assert applied(f)
    assert elements(gathered(f))[0] == 1
    same(f, *[(n,) for n in LENGTHS])


def test_additions_into_one_and_the_same_place_are_left_alone():
    assert not applied(line((1, 1)))


def test_too_many_elements_at_the_ends_are_not_written_out():
    f = line((0, 40))
    assert not applied(f)
    same(f, (3,), (50,))


def test_what_is_expensive_is_not_done_twice():
    def both(offset):
        def write(b, x):
            y = b.alloc("y", "float64", [padded(b, x, 1)], const(0.0))
            with b.loop(b.dim(x, 0), "i", parallel=True) as i:
                g = b.let("exp", b.load(x, [i]))
                b.store(y, [i], g, add=True)
                b.store(y, [plus(b, i, offset)], g, add=True)
            return [whole(b, y)]

        return made(write)

    assert not applied(both(1))
    same(both(1), (5,))


def test_what_is_known_to_be_short_is_left_alone():
    def write(b, x):
        y = b.alloc("y", "float64", [const(9)], const(0.0))
        with b.loop(const(4), "i", parallel=True) as i:
            for offset in (0, 1):
                b.store(y, [plus(b, i, offset)], b.load(x, [i]), add=True)
        return [whole(b, y)]

    f = made(write)
    same(f, (4,))
    assert len([s for s in ir.walk(gathered(f).body) if isinstance(s, ir.Store)]) == 2


@pytest.mark.parametrize("length", [8, 9, 20])
def test_a_known_length_needs_no_test(length):
    def write(b, x):
        y = b.alloc("y", "float64", [const(length + 12)], const(0.0))
        with b.loop(const(length), "i", parallel=True) as i:
            for offset in (12, 0):
                b.store(y, [plus(b, i, offset)], b.load(x, [i]), add=True)
        return [whole(b, y)]

    f = made(write)
    assert not any(isinstance(s, ir.If) for s in ir.walk(gathered(f).body))
    same(f, (length,))


def burgers(read, first=True, clear=False):
    """Return ``for i: g = y[i + read]; y[i] += 2*g; y[i + 1] += 3*g``, y as long as x and 3 more."""

    def write(b, x):
        y = b.alloc("y", "float64", [padded(b, x, 3)], const(0.0))
        with b.loop(padded(b, x, 3), "j") as j:
            b.store(y, [j], b.let("float64", b.let("add", j, const(1))))
        z = b.alloc("z", "float64", [b.dim(x, 0)], const(5.0))
        with b.loop(b.dim(x, 0), "i") as i:
            if not first:
                b.store(y, [i], const(1.0), add=True)
            g = b.load(y, [plus(b, i, read)])
            for k, offset in enumerate((0, 1)):
                b.store(y, [plus(b, i, offset)], b.let("multiply", g, const(k + 2.0)), add=True)
            if clear:
                b.store(z, [i], g)
        return [whole(b, y), whole(b, z)]

    return made(write)


@pytest.mark.parametrize("read", [1, 2])
def test_an_element_ahead_of_those_added_into_may_be_read(read):
    f = burgers(read)
    assert applied(f)
    assert not any(s.parallel for s in ir.walk(gathered(f).body) if isinstance(s, ir.For))
    same(f, *[(n,) for n in LENGTHS])


@pytest.mark.parametrize("f", [burgers(0), burgers(1, first=False), burgers(1, clear=True)])
def test_an_element_that_was_added_into_may_not_be_read(f):
    assert not applied(f)
    same(f, *[(n,) for n in LENGTHS])


def test_sums_come_first_and_what_is_cleared_last():
    def write(b, x):
        y = b.alloc("y", "float64", [padded(b, x, 2)], const(0.0))
        z = b.alloc("z", "float64", [b.dim(x, 0)], const(0.0))
        n = b.dim(x, 0)
        counter, phi, result = b.counter(n), b.var("s", "float64"), b.var("s", "float64")
        with b.into([]) as body:
            g = b.load(x, [counter])
            total = b.let("radd", phi, g)
            b.store(x, [counter], const(0.0))
            b.store(z, [counter], g, add=True)
            b.store(y, [counter], g, add=True)
            b.store(y, [plus(b, counter, 2)], b.let("multiply", g, const(3.0)), add=True)
        b.add(ir.For(counter, n, body, [ir.Carried(phi, const(0.0), total, result)]))
        return [result, whole(b, x), whole(b, y), whole(b, z)]

    f = made(write)
    assert applied(f)
    same(f, *[(n,) for n in LENGTHS])


def test_an_array_that_is_added_to_and_read_is_not_touched_before():
    """z[i] is read before it is added to: the part that adds may not run before the part that reads."""

    def write(b, x):
        y = b.alloc("y", "float64", [padded(b, x, 2)], const(0.0))
        z = b.alloc("z", "float64", [b.dim(x, 0)], const(4.0))
        with b.loop(b.dim(x, 0), "i", parallel=True) as i:
            g = b.load(z, [i])
            b.store(z, [i], b.load(x, [i]), add=True)
            b.store(y, [i], g, add=True)
            b.store(y, [plus(b, i, 2)], g, add=True)
        return [whole(b, y), whole(b, z)]

    f = made(write)
    assert not applied(f)
    same(f, (5,))


def test_an_array_that_is_cleared_after_an_addition_is_not_split_off():
    def write(b, x):
        y = b.alloc("y", "float64", [padded(b, x, 2)], const(0.0))
        with b.loop(b.dim(x, 0), "i", parallel=True) as i:
            g = b.load(x, [i])
            b.store(x, [i], g, add=True)
            b.store(x, [i], const(7.0))
            b.store(y, [i], g, add=True)
            b.store(y, [plus(b, i, 2)], g, add=True)
        return [whole(b, y), whole(b, x)]

    f = made(write)
    assert not applied(f)
    same(f, (5,))


def grid(places, head=False, between=None):
    """Return ``for i, j: y[i + a, j + b] += (k + 2)*x[i, j]``, for the places (a, b) in turn."""

    def write(b, x):
        deep, wide = (max(p[axis] for p in places) for axis in (0, 1))
        y = b.alloc("y", "float64", [padded(b, x, deep), padded(b, x, wide, 1)], const(1.0))
        with b.loop(b.dim(x, 0), "i", parallel=True) as i:
            row = b.load(x, [i, const(0)]) if head else const(1.0)
            scale = b.let("multiply", row, const(2.0)) if head else row
            with b.loop(b.dim(x, 1), "j", parallel=True) as j:
                g = b.let("multiply", b.load(x, [i, j]), scale)
                for k, (down, right) in enumerate(places):
                    index = [plus(b, i, down), plus(b, j, right)]
                    b.store(y, index, b.let("multiply", g, const(k + 2.0)), add=True)
            if between is not None:
                between(b, x, y, i)
        return [whole(b, y)]

    return made(write, 2)


FIVE = [(1, 1), (0, 1), (2, 1), (1, 0), (1, 2)]
SHAPES = [(n, m) for n in range(5) for m in range(5) if m or not n] + [(6, 7)]


@pytest.mark.parametrize(
    "places", [FIVE, [(0, 0), (1, 0)], [(0, 0), (3, 1)], [(0, 1), (0, 0)], [(0, 0), (1, 1), (1, 0)]]
)
@pytest.mark.parametrize("head", [False, True])
def test_rows_are_gathered(places, head):
    f = grid(places, head)
    assert applied(f)
    same(f, *[s for s in SHAPES if s[1] or not head])


def test_the_innermost_loop_over_full_rows_writes_each_element_once():
    changed = sweep(gathered(grid(FIVE)))
    loops = [s for s in ir.walk(changed.body) if isinstance(s, ir.For)]
    loops = [s for s in loops if not any(isinstance(t, ir.For) for t in ir.walk(s.body))]
    loads = [sum(isinstance(t, ir.Load) for t in s.body) for s in loops]
    assert max(loads) == 5
    assert all(sum(isinstance(t, ir.Store) for t in s.body) == 1 for s in loops)


def test_rows_that_another_statement_writes_are_not_gathered():
    def also(b, x, y, i):
        b.store(y, [i, const(0)], const(2.0))

    f = grid([(0, 0), (1, 0)], between=also)
    assert not applied(f)
    same(f, (4, 3), (1, 1))


def test_three_loops_gather_the_rows_of_each_plane():
    places = [(1, 1, 1), (0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2, 1), (1, 1, 0), (1, 1, 2)]

    def write(b, x):
        y = b.alloc("y", "float64", [padded(b, x, 2, axis) for axis in range(3)], const(0.0))
        sizes = [b.dim(x, axis) for axis in range(3)]
        with b.loop(sizes[0], "i") as i, b.loop(sizes[1], "j") as j, b.loop(sizes[2], "k") as k:
            g = b.load(x, [i, j, k])
            for place in places:
                b.store(y, [plus(b, c, o) for c, o in zip((i, j, k), place, strict=True)], g, add=True)
        return [whole(b, y)]

    f = made(write, 3)
    assert applied(f)
    same(f, (3, 4, 5), (1, 2, 1), (2, 1, 3), (4, 0, 2))


def test_places_in_transposed_arrays_keep_their_axes():
    def write(b, x):
        y = b.alloc("y", "float64", [padded(b, x, 1, 1), padded(b, x, 2)], const(0.0))
        with b.loop(b.dim(x, 0), "i", parallel=True) as i, b.loop(b.dim(x, 1), "j", parallel=True) as j:
            g = b.load(x, [i, j])
            b.store(y, [j, i], g, add=True)
            b.store(y, [plus(b, j, 1), plus(b, i, 2)], g, add=True)
        return [whole(b, y)]

    f = made(write, 2)
    assert applied(f)
    same(f, *SHAPES)


def test_strides_are_not_gathered():
    def write(b, x):
        n = b.let("multiply", b.dim(x, 0), const(2))
        y = b.alloc("y", "float64", [b.let("add", n, const(1))], const(0.0))
        with b.loop(b.dim(x, 0), "i", parallel=True) as i:
            for offset in (0, 1):
                b.store(y, [plus(b, b.let("multiply", i, const(2)), offset)], b.load(x, [i]), add=True)
        return [whole(b, y)]

    f = made(write)
    assert not applied(f)
    same(f, (5,))


def test_arrays_that_change_places_are_left_alone():
    def write(b, x):
        size = padded(b, x, 1)
        y, z = b.alloc("y", "float64", [size], const(0.0)), b.alloc("z", "float64", [size], const(1.0))
        with b.loop(const(2), "t"):
            with b.loop(b.dim(x, 0), "i", parallel=True) as i:
                for offset in (0, 1):
                    b.store(y, [plus(b, i, offset)], b.load(x, [i]), add=True)
            b.add(ir.Swap((y, z), (z, y)))
        return [whole(b, y), whole(b, z)]

    f = made(write)
    assert not applied(f)
    same(f, (5,), (0,))


def test_what_is_read_ahead_is_not_read_twice_for_a_sum():
    def write(b, x):
        y = b.alloc("y", "float64", [padded(b, x, 1)], const(1.0))
        n = b.dim(x, 0)
        counter, phi, result = b.counter(n), b.var("s", "float64"), b.var("s", "float64")
        with b.into([]) as body:
            g = b.load(y, [plus(b, counter, 1)])
            total = b.let("radd", phi, g)
            b.store(y, [counter], g, add=True)
            b.store(y, [plus(b, counter, 1)], g, add=True)
        b.add(ir.For(counter, n, body, [ir.Carried(phi, const(0.0), total, result)]))
        return [result, whole(b, y)]

    f = made(write)
    assert not applied(f)
    same(f, *[(n,) for n in LENGTHS])
