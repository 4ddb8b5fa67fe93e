"""The accumulator, alone and nested with tapes."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import chainrule as cr
from chainrule.gradient_tape import InvalidArgumentError, UnconnectedGradients, conversion

ONE = cr.constant(1.0)


def cube():
    x = cr.constant(3.0)
    return x, lambda: x**3


def test_jacobian_vector_product():
    x = cr.constant([1.0, 2.0])
    with cr.ForwardAccumulator(x, cr.constant([1.0, 10.0])) as acc:
        y = np.cumsum(x**2)
    assert acc.jvp(y).tolist() == [2.0, 42.0]
    assert acc.jvp({"x": [x], "y": y})["x"][0].tolist() == [1.0, 10.0]


def test_unconnected_values():
    x, other = cr.constant(3.0), cr.constant([1.0, 2.0])
    acc = cr.ForwardAccumulator(x, ONE)
    assert acc.jvp(other) is None
    assert acc.jvp(other, UnconnectedGradients.ZERO).tolist() == [0.0, 0.0]
    assert acc.jvp(other, unconnected_gradients="zero").tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="'bogus' is not a valid UnconnectedGradients"):
        acc.jvp(x, "bogus")


def test_a_primal_named_twice():
    x, v = cr.constant(3.0), cr.Variable(2.0)
    text = "was specified as a primal multiple times. This may indicate an error. If it was intended, please sum the"
    for value in (x, v):
        with pytest.raises(ValueError, match=text):
            cr.ForwardAccumulator([value, value], [ONE, ONE])


@pytest.mark.parametrize(
    ("tangent", "error"),
    [
        (np.float32(1.0), None), (1, None), (cr.constant(1.0, np.float32), ValueError), (cr.constant(1), ValueError),
        (cr.constant([1.0, 2.0]), InvalidArgumentError), ([ONE], ValueError), (1j, TypeError), (None, ValueError),
    ],
)  # fmt: skip
def test_tangents_fit_their_primals(tangent, error):
    x = cr.constant(3.0)
    if error is None:
        with cr.ForwardAccumulator(x, tangent) as acc:
            y = x * x
        assert acc.jvp(y).numpy() == 6
    else:
        with pytest.raises(error):
            cr.ForwardAccumulator(x, tangent)


@pytest.mark.parametrize("primal", [1.0, np.ones(2)])
def test_primals_that_nobody_can_know(primal):
    with pytest.raises(AttributeError):
        cr.ForwardAccumulator(primal, ONE)
    with pytest.raises(AttributeError):
        cr.ForwardAccumulator(cr.constant(1.0), ONE).jvp(primal)


def test_primals_that_are_not_real_are_logged(caplog, monkeypatch):
    monkeypatch.setattr(conversion, "_WARNED", type(conversion._WARNED)())
    with caplog.at_level(logging.WARNING, "chainrule"):
        cr.ForwardAccumulator(cr.constant(1), cr.constant(1))
    assert caplog.messages == ["The dtype of the watched primal must be floating (e.g. tf.float32), got dtype('int64')"]


def test_entering_twice():
    acc = cr.ForwardAccumulator(cr.constant(3.0), ONE)
    with acc, pytest.raises(ValueError, match=r"^Accumulator is already recording\.$"):
        acc.__enter__()
    with acc:
        pass


def test_tangents_end_with_the_block():
    x, f = cube()
    with cr.ForwardAccumulator(x, ONE) as acc:
        pass
    assert acc.jvp(f()) is None


def test_variables_follow_assignment():
    v = cr.Variable(3.0)
    with cr.ForwardAccumulator(v, ONE) as acc:
        y = v * v
        v.assign(5.0)
        z = v * v
    assert [t.numpy() for t in acc.jvp([y, z, v])] == [6.0, 10.0, 1.0]


def test_accumulator_inside_a_tape():
    x, f = cube()
    with cr.GradientTape() as tape:
        tape.watch(x)
        with cr.ForwardAccumulator(x, ONE) as acc:
            y = f()
        j = acc.jvp(y)
    assert j.numpy() == 27
    assert tape.gradient(j, x).numpy() == 18


def test_tape_inside_an_accumulator():
    x, f = cube()
    with cr.ForwardAccumulator(x, ONE) as acc:
        with cr.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = f()
        g = tape.gradient(y, x)
    assert g.numpy() == acc.jvp(y).numpy() == 27
    assert acc.jvp(g).numpy() == 18
    assert tape.gradient(acc.jvp(y), x) is None


def test_accumulator_inside_an_accumulator():
    x, f = cube()
    with cr.ForwardAccumulator(x, ONE) as outer, cr.ForwardAccumulator(x, ONE) as inner:
        y = f()
    assert outer.jvp(inner.jvp(y)).numpy() == 18
    assert inner.jvp(outer.jvp(y)) is None


@pytest.mark.parametrize("kinds", ["ffr", "frf", "rff", "rrf", "rfr", "frr", "fff", "rrr"])
def test_third_derivatives_in_any_nesting(kinds):
    def derivative(f, kind):
        def forward(x):
            with cr.ForwardAccumulator(x, ONE) as acc:
                y = f(x)
            return acc.jvp(y)

        def reverse(x):
            with cr.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            return tape.gradient(y, x)

        return forward if kind == "f" else reverse

    f = lambda x: np.sin(x) * x
    for kind in kinds:
        f = derivative(f, kind)
    assert float(f(cr.constant(0.7))) == pytest.approx(-3 * np.sin(0.7) - 0.7 * np.cos(0.7))


def test_the_tangent_can_be_differentiated_by():
    x, t = cr.constant([1.0, 2.0]), cr.constant([1.0, 1.0])
    with cr.GradientTape() as tape:
        tape.watch(t)
        with cr.ForwardAccumulator(x, t) as acc:
            y = np.sum(x**3)
        j = acc.jvp(y)
    assert tape.gradient(j, t).tolist() == [3.0, 12.0]


def test_a_constant_forgets_the_tangents_of_dead_accumulators():
    x = cr.constant(3.0)
    for _ in range(10):
        with cr.ForwardAccumulator(x, ONE) as acc:
            y = x * x
        assert acc.jvp(y).numpy() == 6
        del acc
    assert len(x.tan) == 1


def test_complex_primals():
    z = cr.constant(1 + 2j)
    with cr.ForwardAccumulator(z, cr.constant(1j)) as acc:
        w = z * z
    assert acc.jvp(w).numpy() == 2 * (1 + 2j) * 1j


def test_accumulators_and_functional_transforms():
    v = cr.Variable(2.0)
    with cr.ForwardAccumulator(v, ONE) as acc:
        y = cr.grad(lambda x: x**4)(v)
    assert acc.jvp(y).numpy() == 48
