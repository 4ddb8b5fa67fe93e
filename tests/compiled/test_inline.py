"""Calls give way to what the functions do; results and what is written are the same."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.own import whole
from chainrule.compiled.tidy import inline
from compiled.interpreter import run

X = np.array([1.0, -2.0, 3.0, 0.5, 4.0])
ZERO = const(0)


def doubled(writes=False):
    """A function of an array: twice the array (and its sum of what it did before); with `writes` in place."""
    b = Builder(rough=True)
    p = ir.Buffer("p.1", "float64", 1)
    n = b.dim(p, 0)
    out = p if writes else b.alloc("out", "float64", [n])
    with b.loop(n, "i") as i:
        b.store(out, [i], b.let("multiply", b.load(p, [i]), const(2.0)))
    return ir.Function("doubled", [p], b.block, [b.load(out, [ZERO])] if writes else [whole(b, out)])


def part(x, start, step, size):
    return ir.View(x, (ir.Axis(0, const(start), step, size),))


def caller(callee, write):
    b = Builder(rough=True)
    x = ir.Buffer("x.1", "float64", 1)
    results = write(b, x, b.dim(x, 0))
    return ir.Program(ir.Function("f", [x], b.block, results), {callee.name: callee})


def check(program, calls):
    """Compare results and what is written; count the calls that are left."""
    changed = inline(program)
    first, second = X.copy(), X.copy()
    for a, b in zip(run(program, first), run(changed, second), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(first, second)
    functions = [changed.entry, *changed.others.values()]
    assert sum(isinstance(s, ir.Invoke) for f in functions for s in ir.walk(f.body)) == calls
    return changed


def called(b, callee, view, **kinds):
    outs = tuple(ir.Buffer(b.names.fresh("y"), "float64", 1) if isinstance(r, ir.View) else b.var("y", "float64")
                 for r in callee.results)  # fmt: skip
    b.add(ir.Invoke(callee.name, (view,), outs, **kinds))
    return [whole(b, o) if isinstance(o, ir.Buffer) else o for o in outs]


@pytest.mark.parametrize("view", [(0, 1, 5), (0, 1, 3), (1, 1, 4), (4, -2, 3)])
def test_a_part_of_an_array_is_read(view):
    start, step, size = view
    f = doubled()
    changed = check(caller(f, lambda b, x, n: called(b, f, part(x, start, step, const(size)))), calls=0)
    assert not changed.others


def test_what_is_called_in_a_loop_and_twice():
    f = doubled()

    def write(b, x, n):
        total = b.alloc("total", "float64", [n], const(0.0))
        with b.loop(const(3), "i") as i:
            (y,) = called(b, f, whole(b, x))
            (z,) = called(b, f, y)
            b.store(total, [i], b.load(z.buffer, [i]))
        return [whole(b, total)]

    check(caller(f, write), calls=0)


def test_what_is_written_is_the_callers():
    f = doubled(writes=True)
    check(caller(f, lambda b, x, n: called(b, f, part(x, 0, 1, const(3)), writes=frozenset({0}))), calls=0)


def test_a_part_that_is_written_is_left_to_the_call():
    f = doubled(writes=True)
    check(caller(f, lambda b, x, n: called(b, f, part(x, 1, 1, const(3)), writes=frozenset({0}))), calls=1)


def test_a_function_that_calls_itself_stays():
    b = Builder(rough=True)
    k, below = ir.Var("k.1", "int64"), ir.Var("below.1", "float64")
    inside = Builder(b.names, rough=True)
    inside.add(ir.Invoke("power", (inside.let("subtract", k, const(1)),), (below,)))
    product = inside.let("multiply", below, const(1.5))
    result = ir.Var("result.1", "float64")
    b.add(ir.If(b.let("greater", k, ZERO), inside.block, [], [ir.Merge(result, product, const(1.0))]))
    power = ir.Function("power", [k], b.block, [result])

    def write(b, x, n):
        y = ir.Var(b.names.fresh("y"), "float64")
        b.add(ir.Invoke("power", (n,), (y,)))
        return [y]

    assert list(check(caller(power, write), calls=2).others) == ["power"]
