"""Repeated eigenvalues and singular values: derivatives of functions that are smooth there, in every mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager.state import OPEN, current


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def symmetric(n: int, seed: int = 0) -> Any:
    a = numbers(n, n, seed=seed)
    return a + a.T


def orthogonal(n: int, seed: int = 0) -> Any:
    return np.linalg.qr(numbers(n, n, seed=seed))[0]


def turned(*values: float) -> Any:
    """A symmetric matrix with these eigenvalues, whose eigenvectors are not the axes."""
    q = orthogonal(len(values), seed=3)
    a = (q * np.array(values)) @ q.T
    return (a + a.T) / 2


MATRICES = {
    "identity": np.eye(3),
    "zero": np.zeros((3, 3)),
    "double": np.diag([2.0, 2.0, 5.0]),
    "turned double": turned(1.0, 2.0, 2.0),
    "two pairs": turned(-1.0, -1.0, 3.0, 3.0),
    "block": np.kron(np.eye(2), np.array([[2.0, 1.0], [1.0, 3.0]])),
    "simple": turned(1.0, 2.0, 4.0),
}
every_matrix = pytest.mark.parametrize("a", MATRICES.values(), ids=MATRICES)


def power_sum(a: Any) -> Any:
    return np.sum(np.linalg.eigvalsh(a) ** 3)


def power_sum_exactly(a: Any) -> Any:
    return np.trace(a @ a @ a)


def mixed(a: Any) -> Any:
    """A function of all eigenvalues together that is no sum over them."""
    w = np.linalg.eigvalsh(a)
    return np.sum(w) * np.sum(w**2) + np.exp(0.1 * np.sum(w**3))


def mixed_exactly(a: Any) -> Any:
    return np.trace(a) * np.sum(a * a.T) + np.exp(0.1 * np.trace(a @ a @ a))


SPECTRAL: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "power sum": (power_sum, power_sum_exactly),
    "mixed": (mixed, mixed_exactly),
    "sum": (lambda a: np.sum(np.linalg.eigvalsh(a)) ** 2, lambda a: np.trace(a) ** 2),
    "exponential": (lambda a: np.sum(np.exp(np.linalg.eigvalsh(a))), lambda a: np.trace(cr.scipy.linalg.expm(a))),
}
every_function = pytest.mark.parametrize(("f", "exact"), SPECTRAL.values(), ids=SPECTRAL)


def on_symmetric(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a: f((a + a.T) / 2)


@every_matrix
@every_function
@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_gradient(a: Any, f: Any, exact: Any, method: str) -> None:
    gradient = cr.grad(on_symmetric(f), method=method)(a)
    np.testing.assert_allclose(gradient, cr.grad(on_symmetric(exact))(a), rtol=1e-10, atol=1e-10)


def second_derivatives(f: Callable[..., Any], a: Any, s: Any, t: Any) -> dict[str, float]:
    """The second derivative along s and t, in every nesting of the modes."""
    along = lambda a: cr.jvp(f, (a,), (s,))[1]
    pulled = lambda a: np.sum(s * cr.grad(f)(a))
    return {
        "hvp": np.sum(t * cr.hvp(f)(a, s)),
        "reverse over reverse": np.sum(t * cr.grad(pulled)(a)),
        "forward over reverse": cr.jvp(pulled, (a,), (t,))[1],
        "reverse over forward": np.sum(t * cr.grad(along)(a)),
        "forward over forward": cr.jvp(along, (a,), (t,))[1],
    }


@every_matrix
@every_function
def test_second_derivative(a: Any, f: Any, exact: Any) -> None:
    s, t = symmetric(len(a), seed=1), symmetric(len(a), seed=2)
    expected = cr.jvp(lambda a: np.sum(s * cr.grad(exact)(a)), (a,), (t,))[1]
    for name, value in second_derivatives(f, a, s, t).items():
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_hessian_at_the_identity(method: str) -> None:
    """Of tr(a³) it is e → 3 (a e + e a)."""
    hessian = cr.hessian(on_symmetric(power_sum), method=method)(np.eye(3))
    e = symmetric(3)
    np.testing.assert_allclose(np.tensordot(hessian, e, 2), 6 * e, rtol=1e-12)


@pytest.mark.parametrize("n", [20, 60])
def test_large_matrices_with_eigenvalues_of_high_multiplicity(n: int) -> None:
    """What LAPACK computes of equal eigenvalues differs by its rounding."""
    a = turned(*[1.0] * (n // 2), *[3.0] * (n - n // 2))
    s, t = symmetric(n, seed=1), symmetric(n, seed=2)
    expected = 3 * np.trace(a @ (s @ t + t @ s))
    for name, value in second_derivatives(power_sum, a, s, t).items():
        np.testing.assert_allclose(value, expected, rtol=1e-8, err_msg=name)
    low = numbers(n, 2) @ numbers(2, n, seed=1)
    f = lambda a: np.sum(np.log1p(np.linalg.svdvals(a) ** 2))
    exact = lambda a: np.linalg.slogdet(np.eye(n) + a.T @ a).logabsdet
    np.testing.assert_allclose(cr.grad(f)(low), cr.grad(exact)(low), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(cr.hvp(f)(low, s), cr.hvp(exact)(low, s), rtol=1e-7, atol=1e-9)


def test_matrix_that_is_factored_twice() -> None:
    """Its eigenvalues belong together, by whichever call."""
    f = lambda a: np.sum(np.linalg.eigvalsh(a) * np.linalg.eigh(a).eigenvalues ** 2)
    s, t = symmetric(3, seed=1), symmetric(3, seed=2)
    for a in (np.eye(3), turned(2.0, 2.0, 5.0)):
        expected = 3 * np.trace(a @ (s @ t + t @ s))
        for name, value in second_derivatives(f, a, s, t).items():
            np.testing.assert_allclose(value, expected, rtol=1e-9, err_msg=name)


def test_factorisations_that_depend_on_each_other() -> None:
    f = lambda a: np.sum(np.linalg.eigvalsh(np.sum(np.linalg.eigvalsh(a) ** 2) * a) ** 2)
    exact = lambda a: np.sum(a * a.T) ** 3
    s, t = symmetric(3, seed=1), symmetric(3, seed=2)
    expected = np.sum(t * cr.hvp(exact)(np.eye(3), s))
    for name, value in second_derivatives(f, np.eye(3), s, t).items():
        np.testing.assert_allclose(value, expected, rtol=1e-9, err_msg=name)


def test_eigenvalues_of_two_matrices_taken_together_are_not_determined() -> None:
    """How the eigenvalues of the square part follows from how those of the matrix do, which is not known there."""
    f = lambda a: np.sum(np.linalg.eigvalsh(a) * np.linalg.eigvalsh(a @ a))
    s = symmetric(2)
    np.testing.assert_allclose(cr.grad(f)(np.eye(2)), 3 * np.eye(2), atol=1e-14)
    assert np.isnan(cr.grad(lambda a: np.sum(s * cr.grad(f)(a)))(np.eye(2))).any()


@pytest.mark.parametrize("steps", [3, 12])
def test_loop_in_which_each_matrix_depends_on_the_eigenvectors_of_the_last(steps: int) -> None:
    """As in a self-consistent field; the cost of a step does not grow with the number of steps before."""
    a = np.kron(np.eye(2), np.array([[1.0, 0.3], [0.3, 2.0]]))

    def by_eigenvectors(a: Any) -> Any:
        h = a
        for _ in range(steps):
            v = np.linalg.eigh(h).eigenvectors[:, :2]
            h = a + 0.1 * np.diag(np.diagonal(v @ v.T))
        return np.sum(np.linalg.eigvalsh(h)[:2])

    def by_signs(a: Any) -> Any:
        """The projector on the lower eigenspace, as a function of the matrix."""
        h, middle = a, 1.5 * np.eye(4)
        for _ in range(steps):
            lower = (np.eye(4) - linalg_sign(h - middle)) / 2
            h = a + 0.1 * np.diag(np.diagonal(lower))
        return np.trace(h @ (np.eye(4) - linalg_sign(h - middle)) / 2)

    for method in ("reverse", "forward"):
        gradient = cr.grad(on_symmetric(by_eigenvectors), method=method)(a)
        np.testing.assert_allclose(gradient, cr.grad(on_symmetric(by_signs))(a), rtol=1e-9, atol=1e-10)


def linalg_sign(a: Any) -> Any:
    return cr.scipy.linalg.signm(a)


def test_stack_in_which_one_matrix_has_a_repeated_eigenvalue() -> None:
    stack = np.stack([turned(1.0, 2.0, 4.0), np.eye(3), turned(3.0, 3.0, 0.0)])
    f = lambda a: np.sum(np.linalg.eigvalsh(a) ** 3)
    t = np.stack([symmetric(3, seed=i) for i in range(3)])
    product = cr.hvp(f)(stack, t)
    pulled = cr.grad(lambda a: np.sum(t * cr.grad(f)(a)))(stack)
    for one, other, a, e in zip(product, pulled, stack, t, strict=True):
        full = 3 * (a @ e + e @ a)
        lower = np.tril(full) + np.tril(full, -1)
        np.testing.assert_allclose(one, lower, atol=1e-11)
        np.testing.assert_allclose(other, lower, atol=1e-11)


def test_complex_hermitian_matrices() -> None:
    b = numbers(3, 3) + 1j * numbers(3, 3, seed=1)
    q = np.linalg.qr(b)[0]
    a = (q * np.array([1.0, 1.0, 3.0])) @ np.conj(q.T)
    s = b + np.conj(b.T)
    hermitian = lambda a: (a + np.conj(a.T)) / 2
    f = lambda a: np.sum(np.linalg.eigvalsh(hermitian(a)) ** 3)
    exact = lambda a: np.real(np.trace(hermitian(a) @ hermitian(a) @ hermitian(a)))
    np.testing.assert_allclose(cr.hvp(f)(a, s), cr.hvp(exact)(a, s), rtol=1e-10, atol=1e-10)
    weights = symmetric(3)

    def rebuilt(a: Any) -> Any:
        w, v = np.linalg.eigh(hermitian(a))
        return np.real(np.sum(weights * ((v * w**2) @ np.conj(v.T))))

    squared = lambda a: np.real(np.sum(weights * (hermitian(a) @ hermitian(a))))
    for method in ("reverse", "forward"):
        np.testing.assert_allclose(
            cr.grad(rebuilt, method=method)(a), cr.grad(squared, method=method)(a), rtol=1e-10, atol=1e-10
        )


# ---- Eigenvectors --------------------------------------------------------------------------------------------------


@every_matrix
@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_matrix_function_put_together_of_eigenvalues_and_eigenvectors(a: Any, method: str) -> None:
    weights = symmetric(len(a), seed=4)

    def rebuilt(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        return np.sum(weights * ((v * np.exp(w)) @ v.T))

    exact = lambda a: np.sum(weights * cr.scipy.linalg.expm(a))
    gradient = cr.grad(on_symmetric(rebuilt), method=method)(a)
    np.testing.assert_allclose(gradient, cr.grad(on_symmetric(exact))(a), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_projector_on_an_eigenspace(method: str) -> None:
    """Between it and the rest lies a gap; that its eigenvalues are equal does not matter."""
    a, weights = turned(2.0, 2.0, 5.0), symmetric(3, seed=4)

    def by_vectors(a: Any) -> Any:
        v = np.linalg.eigh(a)[1][:, :2]
        return np.sum(weights * (v @ v.T))

    # A polynomial that is 1 with slope 0 at the double eigenvalue, and 0 with slope 0 at the other.
    step = lambda a: np.linalg.matrix_power((5 * np.eye(3) - a) / 3, 2) @ (np.eye(3) + 2 * (a - 2 * np.eye(3)) / 3)
    exact = lambda a: np.sum(weights * step(a))
    gradient = cr.grad(on_symmetric(by_vectors), method=method)(a)
    np.testing.assert_allclose(gradient, cr.grad(on_symmetric(exact))(a), rtol=1e-10, atol=1e-11)


def test_what_is_not_determined_is_nan() -> None:
    """Third derivatives, and second ones of what is put together of eigenvectors."""
    weights = symmetric(3)

    def rebuilt(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        return np.sum(weights * ((v * np.exp(w)) @ v.T))

    assert np.isnan(cr.grad(lambda a: np.sum(weights * cr.grad(rebuilt)(a)))(np.eye(3))).any()
    second = lambda a: np.sum(weights * cr.grad(lambda a: np.sum(weights * cr.grad(power_sum)(a)))(a))
    assert np.isnan(cr.grad(second)(np.eye(3))).any()
    np.testing.assert_allclose(
        cr.grad(second)(turned(1.0, 2.0, 4.0)), 0 * np.eye(3) + cr.grad(third)(weights), rtol=1e-8
    )


def third(e: Any) -> Any:
    """The third derivative of tr(a³) along e twice, as a function whose gradient reads the lower triangle."""
    full = np.tril(e) + np.tril(e, -1).T
    return 2 * np.trace(full @ full @ full)


def test_single_eigenvalue_among_equal_ones() -> None:
    """Backwards the vectors that NumPy returns define it; forwards it is the derivative in that direction."""
    largest = lambda a: np.linalg.eigvalsh(a)[-1]
    gradient = cr.grad(largest)(np.eye(2))
    np.testing.assert_array_equal(gradient, np.diag([0.0, 1.0]))
    e = np.array([[1.0, 2.0], [2.0, -1.0]])
    np.testing.assert_allclose(cr.jvp(largest, (np.eye(2),), (e,))[1], np.linalg.eigvalsh(e)[-1])


def test_general_matrix_with_a_repeated_eigenvalue() -> None:
    basis = numbers(3, 3)
    a = basis @ np.diag([2.0, 2.0, 5.0]) @ np.linalg.inv(basis)
    f = lambda a: np.real(np.sum(np.linalg.eigvals(a) ** 3))
    np.testing.assert_allclose(cr.grad(f)(a), 3 * (a @ a).T, rtol=1e-9, atol=1e-9)
    t = numbers(3, 3, seed=2)
    pulled = cr.grad(lambda a: np.sum(t * cr.grad(f)(a)))(a)
    np.testing.assert_allclose(pulled, cr.hvp(power_sum_exactly)(a, t), rtol=1e-8, atol=1e-8)


# ---- Singular values -----------------------------------------------------------------------------------------------

RECTANGLES = {
    "identity": np.eye(3),
    "orthogonal": orthogonal(3),
    "tall": 2 * orthogonal(4)[:, :2],
    "wide": orthogonal(4)[:2] * 3,
    "double": orthogonal(3) @ np.diag([2.0, 2.0, 5.0]) @ orthogonal(3, seed=1),
    "simple": np.diag([1.0, 2.0, 4.0]) + 0.1 * numbers(3, 3),
}
every_rectangle = pytest.mark.parametrize("a", RECTANGLES.values(), ids=RECTANGLES)


@every_rectangle
def test_function_of_singular_values(a: Any) -> None:
    f = lambda a: np.sum(np.linalg.svdvals(a) ** 4)
    exact = lambda a: np.sum((a.T @ a) ** 2)
    s, t = numbers(*a.shape, seed=1), numbers(*a.shape, seed=2)
    for method in ("reverse", "forward"):
        np.testing.assert_allclose(cr.grad(f, method=method)(a), cr.grad(exact)(a), rtol=1e-10, atol=1e-10)
    expected = np.sum(t * cr.hvp(exact)(a, s))
    for name, value in second_derivatives(f, a, s, t).items():
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9, err_msg=name)


@every_rectangle
def test_nuclear_norm(a: Any) -> None:
    """The trace of the square root of ``a' a``."""
    square = lambda a: a @ a.T if a.shape[0] < a.shape[1] else a.T @ a
    exact = lambda a: np.trace(cr.scipy.linalg.sqrtm(square(a)))
    f = lambda a: np.linalg.norm(a, "nuc")
    t = numbers(*a.shape, seed=2)
    np.testing.assert_allclose(cr.grad(f)(a), cr.grad(exact)(a), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(cr.hvp(f)(a, t), cr.hvp(exact)(a, t), rtol=1e-8, atol=1e-8)
    hessian = cr.hessian(f)(a)
    np.testing.assert_allclose(np.tensordot(hessian, t, 2), cr.hvp(exact)(a, t), rtol=1e-8, atol=1e-8)


@every_rectangle
@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_matrix_put_together_of_singular_vectors(a: Any, method: str) -> None:
    weights = numbers(*a.shape, seed=4)

    def rebuilt(a: Any) -> Any:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        return np.sum(weights * ((u * s**3) @ vh))

    exact = lambda a: np.sum(weights * (a @ a.T @ a))
    np.testing.assert_allclose(cr.grad(rebuilt, method=method)(a), cr.grad(exact)(a), rtol=1e-9, atol=1e-9)


def test_logarithm_of_the_determinant() -> None:
    f = lambda a: np.sum(np.log(np.linalg.svdvals(a)))
    for a in (np.eye(3), 2 * orthogonal(3)):
        t = numbers(3, 3)
        np.testing.assert_allclose(cr.grad(f)(a), np.linalg.inv(a).T, atol=1e-12)
        inverse = np.linalg.inv(a)
        np.testing.assert_allclose(cr.hvp(f)(a, t), -(inverse @ t @ inverse).T, atol=1e-12)


LOW_RANK = {
    "zero": np.zeros((3, 3)),
    "zero, tall": np.zeros((3, 2)),
    "square": numbers(3, 2) @ numbers(2, 3, seed=1),
    "rank 1": np.outer(numbers(3), numbers(3, seed=1)),
    "tall": np.outer(numbers(4), numbers(2, seed=1)),
    "wide": np.outer(numbers(2), numbers(4, seed=1)),
    "diagonal": np.diag([3.0, 0.0, 0.0, 0.0])[:, :3],
    "equal and zero": np.diag([2.0, 2.0, 0.0, 0.0]),
}
every_low_rank = pytest.mark.parametrize("a", LOW_RANK.values(), ids=LOW_RANK)


@every_low_rank
def test_function_of_singular_values_of_which_some_are_zero(a: Any) -> None:
    """Of their squares, it is smooth there."""
    f = lambda a: np.sum(np.log1p(np.linalg.svdvals(a) ** 2))
    exact = lambda a: np.linalg.slogdet(np.eye(a.shape[1]) + a.T @ a).logabsdet
    s, t = numbers(*a.shape, seed=3), numbers(*a.shape, seed=4)
    for method in ("reverse", "forward"):
        np.testing.assert_allclose(cr.grad(f, method=method)(a), cr.grad(exact)(a), rtol=1e-9, atol=1e-9)
    expected = np.sum(t * cr.hvp(exact)(a, s))
    for name, value in second_derivatives(f, a, s, t).items():
        np.testing.assert_allclose(value, expected, rtol=1e-8, atol=1e-8, err_msg=name)


@every_low_rank
@pytest.mark.parametrize("method", ["reverse", "forward"])
@pytest.mark.parametrize("full", [False, True])
def test_matrix_of_low_rank_put_together_of_singular_vectors(a: Any, method: str, full: bool) -> None:
    weights, k = numbers(*a.shape, seed=4), min(a.shape)

    def rebuilt(a: Any) -> Any:
        u, s, vh = np.linalg.svd(a, full_matrices=full)
        return np.sum(weights * ((u[:, :k] * (2 * s + s**3)) @ vh[:k]))

    exact = lambda a: np.sum(weights * (2 * a + a @ a.T @ a))
    np.testing.assert_allclose(cr.grad(rebuilt, method=method)(a), cr.grad(exact)(a), rtol=1e-9, atol=1e-9)


def test_norms_of_matrices_of_low_rank() -> None:
    """A singular value of 0 adds nothing to the derivative of a norm."""
    a = np.diag([3.0, 0.0, 0.0])[:, :2]
    one = np.diag([1.0, 0.0, 0.0])[:, :2]
    for method in ("reverse", "forward"):
        slope = lambda order, m=method: cr.grad(lambda a: np.linalg.norm(a, order), method=m)(a)
        np.testing.assert_allclose(slope("nuc"), one, atol=1e-15)
        np.testing.assert_allclose(slope(2), one, atol=1e-15)
        np.testing.assert_array_equal(slope(-2), np.zeros((3, 2)))


def test_one_singular_value_of_zero() -> None:
    """Backwards the vectors that NumPy returns define its derivative; forwards it is that in the direction."""
    f = lambda a: np.sum(np.linalg.svdvals(a))
    np.testing.assert_allclose(np.linalg.svdvals(cr.grad(f)(np.zeros((2, 2)))), [1.0, 1.0])
    t = numbers(2, 2)
    np.testing.assert_allclose(cr.jvp(f, (np.zeros((2, 2)),), (t,))[1], np.sum(np.linalg.svdvals(t)))


# ---- The machinery -------------------------------------------------------------------------------------------------


def test_nothing_stays_open() -> None:
    cr.hessian(power_sum)(np.eye(3))
    with pytest.raises(ZeroDivisionError):
        cr.grad(lambda a: power_sum(a) * (1 / 0))(np.eye(2))
    assert current() is None
    assert not OPEN


def test_pullback_may_be_called_later_and_again() -> None:
    value, pull = cr.vjp(power_sum, np.eye(2))
    assert value == 2.0
    for scale in (1.0, 2.0):
        gradient = pull(scale)[0]
        assert type(gradient) is np.ndarray
        np.testing.assert_allclose(gradient, 3 * scale * np.eye(2))


def test_tapes_of_tensorflow_s_kind() -> None:
    a = cr.Variable(np.eye(2))
    with cr.GradientTape() as outer:
        with cr.GradientTape() as inner:
            value = power_sum((a + a.T) / 2)
        gradient = inner.gradient(value, a)
        product = np.sum(gradient * np.array([[1.0, 2.0], [2.0, 0.0]]))
    np.testing.assert_allclose(outer.gradient(product, a).numpy(), [[6.0, 12.0], [12.0, 0.0]], rtol=1e-12)


def test_tape_that_paused_in_between() -> None:
    a = cr.Variable(np.eye(2))
    with cr.GradientTape() as outer:
        with cr.GradientTape() as inner:
            values = np.linalg.eigvalsh((a + a.T) / 2)
            with inner.stop_recording(), outer.stop_recording():
                assert cr.value(values).sum() == 2.0
            value = np.sum(values**3)
        product = np.sum(inner.gradient(value, a) * np.array([[0.0, 1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(outer.gradient(product, a).numpy(), [[0.0, 6.0], [6.0, 0.0]], atol=1e-14)


def test_persistent_tape_gives_the_same_twice() -> None:
    a = cr.Variable(np.eye(2))
    with cr.GradientTape(persistent=True) as tape:
        value = np.linalg.norm(a, "nuc") + power_sum(a)
    first, second = (tape.gradient(value, a).numpy() for _ in range(2))
    np.testing.assert_allclose(first, 4 * np.eye(2))
    np.testing.assert_array_equal(first, second)


def test_single_precision_stays() -> None:
    gradient = cr.grad(power_sum)(np.eye(3, dtype=np.float32))
    assert gradient.dtype == np.float32
    product = cr.hvp(power_sum)(np.eye(2, dtype=np.float32), np.ones((2, 2), np.float32))
    np.testing.assert_allclose(product, [[6.0, 0.0], [12.0, 6.0]], rtol=1e-5)


def test_loop_over_many_factorisations() -> None:
    def f(a: Any) -> Any:
        total = 0.0
        for k in range(5):
            total = total + np.sum(np.linalg.eigvalsh(k * a) ** 2)
        return total

    np.testing.assert_allclose(cr.hvp(f)(np.eye(2), np.ones((2, 2))), 60 * np.array([[1.0, 0.0], [2.0, 1.0]]))
