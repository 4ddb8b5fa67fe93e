"""Globals and closure values that a program has for constants: when they change, it is compiled again."""

from __future__ import annotations

import pytest

import chainrule as cr

factor = 2.0


def scaled(x):
    return x * factor


def f(x):
    return scaled(x) * x


@pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_global_that_changes(monkeypatch, compile):
    gradient = cr.jit(cr.grad(f), compile=compile)
    assert [gradient(3.0), gradient(3.0)] == [12.0, 12.0]
    monkeypatch.setitem(globals(), "factor", 5.0)
    assert [gradient(3.0), gradient(3.0)] == [30.0, 30.0]
    monkeypatch.setitem(globals(), "scaled", lambda x: x * x * factor)
    assert gradient(3.0) == 135.0


def test_a_closure_that_changes():
    k = 2.0

    def g(x):
        return x * k

    compiled = cr.jit(g, compile=False)
    assert compiled(1.0) == 2.0
    k = 7.0
    assert compiled(1.0) == 7.0


def test_a_global_that_is_gone(monkeypatch):
    compiled = cr.jit(f, compile=False)
    compiled(1.0)
    monkeypatch.delitem(globals(), "factor")
    with pytest.raises((NameError, cr.UnsupportedError), match="factor"):
        compiled(1.0)
