"""Types of numbers: what NumPy promotes, and arrays without axes, without elements and of other layouts."""

import numpy as np
import pytest

from chainrule.errors import UnsupportedError
from compiled.lower.tracing import agree, trace
from compiled.lower.tracing import library as lib

X = np.array([0.3, -1.2, 2.5, 0.7])
S = X.astype(np.float32)
N = np.array([3, -1, 4, 2])
M = np.array([True, False, True, True])


@pytest.mark.parametrize(
    "f",
    [
        lambda x, s, n, m: (s * 2, s * 2.5, s + x, s + n, s * np.float64(2), s * np.float32(2), s / 3, s**2),
        lambda x, s, n, m: (n + 1, n * 1.5, n / 2, n // 2, n % 3, n**2, -n, abs(n), np.sqrt(n), np.sign(n)),
        lambda x, s, n, m: (m + 1, m * x, m & (x > 0), m | ~m, m ^ m, ~m, np.sum(m), np.mean(m), m * m, m + m),
        lambda x, s, n, m: (np.sum(s), np.mean(s), np.max(s), np.cumsum(s), np.var(s), np.prod(s), s @ s, np.dot(s, x)),
        lambda x, s, n, m: (np.sum(n), np.mean(n), np.cumsum(n), n @ n, np.prod(n), np.var(n), np.max(n), np.argmin(n)),
        lambda x, s, n, m: (np.where(m, s, 0), np.where(m, n, 0.5), np.where(m, 1, 0), np.where(m, s, x)),
        lambda x, s, n, m: (n.astype(float), x.astype(int), x.astype(np.float32), m.astype(int), x.astype(bool)),
        lambda x, s, n, m: (np.maximum(n, 2), np.maximum(n, 2.5), np.minimum(s, 1), np.clip(n, 0, 3)),
        lambda x, s, n, m: np.clip(n, 0, None),
        lambda x, s, n, m: (n & 3, n | 1, n << 2, n >> 1, n ^ 2, ~n, np.bitwise_and(n, n), np.logical_not(n)),
        lambda x, s, n, m: (lib.zeros(2, int), lib.ones(2, bool), lib.full_like(n, 2.7), lib.arange(3, dtype=int)),
        lambda x, s, n, m: (lib.zeros_like(n), lib.ones_like(s), lib.array([1, 2.0], np.float32)),
        lambda x, s, n, m: (np.concatenate([s, n]), np.stack([x, s]), lib.array([s[0], x[0]]), np.append(n, 1.5)),
        lambda x, s, n, m: (np.floor(x), np.rint(x), np.isnan(x), np.isfinite(s), np.exp(n), np.arctan2(s, 1)),
        lambda x, s, n, m: (s.dtype.itemsize, n.nbytes, x.T.shape, x.real, x.conj()),
    ],
)  # fmt: skip
def test_types(f):
    agree(f, X, S, N, M)


def in_place(x, s, n, m):
    s += x
    s *= 2
    n *= 3
    n -= m
    x += n
    m &= x > 0
    n[1:] = x[1:] * 2.5
    m[0] = 0
    return x


def test_in_place():
    agree(in_place, X, S, N, M)


def without_axes(x, z):
    z[...] = x[0] * 2
    z += 1
    y = lib.array(2.5)
    x[1] = z
    x[...] = x + y
    return z + 1, y * x, z * 1.0, x[2, ...] + 1, z[()], np.sum(z), z.reshape(1, 1), lib.zeros(())


def test_without_axes():
    agree(without_axes, X, np.array(1.5))


@pytest.mark.parametrize("shape", [(0,), (1,), (0, 3), (3, 0), (1, 1), (1, 3), (3, 1)])
def test_few_elements(shape):
    def f(x, y):
        a = (x * y + 1, np.sum(x), x.sum(axis=0), x.T * 2, x.reshape(-1), np.exp(x)[..., None], np.concatenate([x, y]))
        x[...] = y[::-1]
        return (*a, x[:1] * y, x[1:] + y[1:])

    x = np.arange(float(np.prod(shape))).reshape(shape) + 0.5
    agree(f, x, x * 2)


def test_layouts():
    def f(a, b, v):
        a[1] = v[:2]
        return a @ b[:, :2].T, a.reshape(-1), a.sum(axis=0), a * 2, v[::-1] + 1, a.T.reshape(2, 3), np.ravel(v)

    big = np.arange(36.0).reshape(6, 6)
    agree(f, np.asfortranarray(big[:3, :2]), big[:2], big[0, ::2])
    agree(f, big[::2, 1:3], big[::-2, ::3], big[::-2, 3])


@pytest.mark.parametrize("f", [lambda x: x.astype(complex), lambda x: x.astype(np.int32), lambda x: x * 1j])
def test_other_types_are_refused(f):
    with pytest.raises((UnsupportedError, TypeError)):
        trace(f, X)
