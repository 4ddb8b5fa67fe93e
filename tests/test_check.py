"""check_grads finds wrong rules, says where they are, and lets right ones pass."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.check import CheckError

MODES = ["forward", "reverse"]


def ramp(x):
    """Branches, a loop and a write in place."""
    y = cr.numpy.zeros(3)
    for i in range(3):
        y[i] = x**i if x > 1 else -x
    while y[2] < 100:
        y = y * x + 1
    return y


RIGHT = {
    "scalar": (lambda x: np.sin(x) * x, (0.7,)),
    "integer arguments become floats": (lambda x, y: x**2 * y + y + 2, (3, 4)),
    "arrays": (lambda w, x: np.tanh(w @ x), (np.arange(6.0).reshape(2, 3) / 7, np.ones(3))),
    "nested in and out": (lambda p, c: {"out": [p["w"] * c, p["b"][0]]}, ({"w": np.ones(2), "b": (1.0,)}, 2.0)),
    "control flow": (ramp, (1.7,)),
    "complex": (lambda z: np.exp(1j * z) * np.conj(z), (np.array([0.3 + 0.2j, -1j]),)),
    "complex to real": (lambda z: np.sum(np.abs(z) ** 2), (np.array([0.3 + 0.2j, -1j]),)),
    "single precision": (lambda x: np.sum(np.exp(x) * x), (np.array([0.1, 0.5], np.float32),)),
    "what is no number is left alone": (lambda name, x, flag: x**2 if flag else name, ("no", 2.0, True)),
    "constant": (lambda x: 3.0, (2.0,)),
    "discrete output": (lambda x: (x > 1, x), (2.0,)),
    "large": (lambda x: np.sum(x**2), (np.array([1e6, 2e6]),)),
}


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT)
def test_right_derivatives_pass(case):
    f, args = case
    cr.check_grads(f, args)


def test_keyword_arguments_are_passed_and_not_differentiated_by():
    cr.check_grads(lambda x, *, power: x**power, (2.0,), kwargs={"power": 3}, order=3)


def wrong_jvp():
    @cr.custom_jvp
    def cube(a, x):
        return a + x**3

    @cube.defjvp
    def rule(primals, tangents):
        (a, x), (s, t) = primals, tangents
        return a + x**3, s + 2 * x**2 * t

    return cube


def wrong_vjp():
    @cr.custom_vjp
    def cube(a, x):
        return a + x**3

    cube.defvjp(lambda a, x: (a + x**3, x), lambda x, g: (g, 2 * x**2 * g))
    return cube


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", [wrong_jvp, wrong_vjp])
def test_a_wrong_rule_fails_in_either_mode_and_says_by_which_argument_and_how_far(make, mode):
    with pytest.raises(CheckError, match=rf"cube by x is wrong in {mode} mode \(order 1\)") as caught:
        cr.check_grads(make(), (1.0, 2.0), modes=[mode])
    assert "it is 8, and samples give 12, off by 4" in str(caught.value)
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, cr.DerivativeError)
    assert "test_check.py" in str(caught.value)  # where it was called


def test_a_rule_that_is_right_in_value_and_wrong_in_its_own_derivative_fails_at_order_two():
    @cr.custom_vjp
    def square(x):
        return x**2

    square.defvjp(lambda x: (x**2, x), lambda x, g: (2 * cr.stop_gradient(x) * g,))
    cr.check_grads(square, (3.0,), order=1)
    with pytest.raises(CheckError, match=r"the derivative of square \(forward mode\) by x .* \(order 2\)"):
        cr.check_grads(square, (3.0,), order=2)


def test_the_element_that_is_off_is_named():
    @cr.custom_jvp
    def double(x):
        return 2 * x

    @double.defjvp
    def rule(primals, tangents):
        return 2 * primals[0], tangents[0] * np.array([2.0, 2.0, 2.5])

    with pytest.raises(CheckError, match="for element 2 of 3"):
        cr.check_grads(double, (np.ones(3),))


def test_forward_and_reverse_are_compared_more_sharply_than_samples_can():
    @cr.custom_jvp
    def double(x):
        return 2 * x

    @double.defjvp
    def rule(primals, tangents):
        # Linear to seven digits only, so its transpose differs from it.
        return 2 * primals[0], 2 * tangents[0] + 1e-8 * tangents[0] ** 2 / (1 + tangents[0] ** 2)

    with pytest.raises((CheckError, cr.ChainruleError)):
        cr.check_grads(double, (np.array([1.0, 3.0]),), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(("f", "x"), [(lambda x: np.sqrt(np.abs(x)), 1e-4), (lambda x: np.where(x > 0, 1.0, 0.0), 0.0)])
def test_a_point_where_samples_cannot_tell_is_no_success(f, x):
    with pytest.raises(CheckError, match="cannot be checked here"):
        cr.check_grads(f, (x,))


def test_a_wrong_convention_at_a_kink_is_told():
    with pytest.raises(CheckError, match=r"it is 0, and samples give 0\.5"):
        cr.check_grads(lambda x: np.where(x > 0, x, 0.0), (0.0,))


@pytest.mark.parametrize("options", [{"modes": ["backward"]}, {"modes": []}, {"order": 0}])
def test_options_are_checked(options):
    with pytest.raises(cr.DerivativeError, match="Choose among"):
        cr.check_grads(np.sin, (1.0,), **options)


def test_a_point_without_numbers_is_refused():
    with pytest.raises(cr.DerivativeError, match="holds a number"):
        cr.check_grads(lambda s: 1.0, ("text",))


def test_tolerances_can_be_widened():
    cr.check_grads(wrong_vjp(), (1.0, 2.0), order=1, rtol=1.0)


def test_directions_follow_the_generator(rng):
    seen = []

    def f(x):
        seen.append(x)
        return np.sum(x**2)

    cr.check_grads(f, (np.ones(2),), order=1, modes=["forward"], rng=rng)
    first = np.array(seen[0])
    seen.clear()
    cr.check_grads(f, (np.ones(2),), order=1, modes=["forward"])
    assert not np.array_equal(first, np.array(seen[0]))


def test_arrays_that_the_function_writes_into_stay_as_they_were():
    def doubled(x, *, calls):
        x[0] = x[0] * 2
        calls += 1.0
        return np.sum(x * x) * calls[0]

    x, calls = np.ones(3), np.zeros(1)
    cr.check_grads(doubled, (x,), kwargs={"calls": calls}, order=2)
    assert (list(x), list(calls)) == ([1, 1, 1], [0])
