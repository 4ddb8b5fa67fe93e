"""Compiled functions as callables: what they take, return, refuse and leave alone."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled.jit import Compiled


def jit(f, **options):
    """As Python: the machine code is the business of `test_machine`."""
    return cr.jit(f, compile=False, **options)


def polynomial(x, n=3):
    total = 0.0
    for i in range(n):
        total = total * x + i + 1
    return total


def energy(x, w):
    return np.sum(w * x * x) + x[0] * x[1]


def pair(p):
    return {"sum": p["a"] + p["b"][0], "product": (p["a"] * p["b"][0], p["b"][1])}


class Point(NamedTuple):
    x: float
    y: float


@dataclass
class Model:
    weights: np.ndarray
    bias: float


def predict(model, x):
    return np.sum(model.weights * x) + model.bias * model.bias


def distance(p):
    return math.sqrt(p.x * p.x + p.y * p.y)


def double_in_place(x):
    for i in range(x.shape[0]):
        x[i] = 2.0 * x[i]
    return np.sum(x)


def add_into(x, y):
    for i in range(x.shape[0]):
        x[i] += y[i]
    return x[0]


X, W = np.array([0.5, -1.5, 2.0]), np.array([1.0, 2.0, 3.0])


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["python", "machine"])
def compile(request):
    return request.param


# ---- Calls


def test_value(compile):
    assert cr.jit(polynomial, compile=compile)(2.0) == polynomial(2.0)


def test_keyword_and_default_arguments():
    compiled = jit(polynomial)
    assert [compiled(2.0), compiled(2.0, 5), compiled(2.0, n=4)] == [polynomial(2.0, n) for n in (3, 5, 4)]


def test_results_of_python_numbers_are_python_numbers(compile):
    assert type(cr.jit(polynomial, compile=compile)(2.0)) is float
    assert type(cr.jit(polynomial, compile=compile)(np.float64(2.0))) is np.float64


def test_structures_of_results(compile):
    p = {"a": 2.0, "b": [3.0, 4.0]}
    assert cr.jit(pair, compile=compile)(p) == pair(p)


def test_wraps():
    compiled = jit(polynomial)
    assert compiled.__wrapped__ is polynomial
    assert compiled.__name__ == "polynomial"
    assert isinstance(compiled, Compiled)
    assert "polynomial" in repr(compiled)


def test_versions_by_type(compile):
    def square(x):
        return x * x

    compiled = cr.jit(square, compile=compile)
    for _ in range(2):
        assert compiled(3) == 9
        assert compiled(1.5) == 2.25
        np.testing.assert_array_equal(compiled(X), X * X)
        np.testing.assert_array_equal(compiled(X[:1]), X[:1] * X[:1])
        np.testing.assert_array_equal(compiled(np.eye(2, dtype=np.float32)), np.eye(2))


def test_no_arguments(compile):
    assert cr.jit(lambda: 3.0, compile=compile)() == 3.0


def test_strided_and_transposed(compile, rng):
    a = rng.normal(size=(4, 6))

    def f(a):
        total = 0.0
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                total += a[i, j] * (i + 10 * j)
        return total

    compiled = cr.jit(f, compile=compile)
    for x in (a, a.T, a[::2, ::-3], np.asfortranarray(a)):
        assert compiled(x) == pytest.approx(f(x))


def test_inner_compiled_functions_are_read():
    inner = jit(polynomial)
    assert jit(lambda x: inner(x) + 1.0)(2.0) == polynomial(2.0) + 1.0


# ---- Writing


def test_writes_what_the_function_writes(compile):
    x = X.copy()
    assert cr.jit(double_in_place, compile=compile)(x) == 2 * X.sum()
    np.testing.assert_array_equal(x, 2 * X)


def test_derivatives_write_nothing(compile):
    x = X.copy()
    np.testing.assert_array_equal(cr.jit(cr.grad(double_in_place), compile=compile)(x), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(x, X)


def test_read_only_array():
    x = X.copy()
    x.flags.writeable = False
    assert jit(energy)(x, W) == energy(X, W)
    with pytest.raises(ValueError, match="read-only"):
        jit(double_in_place)(x)


@pytest.mark.parametrize("f", [add_into, cr.grad(add_into)], ids=["value", "gradient"])
def test_overlapping_arrays_are_refused_if_one_is_written(f):
    a = np.arange(5.0)
    with pytest.raises(cr.UnsupportedError, match="share memory"):
        jit(f)(a[1:], a[:-1])
    with pytest.raises(cr.UnsupportedError, match="share memory"):
        jit(f)(a, a)


def test_one_array_twice_is_fine_if_none_is_written():
    np.testing.assert_allclose(jit(cr.grad(energy, (0, 1)))(X, X), cr.grad(energy, (0, 1))(X, X))


def test_converted_arrays_are_not_written():
    with pytest.raises(cr.UnsupportedError, match="written"):
        jit(double_in_place)(np.arange(3, dtype=np.int32))


# ---- Derivatives


def same(found, expected):
    mine, structure = cr.tree.flatten(found)
    theirs, other = cr.tree.flatten(expected)
    assert structure == other
    for a, b in zip(mine, theirs, strict=True):
        assert type(a) is type(b)
        if isinstance(a, str):
            assert a == b
            continue
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("argnums", [0, 1, (0, 1), (1,), -1], ids=str)
def test_gradients(argnums, compile):
    for transform in (cr.grad, cr.value_and_grad, cr.elementwise_grad):
        same(cr.jit(transform(energy, argnums), compile=compile)(X, W), transform(energy, argnums)(X, W))


@pytest.mark.parametrize("x", [2.0, 2, np.float64(2.0), np.array(2.0)], ids=lambda x: type(x).__name__)
def test_gradients_of_numbers(x):
    same(jit(cr.grad(polynomial))(x), cr.grad(polynomial)(x))
    same(jit(cr.value_and_grad(polynomial))(x), cr.value_and_grad(polynomial)(x))


def test_gradient_in_single_precision():
    x, w = X.astype(np.float32), W.astype(np.float32)
    found = jit(cr.grad(energy))(x, w)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, cr.grad(energy)(x, w), rtol=1e-6)


def test_structures_of_arguments(compile):
    model = Model(W, 0.5)
    same(cr.jit(cr.grad(predict), compile=compile)(model, X), cr.grad(predict)(model, X))
    same(cr.jit(cr.grad(distance), compile=compile)(Point(3.0, 4.0)), Point(0.6, 0.8))


def test_extra_results():
    def f(x):
        return np.sum(x * x), {"first": x[0], "name": "f"}

    same(jit(cr.grad(f, has_aux=True))(X), (2 * X, {"first": X[0], "name": "f"}))
    same(jit(cr.value_and_grad(f, has_aux=True))(X), cr.value_and_grad(f, has_aux=True)(X))


def test_jacobian(compile):
    def f(x, a):
        return np.sin(x[:2]) * x[2] * a

    for transform in (cr.jacobian, cr.jacrev, cr.jacfwd):
        for argnums in (0, 1, (0, 1)):
            same(cr.jit(transform(f, argnums), compile=compile)(X, 2.0), transform(f, argnums)(X, 2.0))


def test_jacobian_of_several_results():
    def f(x):
        return {"a": x * x, "b": x[0] * x[1]}

    for transform in (cr.jacrev, cr.jacfwd):
        same(jit(transform(f))(X), cr.jacobian(f)(X))


def test_hessian(compile):
    same(cr.jit(cr.hessian(energy), compile=compile)(X, W), cr.hessian(energy)(X, W))
    same(jit(cr.hessian(energy, (0, 1)))(X, W), cr.hessian(energy, (0, 1))(X, W))


def test_hessian_vector_product(compile):
    same(cr.jit(cr.hvp(energy), compile=compile)(X, W, X), cr.hvp(energy)(X, W, X))
    same(jit(cr.hvp(energy, (0, 1)))(X, W, (X, W)), cr.hvp(energy, (0, 1))(X, W, (X, W)))


def test_gradient_of_a_gradient():
    def cube(x):
        return x * x * x

    assert jit(cr.grad(cr.grad(cube)))(2.0) == pytest.approx(12.0)
    assert jit(cr.grad(cr.grad(cr.grad(cube))))(2.0) == pytest.approx(6.0)


def test_transforms_of_compiled_functions(compile):
    compiled = cr.jit(energy, compile=compile)
    same(cr.grad(compiled)(X, W), cr.grad(energy)(X, W))
    same(cr.value_and_grad(compiled, (0, 1))(X, W), cr.value_and_grad(energy, (0, 1))(X, W))
    same(cr.hessian(compiled)(X, W), cr.hessian(energy)(X, W))
    same(cr.hvp(compiled)(X, W, X), cr.hvp(energy)(X, W, X))
    same(cr.jvp(compiled, (X, W), (W, X)), cr.jvp(energy, (X, W), (W, X)))
    value, pullback = cr.vjp(compiled, X, W)
    expected, theirs = cr.vjp(energy, X, W)
    same(value, expected)
    same(pullback(2.0), theirs(2.0))


def test_pullback_of_an_array(compile):
    def f(x, a):
        return a * np.cumsum(x * x)

    value, pullback = cr.vjp(cr.jit(f, compile=compile), X, 2.0)
    expected, theirs = cr.vjp(f, X, 2.0)
    same(value, expected)
    same(pullback(W), theirs(W))


def test_recorded_arguments_run_the_function_itself():
    compiled = jit(energy)
    x = cr.constant(X)
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = compiled(x, W)
    np.testing.assert_allclose(tape.gradient(y, x), cr.grad(energy)(X, W))


def test_a_decorator_that_copies_attributes_is_not_mistaken_for_a_transform():
    import functools

    gradient = cr.grad(polynomial)

    @functools.wraps(gradient)
    def scaled(x):
        return 10.0 * x

    assert jit(scaled)(2.0) == 20.0


# ---- Errors


def test_gradient_of_an_array():
    with pytest.raises(cr.DerivativeError, match="grad needs one number"):
        jit(cr.grad(lambda x: x * x))(X)


def test_argnums_out_of_range():
    with pytest.raises(cr.DerivativeError, match="Count positions from 0"):
        jit(cr.grad(polynomial, 3))(2.0)


def test_vector_of_another_shape():
    with pytest.raises(ValueError, match="shape"):
        jit(cr.hvp(energy))(X, W, np.ones(2))
    with pytest.raises(cr.DerivativeError, match="structured"):
        jit(cr.hvp(energy))(X, W, 2.0)


def test_other_methods():
    with pytest.raises(cr.UnsupportedError, match="numeric"):
        jit(cr.grad(polynomial, method="numeric"))(2.0)


def test_not_a_function():
    with pytest.raises(cr.UnsupportedError, match="Give a function"):
        cr.jit(3.0)


def test_index_out_of_range(compile):
    def f(x, i):
        return x[i]

    compiled = cr.jit(f, compile=compile)
    assert [compiled(X, 2), compiled(X, -1)] == [X[2], X[-1]]
    for i in (3, -4):
        with pytest.raises(IndexError):
            compiled(X, i)


def test_a_derivative_may_work_on_copies():
    def last(u, n):
        for _ in range(n):
            u[0] = 1.0
            u = u + 0.1 * np.sin(u) * u[1]
        if u[2] > 0:
            u = u / np.sqrt(np.sum(u * u))
        u[1] = u[2] * u[0]
        return np.sum(u * u)

    with pytest.raises(cr.UnsupportedError, match="written in place and bound anew"):
        jit(last)(X, 2)
    for n in (0, 2):
        u = X.copy()
        found = jit(cr.grad(last))(u, n)
        np.testing.assert_array_equal(u, X)
        steps = 1e-6 * np.eye(len(X))
        sampled = [(last(X + step, n) - last(X - step, n)) / 2e-6 for step in steps]
        np.testing.assert_allclose(found, sampled, rtol=1e-8, atol=1e-8)


def test_numba_missing(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(cr.UnsupportedError, match=r"pip install chainrule\[jit\]"):
        cr.jit(polynomial)(2.0)
    assert cr.jit(polynomial, compile=False)(2.0) == polynomial(2.0)


# ---- Texts


def test_stages_as_text():
    compiled = jit(cr.grad(energy))
    assert "function energy" in compiled.explain(X, W)
    assert "def energy_grad(x, w):" in compiled.source(X, W)
    assert "energy_grad" in compiled.lower(X, W)


def in_single(x):
    return np.sum(x * x), {"largest": np.max(x), "many": len(x), "any": np.any(x > 1.0)}, np.mean(x, axis=0), x


@pytest.mark.parametrize("compile", [False, True])
def test_numbers_have_the_type_that_numpy_gives_them(compile):
    x = np.arange(5, dtype=np.float32)
    program = cr.jit(in_single, compile=compile)
    for _ in range(3):  # later calls take a shorter way
        found, right = cr.tree.flatten(program(x))[0], cr.tree.flatten(in_single(x))[0]
        assert [type(v) for v in found] == [type(v) for v in right]
    value, gradient = cr.jit(cr.value_and_grad(lambda x: np.sum(x * x)), compile=compile)(x)
    assert (type(value), gradient.dtype) == (np.float32, np.float32)
