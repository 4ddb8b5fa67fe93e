"""Long chains and large sums: no recursion limit, and cost in proportion to the number of parts."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import symbolic
from chainrule.symbolic.walk import substitute

x, y = symbolic.symbols("x y")
LENGTH = 10_000


@pytest.fixture(scope="module")
def chain():
    value = x
    for i in range(LENGTH):
        value = np.cos(value) if i % 2 else value * y
    return value


def by_hand(v, w):
    slope = 1.0
    for i in range(LENGTH):
        v, slope = (np.cos(v), -np.sin(v) * slope) if i % 2 else (v * w, w * slope)
    return v, slope


def test_a_chain_is_longer_than_the_recursion_limit(chain):
    assert sys.getrecursionlimit() < LENGTH
    assert chain.dag_size == LENGTH + 2
    assert chain.tree_size == 1.5 * LENGTH + 1
    assert hash(chain) == hash(chain)
    assert chain.symbols == (x, y)
    assert repr(chain)


def test_a_chain_is_evaluated_and_differentiated(chain):
    value, slope = by_hand(0.3, 1.1)
    assert chain(x=0.3, y=1.1) == pytest.approx(value, rel=1e-12)
    derivative = chain.derivative(x)
    assert derivative.dag_size < 5 * LENGTH
    assert derivative(x=0.3, y=1.1) == pytest.approx(slope, rel=1e-9, abs=1e-300)


def test_a_chain_is_substituted(chain):
    (found,) = substitute([chain], {x: 0.3, y: 1.1})
    assert float(found) == pytest.approx(by_hand(0.3, 1.1)[0])


def test_a_chain_of_choices_and_of_maxima():
    value = x
    for i in range(1500):
        value = np.where(value > 0.2, np.maximum(np.sin(value * y), 0.1), np.cos(value) + 0.001 * i)
    found = value.derivative(y)
    assert found.dag_size < 60_000

    def f(w):
        v = 0.4
        for i in range(1500):
            v = np.where(v > 0.2, np.maximum(np.sin(v * w), 0.1), np.cos(v) + 0.001 * i)
        return v

    assert found(x=0.4, y=2.9) == pytest.approx(cr.grad(f)(2.9), rel=1e-8)


def test_a_parameter_guarded_in_every_step():
    value = 0.0
    for i in range(1500):
        value = value + np.where(y > 0.001 * i, np.log(x * i + 1), 0)
    expected = sum(i / (i * 0.5 + 1) for i in range(1500) if 0.001 * i < 0.7)
    assert value.derivative(x)(x=0.5, y=0.7) == pytest.approx(expected)


def test_the_textbook_loop_is_small_as_a_graph_and_astronomical_as_a_tree():
    def f(a, b):
        z = 0.0
        for i in range(100):
            z = a * np.cos(z + i) + z * np.sin(b - i)
        return z

    z = symbolic.trace(f)
    slopes = symbolic.gradient(z)
    assert z.dag_size < 1000
    assert slopes.dag_size < 3000
    assert z.tree_size > 10**30
    assert slopes.tree_size > 10**60
    np.testing.assert_allclose(slopes(a=0.7, b=0.3), cr.grad(f, argnums=(0, 1))(0.7, 0.3), rtol=1e-10)


def test_a_wide_sum():
    w = symbolic.symbols("w", shape=2000)
    value = np.sum(w**3)
    slopes = symbolic.gradient(value, w)
    np.testing.assert_allclose(slopes(w=np.arange(2000.0)), 3 * np.arange(2000.0) ** 2)
