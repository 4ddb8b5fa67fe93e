"""Globals and closure values that a program has for constants: when they change, it is compiled again."""

from __future__ import annotations

import copy
import functools
import math
import types

import numpy as np
import pytest

import chainrule as cr

factor = 2.0


def scaled(x):
    return x * factor


def f(x):
    return scaled(x) * x


compiled_or_not = pytest.mark.parametrize("compile", [False, pytest.param(True, marks=pytest.mark.slow)])


@compiled_or_not
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


class Model:
    kind = 2.0

    def __init__(self):
        self.rate = 2.0
        self.weights = np.array([1.0, 2.0])

    def times(self, x):
        return self.rate * x

    def __call__(self, x):
        return self.rate * x


model = Model()
settings = types.SimpleNamespace(step=2.0)
module = types.ModuleType("settings_module")
module.step, module.table = 2.0, {"a": 2.0}
table = {"a": 2.0, "b": 1.0}
numbers = [1.0, 2.0]
models = (Model(), Model())


def total_of_numbers(x):
    total = 0.0
    for number in numbers:
        total += number * x
    return total


# What is read, and how it changes to 7 times x.
READERS = {
    "attribute": (lambda x: settings.step * x, lambda: setattr(settings, "step", 7.0)),
    "module": (lambda x: module.step * x, lambda: setattr(module, "step", 7.0)),
    "dict_of_module": (lambda x: module.table["a"] * x, lambda: module.table.update(a=7.0)),
    "dict": (lambda x: table["a"] * x, lambda: table.update(a=7.0)),
    "list": (lambda x: numbers[1] * x, lambda: numbers.__setitem__(1, 7.0)),
    "sum": (lambda x: sum(numbers) * x, lambda: numbers.__setitem__(1, 6.0)),
    "loop": (total_of_numbers, lambda: numbers.__setitem__(1, 6.0)),
    "length": (lambda x: len(numbers) * x, lambda: numbers.extend([0.0] * 5)),
    "class": (lambda x: Model.kind * x, lambda: setattr(Model, "kind", 7.0)),
    "method": (lambda x: model.times(x), lambda: setattr(model, "rate", 7.0)),
    "object_in_tuple": (lambda x: models[1].rate * x, lambda: setattr(models[1], "rate", 7.0)),
    "array_of_object": (lambda x: model.weights[1] * x, lambda: model.weights.__setitem__(1, 7.0)),
}


@pytest.mark.parametrize("name", READERS)
def test_what_is_read_from_the_surroundings_is_read_anew(name):
    f, change = READERS[name]
    before = copy.deepcopy((vars(model), vars(settings), module.step, module.table, table, numbers, Model.kind))
    try:
        compiled = cr.jit(f, compile=False)
        assert compiled(1.0) == f(1.0) != 7.0
        change()
        assert compiled(1.0) == f(1.0) == 7.0
    finally:
        vars(model).update(before[0])
        vars(settings).update(before[1])
        vars(models[1]).update(Model().__dict__)
        module.step, module.table = before[2:4]
        table.update(before[4])
        numbers[:] = before[5]
        Model.kind = before[6]


@pytest.mark.parametrize("made", [lambda m: m.times, lambda m: m, lambda m: functools.partial(Model.times, m)])
def test_the_object_that_is_compiled_changes(made):
    changing = Model()
    compiled = cr.jit(cr.grad(made(changing)), compile=False)
    assert compiled(1.0) == 2.0
    changing.rate = 5.0
    assert compiled(1.0) == 5.0


def test_an_argument_that_is_an_object_changes():
    changing = Model()
    compiled = cr.jit(lambda x, m: m.rate * x, compile=False)
    assert compiled(1.0, changing) == 2.0
    changing.rate = 5.0
    assert compiled(1.0, changing) == 5.0


def test_a_zero_changes_its_sign(monkeypatch):
    compiled = cr.jit(lambda x: math.copysign(x, settings.step), compile=False)
    monkeypatch.setattr(settings, "step", 0.0)
    assert compiled(1.0) == 1.0
    monkeypatch.setattr(settings, "step", -0.0)
    assert compiled(1.0) == -1.0


def test_what_stays_the_same_is_not_compiled_again(monkeypatch):
    compiled = cr.jit(lambda x: model.times(x) * settings.step * table["a"], compile=False)
    compiled(1.0)
    monkeypatch.setattr(settings, "step", float("2.0"))
    monkeypatch.setattr(compiled, "_renewed", None)
    assert compiled(1.0) == 8.0


WEIGHTS = SAME = np.array([1.0, 2.0, 3.0])


def weighted(x):
    return x * np.sum(WEIGHTS * SAME)


@compiled_or_not
@pytest.mark.parametrize(
    "other",
    [np.array([1.0, 5.0]), np.array([2, 3]), np.ones((2, 3)), np.array([4.0]), np.float32([1, 2]), np.arange(6.0)[::2]],
    ids=["length", "integers", "axes", "one", "single", "strided"],
)
def test_an_array_of_another_type_in_the_place_of_a_global_one(monkeypatch, other, compile):
    program = cr.jit(cr.value_and_grad(weighted), compile=compile)
    for now in (WEIGHTS, other, WEIGHTS):
        monkeypatch.setitem(globals(), "WEIGHTS", now)
        monkeypatch.setitem(globals(), "SAME", now)
        assert program(2.0) == (pytest.approx(weighted(2.0)), pytest.approx(weighted(1.0)))


@compiled_or_not
def test_two_names_of_one_array_become_names_of_two(monkeypatch, compile):
    program = cr.jit(weighted, compile=compile)
    assert program(2.0) == 28.0
    monkeypatch.setitem(globals(), "SAME", np.ones(3))
    assert program(2.0) == 12.0
    monkeypatch.setitem(globals(), "SAME", WEIGHTS)
    assert program(2.0) == 28.0


@compiled_or_not
def test_a_global_array_that_is_gone(monkeypatch, compile):
    program = cr.jit(weighted, compile=compile)
    assert program(2.0) == 28.0
    monkeypatch.delitem(globals(), "SAME")
    with pytest.raises((NameError, cr.ChainruleError), match="SAME"):
        program(2.0)


def test_global_arrays_of_small_integers_are_read_as_integers(monkeypatch):
    monkeypatch.setitem(globals(), "WEIGHTS", np.array([1, 2, 3], dtype=np.int16))
    assert cr.jit(weighted, compile=False)(2.0) == 28.0


def of_one_of_two(x, s):
    return np.sum((x if s > 0.0 else 2.0 * x) * WEIGHTS) + np.sum(WEIGHTS * SAME)


def test_a_global_array_beside_arrays_that_a_branch_decides():
    x = np.array([1.0, 0.5, -1.0])
    for s in (1.0, -1.0):
        assert cr.jit(of_one_of_two, compile=False)(x, s) == pytest.approx(of_one_of_two(x, s))


def test_a_global_array_beside_an_array_that_a_branch_writes():
    def f(x, s):
        y = x * 1.0
        a = y
        b = WEIGHTS[0] * y if s > 0.0 else 2.0 * y
        a[0] = s
        return np.sum(a * SAME) + np.sum(b)

    x = np.array([1.0, 0.5, -1.0])
    for s in (1.0, -1.0):
        assert cr.jit(f, compile=False)(x, s) == pytest.approx(f(x, s))
