"""``chainrule.scipy.linalg``: SciPy's values, derivatives at difficult matrices, and what every name of it is."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.linalg

import chainrule as cr
from chainrule.errors import EscapeError, MissingRuleError
from chainrule.rules import Row, class_of, rows
from chainrule.rules._table import complete
from row_calls import Call, calls

complete()
linalg = cr.scipy.linalg
CLASSES = {"differentiable", "constant", "pass-through", "refused", "module", "type", "value"}


def numbers(*shape: int, seed: int = 0, dtype: Any = float) -> Any:
    rng = np.random.default_rng(seed)
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if dtype is complex else real


def of_scipy() -> list[Row]:
    return [row for row in rows() if (getattr(row.fn, "__module__", None) or "").startswith("scipy.linalg")]


def parts(x: Any) -> list[Any]:
    return [p for part in x for p in parts(part)] if isinstance(x, (tuple, list)) else [x]


def check_gradient(f: Any, a: Any, close: float = 1e-7) -> None:
    """Compare the gradient of a real function with differences of order six."""
    t, step = numbers(*a.shape, seed=9, dtype=complex if np.iscomplexobj(a) else float), 1e-3
    stencil = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
    slope = sum(w / step * (f(a + k * step * t) - f(a - k * step * t)) for k, w in stencil)
    exact = np.real(np.sum(np.conj(cr.grad(f)(a)) * t))
    np.testing.assert_allclose(exact, slope, rtol=close, atol=close)


# ---- Names and values ----------------------------------------------------------------------------------------------


def test_every_public_name_has_a_class() -> None:
    names = {name: getattr(scipy.linalg, name) for name in scipy.linalg.__all__}
    assert not [name for name, value in names.items() if class_of(value) not in CLASSES]
    assert dir(linalg) == sorted(scipy.linalg.__all__)


@pytest.mark.parametrize("row", [r for r in of_scipy() if r.kind != "constant"], ids=lambda row: row.name)
@pytest.mark.parametrize("dtype", [float, complex])
def test_values_are_scipys(row: Row, dtype: Any, rng: np.random.Generator) -> None:
    if dtype is complex and not row.complex:
        pytest.skip("a row for real numbers")
    for call in calls(row, rng, dtype):
        check_value(row, call)


def check_value(row: Row, call: Call) -> None:
    """A row gives what SciPy's function gives, under the mirror's name too where an argument is recorded."""
    results, expected = parts(row(*call.args, **call.kwargs)), parts(row.fn(*call.args, **call.kwargs))
    for x, y in itertools.zip_longest(results, expected):
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype.kind == np.asarray(y).dtype.kind
        np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-12)


def test_recorded_values_follow_the_rows_and_others_scipy() -> None:
    a = np.eye(2)
    assert type(linalg.expm(a)) is np.ndarray
    np.testing.assert_allclose(cr.grad(lambda x: linalg.expm(x)[0, 0])(a), [[np.e, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(linalg.block_diag(x, [[1.0, 2.0]], x)))(3.0), 2.0)


def test_lists_of_recorded_values_are_arrays() -> None:
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(linalg.toeplitz([x, 1.0])))(3.0), 2.0)
    np.testing.assert_allclose(cr.grad(lambda x: np.trace(linalg.expm([[x, 1.0], [0.0, x]])))(1.0), 2 * np.e)
    f = lambda x: np.sum(linalg.cho_solve(([[x, 0.0], [0.0, x]], True), [1.0, x]))
    np.testing.assert_allclose(cr.grad(f)(2.0), -2 / 8 - 1 / 4)


NAMED = {
    "expm": scipy.linalg.expm, "solve": lambda a: scipy.linalg.solve(a, a), "sqrtm": scipy.linalg.sqrtm,
    "solve_banded": lambda a: scipy.linalg.solve_banded((1, 0), a, a[0]), "lu_factor": scipy.linalg.lu_factor,
    "toeplitz": scipy.linalg.toeplitz, "svd": scipy.linalg.svd, "norm": scipy.linalg.norm,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_scipys_own_function_names_the_one_that_records(name: str) -> None:
    with pytest.raises(EscapeError, match=rf"Use chainrule\.scipy\.linalg\.{name}, which records"):
        cr.grad(lambda a: np.sum(NAMED[name](a)))(np.eye(2))


@pytest.mark.parametrize("name", ["schur", "null_space", "hessenberg", "funm"])
def test_refused_functions_say_why(name: str) -> None:
    with pytest.raises(MissingRuleError, match=f"{name} has no derivative rule: "):
        cr.grad(lambda a: np.sum(getattr(linalg, name)(a)))(np.eye(2))
    plain = getattr(linalg, name)
    assert name == "funm" or plain(np.eye(2)) is not None


# ---- Functions of matrices -----------------------------------------------------------------------------------------

MATRICES = {
    "any": np.array([[1.0, 2.0, 0.5], [0.3, 2.0, -1.0], [0.2, 0.1, 3.0]]),
    "defective": np.array([[2.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 2.0]]),
    "identity": np.eye(3),
    "multiple of the identity in part": np.diag([2.0, 2.0, 5.0]),
    "far from normal": np.array([[1.0, 50.0, 0.0], [0.0, 1.5, 50.0], [0.0, 0.0, 2.0]]),
}
every_matrix = pytest.mark.parametrize("a", MATRICES.values(), ids=MATRICES)


def precisely(function: Any, a: Any, t: Any) -> Any:
    """The derivative of a function of mpmath along t, by differences with 60 digits."""
    with mpmath.workdps(60):
        step = mpmath.mpf(10) ** -20
        a, t = mpmath.matrix(a.tolist()), mpmath.matrix(t.tolist())
        slope = (function(a + step * t) - function(a - step * t)) / (2 * step)
        return np.array(slope.tolist()).astype(complex)


PRECISE = {
    "expm": (linalg.expm, mpmath.expm),
    "cosm": (linalg.cosm, mpmath.cosm),
    "sinm": (linalg.sinm, mpmath.sinm),
}


@every_matrix
@pytest.mark.parametrize("name", PRECISE)
def test_derivative_against_sixty_digits(name: str, a: Any) -> None:
    f, exact = PRECISE[name]
    t = numbers(3, 3)
    slope = precisely(exact, a, t)
    scale = np.max(np.abs(slope))
    np.testing.assert_allclose(cr.jvp(f, (a,), (t,))[1], slope, rtol=1e-10, atol=1e-12 * scale)
    g = numbers(3, 3, seed=1)
    pulled = cr.vjp(f, a)[1](g)[0]
    np.testing.assert_allclose(np.sum(pulled * t), np.real(np.sum(g * slope)), rtol=1e-9, atol=1e-11 * scale)


INVERSES = {
    "logm": (linalg.logm, linalg.expm),
    "sqrtm": (linalg.sqrtm, lambda x: x @ x),
    "cube root": (lambda a: linalg.fractional_matrix_power(a, 1 / 3), lambda x: x @ x @ x),
}


@pytest.mark.filterwarnings("ignore:logm result may be inaccurate:RuntimeWarning")
@every_matrix
@pytest.mark.parametrize("name", INVERSES)
def test_inverse_functions_undo_their_derivatives(name: str, a: Any) -> None:
    """At defective matrices too."""
    f, back = INVERSES[name]
    t = numbers(3, 3)
    value, tangent = cr.jvp(lambda a: back(f(a)), (a,), (t,))
    np.testing.assert_allclose(value, a, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(tangent, t, rtol=1e-6, atol=1e-7)
    g = numbers(3, 3, seed=1)
    np.testing.assert_allclose(cr.vjp(lambda a: back(f(a)), a)[1](g)[0], g, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("a", [MATRICES["any"], MATRICES["defective"]])
def test_second_derivatives_of_the_exponential(a: Any) -> None:
    """Of tr exp(a) along t they are tr(t l(a, t)) with the first derivative l."""
    f = lambda a: np.trace(linalg.expm(a))
    t = numbers(3, 3)
    expected = np.sum(t.T * scipy.linalg.expm_frechet(a, t)[1])
    np.testing.assert_allclose(cr.grad(f)(a), scipy.linalg.expm(a).T, rtol=1e-12)
    np.testing.assert_allclose(np.sum(t * cr.hvp(f)(a, t)), expected, rtol=1e-11)
    pulled = cr.grad(lambda a: np.sum(t * cr.grad(f)(a)))(a)
    np.testing.assert_allclose(np.sum(t * pulled), expected, rtol=1e-11)


def test_third_derivative_of_the_exponential() -> None:
    f = lambda h: np.trace(linalg.expm(h * np.array([[0.5, 1.0], [0.2, -0.3]])))
    values = np.linalg.eigvals(np.array([[0.5, 1.0], [0.2, -0.3]]))
    third = cr.grad(cr.grad(cr.grad(f)))(0.7)
    np.testing.assert_allclose(third, np.sum(values**3 * np.exp(0.7 * values)), rtol=1e-10)


def test_stacks_of_exponentials() -> None:
    stack = numbers(4, 2, 2)
    gradient = cr.grad(lambda a: np.sum(np.sin(linalg.expm(a))))(stack)
    for a, g in zip(stack, gradient, strict=True):
        np.testing.assert_allclose(g, cr.grad(lambda a: np.sum(np.sin(linalg.expm(a))))(a), rtol=1e-11)


def test_exponent_of_a_power() -> None:
    a = MATRICES["any"]
    slope = cr.jvp(lambda p: linalg.fractional_matrix_power(a, p), (0.4,), (1.0,))[1]
    power = scipy.linalg.fractional_matrix_power(a, 0.4)
    np.testing.assert_allclose(slope, scipy.linalg.logm(a) @ power, rtol=1e-10, atol=1e-12)
    f = lambda p: np.real(np.sum(linalg.fractional_matrix_power(a, p)))
    np.testing.assert_allclose(cr.grad(f)(0.4), np.real(np.sum(slope)), rtol=1e-10)


def test_logarithm_of_a_matrix_with_complex_logarithm() -> None:
    a = np.array([[-2.0, 1.0], [0.3, -1.0]])
    check_gradient(lambda a: np.sum(np.abs(linalg.logm(a)) ** 2), a)
    check_gradient(lambda a: np.sum(np.abs(linalg.sqrtm(a)) ** 4), a)


@pytest.mark.filterwarnings("ignore:Matrix is singular")
def test_root_of_the_zero_matrix_has_an_infinite_slope() -> None:
    with np.errstate(all="ignore"):
        slope = cr.jvp(linalg.sqrtm, (np.zeros((2, 2)),), (np.eye(2),))[1]
    assert np.min(np.abs(np.diag(slope))) > 1e100


@pytest.mark.parametrize("side", ["right", "left"])
def test_polar_factors_at_equal_singular_values(side: str) -> None:
    a, t = 2 * np.linalg.qr(numbers(3, 3))[0], numbers(3, 3, seed=1)
    (u, p), (du, dp) = cr.jvp(lambda a: linalg.polar(a, side), (a,), (t,))
    moved = du @ p + u @ dp if side == "right" else dp @ u + p @ du
    np.testing.assert_allclose(moved, t, atol=1e-12)
    np.testing.assert_allclose(dp, dp.T, atol=1e-12)
    np.testing.assert_allclose(du.T @ u + u.T @ du, np.zeros((3, 3)), atol=1e-12)


# ---- Systems and factors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("structure", ["gen", "sym", "her", "pos", "upper triangular", "lower triangular", "diagonal"])
@pytest.mark.parametrize("lower", [False, True])
def test_structures_are_read_as_scipy_reads_them(structure: str, lower: bool, dtype: Any) -> None:
    """What SciPy does not read has the derivative 0, and what stands for two elements counts twice."""
    a = numbers(3, 3, dtype=dtype)
    a = a @ np.conj(a.T) + 3 * np.eye(3)
    b = numbers(3, seed=1)
    f = lambda a: np.sum(np.abs(linalg.solve(a, b, lower=lower, assume_a=structure)) ** 2)
    np.testing.assert_allclose(cr.value_and_grad(f)(a)[0], f(a), rtol=1e-12)
    check_gradient(f, a)


@pytest.mark.parametrize("lower", [False, True])
def test_cholesky_solves(lower: bool) -> None:
    a = numbers(3, 3)
    a, b, t = a @ a.T + np.eye(3), numbers(3, seed=1), numbers(3, 3, seed=2)
    f = lambda a: linalg.cho_solve(linalg.cho_factor(a, lower), b)
    value, tangent = cr.jvp(f, (a,), (t + t.T,))
    np.testing.assert_allclose(value, np.linalg.solve(a, b), rtol=1e-11)
    np.testing.assert_allclose(tangent, -np.linalg.solve(a, (t + t.T) @ value), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("trans", [0, 1, 2])
def test_lu_solves(trans: int) -> None:
    a, b = numbers(4, 4), numbers(4, 2, seed=1)
    f = lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b, trans)
    np.testing.assert_allclose(cr.vjp(f, a, b)[0], f(a, b), rtol=1e-11)
    exact = lambda a, b: np.linalg.solve(a.T if trans else a, b)
    for x, y in zip(cr.vjp(f, a, b)[1](np.cos(b)), cr.vjp(exact, a, b)[1](np.cos(b)), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 3, 3)], ids=str)
def test_lu_factors_move_as_factors_do(shape: Any) -> None:
    a, t = numbers(*shape), numbers(*shape, seed=1)
    (lower, upper), (d_lower, d_upper) = cr.jvp(lambda a: linalg.lu(a)[1:], (a,), (t,))
    p = scipy.linalg.lu(a)[0]
    np.testing.assert_allclose(p @ (d_lower @ upper + lower @ d_upper), t, atol=1e-12)
    np.testing.assert_array_equal(d_upper, np.triu(d_upper))
    np.testing.assert_allclose(d_lower, np.tril(d_lower, -1), atol=1e-14)
    g = numbers(*shape, seed=2)
    multiplied = lambda a: linalg.lu(a, permute_l=True)[0] @ linalg.lu(a)[2]
    np.testing.assert_allclose(cr.vjp(multiplied, a)[1](g)[0], g, atol=1e-11)


@pytest.mark.parametrize("widths", [(1, 1), (2, 0), (0, 1), (2, 1)])
def test_banded_systems(widths: Any) -> None:
    below, above = widths
    ab = numbers(below + above + 1, 5)
    ab[above] += 5
    b = numbers(5, seed=1)

    def whole(ab: Any) -> Any:
        diagonals = [np.diag(ab[above - k, max(k, 0) : 5 + min(k, 0)], k) for k in range(-below, above + 1)]
        return np.linalg.solve(sum(diagonals[1:], diagonals[0]), b)

    for f in (lambda ab: linalg.solve_banded(widths, ab, b), whole):
        np.testing.assert_allclose(cr.vjp(f, ab)[0], scipy.linalg.solve_banded(widths, ab, b), rtol=1e-11)
    gradients = [
        cr.grad(lambda ab, f=f: np.sum(f(ab) ** 2))(ab) for f in (lambda ab: linalg.solve_banded(widths, ab, b), whole)
    ]
    np.testing.assert_allclose(*gradients, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("lower", [False, True])
def test_hermitian_banded_systems(lower: bool) -> None:
    ab = numbers(2, 4, dtype=complex)
    ab[0 if lower else 1] = 6 + np.arange(4.0)
    b = numbers(4, seed=1)
    f = lambda ab: np.sum(np.abs(linalg.solveh_banded(ab, b, lower=lower)) ** 2)
    g = lambda ab: np.sum(np.abs(linalg.cho_solve_banded((linalg.cholesky_banded(ab, lower=lower), lower), b)) ** 2)
    np.testing.assert_allclose(cr.value_and_grad(f)(ab)[0], f(ab), rtol=1e-12)
    np.testing.assert_allclose(cr.grad(f)(ab), cr.grad(g)(ab), atol=1e-13)
    check_gradient(f, ab)


@pytest.mark.parametrize("dtype", [float, complex])
def test_residuals_of_matrix_equations_do_not_move(dtype: Any) -> None:
    """Along any line of equations, what the solution solves stays solved."""
    eye = 3 * np.eye(3)
    a, b, q = (numbers(3, 3, seed=i, dtype=dtype) for i in range(3))
    weight = q @ np.conj(q.T) + eye
    equations = {
        "sylvester": lambda a: (lambda x: a @ x + x @ b - q)(linalg.solve_sylvester(a, b, q)),
        "continuous": lambda a: (lambda x: a @ x + x @ np.conj(a.T) - q)(linalg.solve_continuous_lyapunov(a, q)),
        "discrete": lambda a: (lambda x: a @ x @ np.conj(a.T) - x + q)(linalg.solve_discrete_lyapunov(a, q)),
        "bilinear": lambda a: (lambda x: a @ x @ np.conj(a.T) - x + q)(
            linalg.solve_discrete_lyapunov(a, q, method="bilinear")
        ),
        "riccati": lambda a: (
            lambda x: np.conj(a.T) @ x + x @ a - x @ b @ np.linalg.solve(weight, np.conj(b.T) @ x) + weight
        )(linalg.solve_continuous_are(a, b, weight, weight)),
    }
    t = numbers(3, 3, seed=5, dtype=dtype)
    for name, residual in equations.items():
        value, tangent = cr.jvp(residual, (a + eye,), (t,))
        np.testing.assert_allclose(value, np.zeros((3, 3)), atol=1e-10, err_msg=name)
        np.testing.assert_allclose(tangent, np.zeros((3, 3)), atol=1e-10, err_msg=name)


def test_generalized_eigenvalues() -> None:
    a, b = numbers(3, 3), numbers(3, 3, seed=1)
    a, b = a + a.T, b @ b.T + np.eye(3)
    for kind in (1, 2, 3):
        w, v = scipy.linalg.eigh(a, b, type=kind)
        value = cr.vjp(lambda a, k=kind: linalg.eigvalsh(a, b, type=k), a)[0]
        np.testing.assert_allclose(value, w, rtol=1e-10, atol=1e-10)
        vectors = cr.vjp(lambda a, k=kind: linalg.eigh(a, b, type=k)[1], a)[0]
        np.testing.assert_allclose(np.abs(vectors), np.abs(v), rtol=1e-8, atol=1e-10)
        check_gradient(lambda x, k=kind: np.sum(linalg.eigvalsh(x, b, type=k) ** 3), a)
        check_gradient(lambda x, k=kind: np.sum(np.sin(linalg.eigvalsh(a, x, type=k))), b)


def test_qr_with_pivoting() -> None:
    a, t = numbers(4, 3), numbers(4, 3, seed=1)
    (q, r), (dq, dr) = cr.jvp(lambda a: linalg.qr(a, mode="economic", pivoting=True)[:2], (a,), (t,))
    order = scipy.linalg.qr(a, pivoting=True)[2]
    np.testing.assert_allclose(dq @ r + q @ dr, t[:, order], atol=1e-12)


def test_rq_factors_move_as_factors_do() -> None:
    for shape, mode in (((3, 3), "full"), ((2, 4), "economic"), ((4, 2), "full"), ((2, 4), "full")):
        a, t = numbers(*shape), numbers(*shape, seed=1)
        (r, q), (dr, dq) = cr.jvp(lambda a, m=mode: linalg.rq(a, mode=m), (a,), (t,))
        np.testing.assert_allclose(r @ q, a, atol=1e-13)
        np.testing.assert_allclose(dr @ q + r @ dq, t, atol=1e-12)
        np.testing.assert_allclose(dq @ q.T + q @ dq.T, np.zeros((len(q), len(q))), atol=1e-12)


def test_small_and_large_angles_between_spaces() -> None:
    """The angle between two lines, which a rotation turns at unit speed, at angles near 0 and near a right one."""
    for angle in (1e-9, 0.3, 1.2, np.pi / 2 - 1e-9):
        f = lambda h: linalg.subspace_angles(np.array([[1.0], [0.0]]), cr.numpy.array([[np.cos(h)], [np.sin(h)]]))[0]
        value, slope = cr.value_and_grad(f)(angle)
        np.testing.assert_allclose([value, slope], [angle, 1.0], rtol=1e-12)


def test_procrustes() -> None:
    a, b = numbers(5, 3), numbers(5, 3, seed=1)
    rotation, scale = scipy.linalg.orthogonal_procrustes(a, b)
    value = cr.vjp(lambda a: linalg.orthogonal_procrustes(a, b), a)[0]
    np.testing.assert_allclose(value[0], rotation, atol=1e-12)
    np.testing.assert_allclose(value[1], scale)
    check_gradient(lambda a: np.sum(linalg.orthogonal_procrustes(a, b)[0] ** 3), a)


def test_pseudo_inverses_return_their_rank() -> None:
    a = np.diag([3.0, 1e-9])
    f = lambda a: linalg.pinv(a, atol=1e-6, return_rank=True)
    value, rank = scipy.linalg.pinv(a, atol=1e-6, return_rank=True)
    assert rank == 1
    np.testing.assert_allclose(cr.vjp(lambda a: f(a)[0], a)[0], value)
    np.testing.assert_allclose(cr.grad(lambda a: f(a)[0][0, 0])(a)[0, 0], -1 / 9)
