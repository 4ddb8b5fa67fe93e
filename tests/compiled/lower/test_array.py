import numpy as np
import pytest

from chainrule.compiled import ir
from chainrule.compiled.show import show
from compiled.lower.tracing import agree, compile_for, trace
from compiled.lower.tracing import library as lib

X = np.array([0.3, -1.2, 2.5, 0.7, 1.9])
Y = np.array([1.5, 0.2, -0.4, 3.0, 0.1])
A = np.arange(12.0).reshape(3, 4) / 7 - 0.5
B = np.cos(A)
N = np.array([3, 1, 4, 1, 5])


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: np.sum(np.sin(x) * y),
        lambda x, y: x + y * 2 - 1 / x,
        lambda x, y: np.sum(np.sin(x[:-2]) * y[1:-1]),
        lambda x, y: x[1:] - x[:-1],
        lambda x, y: x[::-1] * y,
        lambda x, y: x[::2] + y[1:4],
        lambda x, y: x[3:0:-1] + y[-3:],
        lambda x, y: x[None, :] * y[:, None],
        lambda x, y: x[1] * y[-1],
        lambda x, y: (x > y) & (x > 0),
        lambda x, y: np.where(x > 0, x, 2),
        lambda x, y: x**2 + x**3 + np.maximum(x, y),
        lambda x, y: np.clip(x, -0.5, None),
        lambda x, y: x[:3].mean() + x.sum(),
        lambda x, y: (x.shape[0], x.size, x.ndim),
        lambda x, y: np.sum(x[5:]) + np.sum(x[7:3]),
        lambda x, y: x[:20] * y,
        lambda x, y: x[-20:2],
    ],
)
def test_vectors(f):
    agree(f, X, Y)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a * b[0],
        lambda a, b: a[1:, 1:] * b[:-1, :-1],
        lambda a, b: a.T @ np.ones(3) if False else a.T * 2,
        lambda a, b: a[..., None, 1] + b[:, :1],
        lambda a, b: np.sum(a * b, axis=0),
        lambda a, b: np.sum(a * b, axis=1),
        lambda a, b: np.sum(a, axis=-1, keepdims=True) * b,
        lambda a, b: np.sum(a, axis=(0, 1), keepdims=True) * b,
        lambda a, b: np.mean(a, axis=0) + b,
        lambda a, b: np.prod(a, axis=1) + np.prod(b, axis=0).sum(),
        lambda a, b: np.any(a > 1, axis=0) | np.all(b < 1, axis=0),
        lambda a, b: a.reshape(4, 3) + 1,
        lambda a, b: a.reshape(-1)[5] + a.ravel()[2:4],
        lambda a, b: a.reshape(2, 6).sum(axis=1),
        lambda a, b: a[1:].reshape(-1) * 2,
        lambda a, b: a.T.reshape(-1),
        lambda a, b: np.sum(a[0] * b[1]),
        lambda a, b: a.astype(int) + b.astype(bool),
        lambda a, b: np.count_nonzero(a > 0),
    ],
)
def test_matrices(f):
    agree(f, A, B)


def test_writes_reach_the_argument():
    def f(x, y):
        x[1:3] = y[:2] * 2
        v = x[2:]
        v[0] = 7.0
        v += 1
        x[0] += y[1]
        return x.sum()

    agree(f, X, Y)


def test_overlap():
    def f(x, y):
        x[1:] += x[:-1] ** 2
        y /= y[0]
        x[1:] = x[:-1]
        y[:-1] -= y[1:] * x[1:]
        x[:] = x[::-1]
        return x + y

    agree(f, X, Y)


def test_rows_are_apart():
    def f(a):
        a[1] = a[0] * 2
        a[2, 1:] -= a[1, 1:] * a[0, 0]
        return a

    program, _ = trace(f, A)
    assert not any(isinstance(s, ir.Alloc) for s in ir.walk(program.body))
    agree(f, A)


def test_expressions_are_computed_before_what_they_read_changes():
    def f(x, y):
        t = x * 2
        x[0] = 100.0
        return t + y

    agree(f, X, Y)


def test_one_nest_for_an_expression():
    program, _ = trace(lambda x, y: np.sum(np.sin(x) * y + 1), X, Y)
    assert sum(isinstance(s, ir.For) for s in ir.walk(program.body)) == 1
    assert "radd" in show(program)


def test_dear_expressions_are_computed_once_more_at_most():
    def f(x):
        e = np.exp(x)  # never given a name in a program
        return np.sum(e) + np.sum(e * 2) + np.sum(e * 3)

    program, _ = trace(f, X)
    assert sum(isinstance(s, ir.Let) and s.op == "exp" for s in ir.walk(program.body)) == 2


def test_lengths_of_one_at_run_time():
    f = compile_for(lambda x, y: x[1:] * y, X, Y)
    np.testing.assert_array_equal(f(X[:2], Y), X[1:2] * Y)
    with pytest.raises(ValueError, match="broadcast"):
        f(X, Y)


def test_index_out_of_range():
    f = compile_for(lambda x, i: x[i] + x[0], X, 3)
    assert f(X, -1) == X[-1] + X[0]
    for i in (5, -6):
        with pytest.raises(IndexError):
            f(X, i)


def test_integers_divide_to_floats():
    agree(lambda n: (n / 2, n // 2, n % 2, n**2, np.sum(n), np.mean(n), np.sum(n > 1)), N)


def test_in_place_keeps_the_type():
    with pytest.raises(TypeError, match="same_kind"):
        trace(lambda n: n.__iadd__(0.5), N)


def test_creation():
    agree(lambda x: (np.zeros_like(x), np.full_like(x, 3), lib.array(x), lib.asarray(x)), X)
