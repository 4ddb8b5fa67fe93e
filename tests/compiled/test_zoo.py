"""The zoo's programs: their own derivatives by two independent ways, and the compiled ones against these."""

import warnings
from copy import deepcopy

import numpy as np
import pytest

import chainrule as cr
from compiled.zoo import ENTRIES, engine
from compiled.zoo.reference import direction, flat, recorded, sampled_slope

WAYS = [pytest.param(False, id="python"), pytest.param(True, id="numba", marks=pytest.mark.slow)]
BEYOND_RECORDING = {"frozen_method"}

needs_engine = pytest.mark.skipif(not engine.AVAILABLE, reason="there is no compiled engine")
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def slope(gradients, along):
    return sum(float(np.sum(g * t)) for g, t in zip(flat(gradients), along, strict=True))


def assert_same_arguments(now, before):
    for a, b in zip(flat(now), flat(before), strict=True):
        np.testing.assert_array_equal(a, b)


def run_or_xfail(compiled, args):
    try:
        return compiled(*args)
    except engine.Refused as refusal:
        pytest.xfail(f"refused: {str(refusal).splitlines()[0]}")


def test_names_are_unique():
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)


@every_entry
def test_arguments_are_the_same_each_time(entry):
    assert_same_arguments(entry.arguments(), entry.arguments())


@every_entry
def test_recorded_gradient_is_the_sampled_one(entry, rng):
    if entry.name in BEYOND_RECORDING:
        pytest.skip("its class refers to the module math")
    along = direction(entry.arguments(), entry.argnums, rng)
    value, gradients = cr.value_and_grad(recorded(entry.function), argnums=entry.argnums)(*entry.arguments())
    expected, error = sampled_slope(entry.function, entry.arguments(), entry.argnums, along)
    assert float(value) == pytest.approx(float(entry.function(*entry.arguments())), rel=1e-12)
    assert slope(gradients, along) == pytest.approx(expected, rel=1e-7, abs=1e-9 + 10 * error)


@needs_engine
@every_entry
@pytest.mark.parametrize("compile", WAYS)
def test_compiled_value(entry, compile):
    theirs, plainly = entry.arguments(), entry.arguments()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = run_or_xfail(engine.value(entry.function, compile), theirs)
    expected = entry.function(*plainly)
    if entry.exact:
        assert float(value) == float(expected)
    assert float(value) == pytest.approx(float(expected), rel=1e-12)
    assert_same_arguments(theirs, plainly)


@needs_engine
@every_entry
@pytest.mark.parametrize("compile", WAYS)
def test_compiled_gradient(entry, compile, rng):
    args = entry.arguments()
    before = deepcopy(args)
    value, gradients = run_or_xfail(engine.value_and_grad(entry.function, entry.argnums, compile), args)
    assert_same_arguments(args, before)
    assert float(value) == pytest.approx(float(entry.function(*entry.arguments())), rel=1e-12)
    along = direction(args, entry.argnums, rng)
    expected, error = sampled_slope(entry.function, args, entry.argnums, along)
    assert slope(gradients, along) == pytest.approx(expected, rel=1e-7, abs=1e-9 + 10 * error)
    if entry.name not in BEYOND_RECORDING:
        exact = cr.grad(recorded(entry.function), argnums=entry.argnums)(*entry.arguments())
        for mine, theirs in zip(flat(gradients), flat(exact), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-11)
