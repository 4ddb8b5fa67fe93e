"""Gradients of linear algebra beside PyTorch's and JAX's, at matrices where these have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

pytestmark = pytest.mark.slow


def numbers(*shape: int, seed: int = 0, dtype: Any = float) -> Any:
    rng = np.random.default_rng(seed)
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if dtype is complex else real


def hermitian(m: Any, a: Any) -> Any:
    return a + m.conj(m.swapaxes(a, -1, -2)) + 6 * m.eye(a.shape[-1])


def rebuilt(m: Any, a: Any) -> Any:
    w, v = m.linalg.eigh(hermitian(m, a))
    return m.real((v * m.sin(w)[..., None, :]) @ m.conj(m.swapaxes(v, -1, -2)))


def projected(m: Any, a: Any) -> Any:
    u, s, vh = m.linalg.svd(a, full_matrices=False)
    return m.real((u[..., :1] * s[..., None, :1] ** 2) @ vh[..., :1, :])


# Names that NumPy, JAX and PyTorch share.
CASES = {
    "q": lambda m, a: m.real(m.linalg.qr(a)[0]),
    "r": lambda m, a: m.abs(m.linalg.qr(a)[1]) ** 2,
    "eigh": rebuilt,
    "eigvalsh": lambda m, a: m.linalg.eigvalsh(hermitian(m, a)) ** 3,
    "eigvals": lambda m, a: m.abs(m.linalg.eigvals(a)) ** 2,
    "svd": projected,
    "svdvals": lambda m, a: m.linalg.svdvals(a) ** 3,
    "pinv": lambda m, a: m.real(m.linalg.pinv(a)),
    "inv": lambda m, a: m.real(m.linalg.inv(a)),
    "nuclear norm": lambda m, a: m.linalg.matrix_norm(a, ord="nuc"),
    "spectral norm": lambda m, a: m.linalg.matrix_norm(a, ord=2),
    "slogdet": lambda m, a: m.linalg.slogdet(a)[1],
    "cholesky": lambda m, a: m.real(m.linalg.cholesky(hermitian(m, a))),
    "cond": lambda m, a: m.linalg.cond(a),
}
every_case = pytest.mark.parametrize("f", CASES.values(), ids=CASES)
both = pytest.mark.parametrize("dtype", [float, complex])


def gradient(f: Any, a: Any) -> Any:
    shape = np.shape(f(np, a))
    weights = numbers(*shape, seed=7)
    return cr.grad(lambda a: np.sum(weights * f(np, a)))(a), weights


@every_case
@both
def test_beside_jax(f: Any, dtype: Any) -> None:
    jax = pytest.importorskip("jax")
    a = numbers(2, 3, 3, dtype=dtype)
    ours, weights = gradient(f, a)
    with jax.enable_x64(True):
        theirs = jax.grad(lambda a: jax.numpy.sum(weights * f(jax.numpy, a)))(jax.numpy.asarray(a))
        np.testing.assert_allclose(ours, np.conj(theirs), rtol=1e-8, atol=1e-9)


@every_case
@both
def test_beside_torch(f: Any, dtype: Any) -> None:
    torch = pytest.importorskip("torch")
    a = numbers(2, 3, 3, dtype=dtype)
    ours, weights = gradient(f, a)
    x = torch.tensor(a, requires_grad=True)
    (torch.tensor(weights) * f(torch, x)).sum().backward()
    np.testing.assert_allclose(ours, x.grad.numpy(), rtol=1e-8, atol=1e-9)
