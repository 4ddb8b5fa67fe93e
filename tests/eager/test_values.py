"""Recorded values and dual numbers: printing, methods, operators, creation."""

import operator

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager.tensor import constant

X = np.array([0.3, 0.5, 0.7])


def test_printing():
    seen = []

    def f(x):
        seen.extend([str(x), repr(x), f"{x}", f"{x[0]:.3f}", repr(x[0]), str(x[1]), f"{x[0]!r:>30}", f"{x[2]:>8.1e}"])
        return np.sum(x)

    cr.grad(f)(X)
    assert seen == [
        "[0.3 0.5 0.7]", "Tensor([0.3, 0.5, 0.7], dtype=float64)", "[0.3 0.5 0.7]", "0.300",
        "Tensor(0.3, dtype=float64)", "0.5", "    Tensor(0.3, dtype=float64)", " 7.0e-01",
    ]  # fmt: skip
    matrix = repr(constant(np.eye(2, dtype=np.float32)))
    assert matrix == "Tensor([[1., 0.],\n        [0., 1.]], dtype=float32)"


def test_attributes_are_those_of_the_array():
    m = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    t = constant(m)
    for name in ("shape", "dtype", "ndim", "size", "nbytes", "itemsize"):
        assert getattr(t, name) == getattr(m, name)
    assert len(t) == 2
    assert len(list(t)) == 2
    assert t.T.shape == (3, 2)
    assert (t.real.dtype, t.imag.dtype) == (np.float32, np.float32)


METHODS = {
    "reshape": lambda x: x.reshape(3, 1),
    "reshape to a tuple": lambda x: x.reshape((1, -1)),
    "transpose": lambda x: x.reshape(3, 1).transpose(1, 0),
    "astype": lambda x: x.astype(np.float32).astype(float),
    "flatten": lambda x: x.reshape(1, 3).flatten(),
    "ravel": lambda x: x.reshape(1, 3).ravel(),
    "squeeze": lambda x: x.reshape(1, 3).squeeze(),
    "swapaxes": lambda x: x.reshape(1, 3).swapaxes(0, 1),
    "repeat": lambda x: x.repeat(2),
    "take": lambda x: x.take([0, 0, 2]),
    "diagonal": lambda x: np.outer(x, x).diagonal(),
    "trace": lambda x: np.outer(x, x).trace(),
    "sum": lambda x: x.sum(axis=0, keepdims=True),
    "mean": lambda x: x.mean(),
    "prod": lambda x: x.prod(),
    "std": lambda x: x.std(),
    "var": lambda x: x.var(ddof=1),
    "max": lambda x: x.max(),
    "min": lambda x: x.min(),
    "cumsum": lambda x: x.cumsum(),
    "cumprod": lambda x: x.cumprod(),
    "clip": lambda x: x.clip(0.4, 0.6),
    "dot": lambda x: x.dot(x),
    "copy": lambda x: x.copy(),
    "round": lambda x: x.round(1) * x,
    "conj": lambda x: x.conj() * x.conjugate(),
    "argmax": lambda x: x * x.argmax() + x * x.argmin() + x * x.argsort(),
    "any": lambda x: x * (x > 0.4).any() * (x > 0.1).all() * x.any(),
    "nonzero": lambda x: x[x.nonzero()],
    "searchsorted": lambda x: x * x.searchsorted(0.4),
    "item": lambda x: x[1].item() * x.item(2),
    "T": lambda x: x.reshape(1, 3).T,
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_methods(name):
    f = METHODS[name]
    total = lambda x: np.sum(f(x) * (1.0 + np.arange(np.size(f(X))).reshape(np.shape(f(X)))))
    value, gradient = cr.value_and_grad(total)(X)
    tolerance = 1e-2 if name == "astype" else 1e-9
    assert value == total(X)
    np.testing.assert_allclose(gradient, cr.numeric.richardson(total, X).value, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(cr.grad(total, method="forward")(X), gradient, rtol=1e-6, atol=1e-15)
    jacobian = np.zeros_like(X)
    for i, e in enumerate(np.eye(3)):
        jacobian[i] = total(cr.Dual(X, e)).tangent
    np.testing.assert_allclose(jacobian, gradient, rtol=1e-6, atol=1e-15)


BINARY = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod, operator.floordiv, np.hypot,
    np.arctan2, np.maximum, np.minimum, np.logaddexp, np.power, np.fmod, np.copysign, lambda x, y: divmod(x, y)[1],
]  # fmt: skip
UNARY = [
    operator.neg, operator.pos, abs, np.sin, np.exp, np.log, np.sqrt, np.tanh, np.arctan, np.square, np.cbrt, np.floor,
    np.sign, lambda x: x**2, lambda x: x**3, lambda x: 2.0**x, lambda x: x**-0.5, lambda x: x**x, lambda x: 1 / x,
    lambda x: np.where(x > 0.4, x * x, x), lambda x: np.sum(np.stack([x, x * x])), lambda x: np.clip(x, 0.4, 0.6),
]  # fmt: skip


@pytest.mark.parametrize("point", [0.3, np.float64(0.7), X])
def test_dual_numbers_agree_with_jvp(point):
    direction = np.ones_like(point)[()] * 1.5
    for f in UNARY:
        assert_same(f(cr.Dual(point, direction)), *cr.jvp(f, point, direction))
    for f in BINARY:
        for other in (1.7, np.float64(1.7), np.array([1.7, 0.6, 2.5]) if np.ndim(point) else 2):
            whole = other * np.ones_like(point)[()]
            for x, y, args, tangents in (
                (cr.Dual(point, direction), other, (point,), (direction,)),
                (other, cr.Dual(point, direction), (point,), (direction,)),
                (cr.Dual(point, direction), cr.Dual(whole, direction), (point, whole), (direction, direction)),
            ):
                g = f
                if len(args) == 1:
                    g = (lambda p, f=f, y=y: f(p, y)) if x is not other else (lambda p, f=f, x=x: f(x, p))
                assert_same(f(x, y), *cr.jvp(g, args, tangents))


def assert_same(dual, value, tangent):
    if not isinstance(dual, cr.Dual):  # a constant function
        dual = cr.Dual(dual, np.zeros_like(dual))
    np.testing.assert_allclose(dual.value, value, rtol=1e-15)
    np.testing.assert_allclose(np.zeros_like(value) if dual.tangent is None else dual.tangent, tangent, atol=1e-14)


def test_dual_numbers_in_programs():
    def f(x, y):
        return x**2 * y + y + 2

    assert repr(f(cr.Dual(3, 1), 4)) == "Dual(42, 24)"
    assert repr(f(3, cr.Dual(4, 1))) == "Dual(42, 10)"
    assert f"{cr.Dual(1.0, 0.25):.2f}" == "Dual(1.00, 0.25)"
    assert cr.Dual(3.0, 1.0) > 2
    assert not cr.Dual(0.0, 1.0)
    assert cr.Dual(2.0, 1.0) == 2.0
    assert cr.Dual(2.0).tangent == 0

    def newton(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = (x + a / x) / 2
        return x

    root = newton(cr.Dual(2.0, 1.0))
    assert root.value == pytest.approx(np.sqrt(2), rel=1e-15)
    assert root.tangent == pytest.approx(0.5 / np.sqrt(2), rel=1e-6)
    rows = cr.Dual(np.eye(2), np.ones((2, 2))) @ cr.Dual(np.ones(2), np.zeros(2))
    np.testing.assert_array_equal(rows.tangent, [2, 2])
    np.testing.assert_array_equal(cr.Dual(X, X)[1:].tangent, X[1:])


def test_dual_numbers_are_no_keys_and_leave_no_derivative_behind():
    with pytest.raises(TypeError):
        hash(cr.Dual(1.0, 1.0))
    with pytest.raises((TypeError, cr.ChainruleError)):
        float(cr.Dual(1.0, 1.0))
    with pytest.raises((TypeError, ValueError)):
        np.zeros(2)[0] = cr.Dual(1.0, 1.0)


def test_creation():
    def f(x):
        a = cr.numpy.zeros((2, 2))
        a[0] = x[:2]
        b = cr.numpy.ones(3)
        b *= x
        c = cr.numpy.empty(2)
        c[:] = x[1:]
        d = np.zeros(3, like=x)
        d[1:] = x[:2]
        e = np.ones_like(x)
        e += x
        g = np.full(3, 2.0, like=x)
        g[0] = x[0]
        h = np.empty_like(x)
        h[...] = x * x
        i = cr.numpy.eye(2)
        i[0, 0] = x[0]
        j = cr.numpy.linspace(0.0, 1.0, 3)
        j -= x
        parts = [a, b, c, d, e, g, h, i, j, np.arange(3.0, like=x) * x, cr.numpy.identity(2) * x[0]]
        return sum(np.sum(p * p * (n + 1)) for n, p in enumerate(parts))

    def plain(x):
        a = np.zeros((2, 2))
        a[0] = x[:2]
        d = np.zeros(3)
        d[1:] = x[:2]
        g = np.full(3, 2.0)
        g[0] = x[0]
        i = np.eye(2)
        i[0, 0] = x[0]
        parts = [
            a, x, x[1:], d, 1 + x, g, x * x, i, np.linspace(0.0, 1.0, 3) - x, np.arange(3.0) * x, np.identity(2) * x[0]
        ]  # fmt: skip
        return sum(np.sum(p * p * (n + 1)) for n, p in enumerate(parts))

    value, gradient = cr.value_and_grad(f)(X)
    assert value == pytest.approx(plain(X), rel=1e-15)
    expected = cr.numeric.richardson(plain, X).value
    np.testing.assert_allclose(gradient, expected, rtol=1e-9)
    np.testing.assert_allclose(cr.grad(f, method="forward")(X), expected, rtol=1e-9)


def test_created_integers_are_plain():
    for made in (cr.numpy.zeros(2, int), cr.numpy.arange(3), cr.numpy.ones(2, dtype=bool)):
        assert type(made) is np.ndarray
    assert cr.numpy.zeros(2, dtype=np.float32).dtype == np.float32
    assert isinstance(cr.numpy.zeros(2), cr.Tensor)
    assert cr.numpy.sin is np.sin
    assert cr.numpy.array([1, 2.5]).dtype == np.float64
    assert cr.numpy.array(X) is not X
    copied = cr.numpy.array(X)
    copied[0] = 9.0
    assert X[0] == 0.3


def test_the_value_of_other_things_is_themselves():
    assert cr.value(3.0) == 3.0
    assert cr.value("text") == "text"
    assert cr.value(X) is X
    assert cr.value(constant(X)) is not X
