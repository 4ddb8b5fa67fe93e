"""Gradients and constants registered for functions without a rule."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import _ufuncs as private

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
    @RegisterGradient(private._igam_fac)
    def igam_fac(op, g):
        a, x = op.inputs
        assert op.type == "_igam_fac"
        return None, g * op.outputs[0] * (a / x - 1)  # x**a exp(-x) / Γ(a)

    a, x = cr.constant([0.3, 0.4]), cr.constant(0.7)
    with cr.GradientTape() as outer:
        outer.watch(x)
        with cr.GradientTape() as tape:
            tape.watch([a, x])
            y = private._igam_fac(a, x)
        da, dx = tape.gradient(y, [a, x])
    assert da is None
    numeric = (private._igam_fac([0.3, 0.4], 0.7 + 1e-6) - private._igam_fac([0.3, 0.4], 0.7 - 1e-6)) / 2e-6
    assert dx.numpy() == pytest.approx(np.sum(numeric), rel=1e-6)
    second = ((a - x) ** 2 - a) / x**2 * y
    assert outer.gradient(dx, x).numpy() == pytest.approx(np.sum(second.numpy()), rel=1e-12)
    with cr.ForwardAccumulator(x, cr.constant(1.0)) as acc:
        y = private._igam_fac(a, x)
    np.testing.assert_allclose(acc.jvp(y).numpy(), numeric, rtol=1e-6)


def test_outputs(clean):
    RegisterGradient(private._kolmogc)(lambda op, g: g * op.outputs[0])
    assert cr.grad(private._kolmogc)(1.0) == private._kolmogc(1.0)


def test_complex_gradients_are_in_the_convention_of_results(clean):
    RegisterGradient(private._sinpi)(lambda op, g: g * np.conj(np.pi * np.cos(np.pi * op.inputs[0])))
    z = cr.constant(0.3 + 0.4j)
    with cr.GradientTape() as tape:
        tape.watch(z)
        w = private._sinpi(z)
    h = 1e-6
    derivative = (private._sinpi(z.numpy() + h) - private._sinpi(z.numpy() - h)) / (2 * h)
    assert tape.gradient(w, z).numpy() == pytest.approx(np.conj(derivative), rel=1e-6)


def test_a_second_registration_is_refused(clean):
    no_gradient(private._kolmogci)
    for again in (no_gradient, lambda fn: RegisterGradient(fn)(lambda op, g: g)):
        with pytest.raises(KeyError, match="Registering two gradient with name '_kolmogci'!"):
            again(private._kolmogci)
    with pytest.raises(KeyError):
        NotDifferentiable(np.sin)


def test_no_gradient(clean):
    NotDifferentiable(private._cospi)
    x = cr.constant(0.0)
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = private._cospi(x)
    assert tape.gradient(y, x) is None


@pytest.mark.parametrize("op", ["Expit", 3, np.frexp])
def test_what_is_no_function_of_one_result(op):
    with pytest.raises(TypeError):
        RegisterGradient(op)
    with pytest.raises(TypeError):
        no_gradient(op)


def test_the_wrong_number_of_gradients(clean):
    RegisterGradient(private._cosine_invcdf)(lambda op, g: (g, g))
    with pytest.raises(ValueError, match="returned 2 gradients for 1 inputs"):
        cr.grad(private._cosine_invcdf)(0.5)


def test_options_that_the_gradient_does_not_know(clean):
    RegisterGradient(private._kolmogp)(lambda op, g: g)
    x = cr.Variable([0.0, 1.0])
    with cr.GradientTape(), pytest.raises(cr.MissingRuleError):
        lookup(private._kolmogp)(x, axis=0)
