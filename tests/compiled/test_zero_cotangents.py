"""A cotangent of zero annihilates what is infinite: of values that are overwritten, skipped, or never used."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.build import Builder, const
from chainrule.compiled.tidy import share
from compiled.interpreter import run


def skipped_addition(x):
    d = np.sqrt(x * x)
    total = 3.0 * x
    if x > 0.0:
        total += d
    return total


def bound_anew(x):
    a = np.sqrt(x * 0.0)
    if x > -1.0:
        a = x * 2.0
    return a


def bound_anew_in_a_loop(x):
    a = np.sqrt(x * 0.0)
    for _ in range(2):
        a = x * 2.0
    return a + x * 0.0


def overwritten(x):
    a = np.zeros(2) * x
    a[0] = np.sqrt(x * 0.0)
    a[0] = x * 2.0
    return a[0]


def branch_in_a_loop(v):
    total = 0.0
    for i in range(len(v)):
        d = np.sqrt(v[i] * v[i])
        if d > 0.5:
            total += d
    return total


def elements_used_sometimes(v):
    d = np.sqrt(v * v)
    total = 0.0
    for i in range(len(v)):
        if d[i] > 0.5:
            total += d[i]
    return total


def one_element(v):
    return np.sqrt(v * v)[1]


def continued(v):
    total = 0.0
    for x in v:
        d = np.sqrt(x * x)
        if d == 0.0:
            continue
        total += d
    return total


def broken_off(v):
    total, i = 0.0, 0
    while i < len(v):
        d = np.log(v[i] * v[i])
        i += 1
        if np.isinf(d):
            break
        total += d
    return total


def infinite_factor(v):
    """The slope by the last element has the factor log(0), of a term that is not added."""
    total = 0.0
    for i in range(len(v) - 1):
        term = np.log(v[i]) * v[-1]
        if v[i] > 0.0:
            total += term
    return total


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


def logistic_by_powers(x):
    return x / (1.0 + np.exp2(-2.0 * x))


def gompertz(x):
    return np.exp(-np.exp(-x))


def quotient_of_hyperbolic_functions(x):
    return 1.0 / np.cosh(x) + 1.0 / np.sinh(x)


def saturated(v):
    return np.sum(np.tanh(np.expm1(-v)) + logistic(v))


V = np.array([1.0, 2.0, 0.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("f", "x"),
    [(skipped_addition, 0.0), (bound_anew, 0.7), (bound_anew_in_a_loop, 0.7), (overwritten, 0.7)]
    + [(f, -2000.0) for f in (logistic, logistic_by_powers, gompertz, quotient_of_hyperbolic_functions)]
    + [(saturated, np.array([-2000.0, 1.0]))]
    + [
        (f, V) for f in (branch_in_a_loop, elements_used_sometimes, one_element, continued, broken_off, infinite_factor)
    ],
)
def test_zero_annihilates_in_compiled_gradients_as_it_does_on_the_tape(f, x):
    with np.errstate(all="ignore"):
        expected = cr.grad(f)(x)
        found = cr.jit(cr.grad(f), compile=False)(x)
    assert np.all(np.isfinite(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize(("g", "product"), [(0.5, np.inf), (-2.0, 3.0), (0.0, 0.0), (np.nan, np.nan)])
def test_a_number_needs_no_guard(g, product):
    """LLVM would not run the choice in vectors."""
    b = Builder()
    x = b.var("x", "float64")
    copied = b.let("positive", const(g))
    f = ir.Function("f", [x], b.block, [b.let("gmul", copied, x)])
    changed = share(f, rough=True)
    assert not any(isinstance(s, ir.Let) and s.op == "gmul" for s in ir.walk(changed.body))
    (found,) = run(changed, -1.5 if g == -2.0 else np.inf)
    np.testing.assert_array_equal(found, product)


@pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_hundreds_of_guards(compile, tmp_path):
    """Numba goes through blocks by recursion, so that there must not be one for each product."""
    lines = ["def f(x):", "    y = x", "    if x > 100.0:", "        y = 2.0 * x", *["    y = y * x + y / x"] * 150]
    path = tmp_path / "long_program.py"
    path.write_text("\n".join([*lines, "    return y", ""]))
    spec = importlib.util.spec_from_file_location("long_program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert cr.source(cr.grad(module.f), 1.01).count("gmul(") > 300
    assert cr.jit(cr.grad(module.f), compile=compile)(1.01) == pytest.approx(cr.grad(module.f)(1.01), rel=1e-12)
