"""Transforms, convolutions, polynomials, sets and histograms: every option against NumPy, and what is special."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.rules import lookup
from row_calls import flat, like


def jacobian_by_columns(f: Any, x: Any) -> Any:
    """Differentiate a linear function by what it does to each unit vector."""
    columns = [f(unit.reshape(x.shape)) for unit in np.eye(x.size)]
    return np.stack(columns, -1).reshape(np.shape(columns[0]) + x.shape)


def check_linear(f: Any, x: Any) -> None:
    np.testing.assert_allclose(cr.jacfwd(f)(x), jacobian_by_columns(f, x), atol=1e-14)
    np.testing.assert_allclose(cr.jacobian(f)(x), jacobian_by_columns(f, x), atol=1e-14)


def parts(f: Any) -> Any:
    """Let a function with complex results return its real and imaginary parts side by side."""
    return lambda x: np.stack([np.real(f(x)), np.imag(f(x))])


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_transforms_of_every_length(name: str, norm: Any) -> None:
    transform = getattr(np.fft, name)
    shortest = 2 if name in ("irfft", "hfft") else 1
    for given, n in itertools.product((4, 5), (None, 1, 2, 3, 4, 5, 6, 9)):
        if n is None or n >= shortest:
            check_linear(parts(lambda x: transform(x, n, norm=norm)), np.arange(1.0, given + 1))  # noqa: B023


@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"])
def test_transforms_of_several_axes(name: str) -> None:
    transform, x = getattr(np.fft, name), np.arange(24.0).reshape(2, 3, 4)
    for s, axes in [(None, (0, 1)), (None, (-1, 0)), ((3, 2), (0, 2)), ((2, 5), (2, 1)), ((-1, 6), (1, 2))]:
        check_linear(parts(lambda x: transform(x, s, axes, "ortho")), x)  # noqa: B023


def test_a_transform_keeps_out_and_precision() -> None:
    x = np.arange(4.0)
    gradient = cr.grad(lambda x: np.sum(np.abs(np.fft.fft(x, out=np.zeros(4, complex, like=x))) ** 2))(x)
    np.testing.assert_allclose(gradient, 8 * x)
    single = cr.grad(lambda x: np.sum(np.abs(np.fft.rfft(x))))(x.astype(np.float32))
    assert single.dtype == np.float32
    with pytest.raises(TypeError, match="real"):
        lookup(np.fft.rfft)(x + 1j)


def test_gradient_of_a_spectrum_follows_the_stated_convention() -> None:
    z = np.array([1 + 2j, -1j, 0.5, 2 - 1j])
    energy = lambda z: np.sum(np.abs(np.fft.fft(z)) ** 2)  # 4 |z|**2 by Parseval: the gradient is 8 z
    np.testing.assert_allclose(cr.grad(energy)(z), 8 * z)
    holomorphic = lambda z: np.real(np.sum(np.fft.fft(z) ** 2))  # the conjugate of the derivative, 8 z reversed
    np.testing.assert_allclose(cr.grad(holomorphic)(z), np.conj(8 * z[[0, 3, 2, 1]]))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolutions_of_every_length(mode: str, rng: np.random.Generator) -> None:
    for n, m in itertools.product(range(1, 6), repeat=2):
        a, v = rng.normal(size=n), rng.normal(size=m)
        for fn in (np.convolve, np.correlate):
            np.testing.assert_allclose(lookup(fn)(a, v, mode), fn(a, v, mode), atol=1e-14)
            check_linear(lambda a: fn(a, v, mode), a)  # noqa: B023
            check_linear(lambda v: fn(a, v, mode), v)  # noqa: B023
        z = a + 1j * rng.normal(size=n)
        np.testing.assert_allclose(lookup(np.correlate)(v, z, mode), np.correlate(v, z, mode), atol=1e-14)


def test_a_leading_zero_moves_the_product_of_polynomials() -> None:
    first = lambda e: np.polymul(np.stack([e, 1.0]), [1.0, 2.0])[0]  # e x**2 + (1 + 2 e) x + 2, without its x**2
    assert cr.grad(first)(0.0) == 2.0


def test_roots_solve_their_polynomial(rng: np.random.Generator) -> None:
    for p in (rng.normal(size=5), np.array([1.0, 0.0, 0.0, 1.0]), np.array([2.0, 1.0, 0.0, 0.0, 0.0])):
        t = like(rng, p)
        r, moved = cr.jvp(np.roots, (p,), (t,))
        np.testing.assert_allclose(np.polyval(p, r), 0, atol=1e-12)
        simple = np.abs(np.polyval(np.polyder(p), r)) > 1e-3
        np.testing.assert_allclose((np.polyval(t, r) + np.polyval(np.polyder(p), r) * moved)[simple], 0, atol=1e-11)
        np.testing.assert_allclose(np.sum(moved), t[0] * p[1] / p[0] ** 2 - t[1] / p[0], atol=1e-11)


def test_characteristic_polynomial_at_repeated_eigenvalues() -> None:
    np.testing.assert_allclose(np.poly(np.eye(3) * 2.0), lookup(np.poly)(np.eye(3) * 2.0))
    slope = cr.jacobian(np.poly)(np.eye(2))  # x**2 - tr x + det
    np.testing.assert_array_equal(slope, [np.zeros((2, 2)), -np.eye(2), np.eye(2)])


def test_fit_is_exact_on_polynomials() -> None:
    x = np.linspace(-1, 2, 7)
    y = np.polyval([2.0, -1.0, 0.5], x)
    slope = cr.jacobian(lambda y: np.polyfit(x, y, 2))(y)
    np.testing.assert_allclose(slope @ y, [2.0, -1.0, 0.5], atol=1e-13)
    np.testing.assert_allclose(slope, np.linalg.pinv(np.vander(x, 3)), atol=1e-13)
    with pytest.raises(cr.MissingRuleError, match="full=True"):
        cr.grad(lambda y: np.sum(np.polyfit(x, y, 2, full=True)[0]))(y)


UNIQUE = [{}, {"return_index": True}, {"return_inverse": True, "return_counts": True}, {"axis": 0}, {"axis": 1},
          {"return_inverse": True, "axis": 1}, {"equal_nan": False}]  # fmt: skip


@pytest.mark.parametrize("options", UNIQUE)
def test_unique_has_numpys_values(options: Any, rng: np.random.Generator) -> None:
    for x in (rng.integers(4, size=(3, 3)) * 0.5, np.array([[1.0, np.nan], [1.0, np.nan]]), rng.normal(size=(2, 1))):
        for found, expected in zip(flat(lookup(np.unique)(x, **options)), flat(np.unique(x, **options)), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("fn", [np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values])
def test_array_api_functions_have_numpys_values(fn: Any, rng: np.random.Generator) -> None:
    for x in (rng.integers(4, size=(3, 3)) * 0.5, np.array([2.0, np.nan, 1.0, np.nan]), rng.integers(5, size=20)):
        for found, expected in zip(flat(lookup(fn)(x)), flat(fn(x)), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_sets_have_numpys_values(rng: np.random.Generator) -> None:
    a, b = rng.integers(6, size=8) * 1.0, rng.integers(6, size=5) * 1.0
    for fn in (np.union1d, np.setdiff1d, np.setxor1d, np.intersect1d):
        np.testing.assert_array_equal(lookup(fn)(a, b), fn(a, b))
    for options in ({"return_indices": True}, {"return_indices": True, "assume_unique": True}):
        c, d = (np.unique(a), np.unique(b)) if "assume_unique" in options else (a, b)
        for found, expected in zip(
            lookup(np.intersect1d)(c[::-1], d, **options), np.intersect1d(c[::-1], d, **options), strict=True
        ):
            np.testing.assert_array_equal(found, expected)


def test_equal_elements_share() -> None:
    x = np.array([3.0, 1.0, 3.0, 3.0])
    expected = np.array([[0, 1, 0, 0], [1 / 3, 0, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(cr.jacobian(np.unique)(x), expected)
    np.testing.assert_allclose(cr.jacfwd(np.unique)(x), expected)


def test_quantiles_leave_out_nan(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 6))
    x[rng.random(x.shape) < 0.4] = np.nan
    x[1] = np.nan
    q = np.array([[0.0, 0.3], [0.5, 1.0]])
    for fn, args, options in (
        (np.nanmedian, (1,), {}), (np.nanquantile, (q, 1), {}), (np.nanpercentile, (37.0, 1), {"keepdims": True}),
    ):  # fmt: skip
        with pytest.warns(RuntimeWarning, match="All-NaN"):
            expected = fn(x, *args, **options)
        with warnings.catch_warnings(action="ignore"):
            np.testing.assert_allclose(lookup(fn)(x, *args, **options), expected, rtol=1e-14)
    gradient = cr.grad(lambda x: np.sum(np.nan_to_num(np.nanmedian(x, 1))))(x)
    np.testing.assert_array_equal(gradient[np.isnan(x)], 0.0)
    np.testing.assert_allclose(np.sum(gradient, 1), [1.0, 0.0, 1.0, 1.0])


@pytest.mark.parametrize("options", [{}, {"bins": 4}, {"bins": "auto"}, {"range": (-1, 1)}, {"density": True},
                                     {"bins": [-2.0, 0.0, 0.1, 3.0]}, {"weights": np.arange(50.0)}])  # fmt: skip
def test_histograms_have_numpys_values(options: Any, rng: np.random.Generator) -> None:
    for x in (rng.normal(size=50), np.arange(50.0), np.ones(50)):
        for found, expected in zip(lookup(np.histogram)(x, **options), np.histogram(x, **options), strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-14)


def test_histograms_of_points_have_numpys_values(rng: np.random.Generator) -> None:
    x = rng.normal(size=(40, 2))
    weights = rng.random(40)
    for options in (
        {},
        {"bins": [3, [-1.0, 0.0, 2.0]], "density": True},
        {"range": [None, (-1, 1)], "weights": weights},
    ):
        for found, expected in zip(
            flat(lookup(np.histogramdd)(x, **options)), flat(np.histogramdd(x, **options)), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-14)
        for found, expected in zip(
            lookup(np.histogram2d)(*x.T, **options), np.histogram2d(*x.T, **options), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-14)


def test_counts_are_constant_and_weights_are_not() -> None:
    x = np.array([0.1, 0.6, 0.7])
    assert cr.grad(lambda x: np.sum(x * np.histogram(x, 3)[0]))(x).tolist() == [1.0, 0.0, 2.0]
    slope = cr.jacobian(lambda w: np.histogram(x, 2, (0, 1), weights=w)[0])(np.ones(3))
    np.testing.assert_array_equal(slope, [[1, 0, 0], [0, 1, 1]])


def test_pieces_are_not_evaluated_elsewhere() -> None:
    x = np.array([-1.0, 4.0])
    f = lambda x: np.sum(np.piecewise(x, [x > 0], [np.sqrt, lambda x: 3 * x]))
    np.testing.assert_array_equal(cr.grad(f)(x), [3.0, 0.25])
    with pytest.raises(ValueError, match="2 functions are expected"):
        cr.grad(lambda x: np.sum(np.piecewise(x, [x > 0], [1, 2, 3])))(x)


def test_bessel_function_of_order_zero() -> None:
    mpmath = pytest.importorskip("mpmath")
    for x in (1e-8, 0.3, -4.0, 30.0, 300.0, 690.0):
        f: Any = np.i0
        for order in range(1, 4):
            f = cr.grad(f)
            with mpmath.workdps(30):
                exact = float(mpmath.re(mpmath.besseli(0, mpmath.mpf(x), derivative=order)))
            assert f(x) == pytest.approx(exact, rel=3e-14)


METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_quantiles(method: Any, rng: np.random.Generator) -> None:
    x, q = rng.normal(size=(3, 7)), np.array([0.0, 0.13, 0.5, 0.77, 1.0])
    np.testing.assert_allclose(lookup(np.quantile)(x, q, 1, method=method), np.quantile(x, q, 1, method=method))
    np.testing.assert_allclose(lookup(np.percentile)(x, 31.0, method=method), np.percentile(x, 31.0, method=method))
    cr.check_grads(lambda x: np.quantile(x, q, axis=0, method=method), (x,))


def test_a_method_of_quantiles_is_not_differentiated_by_its_place() -> None:
    with pytest.raises(cr.MissingRuleError, match="by q for method='lower'"):
        cr.grad(lambda q: np.quantile(np.arange(3.0), q, method="lower"))(0.3)


@pytest.mark.parametrize("options", [{}, {"ddof": 0}, {"bias": True}, {"fweights": [1, 0, 3, 2, 1]}])
def test_weighted_covariances(options: Any, rng: np.random.Generator) -> None:
    x, weights = rng.normal(size=(3, 5)), rng.random(5) + 0.5
    np.testing.assert_allclose(lookup(np.cov)(x, aweights=weights, **options), np.cov(x, aweights=weights, **options))
    cr.check_grads(lambda x, w: np.cov(x, aweights=w, **options), (x, weights))


def test_interpolation_of_a_period(rng: np.random.Generator) -> None:
    x, xp, fp = rng.uniform(-9, 9, size=8), np.array([3.0, -1.0, 2.2, 8.1]), rng.normal(size=4)
    np.testing.assert_allclose(lookup(np.interp)(x, xp, fp, period=-4.0), np.interp(x, xp, fp, period=-4.0))
    cr.check_grads(lambda x, fp: np.interp(x, xp, fp, period=4.0), (x, fp))
