"""Zeros, ties, nan and recorded conditions: what samples from a smooth domain do not reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.rules.running import recurrence


def hessian(f: Any, x: Any) -> Any:
    return cr.jacobian(cr.grad(f))(x)


def test_product_with_zeros_to_second_order() -> None:
    expected = np.zeros((4, 4))
    expected[1, 2] = expected[2, 1] = 10.0
    x = np.array([2.0, 0.0, 0.0, 5.0])
    np.testing.assert_array_equal(hessian(np.prod, x), expected)
    np.testing.assert_array_equal(cr.jacfwd(cr.grad(np.prod))(x), expected)


def test_running_product_with_zeros_to_second_order() -> None:
    expected = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    f = lambda x: np.sum(np.cumprod(x))  # x + xy + xyz
    np.testing.assert_array_equal(hessian(f, np.array([0.0, 2.0, 0.0])), expected)


def test_recurrence_is_the_loop(rng: np.random.Generator) -> None:
    c, b = rng.normal(size=(2, 11)), rng.normal(size=(2, 11))
    y = np.zeros(2)
    for i in range(11):
        y = c[:, i] * y + b[:, i]
    np.testing.assert_allclose(recurrence(c, b)[:, -1], y, rtol=1e-12)


@pytest.mark.parametrize(("order", "value"), [(1, 0.0), (2, -(np.pi**2) / 3), (3, 0.0), (4, np.pi**4 / 5)])
def test_sinc_at_zero(order: int, value: float) -> None:
    f: Any = np.sinc
    for _ in range(order):
        f = cr.grad(f)
    assert f(0.0) == pytest.approx(value, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("x", [1e-9, 1e-5, 0.01, 0.159, 0.1592, 3.0])
def test_slope_of_sinc_is_accurate_near_zero(x: float) -> None:
    z = np.pi * x
    exact = -np.pi * (z / 3 - z**3 / 30 + z**5 / 840 - z**7 / 45360 + z**9 / 3991680) if x < 0.1 else None
    exact = np.pi * (np.cos(z) / z - np.sin(z) / z**2) if exact is None else exact
    assert cr.grad(np.sinc)(x) == pytest.approx(exact, rel=1e-14)


def test_second_derivatives_at_kinks_are_zero() -> None:
    for f in (np.absolute, np.fabs, lambda x: np.maximum(x, 0.0), lambda x: np.clip(x, 0.0, 1.0)):
        assert cr.grad(cr.grad(f))(0.0) == 0.0
    for f in (np.hypot, np.arctan2):
        assert cr.grad(f, (0, 1))(0.0, 0.0) == (0.0, 0.0)


def test_hypot_at_the_origin_does_not_spoil_what_follows() -> None:
    assert cr.grad(lambda x: np.hypot(x, x) + 3 * x)(0.0) == 3.0
    assert cr.grad(lambda x: np.linalg.norm(x * np.ones(3)) + 3 * x)(0.0) == 3.0
    assert cr.grad(lambda x: np.std(x * np.ones(3)) + 3 * x)(0.0) == 3.0


def test_logaddexp_of_infinities() -> None:
    assert cr.grad(np.logaddexp, (0, 1))(-np.inf, -np.inf) == (0.5, 0.5)
    assert cr.grad(cr.grad(np.logaddexp))(2.0, 2.0) == pytest.approx(0.25, rel=1e-15)


def test_where_selects() -> None:
    x = np.array([0.0, 4.0])
    with np.errstate(all="ignore"):
        for method in ("reverse", "forward"):
            gradient = cr.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 2 * x)), method=method)(x)
            np.testing.assert_array_equal(gradient, [2.0, 0.25])


def test_where_of_a_recorded_condition() -> None:
    x = np.array([0.0, 2.0])
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(np.where(x, 3.0, 5.0) * x))(x), [5.0, 3.0])
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(x[np.where(x)]))(x), [0.0, 1.0])


def test_ties_sum_to_one() -> None:
    x = np.array([[3.0, 1.0, 3.0], [3.0, 3.0, 3.0]])
    np.testing.assert_allclose(np.sum(cr.grad(np.max)(x)), 1.0, rtol=1e-15)
    rows = cr.grad(lambda x: np.sum(np.max(x, axis=1)))(x)
    np.testing.assert_allclose(rows, [[0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-15)


def test_quantile_moves_with_its_place() -> None:
    x = np.array([4.0, 1.0, 2.0])
    assert cr.grad(lambda q: np.quantile(x, q))(0.75) == pytest.approx(4.0)
    np.testing.assert_allclose(cr.grad(lambda x: np.quantile(x, 0.75))(x), [0.5, 0.0, 0.5])


def test_nan_is_found_by_median() -> None:
    assert np.isnan(cr.value(cr.rules.lookup(np.median)(np.array([1.0, np.nan, 2.0]))))


def test_casts_to_integers_are_plain() -> None:
    assert cr.grad(lambda x: x * (10, 20, 30)[int(np.floor(x).astype(int))])(1.5) == 20.0
    np.testing.assert_array_equal(cr.grad(lambda x: x[x.astype(int)[0]] * 1.0)(np.array([1.0, 2.0])), [0.0, 1.0])


def test_new_arrays_of_recorded_values() -> None:
    x = np.array([1.0, 2.0, 3.0])
    gradient = cr.grad(lambda x: np.sum(np.array([x[0], [x[1] * x[2]][0]], like=x) ** 2))(x)
    np.testing.assert_allclose(gradient, [2.0, 36.0, 24.0])
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(np.full((2, 3), x, like=x)))(x), 2 * np.ones(3))
    assert cr.grad(lambda x: np.sum(np.arange(x, 5.05, 0.5, like=x)))(1.0) == 9.0
    assert cr.grad(lambda x: np.sum(np.linspace(x, 5.0, 3)))(1.0) == 1.5
    with pytest.raises(cr.MissingRuleError):
        cr.grad(lambda x: np.sum(np.packbits(x)))(x)


def test_moduli_and_angles_of_complex_numbers() -> None:
    assert cr.grad(np.abs)(3 + 4j) == pytest.approx(0.6 + 0.8j)
    assert cr.grad(np.abs)(0j) == 0
    assert cr.grad(np.angle)(1j) == pytest.approx(-1.0)
    assert cr.grad(lambda z: np.real(np.sign(z) * (1 + 1j)))(2 + 0j) == pytest.approx(-0.5j)


ALONG_THE_REAL_AXIS = [
    (np.sqrt, -4.0), (np.log, -2.0), (np.log1p, -3.0), (np.log2, -2.0), (np.log10, -2.0), (np.arcsin, 2.0),
    (np.arcsin, -2.0), (np.arccos, 2.0), (np.arccos, -2.0), (np.arccosh, 0.5), (np.arccosh, -2.0), (np.arctanh, 2.0),
    (np.arctanh, -2.0),
]  # fmt: skip
ALONG_THE_IMAGINARY_AXIS = [(np.arctan, 2.0), (np.arctan, -2.0), (np.arcsinh, 2.0), (np.arcsinh, -2.0)]


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize(
    ("fn", "place", "turn"), [(*x, 1) for x in ALONG_THE_REAL_AXIS] + [(*x, 1j) for x in ALONG_THE_IMAGINARY_AXIS]
)
def test_derivatives_on_branch_cuts_are_of_the_side_of_the_value(fn: Any, place: float, turn: Any, zero: float) -> None:
    at = lambda t: np.complex128(complex(t, zero) if turn == 1 else complex(zero, t))
    along = cr.jvp(fn, (at(place),), (np.complex128(turn),))[1]
    step = 1e-4
    difference = (fn(at(place + step)) - fn(at(place - step))) / (2 * step)
    np.testing.assert_allclose(along, difference, rtol=1e-7, atol=1e-9)
