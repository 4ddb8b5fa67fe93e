"""The code of a part is as good as the loop's was, and loops that are not worth it stay loops."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import launch, threads

in_threads = pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])


def nearest(points, centres, n):
    total = 0.0
    for point in points:
        total += np.min(np.sum((point[:n] - centres) ** 2, axis=1))
    return total


@in_threads
@pytest.mark.parametrize(("n", "width"), [(6, 6), (1, 6), (3, 3)])
def test_a_part_sees_that_a_step_is_none_or_one(n, width, compile):
    """Whether one number is taken from each point for all axes, or one for each, shows when the program runs."""
    generator = np.random.default_rng(n + 10 * width)
    points, centres = generator.normal(size=(11, 6)), generator.normal(size=(4, width))
    slope = cr.grad(nearest, argnums=1)
    part = cr.jit(slope, threads=2).source(points, centres, n).split("def ")[1]
    assert "1 if n != 1 else 0\n" in part
    found = cr.jit(slope, compile=compile, threads=3)(points, centres, n)
    np.testing.assert_allclose(found, slope(points, centres, n), rtol=1e-12, atol=1e-14)


def logarithm_of_sum(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


@in_threads
@pytest.mark.parametrize("n", [5, 6, 100])
def test_inner_loops_of_parts_run_over_rows(n, compile):
    x = np.random.default_rng(n).normal(size=n)
    gradient = cr.value_and_grad(logarithm_of_sum)
    text = cr.jit(gradient, threads=2).source(x)
    assert "= np.maximum(top, x_row[k])" in text
    assert "= np.exp(x_row[k] - top)" in text
    value, slope = cr.jit(gradient, compile=compile, threads=3)(x)
    np.testing.assert_allclose(value, logarithm_of_sum(x), rtol=1e-13)
    np.testing.assert_allclose(slope, np.exp(x - value), rtol=1e-12)


def test_extremes_of_nan_and_infinity_over_rows():
    x = np.array([0.0, np.inf, 1.0, -np.inf, 2.0])
    for values in (x, np.where(x == 1.0, np.nan, x), -x):
        find = cr.jit(np_max, compile=False, threads=3)
        np.testing.assert_array_equal(find(values), np.max(values))


def np_max(x):
    return np.max(x)


def cells(x, w, steps):
    for _ in range(steps):
        for i in range(1, len(w)):
            x[i] = np.tanh(x[i] * w[i] + x[i - 1])
    return np.sum(x)


@pytest.mark.parametrize(("deep", "expected"), [(2, 1), (1000, 2)])
def test_short_rows_within_two_loops_are_left_alone(deep, expected, monkeypatch):
    monkeypatch.setattr(threads, "DEEP", deep)
    emitted = cr.jit(cells, threads=2).emitted(np.ones((9, 9)), np.ones((9, 9)), 5)
    assert len(emitted.parts) == expected


def products(x, a):
    total = 0.0
    for i in range(len(x)):
        y = a @ x[i]
        total += y @ y
    return total


@pytest.mark.slow
def test_products_are_looked_up_before_threads_ask_for_them():
    launch.find_products.cache_clear()
    x, a = np.ones((5, 40)), np.ones((40, 40))
    np.testing.assert_allclose(cr.jit(products, threads=2)(x, a), products(x, a))
    assert launch.find_products.cache_info().currsize == 1
