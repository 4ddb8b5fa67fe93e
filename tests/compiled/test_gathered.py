"""Gathered additions into new arrays of zeros are assignments."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.jit import lowered_for
from chainrule.compiled.signature import signature_of
from compiled.interpreter import run


def valley(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def bending(x):
    return np.sum((x[2:] - 2.0 * x[1:-1] + x[:-2]) ** 2)


def without_the_last(x):
    y = x[:-2]
    return np.sum((y[1:] * y[:-1]) ** 2)


def without_the_first(x):
    y = x[1:]
    return np.sum((y[1:] * y[:-1]) ** 2)


def far_apart(x):
    return np.sum(x[3:] * x[:-3] ** 2)


def in_steps(x):
    y = x
    for _ in range(3):
        y = np.concatenate((y[:1], y[1:] * y[:-1]))
        z = y * 1.0
        y = z + np.sum(z[1:] * z[:-1] ** 2)
    return np.sum(y * y)


PROGRAMS = [(valley, True), (bending, True), (without_the_last, True), (without_the_first, False), (far_apart, True),
            (in_steps, None)]  # fmt: skip


@pytest.mark.parametrize(("f", "assigned"), PROGRAMS, ids=lambda x: getattr(x, "__name__", ""))
def test_gradients_of_stencils_of_any_length(f, assigned):
    """The interpreter fills what a program leaves undefined with nan."""
    lengths = range(3, 10) if f is without_the_last else range(1 if f is in_steps else 0, 10)
    for n in lengths:
        x = np.linspace(0.5, 1.5, n)
        p = lowered_for(cr.grad(f), signature_of((x,), {})).program
        (found,) = run(p, x.copy())
        np.testing.assert_allclose(found, cr.grad(f)(x), rtol=1e-13, atol=1e-15)
        if assigned is not None and n > 8:
            (made,) = [s for s in ir.walk(p.entry.body) if isinstance(s, ir.Alloc) and s.buffer.hint == "x_bar"]
            assert (made.fill is None) == assigned


@pytest.mark.slow
@pytest.mark.parametrize("f", [valley, bending, without_the_last, far_apart])
def test_compiled_gradients_of_stencils(f):
    compiled = cr.jit(cr.grad(f))
    for n in range(3, 10):
        x = np.linspace(0.5, 1.5, n)
        np.full(n, np.nan)  # what is freed is what the next array is made of
        np.testing.assert_allclose(compiled(x), cr.grad(f)(x), rtol=1e-13, atol=1e-15)
