"""What the forward sweep saves: nothing that can be read again or computed again."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.adjoint import adjoint_with_report
from chainrule.compiled.build import Builder, const
from chainrule.compiled.own import whole
from chainrule.compiled.tidy import prepare
from compiled.interpreter import run


def function(make, ndim=1):
    """Let ``make(builder, y, n)`` write the body of a function of an array y of length n that returns y[0]'s kin."""
    b = Builder()
    y = ir.Buffer(b.names.fresh("y"), "float64", ndim)
    n = b.dim(y, 0)
    result = make(b, y, n)
    return prepare(ir.Program(ir.Function("f", [y], b.block, [result])))


def saved(program):
    made, report = adjoint_with_report(program, [0], unit_seed=True)
    return made, sorted(s.what for s in report)


def test_a_recurrence_that_fills_an_array_saves_nothing():
    def make(b, y, n):
        with b.loop(b.let("subtract", n, const(1))) as i:
            after = b.let("add", i, const(1))
            b.store(y, [after], b.let("tanh", b.let("multiply", b.load(y, [i]), b.load(y, [after]))))
        return b.load(y, [b.let("subtract", n, const(1))])

    program, what = saved(function(make))
    assert what == ["t"]  # y[i+1] before it is overwritten; y[i] and the result are read again
    y = np.array([0.5, -1.0, 2.0])
    value, gradient = run(program, y)
    t1 = np.tanh(-0.5)
    t2 = np.tanh(2 * t1)
    expected = [(1 - t2**2) * 2 * (1 - t1**2) * -1, (1 - t2**2) * 2 * (1 - t1**2) * 0.5, (1 - t2**2) * t1]
    assert value == t2
    np.testing.assert_allclose(gradient, expected)


def test_elimination_saves_no_matrix_entry_of_the_update():
    """LU: A[i, j] -= A[i, k]*A[k, j] reads only entries that are final."""

    def make(b, a, n):
        with b.loop(b.let("subtract", n, const(1)), "k") as k:
            rest = b.let("subtract", b.let("subtract", n, k), const(1))
            with b.loop(rest, "i") as i0:
                i = b.let("add", b.let("add", i0, k), const(1))
                factor = b.let("divide", b.load(a, [i, k]), b.load(a, [k, k]))
                b.store(a, [i, k], factor)
                with b.loop(rest, "j") as j0:
                    j = b.let("add", b.let("add", j0, k), const(1))
                    product = b.let("multiply", b.load(a, [i, k]), b.load(a, [k, j]))
                    b.store(a, [i, j], b.let("subtract", b.load(a, [i, j]), product))
        last = b.let("subtract", n, const(1))
        return b.load(a, [last, last])

    program, what = saved(function(make, ndim=2))
    assert len(what) == 0
    a = np.array([[4.0, 1.0, 2.0], [1.0, 5.0, 3.0], [2.0, 1.0, 6.0]])
    before = a.copy()
    value, gradient = run(program, a)
    np.testing.assert_array_equal(a, before)
    # The last pivot is 1/inv(A)[2, 2].
    inverse = np.linalg.inv(a)
    np.testing.assert_allclose(value, 1 / inverse[2, 2])
    np.testing.assert_allclose(gradient, np.outer(inverse[2, :], inverse[:, 2]) / inverse[2, 2] ** 2, rtol=1e-12)


def test_a_linear_update_in_place_saves_nothing():
    def make(b, y, n):
        with b.loop(const(5), "t"), b.loop(b.let("subtract", n, const(1))) as i:
            ahead = b.load(y, [b.let("add", i, const(1))])
            b.store(y, [i], b.let("add", b.load(y, [i]), b.let("multiply", const(0.1), ahead)))
        return b.load(y, [const(0)])

    assert saved(function(make))[1] == []


def test_a_squared_update_in_place_saves_the_old_value():
    def make(b, y, n):
        with b.loop(const(5), "t"), b.loop(n) as i:
            x = b.load(y, [i])
            b.store(y, [i], b.let("multiply", x, x))
        return b.load(y, [const(0)])

    program, what = saved(function(make))
    assert len(what) == 1
    y = np.array([1.1, 0.5])
    np.testing.assert_allclose(run(program, y)[1], [32 * 1.1**31, 0])


def test_a_temporary_in_a_loop_keeps_a_row_for_each_iteration():
    def make(b, y, n):
        with b.loop(const(3), "t"):
            w = b.alloc("w", "float64", [n])
            with b.loop(n, "j", parallel=True) as j:
                b.store(w, [j], b.let("tanh", b.load(y, [j])))
            with b.loop(n, "j", parallel=True) as j:
                b.store(y, [j], b.load(w, [j]))
        return b.load(y, [const(0)])

    program, what = saved(function(make))
    assert what == ["w"]  # in rows
    assert any(s.buffer.hint == "all_w" for s in ir.walk(program.entry.body) if isinstance(s, ir.Alloc))


def test_whole_is_the_view_of_everything():
    b = Builder()
    y = ir.Buffer("y.1", "float64", 2)
    assert [axis.base for axis in whole(b, y).axes] == [0, 1]


def test_the_report_says_what_and_why():
    report = cr.jit(cr.grad(newton), compile=False).memory(2.0)
    assert report.startswith("x (line ")
    assert "the loop carries it from one iteration to the next" in report
    assert cr.jit(cr.grad(lambda x: x * x), compile=False).memory(2.0) == "nothing"


@pytest.mark.parametrize("written", [False, True], ids=["kept", "written between"])
def test_an_array_that_is_read_twice_is_copied_once_unless_it_changes(written):
    def step(x, w):
        h = x.copy()
        for _ in range(3):
            a = np.tanh(h * w)
            if written:
                h *= 0.5
            b = np.sin(h * w)
            h[:] = a * b
        return np.sum(h)

    x, w = np.linspace(0.5, 1.5, 7), np.linspace(-1.0, 2.0, 7)
    compiled = cr.jit(cr.grad(step, argnums=(0, 1)))
    copies = [what for what in compiled.saved(x, w) if what.what == "h" and "as a whole" in what.why]
    assert len(copies) == 1 + written
    for found, right in zip(compiled(x, w), cr.grad(step, argnums=(0, 1))(x, w), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-14)


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = x - (x * x - a) / (2 * x)
    return x
