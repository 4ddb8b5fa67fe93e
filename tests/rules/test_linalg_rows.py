"""Linear algebra at the points where it is difficult: singular matrices, norms of zero, one triangle, stacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import MissingRuleError


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def complexes(*shape: int) -> Any:
    return numbers(*shape) + 1j * numbers(*shape, seed=1)


def of_rank(n: int, rank: int, seed: int = 0) -> Any:
    return numbers(n, rank, seed=seed) @ numbers(rank, n, seed=seed + 1)


def minors(a: Any) -> Any:
    """The matrix of cofactors, by its definition."""
    n = len(a)
    rest = [np.delete(np.arange(n), i) for i in range(n)]
    return np.array(
        [[(-1) ** (i + j) * np.linalg.det(a[np.ix_(rest[i], rest[j])]) for j in range(n)] for i in range(n)]
    )


# ---- det -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "rank"), [(1, 0), (2, 1), (3, 2), (3, 1), (3, 0), (4, 4), (4, 3), (4, 2), (5, 4)])
@pytest.mark.parametrize("dtype", [float, complex])
def test_gradient_of_det_is_the_cofactors_at_any_rank(n: int, rank: int, dtype: Any) -> None:
    a = of_rank(n, rank).astype(dtype)
    if dtype is complex:
        a = a @ (np.eye(n) + 0.3j * numbers(n, n, seed=5))
    gradient = cr.grad(lambda a: np.real(np.linalg.det(a)))(a)
    np.testing.assert_allclose(np.conj(gradient), minors(a), atol=1e-12)


@pytest.mark.parametrize("gap", [1e-4, 1e-7, 1e-12, 1e-16])
def test_gradient_of_det_near_a_singular_matrix(gap: float) -> None:
    """Multiplying the inverse by the determinant loses all digits here."""
    a = of_rank(4, 3) + gap * numbers(4, 4, seed=9)
    np.testing.assert_allclose(cr.grad(np.linalg.det)(a), minors(a), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rank", [4, 3, 2, 1, 0])
def test_second_derivative_of_det_at_any_rank(rank: int) -> None:
    a, s, t = of_rank(4, rank), numbers(4, 4, seed=5), numbers(4, 4, seed=6)
    exact = np.sum(s * cr.jvp(cr.grad(np.linalg.det), (a,), (t,))[1])
    # Along a line the cofactors are polynomials of degree 3, for which this difference quotient is exact.
    f = [np.sum(s * minors(a + h * t)) for h in (-2, -1, 1, 2)]
    np.testing.assert_allclose(exact, (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / 12, rtol=1e-9, atol=1e-10)


def test_third_derivative_of_det() -> None:
    """Along a line through a 3 by 3 matrix, the third derivative of det is 6 times the determinant of the direction."""
    a, t = numbers(3, 3) + 3 * np.eye(3), numbers(3, 3, seed=4)
    f = lambda h: np.linalg.det(a + h * t)
    np.testing.assert_allclose(cr.grad(cr.grad(cr.grad(f)))(0.3), 6 * np.linalg.det(t), rtol=1e-9)


def test_det_of_a_stack_with_one_singular_matrix() -> None:
    stack = np.stack([np.eye(2), np.zeros((2, 2)), np.array([[1.0, 2.0], [2.0, 4.0]])])
    gradient = cr.grad(lambda a: np.sum(np.linalg.det(a)))(stack)
    np.testing.assert_allclose(gradient, [minors(a) for a in stack], atol=1e-14)


def test_det_of_nan_has_a_gradient_of_nan() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(cr.grad(np.linalg.det)(np.full((2, 2), np.nan))).all()


@pytest.mark.parametrize("a", [np.diag([2.0, -3.0]), np.diag([2.0, 3.0, 5.0])])
def test_slogdet_has_names_and_a_constant_sign(a: Any) -> None:
    def f(a: Any) -> Any:
        result = np.linalg.slogdet(a)
        np.testing.assert_allclose(cr.value(result.logabsdet), np.linalg.slogdet(cr.value(a)).logabsdet)
        return result.sign * result.logabsdet

    np.testing.assert_allclose(cr.grad(f)(a), np.sign(np.linalg.det(a)) * np.linalg.inv(a).T)


def test_slogdet_of_complex_matrices_has_a_sign_that_turns() -> None:
    a = complexes(3, 3)
    f = lambda a: np.real((2 + 1j) * (lambda d: d.sign * d.logabsdet)(np.linalg.slogdet(a)))
    g = lambda a: np.real((2 + 1j) * (lambda d: d / abs(d) * np.log(abs(d)))(np.linalg.det(a)))
    np.testing.assert_allclose(cr.grad(f)(a), cr.grad(g)(a), rtol=1e-10)


# ---- Systems -------------------------------------------------------------------------------------------------------


def test_right_hand_side_is_a_vector_only_if_it_has_one_axis() -> None:
    a = numbers(2, 2, 2) + 3 * np.eye(2)
    for shape in ((2,), (2, 2), (2, 2, 3), (1, 2, 1)):
        b = numbers(*shape, seed=1)
        w = numbers(*np.linalg.solve(a, b).shape, seed=2)
        f = lambda a, b, w=w: np.sum(w * np.linalg.solve(a, b))
        g = lambda a, b, w=w: np.sum(w * (np.linalg.inv(a) @ b))
        for one, other in zip(cr.grad(f, argnums=(0, 1))(a, b), cr.grad(g, argnums=(0, 1))(a, b), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_solve_with_lists() -> None:
    np.testing.assert_allclose(
        cr.grad(lambda x: np.sum(np.linalg.solve([[2.0, 0.0], [0.0, 4.0]], x)))(np.ones(2)), [0.5, 0.25]
    )
    np.testing.assert_allclose(cr.grad(lambda a: np.linalg.solve(a, [1.0])[0])(np.array([[2.0]])), [[-0.25]])


@pytest.mark.parametrize("n", range(-4, 6))
def test_matrix_power(n: int) -> None:
    a, w = numbers(3, 3) + 3 * np.eye(3), numbers(3, 3, seed=1)
    step = np.linalg.inv if n < 0 else lambda a: a

    def by_steps(a: Any) -> Any:
        result = np.eye(3)
        for _ in range(abs(n)):
            result = result @ step(a)
        return np.sum(w * result)

    f = lambda a: np.sum(w * np.linalg.matrix_power(a, n))
    np.testing.assert_allclose(f(a), by_steps(a))
    np.testing.assert_allclose(cr.grad(f)(a), cr.grad(by_steps)(a) if n else np.zeros((3, 3)), rtol=1e-9)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("shape", [(4, 2), (2, 4)])
def test_pinv_of_full_rank(shape: Any, dtype: Any) -> None:
    a = numbers(*shape) if dtype is float else complexes(*shape)
    w = numbers(*shape[::-1], seed=3)

    def normal_equations(a: Any) -> Any:
        adjoint = np.conj(a.T)
        tall = shape[0] > shape[1]
        return np.linalg.inv(adjoint @ a) @ adjoint if tall else adjoint @ np.linalg.inv(a @ adjoint)

    gradients = [cr.grad(lambda a, f=f: np.real(np.sum(w * f(a))))(a) for f in (np.linalg.pinv, normal_equations)]
    np.testing.assert_allclose(*gradients, rtol=1e-9, atol=1e-12)


# ---- Cholesky ------------------------------------------------------------------------------------------------------


def spd(n: int, dtype: Any = float) -> Any:
    b = numbers(n, n) if dtype is float else complexes(n, n)
    return b @ np.conj(b.T) + np.eye(n)


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_reads_one_triangle(upper: bool) -> None:
    """What stands in the other triangle matters neither for the value nor for the derivative."""
    a, w = spd(3), numbers(3, 3, seed=1)
    one = np.triu if upper else np.tril
    f = lambda a: np.sum(w * np.linalg.cholesky(a, upper=upper))
    gradient = cr.grad(f)(a)
    np.testing.assert_array_equal(gradient, one(gradient))
    np.testing.assert_allclose(cr.grad(f)(one(a)), gradient, rtol=1e-12)
    np.testing.assert_allclose(gradient, cr.grad(f, method="numeric")(a), rtol=1e-6, atol=1e-8)


def test_symmetric_gradient_of_cholesky() -> None:
    gradient = cr.grad(lambda a: np.sum(np.linalg.cholesky((a + a.T) / 2)))(spd(3))
    np.testing.assert_allclose(gradient, gradient.T)


@pytest.mark.parametrize("dtype", [float, complex])
def test_cholesky_factors_multiply_to_the_matrix(dtype: Any) -> None:
    a, t = spd(3, dtype), spd(3, dtype)[::-1, ::-1]
    rebuild = lambda a: (lambda c: c @ np.conj(c.T))(np.linalg.cholesky(a))
    np.testing.assert_allclose(cr.jvp(rebuild, (a,), (t,))[1], t, atol=1e-12)
    gradient = cr.grad(lambda a: np.real(np.sum(np.conj(t) * rebuild(a))))(a)
    np.testing.assert_allclose(gradient, np.tril(2 * t) - np.diag(np.diag(t)), atol=1e-12)


def test_logarithm_of_det_by_cholesky() -> None:
    """log det a = 2 sum log diag c, twice differentiable, on a stack."""
    a, t = np.stack([spd(3), 2 * spd(3)]), np.stack([np.eye(3), spd(3)])
    f = lambda a: 2 * np.sum(np.log(np.diagonal(np.linalg.cholesky(a), 0, -2, -1)))
    g = lambda a: np.sum(np.linalg.slogdet(a).logabsdet)
    second = [cr.grad(lambda h, f=f: cr.grad(lambda h: f(a + h * t))(h))(0.0) for f in (f, g)]
    np.testing.assert_allclose(*second, rtol=1e-10)


# ---- Norms ---------------------------------------------------------------------------------------------------------

VECTOR_ORDERS = [None, 1, 2, 3, 1.5, 4, np.inf]
MATRIX_ORDERS = [None, "fro", 1, np.inf]


@pytest.mark.parametrize("order", VECTOR_ORDERS)
def test_norm_of_zero_has_derivative_zero(order: Any) -> None:
    np.testing.assert_array_equal(cr.grad(lambda x: np.linalg.norm(x, order))(np.zeros(3)), np.zeros(3))
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    gradient = cr.grad(lambda x: np.sum(np.linalg.norm(x, order, axis=1)))(x)
    np.testing.assert_array_equal(gradient[1], [0, 0])
    np.testing.assert_allclose(gradient[0], cr.grad(lambda x: np.linalg.norm(x, order))(x[0]))


@pytest.mark.parametrize("order", MATRIX_ORDERS)
def test_matrix_norm_of_zero_has_derivative_zero(order: Any) -> None:
    np.testing.assert_array_equal(cr.grad(lambda x: np.linalg.norm(x, order))(np.zeros((2, 3))), np.zeros((2, 3)))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("order", [*VECTOR_ORDERS, -1, -2, -np.inf, 0])
def test_norms_of_vectors_agree_with_numpy(order: Any, keepdims: bool) -> None:
    x = numbers(2, 3, 2)
    for axis in (0, -1, (1,)):
        value = cr.vjp(lambda x, a=axis: np.linalg.norm(x, order, a, keepdims), x)[0]
        np.testing.assert_allclose(value, np.linalg.norm(x, order, axis, keepdims), rtol=1e-14)
    value = cr.vjp(lambda x: np.linalg.vector_norm(x, axis=(0, 2), ord=order or 0, keepdims=keepdims), x)[0]
    np.testing.assert_allclose(
        value, np.linalg.vector_norm(x, axis=(0, 2), ord=order or 0, keepdims=keepdims), rtol=1e-14
    )


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("order", [*MATRIX_ORDERS, -1, -np.inf])
def test_norms_of_matrices_agree_with_numpy(order: Any, keepdims: bool) -> None:
    x = numbers(2, 3, 2)
    for axis in ((0, 1), (-1, 0), (2, 1)):
        value = cr.vjp(lambda x, a=axis: np.linalg.norm(x, order, a, keepdims), x)[0]
        np.testing.assert_allclose(value, np.linalg.norm(x, order, axis, keepdims), rtol=1e-14)


@pytest.mark.parametrize("args", [("nuc", 0), (0,), (3,), (None, (0, 1, 2))])
def test_norms_that_do_not_exist_are_refused(args: Any) -> None:
    with pytest.raises((ValueError, MissingRuleError), match=r"norm|svdvals"):
        cr.grad(lambda x: np.linalg.norm(x, *args))(np.ones((2, 2, 2))[0] if len(args) == 1 else np.ones((2, 2, 2)))


def test_norm_of_complex_numbers_points_away_from_zero() -> None:
    z = complexes(4)
    np.testing.assert_allclose(cr.grad(np.linalg.norm)(z), z / np.linalg.norm(z))
    np.testing.assert_allclose(cr.grad(lambda z: np.linalg.norm(z, 1))(z), z / abs(z))


def test_norm_of_nan_is_nan() -> None:
    for order in VECTOR_ORDERS:
        assert np.isnan(cr.value_and_grad(lambda x, o=order: np.linalg.norm(x, o))(np.array([np.nan, 1.0]))[0])


def test_float32_stays() -> None:
    a = (numbers(3, 3) + 3 * np.eye(3)).astype(np.float32)
    for fn in (np.linalg.inv, np.linalg.det, np.linalg.pinv, np.linalg.norm, lambda a: np.linalg.cholesky(a @ a.T)):
        assert cr.grad(lambda a, fn=fn: np.sum(fn(a)))(a).dtype == np.float32
