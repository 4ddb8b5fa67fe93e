"""Recursions whose smallest arrays are written out, and recursions that must be left as they are."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled.tidy import instances

MATRIX = np.random.default_rng(7).normal(size=(6, 6))
ROW = np.random.default_rng(8).normal(size=9)


def determinant(a):
    if len(a) == 1:
        return a[0, 0]
    total, sign = 0.0, 1.0
    for column in range(len(a)):
        minor = np.delete(a[1:], column, axis=1)
        total += sign * a[0, column] * determinant(minor)
        sign = -sign
    return total


def halves(x):
    """A sum in pairs."""
    n = len(x)
    if n == 1:
        return np.sin(x[0])
    return halves(x[: n // 2] * 1.0) + halves(x[n // 2 :] * 1.0) * x[0]


def made_of(program, *args):
    """The functions that a program is made of."""
    found = []
    before = instances.with_instances

    def noted(*given):
        found.append(before(*given))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chainrule.compiled.tidy.with_instances", noted)
        cr.jit(program).source(*args)
    return {name for p in found for name in p.others}


@pytest.mark.parametrize("size", [1, 3, 4, 6])
def test_determinants_of_all_sizes(size):
    a = MATRIX[:size, :size].copy()
    value, gradient = cr.jit(cr.value_and_grad(determinant), compile=False)(a)
    np.testing.assert_allclose(value, np.linalg.det(a), rtol=1e-12)
    np.testing.assert_allclose(gradient, value * np.linalg.inv(a).T, rtol=1e-10)
    assert cr.jit(determinant, compile=False)(a) == determinant(a)


def test_a_second_derivative_of_a_recursion():
    a, v = MATRIX[:4, :4].copy(), MATRIX[1:5, :4].copy()
    step = 1e-6
    difference = (cr.grad(determinant)(a + step * v) - cr.grad(determinant)(a - step * v)) / (2 * step)
    np.testing.assert_allclose(cr.jit(cr.hvp(determinant), compile=False)(a, v), difference, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("shape", [(5, 4), (4, 5), (3, 2)])
def test_shapes_that_an_instance_is_not_made_for(shape):
    a = MATRIX[: shape[0], : shape[1]].copy()
    compiled = cr.jit(determinant, compile=False)
    try:
        expected = determinant(a)
    except IndexError:
        with pytest.raises(IndexError):
            compiled(a)
    else:
        assert compiled(a) == expected


@pytest.mark.parametrize("size", [1, 4, 9])
def test_a_recursion_on_halves(size):
    x = ROW[:size].copy()
    value, gradient = cr.jit(cr.value_and_grad(halves), compile=False)(x)
    expected, slopes = cr.value_and_grad(halves)(x)
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12)


def test_instances_are_made_up_to_four_rows():
    assert {n for n in made_of(determinant, MATRIX) if "_of_" in n} == {
        f"determinant_1_of_{k}_{k}" for k in range(1, 5)
    }


def test_no_more_statements_than_agreed(monkeypatch):
    monkeypatch.setattr(instances, "MOST", 10)
    assert len(made_of(determinant, MATRIX)) < 4


def test_a_loop_that_comes_to_nothing_does_not_go_on_for_ever():
    def program(x):
        k = 0
        for i in range(10_000_000):
            k = (k + i) % 7
        if len(x) <= k:
            return x[0]
        return program(x[1:] * 2.0)

    assert not [n for n in made_of(program, ROW) if "_of_" in n]


def test_sizes_that_a_number_decides_are_left_alone():
    def program(x, n):
        return np.sum(x) if n == 0 else program(np.sin(x), n - 1)

    assert not [n for n in made_of(program, ROW, 3) if "_of_" in n]
    assert cr.jit(program, compile=False)(ROW, 3) == pytest.approx(program(ROW, 3))


def test_a_recursion_that_writes_into_its_array_is_left_alone():
    def program(x):
        if len(x) == 1:
            return x[0]
        x[1] += x[0]
        return program(x[1:])

    assert not [n for n in made_of(program, ROW) if "_of_" in n]
    x, y = ROW.copy(), ROW.copy()
    assert cr.jit(program, compile=False)(x) == program(y)
    np.testing.assert_array_equal(x, y)
