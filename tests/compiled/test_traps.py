"""Programs that go wrong easily: what is expected of them is checked, and then the compiled derivative against it."""

from copy import deepcopy

import numpy as np
import pytest

import chainrule as cr
from compiled.zoo import engine
from compiled.zoo.reference import direction, flat, recorded, sampled_slope
from compiled.zoo.traps import TRAPS

WAYS = [pytest.param(False, id="python"), pytest.param(True, id="numba", marks=pytest.mark.slow)]

needs_engine = pytest.mark.skipif(not engine.AVAILABLE, reason="there is no compiled engine")
right = pytest.mark.parametrize("trap", [t for t in TRAPS if t.error is None], ids=lambda t: t.name)
wrong = pytest.mark.parametrize("trap", [t for t in TRAPS if t.error is not None], ids=lambda t: t.name)
compiled_and_not = pytest.mark.parametrize("compile", WAYS)


def by_record(trap):
    return cr.grad(recorded(trap.function), argnums=trap.argnums)(*trap.args())


def expected(trap):
    return by_record(trap) if trap.gradient is None else trap.gradient


def assert_gradients(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def assert_same_arguments(now, before):
    for a, b in zip(flat(now), flat(before), strict=True):
        np.testing.assert_array_equal(a, b)


def run(trap, compiled, args):
    """Run without floating-point warnings; a refusal is accepted where the trap says so."""
    try:
        with np.errstate(all="ignore"):
            return compiled(*args)
    except engine.Refused as refusal:
        if not trap.may_refuse:
            raise
        pytest.skip(f"refused, as it may be: {str(refusal).splitlines()[0]}")


@right
def test_what_is_expected(trap, rng):
    if trap.shared:
        pytest.skip("arguments that share memory can be neither recorded nor moved one by one")
    with np.errstate(all="ignore"):
        assert_gradients(by_record(trap), expected(trap))
    if not trap.kink:
        wanted = [np.asarray(g, dtype=float) for i, g in zip(trap.argnums, expected(trap), strict=True)]
        along = direction(floats(trap.args()), trap.argnums, rng)
        slope, error = sampled_slope(trap.function, floats(trap.args()), trap.argnums, along)
        total = sum(float(np.sum(g * t)) for g, t in zip(wanted, along, strict=True))
        assert total == pytest.approx(slope, rel=1e-7, abs=1e-9 + 10 * error)


def floats(args):
    """Make the first argument a float where it is a whole number, so that it can be moved."""
    return tuple(float(a) if i == 0 and isinstance(a, int) else a for i, a in enumerate(args))


@wrong
def test_what_is_an_error(trap):
    with pytest.raises(trap.error):
        trap.function(*trap.args())


@needs_engine
@right
@compiled_and_not
def test_compiled_gradient(trap, compile):
    args = trap.args()
    before = deepcopy(args)
    found = run(trap, engine.value_and_grad(trap.function, trap.argnums, compile), args)
    assert_same_arguments(args, before)
    with np.errstate(all="ignore"):
        plain = trap.function(*trap.args())
        np.testing.assert_allclose(found[0], plain, rtol=1e-12)
        assert_gradients(found[1], expected(trap))


@needs_engine
@right
@compiled_and_not
def test_compiled_value_and_what_it_writes(trap, compile):
    args, plainly = trap.args(), trap.args()
    value = run(trap, engine.value(trap.function, compile), args)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(value, trap.function(*plainly), rtol=1e-12)
    assert_same_arguments(args, plainly)


@needs_engine
@wrong
@compiled_and_not
def test_compiled_error(trap, compile):
    args = trap.args()
    with pytest.raises(trap.error):
        engine.value(trap.function, compile)(*args)
    with pytest.raises(trap.error):
        engine.value_and_grad(trap.function, trap.argnums, compile)(*args)
    assert_same_arguments(args, trap.args())
