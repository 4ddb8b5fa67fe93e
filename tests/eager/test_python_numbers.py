"""Python numbers beside recorded values behave as NumPy's: where a rule divides by one, zero gives an infinity."""

import operator

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager.tensor import apply
from chainrule.rules import elementwise, lookup
from chainrule.rules._table import unregister

CALLS = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "remainder": operator.mod, "floor divide": operator.floordiv, "power": operator.pow, "divmod": divmod,
    "fmod": np.fmod, "arctan2": np.arctan2, "hypot": np.hypot, "maximum": np.maximum, "minimum": np.minimum,
    "fmax": np.fmax, "fmin": np.fmin, "logaddexp": np.logaddexp, "logaddexp2": np.logaddexp2, "copysign": np.copysign,
    "heaviside": np.heaviside, "nextafter": np.nextafter, "np.power": np.power, "np.divide": np.divide,
    "float_power": np.float_power, "np.divmod": np.divmod, "by name": lambda x, y: np.divide(x, y, dtype=float),
    "slow divide": lambda x, y: apply(lookup(np.divide), (x, y), {}),
    "slow remainder": lambda x, y: apply(lookup(np.remainder), (x, y), {}),
}  # fmt: skip
POINTS = [1.0, 0.0, -2.0, 3, np.float32(1.5), np.array(0.5), np.array([1.0, 0.0, -2.0]), np.array([0.5, 0], np.float32)]
NUMBERS = [0.0, -0.0, 0, -1, -1.0, 0.5, 1, 2]


def derivatives(f, x):
    """Return the value, and the derivative by all of reverse and forward mode."""
    one = np.ones_like(x)[()]
    value, tangent = cr.jvp(f, (x,), (one,))
    _, pullback = cr.vjp(f, x)
    results = [value, tangent, *pullback(np.ones_like(value)[()]), cr.jacobian(f)(x), cr.jacfwd(f)(x)]
    if not np.ndim(x):
        results += [cr.grad(f)(x), cr.grad(f, method="forward")(x), cr.grad(cr.grad(f))(x)]
    return results


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, of values
@pytest.mark.parametrize("reflected", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_python_numbers_behave_as_numpys(name, reflected):
    call = CALLS[name]
    first = (lambda result: result[1]) if "divmod" in name else (lambda result: result)
    for x in POINTS:
        for number in NUMBERS:
            same = np.asarray(number, x.dtype if isinstance(x, (np.ndarray, np.float32)) else float)
            if "power" in name and not reflected:
                same = number  # a constant exponent has rules of its own, chosen by its kind
            found, expected = (
                derivatives((lambda x, n=n: first(call(n, x))) if reflected else (lambda x, n=n: first(call(x, n))), x)
                for n in (number, same)
            )
            for a, b in zip(found, expected, strict=True):
                assert type(a) is type(b), (x, number)
                assert np.result_type(a) == np.result_type(b), (x, number)
                np.testing.assert_array_equal(a, b, err_msg=f"{x}, {number}")


@pytest.mark.parametrize("zero", [0.0, -0.0, 0])
def test_division_by_zero_is_infinite_and_warns(zero):
    pushed = lambda f, x: cr.jvp(f, x, np.ones_like(x))[1]
    for method, derivative in {"reverse": lambda f, x: cr.elementwise_grad(f)(x), "forward": pushed}.items():
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            slope = cr.grad(lambda x: x / zero, method=method)(1.0)
        assert slope == (-np.inf if np.signbit(zero) else np.inf)
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            slopes = derivative(lambda x: x / zero, np.array([1.0, 2.0], np.float32))
        assert slopes.dtype == np.float32
        assert np.isinf(slopes).all()


TABLE = [
    (lambda x: np.arctan2(x, 0.0), 2.0, 0.0), (lambda x: np.arctan2(0, x), 2.0, 0.0),
    (lambda x: np.arctan2(0, x), 0.0, 0.0), (lambda x: np.hypot(x, 0.0), 0.0, 0.0),
    (lambda x: np.hypot(0, x), 2.0, 1.0), (lambda x: 0.0 / x, 2.0, 0.0), (lambda x: 0**x, 2.0, 0.0),
    (lambda x: x**0.0, 0.0, 0.0), (lambda x: x**0.5, 0.0, np.inf), (lambda x: x**1, 0.0, 1.0),
    (lambda x: x**1.5, 0.0, 0.0), (lambda x: 0.0 * x, 2.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("f", "x", "slope"), TABLE)
@pytest.mark.parametrize("kind", [float, np.float64, np.float32, lambda x: np.array([x])])
def test_slopes_at_zero(f, x, slope, kind):
    x = kind(x)
    total = lambda x: np.sum(f(x))
    one = np.ones_like(x)[()]
    results = [cr.grad(total)(x), cr.grad(total, method="forward")(x), cr.jvp(f, x, one)[1], cr.vjp(f, x)[1](one)[0]]
    for result in results:
        np.testing.assert_array_equal(result, np.full(np.shape(x), slope))


@pytest.mark.parametrize("x", [3.0, np.float32(3.0), np.array([3.0, 4.0]), np.array([3.0, 4.0], np.float32)])
def test_the_rule_of_a_user_may_divide_by_a_python_number(x):
    def scaled(x, y):
        return x * y

    row = elementwise(scaled, x=lambda y: y / (y - 1), y=lambda x: x / (x - 2))
    try:
        for call in (lambda x: row(x, 1.0), lambda x: row(2, x)):
            for slope in (cr.elementwise_grad(call)(x), cr.jvp(call, x, np.ones_like(x)[()])[1]):
                assert np.isinf(slope).all()
                assert np.result_type(slope) == np.result_type(x)
    finally:
        unregister(row)
