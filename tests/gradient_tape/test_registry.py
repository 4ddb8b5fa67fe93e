"""Gradients and constants registered for functions without a rule."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import chainrule as cr
from chainrule.gradient_tape import NotDifferentiable, RegisterGradient, no_gradient
from chainrule.rules import lookup, rows
from chainrule.rules._table import unregister


@pytest.fixture
def clean():
    """Take what a test registers out of the table again. (Each test has a function of its own: look-ups are kept.)"""
    before = set(rows())
    yield
    for row in set(rows()) - before:
        unregister(row)


def test_registered_gradient(clean):
    @RegisterGradient(special.owens_t)
    def owens_t(op, g):
        h, a = op.inputs
        assert op.type == "owens_t"
        inside = np.exp(-0.5 * h**2 * (1 + a**2)) / (1 + a**2) / (2 * np.pi)
        return None, g * inside

    h, a = cr.constant([0.3, 0.4]), cr.constant(0.7)
    with cr.GradientTape() as outer:
        outer.watch(a)
        with cr.GradientTape() as tape:
            tape.watch([h, a])
            y = special.owens_t(h, a)
        dh, da = tape.gradient(y, [h, a])
    assert dh is None
    numeric = (special.owens_t([0.3, 0.4], 0.7 + 1e-6) - special.owens_t([0.3, 0.4], 0.7 - 1e-6)) / 2e-6
    assert da.numpy() == pytest.approx(np.sum(numeric), rel=1e-6)
    assert outer.gradient(da, a).numpy() < 0
    with cr.ForwardAccumulator(a, cr.constant(1.0)) as acc:
        y = special.owens_t(h, a)
    np.testing.assert_allclose(acc.jvp(y).numpy(), numeric, rtol=1e-6)


def test_outputs(clean):
    RegisterGradient(special.expit)(lambda op, g: g * op.outputs[0] * (1 - op.outputs[0]))
    assert cr.grad(special.expit)(0.0) == 0.25


def test_complex_gradients_are_in_the_convention_of_results(clean):
    RegisterGradient(special.wofz)(lambda op, g: g * np.conj(-2 * op.inputs[0] * op.outputs[0] + 2j / np.sqrt(np.pi)))
    z = cr.constant(0.3 + 0.4j)
    with cr.GradientTape() as tape:
        tape.watch(z)
        w = special.wofz(z)
    h = 1e-6
    derivative = (special.wofz(z.numpy() + h) - special.wofz(z.numpy() - h)) / (2 * h)
    assert tape.gradient(w, z).numpy() == pytest.approx(np.conj(derivative), rel=1e-6)


def test_a_second_registration_is_refused(clean):
    no_gradient(special.i0)
    for again in (no_gradient, lambda fn: RegisterGradient(fn)(lambda op, g: g)):
        with pytest.raises(KeyError, match="Registering two gradient with name 'i0'!"):
            again(special.i0)
    with pytest.raises(KeyError):
        NotDifferentiable(np.sin)


def test_no_gradient(clean):
    NotDifferentiable(special.i1)
    x = cr.constant(0.0)
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = special.i1(x)
    assert tape.gradient(y, x) is None


@pytest.mark.parametrize("op", ["Expit", 3, np.frexp])
def test_what_is_no_function_of_one_result(op):
    with pytest.raises(TypeError):
        RegisterGradient(op)
    with pytest.raises(TypeError):
        no_gradient(op)


def test_the_wrong_number_of_gradients(clean):
    RegisterGradient(special.j0)(lambda op, g: (g, g))
    with pytest.raises(ValueError, match="returned 2 gradients for 1 inputs"):
        cr.grad(special.j0)(0.0)


def test_options_that_the_gradient_does_not_know(clean):
    RegisterGradient(special.j1)(lambda op, g: g)
    x = cr.Variable([0.0, 1.0])
    with cr.GradientTape(), pytest.raises(cr.MissingRuleError):
        lookup(special.j1)(x, axis=0)
