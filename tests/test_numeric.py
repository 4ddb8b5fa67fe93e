"""Finite differences: values, costs, error estimates, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import numeric
from chainrule.errors import ChainruleError

SCHEMES = ["forward", "central", "complex", "richardson"]
DIFFERENCES = ["forward", "central", "richardson"]
TOLERANCE = {"forward": 1e-6, "central": 1e-8, "complex": 1e-14, "richardson": 1e-11}

coefficients = st.lists(st.integers(-5, 5), min_size=1, max_size=6)
points = st.floats(-3, 3)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(polynomial=coefficients, x=points)
def test_polynomials_have_their_exact_derivative(scheme, polynomial, x):
    exact = np.polyval(np.polyder(polynomial), x)
    size = np.polyval(np.abs(polynomial), abs(x) + 1)  # bounds the higher derivatives and the rounding of the samples
    found = numeric.derivative(lambda t: np.polyval([float(c) for c in polynomial], t) + 0 * t, x, scheme=scheme)
    assert abs(found.value - exact) <= 50 * TOLERANCE[scheme] * (1 + size)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_values_have_the_shape_of_f_and_then_of_x(scheme, rng):
    x, a = rng.normal(size=(2, 3)), rng.normal(size=(4, 2))
    d = numeric.derivative(lambda x: np.sin(a @ x), x, scheme=scheme)
    exact = np.einsum("ik,ij,kl->ikjl", np.cos(a @ x), a, np.eye(3))
    assert d.value.shape == (4, 3, 2, 3)
    np.testing.assert_allclose(d.value, exact, atol=TOLERANCE[scheme])
    assert d.step.shape == x.shape


@pytest.mark.parametrize(
    ("scheme", "axes", "along"), [("forward", 6, 2), ("central", 10, 2), ("complex", 5, 1), ("richardson", 100, 20)]
)
def test_calls_are_counted_exactly(scheme, axes, along):
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x**3)

    d = numeric.derivative(f, np.ones(5), scheme=scheme)
    assert d.evaluations == len(calls) == axes
    calls.clear()
    d = numeric.directional(f, np.ones(5), np.arange(5.0), scheme=scheme)
    assert d.evaluations == len(calls) == along


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("v", [[1.0, -2.0, 1e4], [0.0, 0.0, 1e-6], [0.0, 0.0, 0.0]])
def test_a_direction_is_the_jacobian_times_it(scheme, v):
    x, v = np.array([0.3, -1.0, 20.0]), np.array(v)
    d = numeric.directional(lambda x: np.array([x[0] * x[1], np.sin(x[2])]), x, v, scheme=scheme)
    exact = np.array([[-1.0, 0.3, 0.0], [0.0, 0.0, np.cos(20.0)]]) @ v
    np.testing.assert_allclose(d.value, exact, atol=100 * TOLERANCE[scheme] * np.abs(v).max())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_tuple_is_several_arguments(scheme):
    d = numeric.derivative(lambda w, b, c: w @ w * b + c, (np.array([1.0, 2.0]), 3.0, 0), scheme=scheme)
    for found, exact in zip(d.value, ([6.0, 12.0], 5.0, 1.0), strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-6)
    along = numeric.directional(lambda x, y: x * y, (3.0, 4.0), (1.0, 10.0), scheme=scheme)
    np.testing.assert_allclose(along.value, 34.0, rtol=1e-6)
    assert numeric.derivative(lambda: 1.0, (), scheme=scheme).value == ()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("x", [2, 2.0, np.float32(2), np.array(2.0), np.array(2)])
def test_a_number_stays_a_number(scheme, x):
    kinds = set()

    def f(t):
        kinds.add((np.shape(t), isinstance(t, np.ndarray)))
        return t**2

    d = numeric.derivative(f, x, scheme=scheme)
    assert np.shape(d.value) == ()
    assert math.isclose(d.value, 4.0, rel_tol=1e-6)
    assert kinds == {((), isinstance(x, np.ndarray))}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_inputs_and_no_outputs(scheme):
    d = numeric.derivative(lambda x: np.append(x, [1.0, 2.0]), np.zeros(0), scheme=scheme)
    assert (d.value.shape, d.evaluations) == ((2, 0), 1)
    assert numeric.derivative(lambda x: np.sum(x), np.zeros((0, 3)), scheme=scheme).value.shape == (0, 3)
    assert numeric.derivative(lambda x: x[:0], np.ones(3), scheme=scheme).value.shape == (0, 3)
    assert numeric.directional(lambda x: x[:0], np.ones(3), np.ones(3), scheme=scheme).value.shape == (0,)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_single_precision_inputs_are_promoted(scheme):
    x = np.array([0.1, 0.7], dtype=np.float32)
    d = numeric.derivative(np.sin, x, scheme=scheme)
    assert d.value.dtype == np.float64
    np.testing.assert_allclose(np.diag(d.value), np.cos(x.astype(np.float64)), rtol=1e-7)


@pytest.mark.parametrize("scheme", ["forward", "central"])
def test_a_result_in_single_precision_is_refused_unless_a_step_is_given(scheme):
    f = lambda x: np.sin(np.float32(x))
    with pytest.raises(ChainruleError, match="Compute f in float64"):
        numeric.derivative(f, 0.5, scheme=scheme)
    assert math.isclose(numeric.derivative(f, 0.5, scheme=scheme, step=1e-2).value, math.cos(0.5), rel_tol=1e-2)


def test_richardson_knows_about_single_precision():
    d = numeric.richardson(lambda x: np.sin(np.float32(x)), 0.5)
    assert abs(d.value - math.cos(0.5)) < d.error_estimate < 1e-3


def test_f_may_write_its_argument_and_reuse_its_result():
    out = np.empty(2)

    def f(x):
        x *= x
        out[:] = x
        return out

    x = np.array([1.0, 2.0])
    for scheme in DIFFERENCES:
        np.testing.assert_allclose(numeric.derivative(f, x, scheme=scheme).value, np.diag([2.0, 4.0]), rtol=1e-6)
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("f", [np.uint8, lambda x: [int(x), int(x) * 2]])
def test_integer_results_do_not_wrap_around(f):
    assert np.all(numeric.central_difference(f, 3.0, step=1.0).value == (1.0 if f is np.uint8 else [1.0, 2.0]))
    assert np.all(numeric.central_difference(lambda x: np.uint8(10 - x), 3.0, step=1.0).value == -1.0)


@pytest.mark.parametrize("scheme", DIFFERENCES)
def test_complex_results_have_complex_derivatives(scheme):
    d = numeric.derivative(lambda x: np.exp(1j * x), 0.3, scheme=scheme)
    np.testing.assert_allclose(d.value, 1j * np.exp(0.3j), rtol=1e-6)


# Steps


def test_default_steps_follow_the_documented_rules():
    x, eps = np.array([0.0, -0.5, 1e6]), np.finfo(float).eps
    for scheme, size in [("forward", eps**0.5), ("central", eps ** (1 / 3)), ("complex", 1e-20)]:
        np.testing.assert_allclose(numeric.derivative(np.sum, x, scheme=scheme).step, size * np.array([1, 1, 1e6]))
    d = numeric.richardson(np.sum, np.array([1.0, 100.0, 1e20]))
    np.testing.assert_allclose(d.step, 0.02 * np.array([1.0, 10.0, 1e14]))


def test_the_rounding_of_the_step_does_not_reach_the_derivative():
    for x in (1 / 3, 1e5 / 3, 1e15 / 3):
        for scheme in ("forward", "central"):
            assert math.isclose(numeric.derivative(lambda t: t, x, scheme=scheme).value, 1.0, rel_tol=1e-15)
        assert math.isclose(numeric.forward_difference(lambda t: t, x, step=x * 1e-15).value, 1.0, rel_tol=1e-15)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_step_can_be_given_for_each_input(scheme):
    seen = []

    def f(x):
        seen.append(np.array(x))
        return np.sum(x)

    d = numeric.derivative(f, np.zeros(2), scheme=scheme, step=np.array([0.5, 0.25]))
    assert d.step.tolist() == [0.5, 0.25]
    assert {0.5, 0.25} <= {float(abs(point).max()) for point in seen}
    pair = numeric.derivative(lambda a, b: a + b, (0.0, np.zeros(2)), scheme=scheme, step=(0.5, np.ones(2)))
    assert pair.step[0] == 0.5
    assert pair.step[1].tolist() == [1.0, 1.0]
    assert numeric.directional(f, np.zeros(2), np.ones(2), scheme=scheme, step=0.5).step == 0.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("step", [0.0, -1e-3, np.nan, np.inf, np.array([1e-3, 0.0]), np.ones(3), "small"])
def test_a_bad_step_is_refused(scheme, step):
    with pytest.raises(ChainruleError, match="step"):
        numeric.derivative(np.sum, np.ones(2), scheme=scheme, step=step)


@pytest.mark.parametrize("scheme", ["forward", "central"])
def test_a_step_lost_against_x_is_refused(scheme):
    with pytest.raises(ChainruleError, match="does not change x"):
        numeric.derivative(np.sin, 1.0, scheme=scheme, step=1e-17)
    with pytest.raises(ChainruleError, match="does not change x"):
        numeric.directional(np.sum, np.ones(2), np.ones(2), scheme=scheme, step=1e-17)


def test_the_sweep_is_a_v():
    steps = 10.0 ** np.arange(-17, 0)
    errors = numeric.step_sweep(np.exp, 1.0, steps)
    assert np.isnan(errors[0])  # 1 + 1e-17 is 1
    best = np.nanargmin(errors)
    assert 1e-8 < steps[best] < 1e-3
    assert errors[2] > 1e3 * errors[best] < errors[-1]
    exact = numeric.step_sweep(np.exp, 1.0, steps.reshape(1, -1), scheme="complex", reference=np.e)
    assert exact.shape == (1, 17)
    assert exact[0, 0] < 1e-15 < exact[0, -1]
    with pytest.raises(ChainruleError, match="reference has 1 numbers"):
        numeric.step_sweep(np.exp, np.ones(2), steps, scheme="complex", reference=np.e)


# The error estimate


@given(a=st.floats(0.5, 3), b=points, x=points, kind=st.sampled_from(["sin", "exp", "cosh", "arctan"]))
def test_the_estimate_bounds_the_error_of_smooth_functions(a, b, x, kind):
    d = numeric.richardson(lambda t: getattr(np, kind)(a * t + b), x)
    u = a * x + b
    exact = a * {"sin": np.cos(u), "exp": np.exp(u), "cosh": np.sinh(u), "arctan": 1 / (1 + u * u)}[kind]
    assert abs(d.value - exact) <= d.error_estimate + 1e-14 * abs(exact)
    assert d.error_estimate <= 1e-9 * (1 + np.exp(abs(u)))


def test_the_estimate_tells_when_the_value_is_poor():
    kink = numeric.richardson(np.abs, 1e-3)
    assert abs(kink.value - 1.0) <= kink.error_estimate
    edge = numeric.richardson(np.log, 1e-4)  # most samples lie outside the domain
    assert abs(edge.value - 1e4) <= edge.error_estimate
    jump = numeric.richardson(lambda x: float(x > 0), 0.0)
    assert jump.error_estimate > 1.0


def test_estimates_are_made_for_each_element():
    d = numeric.richardson(lambda x: np.array([x[0] ** 2, np.sin(40 * x[1]), 1.0]), np.array([3.0, 0.2]))
    exact = np.array([[6.0, 0.0], [0.0, 40 * np.cos(8.0)], [0.0, 0.0]])
    assert d.error_estimate.shape == (3, 2)
    assert np.all(np.abs(d.value - exact) <= d.error_estimate)
    assert d.error_estimate[0, 0] < d.error_estimate[1, 1] < 1e-9


def test_extrapolation_needs_two_levels():
    assert numeric.richardson(np.sin, 1.0, levels=2).evaluations == 4
    with pytest.raises(ChainruleError, match="two step sizes"):
        numeric.richardson(np.sin, 1.0, levels=1)


# Bad points and bad functions


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("x", [np.nan, np.inf, -np.inf])
def test_a_point_that_is_not_finite_gives_nan(scheme, x):
    for f in (lambda t: t * 2.0, lambda t: 3.0 + 0.0 * np.nan_to_num(t)):
        with np.errstate(all="ignore"):
            assert np.isnan(numeric.derivative(f, x, scheme=scheme).value)


def test_nan_at_the_point_reaches_the_result():
    f = lambda x: np.where(x == 1.0, np.nan, x)
    assert np.isnan(numeric.forward_difference(f, 1.0).value)
    g = lambda x: x * np.nan
    assert all(np.isnan(numeric.derivative(g, 1.0, scheme=s).value) for s in SCHEMES)
    half = numeric.central_difference(lambda x: np.array([x, x * np.nan]), 1.0).value
    assert np.isnan(half).tolist() == [False, True]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("result", [None, "text", True, [1.0, [2.0]], {"a": 1.0}])
def test_a_result_that_is_no_number_is_refused(scheme, result):
    with pytest.raises(ChainruleError, match="f returned"):
        numeric.derivative(lambda x: result, 1.0, scheme=scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("x", [1j, np.array([1j]), "x", None, True, [1.0, [2.0]], (1.0, 1j)])
def test_a_point_that_is_not_real_is_refused(scheme, x):
    with pytest.raises(ChainruleError, match=r"^x "):
        numeric.derivative(lambda *x: 0.0, x, scheme=scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_direction_of_another_shape_is_refused(scheme):
    for v in (np.ones(3), 1.0, np.ones((2, 1))):
        with pytest.raises(ChainruleError, match="direction has shape"):
            numeric.directional(np.sum, np.ones(2), v, scheme=scheme)


def test_a_result_that_changes_shape_is_refused():
    with pytest.raises(ChainruleError, match="must not depend on x"):
        numeric.forward_difference(lambda x: np.ones(1 + (x > 1.0)), 1.0)


def test_an_error_of_f_says_where_it_was_sampled():
    with pytest.raises(ZeroDivisionError) as caught:
        numeric.central_difference(lambda x: 1 / 0, 1.0, step=0.5)
    assert "1.5" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: abs(x),
        lambda x: math.sin(x),
        lambda x: float(x) ** 2,
        lambda x: np.real(x) ** 2,
        lambda x: np.add(x, [0.0], out=np.zeros(1), casting="unsafe") * x,  # loses part of the derivative only
        lambda x: x if math.floor(x) else -x,
        lambda x: np.exp(1j * x),
        lambda x: 1.0,
    ],
)
def test_the_complex_step_refuses_what_it_cannot_see_through(f):
    with pytest.raises(ChainruleError, match="central_difference"):
        numeric.complex_step(f, 0.7)


def test_the_complex_step_is_exact_where_differences_are_not():
    f = lambda x: np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)  # the example of Martins et al.
    d = numeric.complex_step(f, 1.5)
    assert math.isclose(d.value, 4.05342789389862, rel_tol=1e-14)
    roots = numeric.complex_step(lambda x: 1e9 * (x - 1.0), 1.0)  # a root: the imaginary part is all there is
    assert math.isclose(roots.value, 1e9, rel_tol=1e-15)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ChainruleError, match="forward, central, complex, richardson"):
        numeric.derivative(np.sin, 1.0, scheme="middle")
