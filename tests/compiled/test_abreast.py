"""Iterations abreast around loops that keep their order: where it may be done, where not, and that it is right."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.own import whole
from chainrule.compiled.tidy import abreast, lanes
from compiled.interpreter import run

X = np.linspace(-1.5, 1.0, 11)


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    """Blocks of four, so that eleven iterations are two blocks and three left."""
    monkeypatch.setattr(lanes, "LANES", 4)


def made(write):
    """Let ``write(builder, x, n)`` make a function of an array x of length n; the results are what it returns."""
    b = Builder(rough=True)
    x = ir.Buffer(b.names.fresh("x"), "float64", 1)
    results = write(b, x, b.dim(x, 0))
    return ir.Function("f", [x], b.block, results)


def loop(b, trip, body, init=None, **kinds):
    """Append a loop; with `init`, `body` is given the carried number and returns the next: the result is returned."""
    counter = b.counter(trip)
    block = []
    if init is None:
        with b.into(block):
            body(counter)
        b.add(ir.For(counter, trip, block, [], **kinds))
        return None
    phi, result = b.var("s", "float64"), b.var("s", "float64")
    with b.into(block):
        following = body(counter, phi)
    b.add(ir.For(counter, trip, block, [ir.Carried(phi, init, following, result)], **kinds))
    return result


def powers(b, x, n, i):
    """``p = 1; for j in range(n): p = p*x[i] + x[j]``, which waits for each step."""
    factor = b.load(x, [i])
    return loop(b, n, lambda j, p: b.let("add", b.let("multiply", p, factor), b.load(x, [j])), const(1.0))


def check(function, done, rough=False, x=X):
    """Compare results, bit for bit unless `rough`, and see whether anything was run abreast."""
    changed = abreast(function, rough)
    for a, b in zip(run(function, x.copy()), run(changed, x.copy()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13 if rough else 0)
    assert (changed is not function) == done
    return changed


@pytest.mark.parametrize("length", [0, 1, 4, 8, 11])
def test_a_sum_of_what_independent_iterations_compute(length):
    def write(b, x, n):
        return [loop(b, n, lambda i, total: b.let("add", total, powers(b, x, n, i)), const(0.25))]

    check(made(write), True, x=X[:length])


def test_results_in_an_array_of_their_own():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n])
        loop(b, n, lambda i: b.store(y, [i], powers(b, x, n, i)))
        return [whole(b, y)]

    check(made(write), True)


def test_carried_scalars_that_change_places():
    def write(b, x, n):
        def steps(i):
            first, second = b.var("a", "float64"), b.var("b", "float64")
            after, last = b.var("a", "float64"), b.var("b", "float64")
            counter, block = b.counter(n), []
            with b.into(block):
                following = b.let("multiply", second, b.load(x, [i]))
            carried = [ir.Carried(first, const(2.0), following, after), ir.Carried(second, b.load(x, [i]), first, last)]
            b.add(ir.For(counter, n, block, carried))
            return b.let("subtract", after, last)

        return [loop(b, n, lambda i, total: b.let("add", total, steps(i)), const(0.0))]

    check(made(write), True)


def test_loops_in_loops_and_a_work_array_of_each_iteration():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n])

        def body(i):
            work = b.alloc("w", "float64", [n])

            def outer(k, s):
                b.store(work, [k], s)
                return loop(b, const(3), lambda j, r: b.let("multiply", b.let("sin", r), b.load(x, [i])), s)

            end = loop(b, n, outer, const(0.5))
            total = loop(b, n, lambda k, s: b.let("add", s, b.load(work, [k])), const(0.0))
            b.store(y, [i], b.let("add", end, total))

        loop(b, n, body)
        return [whole(b, y)]

    check(made(write), True)


def saved(read):
    """A row that one loop of an iteration fills and another one reads, made before all: ``read(builder, n, k)``."""

    def write(b, x, n):
        row, y = b.alloc("row", "float64", [n]), b.alloc("y", "float64", [n], const(0.0))

        def body(i):
            def fill(k, p):
                b.store(row, [k], p)
                return b.let("multiply", p, b.load(x, [i]))

            end = loop(b, n, fill, const(1.0))
            loop(b, n, lambda k: b.store(y, [k], b.let("multiply", b.load(row, [read(b, n, k)]), end), add=True))

        loop(b, n, body)
        return [whole(b, y)]

    return made(write)


def test_a_row_that_is_filled_before_it_is_read_is_each_iterations_own():
    check(saved(lambda b, n, k: k), True, rough=True)


def test_a_row_that_may_hold_what_an_earlier_iteration_left_is_not():
    check(saved(lambda b, n, k: b.let("subtract", b.let("subtract", n, const(1)), k)), False, rough=True)


def test_a_row_that_is_only_partly_filled_is_not():
    def write(b, x, n):
        row, y = b.alloc("row", "float64", [n], const(7.0)), b.alloc("y", "float64", [n])
        some = b.let("floor_divide", n, const(2))

        def body(i):
            def fill(k, p):
                b.store(row, [k], p)
                return b.let("multiply", p, b.load(x, [i]))

            loop(b, some, fill, const(1.0))
            b.store(y, [i], loop(b, n, lambda k, s: b.let("add", s, b.load(row, [k])), const(0.0)))

        loop(b, n, body)
        return [whole(b, y)]

    check(made(write), False)


def test_additions_into_one_array_keep_their_order_unless_it_is_free():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n], const(0.0))

        def body(i):
            def step(j, p):
                b.store(y, [j], p, add=True)
                return b.let("multiply", p, b.load(x, [i]))

            loop(b, n, step, const(1.0))

        loop(b, n, body)
        return [whole(b, y)]

    check(made(write), False)
    check(made(write), True, rough=True)


@pytest.mark.parametrize(("shift", "done"), [(0, True), (1, False)])
def test_an_iteration_that_reads_what_another_one_wrote_stays_behind_it(shift, done):
    def write(b, x, n):
        y = b.alloc("y", "float64", [b.let("add", n, const(2))], const(0.5))

        def body(i):
            start = b.load(y, [b.let("add", i, const(1 - shift))])
            end = loop(b, n, lambda j, p: b.let("multiply", b.let("cos", p), b.load(x, [i])), start)
            b.store(y, [b.let("add", i, const(1))], end)

        loop(b, n, body)
        return [whole(b, y)]

    check(made(write), done)


def test_a_carried_number_that_is_more_than_a_sum_keeps_its_order():
    def write(b, x, n):
        return [loop(b, n, lambda i, s: b.let("multiply", s, powers(b, x, n, i)), const(1.0))]

    check(made(write), False)


def test_a_sum_that_an_iteration_looks_at_keeps_its_order():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n])

        def body(i, s):
            b.store(y, [i], s)
            return b.let("add", s, powers(b, x, n, i))

        return [loop(b, n, body, const(0.0)), whole(b, y)]

    check(made(write), False)


def test_loops_whose_lengths_differ_are_left_alone():
    def write(b, x, n):
        return [loop(b, n, lambda i, s: b.let("add", s, powers(b, x, i, i)), const(0.0))]

    check(made(write), False)


def test_loops_that_need_not_wait_are_left_to_the_compiler():
    def write(b, x, n):
        def total(i):
            return loop(
                b, n, lambda j, s: b.let("radd", s, b.let("multiply", b.load(x, [i]), b.load(x, [j]))), const(0.0)
            )

        return [loop(b, n, lambda i, s: b.let("add", s, total(i)), const(0.0))]

    check(made(write), False)


def test_an_error_comes_at_the_iteration_that_it_came_at():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n])

        def body(i):
            b.check(b.let("less", i, const(100)), "IndexError", "too far")
            b.store(y, [i], powers(b, x, n, i))

        loop(b, n, body)
        return [whole(b, y)]

    check(made(write), False)


def test_rows_too_large_for_the_cache_are_not_made(monkeypatch):
    monkeypatch.setattr(lanes, "_ROOM", 4 * 10)
    sizes = []
    for length in (10, 11):
        changed = check(saved(lambda b, n, k: k), True, rough=True, x=X[:length])
        (larger,) = [s for s in ir.walk(changed.body) if isinstance(s, ir.Alloc) and s.buffer.ndim == 2]
        count = ir.Function("f", changed.params, changed.body, [larger.shape[1]])
        sizes.append(int(run(count, X[:length].copy())[0]))
    assert sizes == [4, 0]


def fitted(x, n):
    total = 0.0
    for i in range(n):
        t = -1.0 + 2.0 * i / (n - 1)
        value, power = 0.0, 1.0
        for coefficient in x:
            value += coefficient * power
            power *= t
        total += (np.sign(t) - value) ** 2
    return total


def paths(start, noise, drift):
    """Final places of paths that all take the same number of steps."""
    total = 0.0
    for path in range(noise.shape[1]):
        x = start
        for step in range(noise.shape[0]):
            x = x + drift * np.sin(x) + noise[step, path]
        total += x * x
    return total


@pytest.mark.parametrize("argnum", [0, 1, 2])
def test_gradients_of_paths(argnum):
    args = (0.3, np.random.default_rng(3).normal(size=(5, 11)), 0.2)
    compiled = cr.jit(cr.value_and_grad(paths, argnums=argnum))
    value, gradient = compiled(*args)
    expected, slopes = cr.value_and_grad(paths, argnums=argnum)(*args)
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12)


def test_a_polynomial_at_many_places():
    x = np.random.default_rng(5).uniform(size=7)
    text = cr.jit(fitted).source(x, 11)
    assert "lane" in text
    assert cr.jit(fitted)(x, 11) == fitted(x, 11)
    np.testing.assert_allclose(cr.jit(cr.grad(fitted))(x, 11), cr.grad(fitted)(x, 11), rtol=1e-12)
