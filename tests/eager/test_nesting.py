"""Derivatives of derivatives, in every order of forward and reverse mode."""

import itertools

import numpy as np
import pytest

import chainrule as cr


def reverse(f):
    return cr.grad(f)


def forward(f):
    return lambda x: cr.jvp(f, x, 1.0)[1]


MODES = {"r": reverse, "f": forward}
PAIRS = ["".join(p) for p in itertools.product("rf", repeat=2)]
ORDERS = ["".join(p) for n in (1, 2, 3) for p in itertools.product("rf", repeat=n)]


@pytest.mark.parametrize("order", PAIRS)
def test_perturbations_are_not_confused(order):
    outer, inner = MODES[order[0]], MODES[order[1]]
    assert outer(lambda x: inner(lambda y: x * y)(x))(3.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: inner(lambda y: x * x * y)(x))(3.0) == 6.0
    assert outer(lambda x: inner(lambda y: x)(x))(3.0) == 0.0
    assert outer(lambda x: inner(lambda y: y * y)(x))(3.0) == 2.0
    assert outer(lambda x: inner(lambda y: np.sum(np.stack([x, y]) ** 2))(x) * x)(3.0) == 12.0


@pytest.mark.parametrize("order", PAIRS)
def test_the_amazing_bug(order):
    """A derivative by a shift, applied to a function of functions (Manzyuk and others, 2019)."""
    first, second = MODES[order[0]], MODES[order[1]]

    def shift(mode):
        return lambda g: lambda x: mode(lambda u: (lambda t: g(t + u))(x))(0.0)

    assert shift(first)(shift(second)(np.exp))(1.0) == pytest.approx(np.e, rel=1e-15)
    assert shift(first)(shift(second)(lambda t: t**3))(2.0) == 12.0


@pytest.mark.parametrize("order", PAIRS)
def test_a_function_that_escapes_from_a_derivative(order):
    """A closure made while one derivative is taken is called while another is."""
    first, second = MODES[order[0]], MODES[order[1]]
    kept = []

    def f(x):
        kept.append(lambda y: x * y)
        return x

    first(f)(2.0)
    assert second(kept[0])(5.0) == 2.0


def test_tangents_have_the_shape_of_the_result():
    assert cr.jvp(lambda x: np.sum(x + np.zeros(3)), 1.0, 1.0)[1] == 3.0
    assert cr.jvp(lambda x: np.sum(np.zeros((2, 3)) - x), np.ones(3), np.ones(3))[1] == -6.0
    assert cr.jvp(lambda x: x * np.ones((2, 1)) + np.zeros(3), 1.0, 1.0)[1].shape == (2, 3)


@pytest.mark.parametrize("order", ["r", "f", *PAIRS])
def test_in_place_writes_in_textbook_cases(order):
    x = np.array([0.3, 0.5, 0.7])

    def gradient(f):
        if len(order) == 2:  # the second derivative of a product with t, by t and x
            outer = MODES[order[0]]
            return [outer(lambda t, i=i: _partial(lambda x: t * f(x), x, i, order[1]))(1.0) for i in range(len(x))]
        return [_partial(f, x, i, order) for i in range(len(x))]

    def shifted(x):
        y = x
        y += 1
        return np.sum(x * x)

    def through_views(x):
        o = x * 1.0
        v = o[:3]
        w = v[1:]
        w *= x[0]
        return o[1] + v[2]

    def read_before(x):
        y = x * 1.0
        z = y * y
        y[0] = 100.0
        return np.sum(z)

    np.testing.assert_allclose(gradient(shifted), [2.6, 3.0, 3.4], rtol=1e-15)
    np.testing.assert_allclose(gradient(through_views), [1.2, 0.3, 0.3], rtol=1e-15)
    np.testing.assert_allclose(gradient(read_before), 2 * x, rtol=1e-15)
    np.testing.assert_array_equal(x, [0.3, 0.5, 0.7])


def _partial(f, x, i, mode):
    if mode == "r":
        return cr.grad(f)(x)[i]
    return cr.jvp(f, x, np.eye(len(x))[i])[1]


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("order", ORDERS)
def test_a_branch_not_taken_contributes_nothing(order):
    f = lambda x: np.where(x > 0, np.sqrt(x), x * x)
    for mode in order:
        f = MODES[mode](f)
    assert f(0.0) == {1: 0.0, 2: 2.0, 3: 0.0}[len(order)]
    assert f(-1.0) == {1: -2.0, 2: 2.0, 3: 0.0}[len(order)]


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_where_selects_element_by_element():
    f = lambda x: np.sum(np.where(x > 0, np.log(x), 2 * x))
    x = np.array([0.0, 2.0, -1.0])
    np.testing.assert_array_equal(cr.grad(f)(x), [2, 0.5, 2])
    np.testing.assert_array_equal(cr.grad(f, method="forward")(x), [2, 0.5, 2])
    np.testing.assert_array_equal(cr.hessian(f)(x), np.diag([0, -0.25, 0]))


C = np.linspace(0.4, 1.3, 5)
A = np.array([[2.0, 0.3], [0.1, 1.5]])


def reuses_its_result(x):
    return np.exp(x) * np.tanh(x) + np.sqrt(1 + x * x)


def stacks(x):
    y = np.stack([x, x * x, np.sin(x)])
    return np.sum(y * y[::-1]) + np.prod(y)


def slices(x):
    y = np.sin(C * x)
    return np.sum(y[1:] * y[:-1] ** 2) + y[-1] * y[::2][1]


def writes(x):
    y = C * x
    y[0] = x * x
    y[1:] += y[:-1] ** 2
    y[2] = np.sin(y[1]) * x
    return np.sum(y * y)


def writes_in_a_loop(x):
    y = np.zeros(6, like=C * x)
    y[0] = x
    for i in range(1, 6):
        y[i] = np.sin(y[i - 1]) + x * 0.3
    return np.sum(y**2)


def writes_through_views(x):
    y = np.sin(C * x).copy()
    v = y[1:4]
    v *= v[::-1] + x
    y.reshape(5, 1)[::2, 0] += x**2
    return np.sum(y * v[0])


def powers(x):
    return x**3 + x**-1.5 + 2.0**x + x**x


def branches(x):
    return np.sum(np.where(C * x > 0.7, np.log(C * x), (C * x) ** 3))


def multiplies_matrices(x):
    m = A * np.sin(x)
    return np.sum((m @ m.T) * x) + np.sum(np.dot(m, np.stack([x, x * x])))


def solves(x):
    return np.sum(np.linalg.solve(A + np.eye(2) * x * x, np.stack([x, np.cos(x)])) ** 2)


def reduces(x):
    y = np.cos(C * x)
    return np.mean(y) * np.max(y) + np.prod(y) + np.var(y) + np.sum(np.cumsum(y) ** 2) + np.linalg.norm(y)


def iterates(x):
    s = x
    while cr.value(s) < 20:
        s = s * s + x
    return np.log(s) + np.arctan2(s, x)


FUNCTIONS = [
    reuses_its_result, stacks, slices, writes, writes_in_a_loop, writes_through_views, powers, branches,
    multiplies_matrices, solves, reduces, iterates,
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_all_orders_of_nesting_agree(f):
    x = 0.8
    expected = {}
    for n in (1, 2, 3):
        g = f
        for _ in range(n - 1):
            g = reverse(g)
        expected[n] = float(cr.numeric.richardson(g, x).value)
    for order in ORDERS:
        g = f
        for mode in order:
            g = MODES[mode](g)
        found = g(x)
        assert type(found) is float
        exact = first(f, order)
        assert found == pytest.approx(exact, rel=1e-9), order
        assert found == pytest.approx(expected[len(order)], rel=1e-6), order


def first(f, order):
    for _ in order:
        f = reverse(f)
    return f(0.8)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_recorded_values_inside_nested_transforms_are_those_of_plain_numpy(f):
    assert cr.value_and_grad(f)(0.8)[0] == f(np.float64(0.8))
    assert cr.jvp(f, 0.8, 1.0)[0] == f(np.float64(0.8))
    assert cr.value_and_grad(lambda x: cr.value_and_grad(f)(x)[0])(0.8) == cr.value_and_grad(f)(0.8)
