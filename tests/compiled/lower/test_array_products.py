import numpy as np
import pytest

from compiled.lower.tracing import agree, compile_for
from compiled.lower.tracing import library as lib

X = np.array([0.3, -1.2, 2.5, 0.7])
A = np.arange(12.0).reshape(3, 4) / 7 - 0.5
B = np.cos(np.arange(20.0)).reshape(4, 5)
T = np.sin(np.arange(24.0)).reshape(2, 3, 4)
N = np.arange(12).reshape(3, 4)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, a, b, t, n: x @ x,
        lambda x, a, b, t, n: a @ x,
        lambda x, a, b, t, n: x @ b,
        lambda x, a, b, t, n: a @ b,
        lambda x, a, b, t, n: (a * 2) @ b[:, ::2] + 1,
        lambda x, a, b, t, n: a.T @ a,
        lambda x, a, b, t, n: t @ b,
        lambda x, a, b, t, n: t @ x,
        lambda x, a, b, t, n: a[:, :3] @ t,
        lambda x, a, b, t, n: n @ n.T,
        lambda x, a, b, t, n: n @ x,
        lambda x, a, b, t, n: np.dot(x, x) * np.dot(a, b) + np.inner(a, a)[:1, :1],
        lambda x, a, b, t, n: np.dot(t, b) + np.dot(2.0, x)[0],
        lambda x, a, b, t, n: np.outer(x, a[0]),
        lambda x, a, b, t, n: np.vdot(a, a),
        lambda x, a, b, t, n: np.tensordot(t, t, ((1, 2), (1, 2))),
        lambda x, a, b, t, n: np.tensordot(a, b, 1) + np.tensordot(x, x, 1),
        lambda x, a, b, t, n: lib.einsum("ij,jk->ik", a, b),
        lambda x, a, b, t, n: lib.einsum("ij,jk->ki", a, b),
        lambda x, a, b, t, n: lib.einsum("ij,kj,kj->i", a, a, a),
        lambda x, a, b, t, n: lib.einsum("ii->i", a[:, :3]) + lib.einsum("ii", a[:, 1:]),
        lambda x, a, b, t, n: lib.einsum("ijk->kj", t),
        lambda x, a, b, t, n: lib.einsum("...ij,jk", t, b),
        lambda x, a, b, t, n: lib.einsum("i,j->ij", x, x) + lib.einsum("i,i", x, x),
        lambda x, a, b, t, n: np.kron(a, b),
        lambda x, a, b, t, n: np.cross(a[:, :3], b[:3, :3]),
        lambda x, a, b, t, n: np.linalg.multi_dot([a, b, b.T]),
        lambda x, a, b, t, n: np.vecdot(a, x),
        lambda x, a, b, t, n: np.linalg.matrix_power(a[:, :3], 3),
        lambda x, a, b, t, n: np.trace(a) + np.sum(np.diag(a) * np.diagonal(b)[:3]),
    ],
)
def test_products(f):
    agree(f, X, A, B, T, N)


def test_lengths_differ():
    f = compile_for(lambda a, b: a @ b, A, B)
    with pytest.raises(ValueError, match="matmul"):
        f(A, B[1:])
