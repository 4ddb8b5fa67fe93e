"""Results own their memory, and the arrays of the caller are never written."""

import numpy as np
import pytest

import chainrule as cr

POINT = np.array([0.3, 0.5, 0.7])


def doubles(x):
    x *= 2
    return np.sum(x * x)


def writes_item(x):
    x[0] = x[1] * x[2]
    return x[0] * x[1]


@pytest.mark.parametrize("method", ["reverse", "forward", "numeric"])
def test_a_function_may_write_into_its_argument(method):
    x = POINT.copy()
    np.testing.assert_allclose(cr.grad(doubles, method=method)(x), 8 * POINT, rtol=1e-8)
    np.testing.assert_allclose(cr.grad(writes_item, method=method)(x), [0, 2 * 0.5 * 0.7, 0.25], rtol=1e-8)
    np.testing.assert_array_equal(x, POINT)


@pytest.mark.parametrize("second", ["reverse", "forward"])
def test_second_derivatives_of_a_function_that_writes_into_its_argument(second):
    x = POINT.copy()
    np.testing.assert_allclose(cr.hessian(writes_item, method=second)(x), [[0, 0, 0], [0, 1.4, 1], [0, 1, 0]])
    np.testing.assert_allclose(cr.hvp(writes_item)(x, np.array([0.0, 1.0, 0.0])), [0, 1.4, 1])
    np.testing.assert_array_equal(x, POINT)


def test_every_transform_leaves_the_arrays_of_the_caller():
    x, t = POINT.copy(), np.ones(3)
    cr.jvp(doubles, x, t)
    cr.vjp(doubles, x)[1](1.0)
    cr.jacobian(doubles)(x)
    cr.jacfwd(doubles)(x)
    cr.elementwise_grad(doubles)(x)
    np.testing.assert_array_equal(x, POINT)
    np.testing.assert_array_equal(t, np.ones(3))


def test_a_pullback_reads_the_point_at_which_it_was_made():
    x = POINT.copy()
    value, pullback = cr.vjp(np.exp, x)
    x[:] = 0
    value[:] = 0
    np.testing.assert_array_equal(pullback(np.ones(3))[0], np.exp(POINT))
    seed = np.ones(3)
    (g,) = pullback(seed)
    g[:] = 0
    np.testing.assert_array_equal(seed, 1)
    np.testing.assert_array_equal(pullback(seed)[0], np.exp(POINT))


@pytest.mark.parametrize("f", [lambda x: x, lambda x: x[:], lambda x: x.reshape(3), lambda x: cr.stop_gradient(x)])
def test_results_share_no_memory_with_arguments(f):
    x, t = POINT.copy(), np.ones(3)
    results = [*cr.jvp(f, x, t)]
    value, pullback = cr.vjp(f, x)
    seed = np.ones(3)
    results += [value, pullback(seed)[0], cr.jacobian(f)(x), cr.elementwise_grad(f)(x)]
    results += [cr.grad(lambda x: (np.sum(x), f(x)), has_aux=True)(x)[1]]
    for i, result in enumerate(results):
        for other in (x, t, seed, *results[:i]):
            assert not np.shares_memory(result, other)
        result[...] = -1.0
    np.testing.assert_array_equal(x, POINT)


def test_two_outputs_or_two_gradients_share_no_memory():
    y, z = cr.jvp(lambda x: (x * 2.0,) * 2, POINT, POINT)[0]
    assert not np.shares_memory(y, z)
    a, b = cr.grad(lambda x, y: np.sum(x + y), argnums=(0, 1))(POINT, POINT)
    assert not np.shares_memory(a, b)


def test_results_share_no_memory_with_arrays_that_the_function_closes_over():
    c = POINT.copy()
    assert not np.shares_memory(cr.jvp(lambda x: c, POINT, POINT)[0], c)
    assert not np.shares_memory(cr.vjp(lambda x: c, POINT)[0], c)


@pytest.mark.parametrize("order", ["rr", "rf", "fr", "ff"])
def test_results_of_an_inner_transform_may_be_written(order):
    def outer(x):
        direction = x * 1.0
        if order[1] == "r":
            y, pullback = cr.vjp(lambda u: u * u, x)
            (d,) = pullback(direction)
        else:
            y, d = cr.jvp(lambda u: u * u, x, direction)
        y[0] = 0.0
        d[0] = 0.0
        return np.sum(direction * d) + np.sum(x * y)

    expected = np.array([0, *(9 * POINT[1:] ** 2)])
    method = {"r": "reverse", "f": "forward"}[order[0]]
    np.testing.assert_allclose(cr.grad(outer, method=method)(POINT), expected)
