import numpy as np
import pytest

import chainrule as cr
from compiled.lower.tracing import agree, compile_for

A = np.array([[3.0, 0.2, 0.5], [0.1, 2.0, 0.3], [0.4, 0.6, 4.0]])
B = np.arange(6.0).reshape(3, 2) - 2.5
V = np.array([1.0, -2.0, 0.5])
T = np.stack([A, A.T + 1, A @ A])


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b, v, t: np.linalg.solve(a, v) + np.linalg.solve(a, b)[:, 0],
        lambda a, b, v, t: np.linalg.inv(a) @ a.T,
        lambda a, b, v, t: np.linalg.det(a) * np.linalg.det(a[:2, 1:]),
        lambda a, b, v, t: np.linalg.slogdet(a),
        lambda a, b, v, t: np.linalg.cholesky(a @ a.T),
        lambda a, b, v, t: np.linalg.cholesky(a @ a.T, upper=True),
        lambda a, b, v, t: np.linalg.solve(t, b) + np.linalg.solve(t, v)[:, :, None],
        lambda a, b, v, t: (np.linalg.inv(t), np.linalg.det(t), np.linalg.slogdet(t)),
        lambda a, b, v, t: np.linalg.matrix_power(a, 3) + np.linalg.matrix_power(a, -2) + np.linalg.matrix_power(a, 0),
        lambda a, b, v, t: 0.5 * v @ np.linalg.inv(a + 1) @ v + 0.5 * np.log(np.linalg.det(a)),
        lambda a, b, v, t: np.linalg.multi_dot([a, b, b.T, v]),
        lambda a, b, v, t: (np.linalg.norm(a, 1), np.linalg.norm(a, np.inf), np.linalg.norm(t, axis=(1, 2))),
    ],
)
def test_linear_algebra(f):
    agree(f, A, B, V, T)


def test_errors():
    f = compile_for(lambda a: np.linalg.inv(a), A)
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        f(A[:2])
    with pytest.raises(np.linalg.LinAlgError, match=r"[Ss]ingular"):
        f(np.zeros((3, 3)))


def test_both_cotangents_of_a_system_come_from_one_solution():
    def f(a, b):
        return np.sum(np.linalg.solve(a, b) ** 2)

    a, b = A + 0.0, B + 0.0
    gradient = cr.jit(cr.grad(f, argnums=(0, 1)), compile=False)
    assert gradient.source(a, b).count(" solve(") == 2  # one of the value, one of the gradient
    for found, want in zip(gradient(a, b), cr.grad(f, argnums=(0, 1))(a, b), strict=True):
        np.testing.assert_allclose(found, want, rtol=1e-12)
    for k in (0, 1):
        found = cr.jit(cr.grad(f, argnums=k), compile=False)(a, b)
        np.testing.assert_allclose(found, cr.grad(f, argnums=k)(a, b), rtol=1e-12)


def test_rows_that_helpers_are_given_are_known_to_be_contiguous():
    def f(t, b):
        return np.sum(np.linalg.solve(t, b))

    text = cr.jit(f, compile=False).source(np.stack([np.eye(9)] * 3), np.ones((9, 2)))
    assert ", :]" not in text
