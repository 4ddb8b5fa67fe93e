"""Loops that become one, and the arrays that shrink with them; and loops that must stay two."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.jit import jit
from chainrule.compiled.own import whole
from chainrule.compiled.tidy import fuse
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


def count(function, kind):
    return sum(isinstance(s, kind) for s in ir.walk(function.body))


def check(function, loops, arrays):
    """Compare results, and count the loops and the arrays that are left."""
    changed = fuse(function)
    for a, b in zip(run(function, X.copy()), run(changed, X.copy()), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (count(changed, ir.For), count(changed, ir.Alloc)) == (loops, arrays)
    return changed


def square(b, x, y, i):
    v = b.load(x, [i])
    b.store(y, [i], b.let("multiply", v, v))


def test_an_array_between_two_loops_becomes_a_scalar():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n])
        loop(b, n, lambda i: square(b, x, y, i))
        z = b.alloc("z", "float64", [n])
        loop(b, n, lambda i: b.store(z, [i], b.let("sin", b.load(y, [i]))))
        return [whole(b, z)]

    check(made(write), loops=1, arrays=1)


def test_an_array_of_rows_becomes_a_row():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n, n])
        z = b.alloc("z", "float64", [n], const(0.0))

        def forward(i):
            loop(b, n, lambda j: b.store(y, [i, j], b.let("multiply", b.load(x, [i]), b.load(x, [j]))))

        def back(i):  # the inner loop reads the row in another order
            last = b.let("subtract", n, const(1))
            loop(b, n, lambda j: b.store(z, [i], b.load(y, [i, b.let("subtract", last, j)]), add=True))

        loop(b, n, forward)
        loop(b, n, back)
        return [whole(b, z)]

    changed = check(made(write), loops=3, arrays=2)
    assert sorted(s.buffer.ndim for s in ir.walk(changed.body) if isinstance(s, ir.Alloc)) == [1, 1]


@pytest.mark.parametrize(("shift", "loops"), [(1, 2), (0, 1), (-1, 1)])
def test_a_loop_may_read_what_an_earlier_iteration_wrote_but_not_a_later_one(shift, loops):
    def write(b, x, n):
        y, w = b.alloc("y", "float64", [n]), b.alloc("w", "float64", [b.let("add", n, const(2))], const(0.0))

        def first(i):
            square(b, x, y, i)
            b.store(w, [b.let("add", i, const(1))], b.load(x, [i]))

        def second(i):
            v = b.load(w, [b.let("add", i, const(1 + shift))])
            b.store(z, [i], b.let("multiply", b.load(y, [i]), v))

        loop(b, n, first)
        z = b.alloc("z", "float64", [n])
        loop(b, n, second)
        return [whole(b, z)]

    check(made(write), loops=loops, arrays=loops + 1)


def test_what_the_first_loop_adds_up_is_not_known_in_it():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n])
        counter, phi = b.counter(n), ir.Var(b.names.fresh("s"), "float64")
        block = []
        with b.into(block):
            v = b.load(x, [counter])
            b.store(y, [counter], v)
            following = b.let("add", phi, v)
        total = ir.Var(b.names.fresh("s"), "float64")
        b.add(ir.For(counter, n, block, [ir.Carried(phi, const(0.0), following, total)]))
        z = b.alloc("z", "float64", [n])
        loop(b, n, lambda i: b.store(z, [i], b.let("divide", b.load(y, [i]), total)))
        return [whole(b, z)]

    check(made(write), loops=2, arrays=2)


def test_a_loop_that_overwrites_what_the_first_still_reads_stays_apart():
    def write(b, x, n):
        y, w = b.alloc("y", "float64", [n]), b.alloc("w", "float64", [n], const(1.0))
        last = b.let("subtract", n, const(1))
        loop(b, n, lambda i: b.store(y, [i], b.load(w, [b.let("subtract", last, i)])))
        loop(b, n, lambda i: b.store(w, [i], b.let("multiply", b.load(y, [i]), b.load(x, [i]))))
        return [whole(b, w)]

    check(made(write), loops=2, arrays=2)


def test_a_statement_between_that_needs_the_first_loop_keeps_them_apart():
    def write(b, x, n):
        y, w = b.alloc("y", "float64", [n]), b.alloc("w", "float64", [n], const(1.0))

        def both(i):
            square(b, x, y, i)
            square(b, x, w, i)

        loop(b, n, both)
        first = b.load(w, [const(0)])
        z = b.alloc("z", "float64", [n])
        loop(b, n, lambda i: b.store(z, [i], b.let("multiply", b.load(y, [i]), first)))
        return [whole(b, z)]

    check(made(write), loops=2, arrays=3)


def test_an_array_that_is_a_result_stays():
    def write(b, x, n):
        y, z = b.alloc("y", "float64", [n]), b.alloc("z", "float64", [n])
        loop(b, n, lambda i: square(b, x, y, i))
        loop(b, n, lambda i: b.store(z, [i], b.load(y, [i])))
        return [whole(b, y), whole(b, z)]

    check(made(write), loops=2, arrays=2)


def test_an_error_of_the_first_loop_leaves_the_callers_array_alone():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n])

        def first(i):
            v = b.load(x, [i])
            b.check(b.let("less", v, const(100.0)), "ValueError", "too large")
            b.store(y, [i], v)

        loop(b, n, first)
        loop(b, n, lambda i: b.store(x, [i], b.let("negative", b.load(y, [i]))))
        return [whole(b, x)]

    check(made(write), loops=2, arrays=1)


def pairs(x):
    energy = 0.0
    for i in range(len(x)):
        for j in range(i):
            r = (x[i] - x[j]) ** 2 + 1.0
            energy += 1.0 / (r * r) - 1.0 / r
    return energy


def paths(x, noise):
    total = 0.0
    for p in range(noise.shape[0]):
        s = x
        for t in range(noise.shape[1]):
            s = s * (1.0 + 0.1 * np.sin(s) * noise[p, t])
        total += max(s - 1.0, 0.0)
    return total


def test_the_gradient_of_independent_iterations_saves_nothing_for_each():
    gradient = jit(cr.grad(pairs))
    text = gradient.source(X)
    assert "saved" not in text
    np.testing.assert_allclose(gradient(X), cr.grad(pairs)(X), rtol=1e-13)


def test_paths_save_one_path_at_a_time():
    noise = np.random.default_rng(0).normal(size=(20, 6))
    gradient = jit(cr.grad(paths))
    saved = [line for line in gradient.source(1.1, noise).splitlines() if "saved" in line and "np.empty" in line]
    assert saved
    assert not any("np.empty((" in line for line in saved)
    np.testing.assert_allclose(gradient(1.1, noise), cr.grad(paths)(1.1, noise), rtol=1e-13)


def added_up(x, steps):
    y = np.empty(len(x))
    total = 0.0
    for t in range(steps):
        for i in range(len(x)):
            old = y[i] if t > 0 else 0.0
            y[i] = old + x[i]
        for i in range(len(x)):
            total += y[i] * y[i]
    return total


def rows_kept(x, steps):
    y = np.empty((len(x), 3))
    total = 0.0
    for t in range(steps):
        for i in range(len(x)):
            for j in range(3):
                if t == 0:
                    y[i, j] = x[i] * (j + 1.0)
                else:
                    y[i, j] = y[i, j] * 1.5
        for i in range(len(x)):
            for j in range(3):
                total += y[i, j] * y[i, j]
    return total


def a_vector_kept(x, steps):
    y = np.empty((len(x), 3))
    total = 0.0
    for t in range(steps):
        for i in range(len(x)):
            y[i] = y[i] * 1.5 if t > 0 else x[i] * np.ones(3)
        for i in range(len(x)):
            total += np.sum(y[i] * y[i])
    return total


@pytest.mark.parametrize("function", [added_up, rows_kept, a_vector_kept])
def test_an_array_that_lives_longer_than_an_iteration_of_a_loop_around_keeps_its_elements(function):
    assert jit(function, compile=False)(X, 3) == pytest.approx(function(X, 3), rel=1e-14)
    value, gradient = jit(cr.value_and_grad(function), compile=False)(X, 3)
    assert value == pytest.approx(function(X, 3), rel=1e-14)
    np.testing.assert_allclose(gradient, 2.0 * value / (X @ X) * X, rtol=1e-13)  # value is a multiple of X @ X


def test_an_array_with_a_longer_life_than_a_loop_around_two_keeps_its_elements():
    def write(b, x, n):
        y = b.alloc("y", "float64", [n])
        z = b.alloc("z", "float64", [n])

        def around(t):
            later = b.let("greater", t, const(0))

            def first(i):
                earlier, now = [], []
                with b.into(earlier):
                    kept = b.load(y, [i])
                with b.into(now):
                    new = b.load(x, [i])
                value = b.var("v", "float64")
                b.add(ir.If(later, earlier, now, [ir.Merge(value, kept, new)]))
                b.store(y, [i], b.let("multiply", value, const(2.0)))

            loop(b, n, first)
            loop(b, n, lambda i: b.store(z, [i], b.let("sin", b.load(y, [i]))))

        loop(b, const(3), around)
        return [whole(b, z)]

    check(made(write), loops=3, arrays=2)
