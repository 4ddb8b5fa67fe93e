import numpy as np
import pytest

from chainrule.rules import lookup
from compiled.lower.tracing import agree, compile_for
from compiled.lower.tracing import library as lib

X = np.array([0.3, -1.2, 2.5, 0.7, 1.9])
A = np.arange(12.0).reshape(3, 4) / 7 - 0.5
K = np.array([2, 0, -1, 2])
J = np.array([[1, 0], [2, 1]])


@pytest.mark.parametrize(
    "f",
    [
        lambda x, a, i, j: x[x > 0],
        lambda x, a, i, j: a[a > 0.2],
        lambda x, a, i, j: a[a[:, 0] > -0.4],
        lambda x, a, i, j: a[:, a[0] > -0.3],
        lambda x, a, i, j: a[1, a[0] > -0.3],
        lambda x, a, i, j: x[i],
        lambda x, a, i, j: x[j] * 2,
        lambda x, a, i, j: a[i],
        lambda x, a, i, j: a[:, i],
        lambda x, a, i, j: a[j, j],
        lambda x, a, i, j: a[i, 1:],
        lambda x, a, i, j: a[1:, [0, 2]],
        lambda x, a, i, j: a[[0, 1], [2, 3]],
        lambda x, a, i, j: a[lib.arange(3), i[:3]],
        lambda x, a, i, j: a[None, i, None],
        lambda x, a, i, j: x[[]],
        lambda x, a, i, j: lib.nonzero(a > 0),
        lambda x, a, i, j: lib.flatnonzero(a > 0),
        lambda x, a, i, j: np.take(a, i, axis=1) + np.take(x, j, mode="clip")[:1, :1],
        lambda x, a, i, j: np.take_along_axis(a, lib.array([[0, 2, 1, 0]]), 0),
        lambda x, a, i, j: np.where(x > 0, x, -x)[i % 3],
        lambda x, a, i, j: x[x > 100].sum(),
    ],
)
def test_reads(f):
    agree(f, X, A, K, J)


def masked(x, a, i, j):
    x[x < 0.5] = 7.0
    a[a > 0.3] = x[0]
    a[a[:, 0] > -0.4, 1:] = 2.0
    a[0, a[1] > 0.2] = -1.0
    return x.sum()


def masked_values(x, a, i, j):
    x[x > 0] = x[x > 0] * 2
    a[~(a > 0)] = lib.arange(4) * 1.0
    x[:3][x[:3] > 1] += 3
    return x


def by_integers(x, a, i, j):
    x[i] = a[0]
    a[i] = x[:4]
    a[j, 0] = 5.0
    x[[0, 1]] = 2
    return x


def added(x, a, i, j):
    np.add.at(x, i, a[0])
    np.add.at(a, (slice(None), i), 2.0)
    np.subtract.at(x, i, 1.0)
    return x


@pytest.mark.parametrize("f", [masked, masked_values, by_integers, added])
def test_writes(f):
    agree(f, X, A, K, J)


def test_augmented():
    multiply, add = lookup(np.multiply), lookup(np.add)

    def f(x, a, i):
        if isinstance(x, np.ndarray):
            x[x > 0] *= 2
            x[i] += 1
            a[1:, 1] += x[0]
            a[0, 0] += 3
            x[x < 1] += a[0, 0]
        else:
            x.update_at(x > 0, multiply, 2)
            x.update_at(i, add, 1)
            a.update_at((slice(1, None), 1), add, x[0])
            a.update_at((0, 0), add, 3)
            x.update_at(x < 1, add, a[0, 0])
        return x

    agree(f, X, A, K)


def test_out_of_range():
    f = compile_for(lambda x, i: x[i], X, K)
    with pytest.raises(IndexError):
        f(X, np.array([0, 5, 1, 1]))
    with pytest.raises(IndexError):
        f(X, np.array([0, -6, 1, 1]))
    f = compile_for(lambda x, m: x[m], X, X > 0)
    with pytest.raises(IndexError, match="boolean"):
        f(X, np.array([True, False]))


def test_two_values_for_more_places():
    def f(x, m, v):
        x[m] = v
        return x

    f = compile_for(f, X, X > 0, np.ones(4))
    with pytest.raises(ValueError, match="broadcast"):
        f(X.copy(), X > 0, np.ones(3))
