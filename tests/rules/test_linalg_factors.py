"""QR, singular vectors, eigenvectors, least squares: identities of factors, stacks, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import MissingRuleError

both = pytest.mark.parametrize("dtype", [float, complex])
every_shape = pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 4, 3), (2, 3, 4)], ids=str)


def numbers(*shape: int, seed: int = 0, dtype: Any = float) -> Any:
    rng = np.random.default_rng(seed)
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if dtype is complex else real


def adjoint(a: Any) -> Any:
    return np.conj(np.swapaxes(a, -1, -2))


def moved(f: Any, a: Any, t: Any) -> Any:
    """The results of a function and their derivatives along t."""
    return cr.jvp(f, (a,), (t,))


def real_sum(weights: Any, x: Any) -> Any:
    return np.real(np.sum(weights * x))


def check_gradient(f: Any, a: Any, close: float = 1e-7) -> None:
    """Compare the gradient of a real function with differences of order six."""
    t, step = numbers(*a.shape, seed=9, dtype=complex if np.iscomplexobj(a) else float), 1e-3
    stencil = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
    slope = sum(w / step * (f(a + k * step * t) - f(a - k * step * t)) for k, w in stencil)
    exact = np.real(np.sum(np.conj(cr.grad(f)(a)) * t))
    np.testing.assert_allclose(exact, slope, rtol=close, atol=close)


# ---- QR ------------------------------------------------------------------------------------------------------------


@both
@every_shape
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr_factors_move_as_factors_do(shape: Any, dtype: Any, mode: str) -> None:
    a, t = numbers(*shape, dtype=dtype), numbers(*shape, seed=1, dtype=dtype)
    (q, r), (dq, dr) = moved(lambda a: tuple(np.linalg.qr(a, mode)), a, t)
    np.testing.assert_allclose(dq @ r + q @ dr, t, atol=1e-12)
    np.testing.assert_allclose(adjoint(dq) @ q + adjoint(q) @ dq, np.zeros_like(adjoint(q) @ q), atol=1e-12)
    np.testing.assert_array_equal(dr, np.triu(dr))


@both
@every_shape
def test_projectors_of_the_complete_qr(shape: Any, dtype: Any) -> None:
    """The columns that complete q span what the others do not."""
    a, weights = numbers(*shape, dtype=dtype), numbers(shape[-2], shape[-2], seed=2, dtype=dtype)
    k = min(shape[-2:])

    def rest(a: Any) -> Any:
        q = np.linalg.qr(a, "complete").Q[..., k:]
        return real_sum(weights, q @ adjoint(q))

    def spanned(a: Any) -> Any:
        q = np.linalg.qr(a).Q
        return real_sum(weights, np.eye(shape[-2]) - q @ adjoint(q))

    np.testing.assert_allclose(rest(a), spanned(a), atol=1e-12)
    np.testing.assert_allclose(cr.grad(rest)(a), cr.grad(spanned)(a), atol=1e-11)


def test_qr_has_names_and_one_matrix_for_r() -> None:
    a = numbers(4, 3)
    np.testing.assert_allclose(
        cr.grad(lambda a: np.sum(np.linalg.qr(a).R))(a), cr.grad(lambda a: np.sum(np.linalg.qr(a, "r")))(a), atol=1e-12
    )
    # |det r| is the root of det(a' a).
    f = lambda a: np.log(np.abs(np.prod(np.diagonal(np.linalg.qr(a).R))))
    np.testing.assert_allclose(cr.grad(f)(a), np.linalg.pinv(a).T, atol=1e-12)


def test_raw_qr_is_refused() -> None:
    with pytest.raises(MissingRuleError, match="mode='raw'"):
        cr.grad(lambda a: np.sum(np.linalg.qr(a, "raw")[0]))(np.eye(2))


# ---- Singular vectors ----------------------------------------------------------------------------------------------


@both
@every_shape
@pytest.mark.parametrize("full", [False, True])
def test_singular_vectors_move_as_factors_do(shape: Any, dtype: Any, full: bool) -> None:
    a, t = numbers(*shape, dtype=dtype), numbers(*shape, seed=1, dtype=dtype)
    k = min(shape[-2:])
    (u, s, vh), (du, ds, dvh) = moved(lambda a: tuple(np.linalg.svd(a, full)), a, t)
    middle = np.zeros((*shape[:-2], u.shape[-1], vh.shape[-2]), s.dtype)
    d_middle = np.zeros_like(middle)
    middle[..., range(k), range(k)], d_middle[..., range(k), range(k)] = s, ds
    np.testing.assert_allclose(du @ middle @ vh + u @ d_middle @ vh + u @ middle @ dvh, t, atol=1e-11)
    for x, dx in ((u, du), (adjoint(vh), adjoint(dvh))):
        np.testing.assert_allclose(adjoint(dx) @ x + adjoint(x) @ dx, np.zeros_like(adjoint(x) @ x), atol=1e-11)


@both
@every_shape
def test_gradient_of_singular_vectors_without_their_phases(shape: Any, dtype: Any) -> None:
    a = numbers(*shape, dtype=dtype)
    left, right = numbers(shape[-2], shape[-2], seed=2), numbers(shape[-1], shape[-1], seed=3)

    def f(a: Any) -> Any:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        leading = u[..., :2] @ adjoint(u[..., :2])
        return real_sum(left, leading) + real_sum(right, (adjoint(vh) * s[..., None, :]) @ vh)

    check_gradient(f, a)


def test_null_space_by_the_full_decomposition() -> None:
    """The last rows of v' span what the matrix maps to 0."""
    a, weights = numbers(2, 5), numbers(5, 5, seed=2)
    rest = lambda a: (lambda v: real_sum(weights, v.T @ v))(np.linalg.svd(a).Vh[2:])
    exact = lambda a: real_sum(weights, np.eye(5) - np.linalg.pinv(a) @ a)
    np.testing.assert_allclose(cr.grad(rest)(a), cr.grad(exact)(a), atol=1e-11)


@pytest.mark.parametrize("compute_uv", [True, False])
def test_singular_values_of_symmetric_matrices(compute_uv: bool) -> None:
    a = numbers(4, 4)
    a = a + a.T

    def f(a: Any) -> Any:
        result = np.linalg.svd(a, compute_uv=compute_uv, hermitian=True)
        return np.sum(np.arange(1.0, 5.0) * (result.S if compute_uv else result))

    np.testing.assert_allclose(f(a), np.sum(np.arange(1.0, 5.0) * np.linalg.svdvals(a)))
    exact = cr.grad(lambda a: np.sum(np.arange(1.0, 5.0) * np.linalg.svdvals(a)))(a)
    gradient = cr.grad(lambda a: f((a + a.T) / 2))(a)
    np.testing.assert_allclose(gradient, exact, atol=1e-12)


# ---- Eigenvectors --------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("n", [3, 5])
def test_eigenvectors_move_as_eigenvectors_do(n: int, dtype: Any) -> None:
    """Of real matrices with complex eigenvalues too; each vector keeps its norm and its largest component real."""
    a, t = numbers(n, n, dtype=dtype), numbers(n, n, seed=1, dtype=dtype)
    (w, v), (dw, dv) = moved(lambda a: tuple(np.linalg.eig(a)), a, t)
    assert dw.dtype == w.dtype
    np.testing.assert_allclose(t @ v + a @ dv, dv * w + v * dw, atol=1e-10)
    np.testing.assert_allclose(np.real(np.sum(np.conj(v) * dv, axis=0)), np.zeros(n), atol=1e-11)
    largest = np.argmax(np.abs(v), axis=0), range(n)
    np.testing.assert_allclose(np.imag(dv[largest] / v[largest]), np.zeros(n), atol=1e-11)


@both
def test_gradient_of_eigenvalues_of_general_matrices(dtype: Any) -> None:
    a = numbers(4, 4, dtype=dtype)
    f = lambda a: np.sum(np.abs(np.linalg.eigvals(a)) ** 2)
    check_gradient(f, a)
    g = lambda a: (lambda w: np.sum(np.real(w) * np.imag(w) ** 2))(np.linalg.eigvals(a))
    check_gradient(g, a)


def test_eigenvectors_of_general_matrices_against_differences() -> None:
    a = numbers(4, 4)
    order = lambda w: np.lexsort((np.imag(w), np.real(w)))

    def f(a: Any) -> Any:
        w, v = np.linalg.eig(a)
        v = v[:, order(cr.value(w))]
        return np.sum(np.abs(v) ** 4 * np.arange(16.0).reshape(4, 4))

    check_gradient(f, a)


def test_real_eigenvalues_of_real_matrices_stay_real() -> None:
    a = np.array([[2.0, 1.0], [0.5, -1.0]])
    value, tangent = cr.jvp(lambda a: np.linalg.eigvals(a), (a,), (np.eye(2),))
    assert value.dtype == tangent.dtype == np.float64
    np.testing.assert_allclose(tangent, [1.0, 1.0])
    turning = np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert cr.jvp(lambda a: np.linalg.eigvals(a), (turning,), (np.eye(2),))[1].dtype == np.complex128


@both
@pytest.mark.parametrize("uplo", ["L", "U", "l"])
def test_eigh_reads_one_triangle(uplo: str, dtype: Any) -> None:
    a = numbers(3, 3, dtype=dtype)
    weights = numbers(3, 3, seed=2)
    one = np.tril if uplo in "Ll" else np.triu

    def f(a: Any) -> Any:
        w, v = np.linalg.eigh(a, UPLO=uplo)
        return real_sum(weights, (v * np.sin(w)) @ adjoint(v))

    gradient = cr.grad(f)(a)
    np.testing.assert_allclose(gradient, one(gradient), atol=1e-15)
    np.testing.assert_allclose(cr.grad(f)(one(a)), gradient, atol=1e-12)
    check_gradient(f, a)


def test_wrong_triangle_is_refused() -> None:
    with pytest.raises(ValueError, match="UPLO argument must be"):
        cr.grad(lambda a: np.sum(np.linalg.eigvalsh(a, "X")))(np.eye(2))


# ---- Least squares, tensors, condition numbers ---------------------------------------------------------------------


@both
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
@pytest.mark.parametrize("columns", [(), (2,)])
def test_least_squares(shape: Any, columns: Any, dtype: Any) -> None:
    a, b = numbers(*shape, dtype=dtype), numbers(shape[0], *columns, seed=1, dtype=dtype)
    plain = np.linalg.lstsq(a, b, rcond=None)
    recorded = cr.vjp(
        lambda a: tuple(x for x in np.linalg.lstsq(a, b, rcond=None) if cr.value(x).dtype.kind != "i"), a
    )[0]
    for x, y in zip(recorded, (plain[0], plain[1], plain[3]), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-12)
    f = lambda a: np.sum(np.abs(np.linalg.lstsq(a, b, rcond=None)[0]) ** 2)
    g = lambda a: np.sum(np.abs(np.linalg.pinv(a) @ b) ** 2)
    np.testing.assert_allclose(cr.grad(f)(a), cr.grad(g)(a), rtol=1e-9, atol=1e-11)
    check_gradient(f, a, 1e-6)
    if shape == (5, 3):
        check_gradient(lambda a: np.sum(np.linalg.lstsq(a, b, rcond=None)[1]), a)


def test_least_squares_of_low_rank() -> None:
    """The rank stays where the matrix moves within those of its rank."""
    left, right, b = numbers(5, 2), numbers(2, 4, seed=1), numbers(5, seed=2)
    f = lambda left: np.sum(np.linalg.lstsq(left @ right, b, rcond=1e-10)[0] ** 2)
    check_gradient(f, left)
    assert np.linalg.lstsq(left @ right, b, rcond=1e-10)[2] == 2


def test_tensor_equations() -> None:
    a, b = numbers(2, 6, 3) + 3 * np.eye(6).reshape(2, 3, 6).swapaxes(1, 2), numbers(6, seed=1)
    f = lambda a: np.sum(np.linalg.tensorsolve(a, b, axes=(0, 2)) ** 2)
    np.testing.assert_allclose(cr.value_and_grad(f)(a)[0], f(a))
    check_gradient(f, a)
    with pytest.raises(ValueError, match="Invalid ind"):
        cr.grad(lambda a: np.sum(np.linalg.tensorinv(a, 0)))(np.eye(2))


@pytest.mark.parametrize("p", [None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc"])
def test_condition_numbers(p: Any) -> None:
    stack = numbers(3, 3, 3) + 3 * np.eye(3)
    value = cr.vjp(lambda a: np.linalg.cond(a, p), stack)[0]
    np.testing.assert_allclose(value, np.linalg.cond(stack, p), rtol=1e-12)
    stack[1] = np.ones((3, 3))
    value, pull = cr.vjp(lambda a: np.linalg.cond(a, p), stack)
    gradient = pull(np.ones(3))[0]
    assert np.isfinite(gradient).all()
    if p not in (None, 2, -2):
        assert value[1] == np.inf


@pytest.mark.parametrize("order", ["nuc", 2, -2])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms_by_singular_values_agree_with_numpy(order: Any, keepdims: bool) -> None:
    x = numbers(2, 3, 4)
    for axis in ((0, 1), (-1, 0), (2, 1)):
        value = cr.vjp(lambda x, a=axis: np.linalg.norm(x, order, a, keepdims), x)[0]
        np.testing.assert_allclose(value, np.linalg.norm(x, order, axis, keepdims), rtol=1e-13)


@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.linalg.qr(a).Q,
        lambda a: np.linalg.svd(a).U,
        lambda a: np.linalg.svdvals(a),
        lambda a: np.linalg.eigh(a).eigenvectors,
        lambda a: np.linalg.eigvalsh(a),
        lambda a: np.linalg.cond(a, 1),
        lambda a: np.linalg.pinv(a, hermitian=True),
        lambda a: np.linalg.norm(a, "nuc"),
    ],
)
def test_single_precision_stays(f: Any) -> None:
    a = (numbers(3, 3) + 3 * np.eye(3)).astype(np.float32)
    gradient = cr.grad(lambda a: np.sum(f(a) ** 2 * np.cos(f(a))))(a)
    assert gradient.dtype == np.float32
    exact = cr.grad(lambda a: np.sum(f(a) ** 2 * np.cos(f(a))))(a.astype(float))
    np.testing.assert_allclose(gradient, exact, rtol=1e-3, atol=1e-3 * np.max(np.abs(exact)))
