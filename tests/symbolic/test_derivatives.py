"""Derivatives of expressions, against other methods and known answers."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule import symbolic
from chainrule.errors import DerivativeError, SymbolicError

x, y, z = symbolic.symbols("x y z")


# ---- Programs ------------------------------------------------------------------------------------------------------


def textbook(v):
    value = 0.0
    for i in range(30):
        value = v[0] * np.cos(value + i) + value * np.sin(v[1] - i)
    return value


def choosing_loop(v):
    value = v[0]
    for i in range(40):
        value = np.where(value > 0.1 * i % 1, np.sin(value * v[1]) + 0.3, 0.5 * value + v[2])
    return value


def nested_choices(v):
    value = v[0]
    for _ in range(30):
        value = np.where(value > 0.2, np.where(value > 0.5, np.sin(value * v[1]), 0), np.cos(value) + v[2])
    return value


def rectified_layers(v):
    value = v
    for _ in range(4):
        value = np.maximum(np.sin(np.outer(v, value)) @ value - 0.1, 0.01 * value)
    return np.sum(value)


def clipped(v):
    value = v[0]
    for _ in range(30):
        value = np.abs(np.clip(value * v[1], -1, 1) - 0.5) * v[2]
    return value


def written_in_place(v):
    work = np.zeros(5, like=v)
    work[1:4] = v
    work[0] = work[1] * work[2]
    view = work[2:]
    view[2] = view[0] * work[0]
    work *= work + 1
    work[[0, 3]] = work[[3, 1]] * 2
    return work @ work


def linear_algebra(v):
    a = np.stack([v, v**2, np.exp(v)])
    b = np.einsum("ij,kj->ik", a, a) @ v
    return np.sum(np.tensordot(a, b, 1) ** 2) + np.linalg.norm(b) + np.trace(a) * np.prod(v)


def statistics(v):
    return (
        np.var(v)
        + np.std(v) * np.mean(v)
        + np.cumsum(v) @ np.cumprod(v)
        + np.max(v) * np.min(v)
        - np.average(v, weights=v)
    )


def python_numbers(v):
    total, items = 0.0, [v[0], v[1]]
    items.append(items[0] * items[1])
    for i, item in enumerate(items):
        total += item**i / (1 + abs(item)) + round(item) + divmod(item, 0.37)[1]
    return sum(items) + total


ZOO = [
    textbook, choosing_loop, nested_choices, rectified_layers, clipped, written_in_place, linear_algebra, statistics,
    python_numbers,
]  # fmt: skip
POINTS = [np.array([0.7, 0.9, 0.4]), np.array([-0.3, 1.1, 0.8]), np.array([1.3, -0.2, 0.15])]


@pytest.mark.parametrize("point", POINTS, ids=["first", "second", "third"])
@pytest.mark.parametrize("f", ZOO)
def test_programs_agree_with_reverse_mode_and_with_samples(f, point):
    value, found = cr.value_and_grad(f, method="symbolic")(point)
    expected_value, expected = cr.value_and_grad(f)(point)
    np.testing.assert_allclose(value, expected_value, rtol=1e-12)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    samples = cr.grad(f, method="numeric")(point)
    np.testing.assert_allclose(found, samples, rtol=1e-5, atol=1e-5 * max(1, np.max(np.abs(samples))))


@pytest.mark.parametrize("f", [textbook, lambda v: np.exp(v @ v) / (1 + v[0] ** 3) + np.tanh(v) @ np.sqrt(v)])
def test_programs_agree_with_the_complex_step(f):
    point = POINTS[0]
    step = [np.imag(f(point + 1e-30j * e)) / 1e-30 for e in np.eye(3)]
    np.testing.assert_allclose(cr.grad(f, method="symbolic")(point), step, rtol=1e-12)


@pytest.mark.parametrize("f", [nested_choices, written_in_place, linear_algebra, statistics, lambda v: textbook(v)])
def test_second_derivatives_agree_with_reverse_mode(f):
    point = POINTS[0]
    expected = cr.hessian(f)(point)
    scale = max(1.0, np.max(np.abs(expected)))
    np.testing.assert_allclose(cr.hessian(f, method="symbolic")(point) / scale, expected / scale, atol=1e-9)


def test_third_derivative():
    third = (np.sin(x) * np.exp(2 * x)).derivative(x).derivative(x).derivative(x)
    v = 0.3
    assert third(x=v) == pytest.approx(np.exp(2 * v) * (2 * np.sin(v) + 11 * np.cos(v)))


# ---- A branch that is not taken contributes nothing ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "at", "slope"),
    [
        (lambda t: np.where(t > 0, np.log(t), 2 * t), 0.0, 2.0),
        (lambda t: np.where(t > 0, np.log(t), 2 * t), -1.0, 2.0),
        (lambda t: np.where(t > 0, np.log(t), 2 * t), 2.0, 0.5),
        (lambda t: np.where(t > 0, np.sqrt(t), t**2), 0.0, 0.0),
        (lambda t: np.where(t > 0, 1.0, 0.0) * np.log(t), -1.0, 0.0),
        (lambda t: (t > 0) * np.log(t), 0.0, 0.0),
        (lambda t: np.maximum(np.log(t), 0.0), 0.0, 0.0),
        (lambda t: np.maximum(np.log(t), 0.0), 2.0, 0.5),
        (lambda t: np.clip(np.log(t), -1.0, 1.0) * t, 0.0, -1.0),
        (lambda t: np.where(t < 0, 0.0, np.where(t > 1, np.log(t - 2), 3 * t)), 0.5, 3.0),
        (lambda t: np.abs(t), 0.0, 0.0),
        (lambda t: np.maximum(t, -t), 0.0, 0.0),
        (lambda t: np.linalg.norm(np.stack([t, 2 * t])), 0.0, 0.0),
        (lambda t: np.where(t > 0, np.log(t), 0.0) + np.where(t > 1, np.log(t), 0.0) + 5 * t, 0.0, 5.0),
        (lambda t: np.floor(t) * t + np.sign(t), 2.5, 2.0),
        (lambda t: 3.0, 1.0, 0.0),
    ],
)  # fmt: skip
def test_difficult_points(f, at, slope):
    assert cr.grad(f, method="symbolic")(at) == slope
    traced = symbolic.trace(f)
    assert traced.derivative(symbolic.symbols("t"))(t=at) == slope


def test_choices_stay_readable():
    assert str(np.where(x > 0, np.log(x), 2 * x).derivative(x)) == "where(x > 0, 1/x, 2)"
    assert str((np.where(x > 0, np.log(x), 2 * x) * y).derivative(x)) == "where(x > 0, y/x, 2*y)"
    assert str((np.where(x > 0, x, 0) * y).derivative(y)) == "where(x > 0, x, 0)"
    assert (
        str(np.where(x > 0, np.where(y > 0, np.log(x), 0), x).derivative(x)) == "where(x > 0, where(y > 0, 1/x, 0), 1)"
    )


def test_opposite_choices_join_across_statements():
    f = np.where(x > 0, np.sin(z), 0) + np.where(x > 0, 0, np.cos(z))
    assert str(f.derivative(z)) == "where(x > 0, cos(z), -sin(z))"
    common = np.exp(z)
    g = np.where(x > 0, common * y, common)
    assert str(g.derivative(z)) == "exp(z)*where(x > 0, y, 1)"


def test_ties_are_shared_as_in_reverse_mode():
    for values in ([1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [5.0, 1.0, 2.0]):
        point = np.array(values)
        for f in (np.max, np.min, lambda v: np.max(v) * np.min(v) + v[0], np.ptp):
            np.testing.assert_array_equal(cr.grad(f, method="symbolic")(point), cr.grad(f)(point))


# ---- The functions for users ---------------------------------------------------------------------------------------


def test_gradient_jacobian_hessian_shapes():
    w = symbolic.symbols("w", shape=(2, 3))
    f = np.sum(np.sin(w) * w)
    assert symbolic.gradient(f, w).shape == (2, 3)
    assert symbolic.gradient(f).shape == (6,)
    assert symbolic.jacobian(w @ w.T, w).shape == (2, 2, 2, 3)
    assert symbolic.hessian(f, w).shape == (2, 3, 2, 3)
    assert symbolic.gradient(f, w[0, 1]) is not None
    assert symbolic.gradient(f, w[0, 1]).shape == ()
    assert symbolic.gradient(x * y, [y, x])(x=2.0, y=5.0).tolist() == [2.0, 5.0]


def test_derivative_of_an_array_and_by_an_absent_symbol():
    w = symbolic.symbols("w", shape=2)
    assert str(symbolic.derivative(w**2, w[0])) == "[2*w[0], 0]"
    assert symbolic.derivative(x * y, z)(x=1, y=1) == 0.0
    assert symbolic.derivative(3.0, x)() == 0.0


def test_derivatives_are_by_symbols():
    with pytest.raises(SymbolicError, match="which is no symbol"):
        (x * y).derivative(x * y)
    with pytest.raises(SymbolicError, match=r"Use symbolic\.jacobian"):
        symbolic.gradient(symbolic.symbols("w", shape=2))


# ---- Through chainrule's own functions -----------------------------------------------------------------------------


def test_nested_arguments_and_extra_results():
    def f(parameters, scale):
        hidden = np.tanh(parameters["w"] @ np.array([1.0, 2.0]) + parameters["b"])
        return scale * np.sum(hidden**2), {"hidden": hidden, "note": "kept", "shape": hidden.shape}

    point = {"w": np.array([[0.1, -0.4], [0.3, 0.2]]), "b": [0.5, np.array([0.1, 0.2])][1]}
    (value, extra), found = cr.value_and_grad(f, argnums=(0, 1), has_aux=True, method="symbolic")(point, 2.0)
    (expected_value, expected_extra), expected = cr.value_and_grad(f, argnums=(0, 1), has_aux=True)(point, 2.0)
    assert value == pytest.approx(expected_value)
    np.testing.assert_allclose(extra["hidden"], expected_extra["hidden"])
    assert extra["note"] == "kept"
    assert extra["shape"] == (2,)
    np.testing.assert_allclose(found[0]["w"], expected[0]["w"])
    np.testing.assert_allclose(found[0]["b"], expected[0]["b"])
    assert isinstance(found[1], float)
    assert found[1] == pytest.approx(expected[1])


def test_jacobian_of_several_outputs():
    def f(u, v):
        return {"a": u * v, "b": [np.sum(u), 1.0, v]}

    point = (np.array([1.0, 2.0]), 3.0)
    found = cr.jacobian(f, argnums=(0, 1), method="symbolic")(*point)
    expected = cr.jacobian(f, argnums=(0, 1))(*point)
    for mine, theirs in zip(found["b"], expected["b"], strict=True):
        np.testing.assert_array_equal(mine[0], theirs[0])
        np.testing.assert_array_equal(mine[1], theirs[1])
    np.testing.assert_array_equal(found["a"][0], expected["a"][0])


def test_hessian_blocks():
    def f(u, v):
        return np.sum(u**2) * v**3

    found = cr.hessian(f, argnums=(0, 1), method="symbolic")(np.array([1.0, 2.0]), 3.0)
    expected = cr.hessian(f, argnums=(0, 1))(np.array([1.0, 2.0]), 3.0)
    for mine, theirs in zip(found, expected, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b)


def test_float32_stays():
    found = cr.grad(lambda v: np.sum(np.sin(v) * 2), method="symbolic")(np.ones(3, np.float32))
    assert found.dtype == np.float32


def test_the_caller_keeps_its_array():
    point = np.array([1.0, 2.0])

    def f(v):
        v[0] = v[1] * v[1]
        return np.sum(v)

    np.testing.assert_array_equal(cr.grad(f, method="symbolic")(point), [0.0, 5.0])
    np.testing.assert_array_equal(point, [1.0, 2.0])


def test_empty_and_constant_results():
    values, blocks = symbolic.derivatives(lambda v: [v[:0], 2.0, np.ones(2), v > 0], [np.array([1.0, -1.0])])
    assert values[0].shape == (0,)
    assert blocks[0][0].shape == (0, 2)
    assert values[1] == 2.0
    np.testing.assert_array_equal(blocks[2][0], np.zeros((2, 2)))
    np.testing.assert_array_equal(values[3], [True, False])


def test_results_without_a_derivative_are_refused():
    for result in (None, "text", np.array(["a"])):
        with pytest.raises((DerivativeError, SymbolicError)):
            cr.grad(lambda v, result=result: result, method="symbolic")(1.0)
