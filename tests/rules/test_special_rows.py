"""Special functions: which names have rules, what is refused and how, difficult points, precision, complex numbers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.rules import class_of, lookup, rows
from chainrule.rules.special.truncated import incomplete_beta, incomplete_gamma

special = pytest.importorskip("scipy.special")
mp = pytest.importorskip("mpmath")


def public() -> list[str]:
    list(rows())
    return [name for name in special.__all__ if not isinstance(getattr(special, name), type)]


@pytest.mark.parametrize("name", public())
def test_every_public_name_is_classified(name: str) -> None:
    assert class_of(getattr(special, name)) in {"differentiable", "constant", "refused", "pass-through"}


def test_most_names_are_differentiable() -> None:
    classes = [class_of(getattr(special, name)) for name in public()]
    assert classes.count("differentiable") > 225
    assert classes.count("refused") < 115


# ---- Python functions ----------------------------------------------------------------------------------------------

CALLS: dict[str, Any] = {
    "logsumexp": lambda m, x: m.logsumexp(x), "softmax": lambda m, x: m.softmax(x)[0],
    "log_softmax": lambda m, x: m.log_softmax(x)[0], "polygamma": lambda m, x: np.sum(m.polygamma(1, x)),
    "spherical_jn": lambda m, x: np.sum(m.spherical_jn(1, x)), "factorial": lambda m, x: np.sum(m.factorial(x)),
    "comb": lambda m, x: np.sum(m.comb(x + 3, 2)), "perm": lambda m, x: np.sum(m.perm(x + 3, 2)),
    "multigammaln": lambda m, x: np.sum(m.multigammaln(x + 3, 2)), "diric": lambda m, x: np.sum(m.diric(x, 3)),
    "spherical_kn": lambda m, x: np.sum(m.spherical_kn(2, x, True)),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_python_functions_work_in_the_mirror_and_name_it_elsewhere(name: str) -> None:
    call, x = CALLS[name], np.array([0.5, 1.5])
    numeric = cr.grad(lambda x: call(special, x), method="numeric")(x)
    assert numeric == pytest.approx(cr.grad(lambda x: call(cr.scipy.special, x))(x), rel=1e-6)
    assert call(cr.scipy.special, x) == call(special, x)  # plain values go to SciPy
    text = escape(lambda: cr.grad(lambda x: call(special, x))(x))
    assert text is None or f"chainrule.scipy.special.{name}, which records" in text


def escape(run: Any) -> str | None:
    """Return what an error says of a recorded value that was about to be lost; None if a function took it."""
    try:
        run()
    except cr.EscapeError as error:
        return str(error)
    return None


@pytest.mark.parametrize("call", [
    lambda m, x: m.zeta(x + 2, 1.5), lambda m, x: m.zeta(x + 2), lambda m, x: m.jvp(1, x, 2),
    lambda m, x: np.real(m.lambertw(x)), lambda m, x: m.assoc_laguerre(x, 2, 0.5),
])  # fmt: skip
def test_python_functions_made_of_ufuncs_work_as_they_are(call: Any) -> None:
    x = np.array([0.5, 1.5])
    direct = cr.grad(lambda x: np.sum(call(special, x)))(x)
    np.testing.assert_allclose(direct, cr.grad(lambda x: np.sum(call(cr.scipy.special, x)))(x), rtol=1e-14)
    numeric = cr.grad(lambda x: np.sum(call(special, x)), method="numeric")(x)
    np.testing.assert_allclose(direct, numeric, rtol=1e-6)


# ---- What is refused -----------------------------------------------------------------------------------------------


def test_order_of_a_bessel_function() -> None:
    assert cr.grad(lambda z: special.jv(2.5, z))(1.0) > 0
    for method in ("reverse", "forward"):
        with pytest.raises(cr.MissingRuleError, match=r"jv has no derivative by the order v(.|\n)*numerically"):
            cr.grad(special.jv, method=method)(2.5, 1.0)


def test_parameters_of_functions_with_several_results() -> None:
    with pytest.raises(cr.MissingRuleError, match=r"mathieu_cem has no derivative by q") as error:
        cr.grad(lambda q: special.mathieu_cem(1, q, 30.0)[0])(1.0)
    assert "numerically" not in str(error.value)


def test_whole_numbers() -> None:
    with pytest.raises(cr.MissingRuleError, match="kn has no derivative by n, which is a whole number"):
        cr.grad(special.kn)(2.0, 1.0)
    with pytest.raises(TypeError, match="n of kn is a whole number"):
        cr.scipy.numerically(special.kn)


def test_a_real_order_is_tried_without_a_warning() -> None:
    program = "import chainrule as cr\nfrom scipy.special import kn, expn\nfor f in kn, expn: cr.grad(f, 1)(2, 1.0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_functions_without_a_rule_say_why() -> None:
    with pytest.raises(cr.MissingRuleError, match=r"characteristic value(.|\n)*numerically"):
        cr.grad(special.mathieu_a, 1)(1, 0.5)
    with pytest.raises(cr.MissingRuleError, match="its arguments are whole numbers"):
        lookup(special.jn_zeros)


def test_functions_that_are_not_analytic() -> None:
    for fn in (special.jve, special.yve, special.ive):
        with pytest.raises(cr.MissingRuleError, match="not analytic"):
            cr.grad(lambda z, fn=fn: np.real(fn(1.5, z)))(1 + 1j)


def test_third_derivative_of_legendre_functions() -> None:
    if not hasattr(special, "assoc_legendre_p"):
        pytest.skip("a function of SciPy 1.15")
    f: Any = lambda z: np.sum(cr.scipy.special.assoc_legendre_p(3, 1, z))
    assert cr.grad(cr.grad(f))(0.2) == pytest.approx(special.assoc_legendre_p(3, 1, 0.2, diff_n=2)[2], rel=1e-12)
    with pytest.raises(cr.MissingRuleError, match="to the second order"):
        cr.grad(cr.grad(cr.grad(f)))(0.2)
    with pytest.raises(cr.MissingRuleError, match="diff_n=1"):
        cr.grad(lambda z: np.sum(cr.scipy.special.legendre_p(3, z, diff_n=1)))(0.2)


# ---- Differences on request ----------------------------------------------------------------------------------------


def by_order(*orders: int) -> float:
    with mp.workdps(30):
        return float(mp.diff(mp.besselj, (mp.mpf(2.5), 1), orders))


def test_numerically() -> None:
    jv = cr.scipy.numerically(special.jv)
    assert jv(2.5, 1.0) == special.jv(2.5, 1.0)
    assert cr.grad(jv, (0, 1))(2.5, 1.0) == pytest.approx((by_order(1, 0), by_order(0, 1)), rel=1e-11)
    hessian = cr.hessian(lambda p: jv(p[0], p[1]))(np.array([2.5, 1.0]))
    exact = [[by_order(2, 0), by_order(1, 1)], [by_order(1, 1), by_order(0, 2)]]
    np.testing.assert_allclose(hessian, exact, rtol=1e-9)
    third = cr.grad(cr.grad(cr.grad(jv, 1)))(2.5, 1.0), cr.grad(cr.grad(cr.grad(jv)), 1)(2.5, 1.0)
    assert third == pytest.approx((by_order(2, 1),) * 2, rel=1e-7)


def test_numerically_of_arrays_and_of_functions_without_a_rule() -> None:
    f = cr.scipy.numerically(special.mathieu_a, 1)
    m, q = np.array([1, 2]), np.array([[0.5], [1.0]])
    slope = cr.elementwise_grad(lambda q: f(m, q))(q)
    h = 1e-4
    expected = (special.mathieu_a(m, q + h) - special.mathieu_a(m, q - h)) / (2 * h)
    np.testing.assert_allclose(slope, np.sum(expected, axis=1, keepdims=True), rtol=1e-6)
    with pytest.raises(cr.MissingRuleError, match="argument 0"):
        cr.grad(f)(1.0, 0.5)
    for wrong in (special.airy, special.spherical_jn, len):
        with pytest.raises(TypeError, match="no function of single elements"):
            cr.scipy.numerically(wrong)


# ---- Difficult points ----------------------------------------------------------------------------------------------


def test_lambertw() -> None:
    w = cr.scipy.special.lambertw
    real = lambda z: np.real(w(z))
    assert cr.grad(real)(0.0) == 1.0
    assert cr.grad(cr.grad(real))(0.0) == -2.0
    assert cr.grad(lambda z: np.real(w(z, -1)))(-0.2) == pytest.approx(
        float(mp.diff(lambda z: mp.lambertw(z, -1), -0.2))
    )


def test_entropy_of_a_distribution_with_zeros() -> None:
    p = np.array([0.0, 0.25, 0.75])
    np.testing.assert_array_equal(cr.grad(lambda q: np.sum(special.xlogy(p, q)))(p), [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(cr.grad(lambda q: np.sum(special.rel_entr(p, q)))(p), [0.0, -1.0, -1.0])
    assert cr.grad(lambda p: np.sum(special.entr(p)))(p)[0] == np.inf
    mixed = cr.jacobian(cr.grad(lambda x, y: np.sum(special.xlogy(x, y)), 1), 0)(np.array([0.0]), np.array([2.0]))
    assert mixed == [[0.5]]


def test_derivatives_of_sinh_over_x_at_zero() -> None:
    f: Any = lambda x: special.shichi(x)[0]
    for order, value in enumerate((1.0, 0.0, 1 / 3, 0.0, 1 / 5), 1):
        f = cr.grad(f)
        assert f(0.0) == pytest.approx(value, abs=1e-14), order


def test_shares_in_log_sum_exp() -> None:
    f = cr.scipy.special.logsumexp
    for method in ("reverse", "forward"):
        np.testing.assert_array_equal(cr.grad(f, method=method)(np.array([-np.inf, 0.0, 0.0])), [0.0, 0.5, 0.5])
        np.testing.assert_array_equal(cr.grad(f, method=method)(np.array([np.inf, 1.0, np.inf])), [0.5, 0.0, 0.5])
    x = np.array([900.0, 901.0])
    s = special.softmax(x)
    np.testing.assert_allclose(cr.hessian(f)(x), np.diag(s) - np.outer(s, s), rtol=1e-13)


def test_small_terms_in_log_sum_exp_are_kept() -> None:
    x = np.array([0.0, -40.0])
    assert cr.value_and_grad(cr.scipy.special.logsumexp)(x)[0] == pytest.approx(np.exp(-40.0), rel=1e-14)


def test_signs_in_log_sum_exp() -> None:
    x, b = np.array([0.3, 1.0]), np.array([1.0, -2.0])
    log = lambda b: cr.scipy.special.logsumexp(x, b=b, return_sign=True)[0]
    np.testing.assert_allclose(cr.grad(log)(b), np.exp(x) / np.sum(b * np.exp(x)), rtol=1e-13)


def test_struve_functions_at_zero() -> None:
    for f in (special.struve, special.modstruve):
        slope: Any = cr.grad(f, 1)
        assert slope(1.0, 0.0) == 0.0
        assert cr.grad(slope, 1)(1.0, 0.0) == pytest.approx(4 / (3 * np.pi), rel=1e-14)


def test_slopes_at_poles_of_spherical_functions() -> None:
    for name, signs in (("spherical_yn", (1, -1)), ("spherical_kn", (-1, 1))):
        f: Any = lambda z, name=name: getattr(cr.scipy.special, name)(1, z)
        assert cr.grad(f)(0.0) == signs[0] * np.inf
        assert cr.grad(cr.grad(f))(0.0) == signs[1] * np.inf


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_principal_values_are_not_differentiated() -> None:
    assert np.isnan(cr.grad(special.elliprj, 3)(1.0, 2.0, 3.0, -0.5))
    assert np.isnan(cr.grad(special.elliprc, 1)(1.0, -0.5))


def test_shape_parameters_out_of_range_are_constant_where_the_function_is() -> None:
    for x in (0.0, np.inf):
        assert cr.grad(special.gammainc)(2.0, x) == 0.0
    for x in (0.0, 1.0):
        assert cr.grad(special.betainc, (0, 1))(2.0, 3.0, x) == (0.0, 0.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_and_infinity_are_taken_as_they_are() -> None:
    nan, one = np.nan, 1.5
    for f, point in (
        (special.gammainc, (nan, one)), (special.gammainc, (one, nan)), (special.gammainc, (-1.0, one)),
        (special.betainc, (one, nan, 0.5)), (special.betainc, (one, one, 2.0)), (special.elliprd, (nan, one, one)),
        (special.betaln, (nan, one)), (special.exprel, (nan,)), (special.ive, (1, nan)), (special.stdtr, (nan, one)),
        (special.kolmogorov, (nan,)), (special.smirnov, (3, nan)), (special.zetac, (nan,)), (special.spence, (nan,)),
    ):  # fmt: skip
        assert np.isnan(cr.grad(f, len(point) - 1)(*point)), f
    assert cr.grad(special.exprel)(np.inf) == np.inf
    assert cr.grad(special.elliprd)(np.array(np.inf), 1.0, 1.0) == 0.0


# ---- Precision and complex numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [
    special.gammainc, special.betaln, special.ellipkinc, special.xlogy,
    lambda a, b: special.betainc(a, b, np.float32(0.3)),
])  # fmt: skip
def test_single_precision_stays(f: Any) -> None:
    xs = np.array([0.5, 0.7], np.float32), np.array([0.4, 0.9], np.float32)
    single = cr.grad(lambda *xs: np.sum(f(*xs)), (0, 1))(*xs)
    double = cr.grad(lambda *xs: np.sum(f(*xs)), (0, 1))(*[x.astype(float) for x in xs])
    assert [g.dtype for g in single] == [np.float32, np.float32]
    np.testing.assert_allclose(single, double, rtol=1e-5)


COMPLEX = {
    "erf": (special.erf, mp.erf), "wofz": (special.wofz, lambda z: mp.exp(-(z**2)) * mp.erfc(-1j * z)),
    "digamma": (special.digamma, mp.digamma), "loggamma": (special.loggamma, mp.loggamma),
    "jv": (lambda z: special.jv(1.5, z), lambda z: mp.besselj(1.5, z)), "exp1": (special.exp1, mp.e1),
    "kv": (lambda z: special.kv(2, z), lambda z: mp.besselk(2, z)), "airy": (lambda z: special.airy(z)[0], mp.airyai),
    "hyp0f1": (lambda z: special.hyp0f1(1.2, z), lambda z: mp.hyp0f1(1.2, z)),
    "spence": (special.spence, lambda z: mp.polylog(2, 1 - z)),
    "ndtr": (special.ndtr, lambda z: mp.erfc(-z / mp.sqrt(2)) / 2),
    "elliprf": (lambda z: special.elliprf(z, 1.0, 2.0), lambda z: mp.elliprf(z, 1, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_arguments(name: str) -> None:
    f, exact = COMPLEX[name]
    slope: Any = lambda z: cr.jvp(f, (z,), (1 + 0j,))[1]
    for z in (0.7 + 0.4j, 2.5 - 3j, 9.5 + 1j):
        assert slope(z) == pytest.approx(complex(mp.diff(exact, z)), rel=1e-9)
        assert cr.jvp(slope, (z,), (1 + 0j,))[1] == pytest.approx(complex(mp.diff(exact, z, 2)), rel=1e-6)


# ---- Incomplete functions by their shapes, over wide ranges --------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("order", [1, 2])
def test_incomplete_gamma_by_shape(order: int) -> None:
    with mp.workdps(40):
        for a in (1e-3, 0.02, 0.3, 1.0, 2.5, 30.0, 400.0, 1e4):
            for ratio in (1e-6, 1e-2, 0.3, 0.9, 1.1, 2.0, 5.0):
                x = a * ratio
                exact = mp.diff(lambda a, x=x: mp.gammainc(a, 0, x, True), mp.mpf(a), order, h=mp.mpf(10) ** -10)
                if abs(exact) > 1e-290:
                    assert incomplete_gamma(a, x, order) == pytest.approx(float(exact), rel=1e-10), (a, x)


@pytest.mark.slow
def test_incomplete_beta_by_shapes() -> None:
    h = mp.mpf(10) ** -30
    for a in (1e-3, 0.3, 2.0, 40.0, 3e3):
        for b in (1e-3, 0.4, 5.0, 300.0):
            for x in (1e-8, 1e-2, 0.3, 0.9, 0.999):
                with mp.workdps(120):
                    value = lambda a, b, x=x: mp.betainc(a, b, 0, mp.mpf(x), True)
                    by_a = float((value(a + h, b) - value(a - h, b)) / 2 / h)
                    by_b = float((value(a, b + h) - value(a, b - h)) / 2 / h)
                assert incomplete_beta(a, b, x, 1, 0) == pytest.approx(by_a, rel=1e-11, abs=1e-250), (a, b, x)
                assert incomplete_beta(a, b, x, 0, 1) == pytest.approx(by_b, rel=1e-11, abs=1e-250), (a, b, x)
