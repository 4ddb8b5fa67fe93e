"""Loops and elements of arrays in the form that Numba compiles sooner: what it computes, and that it is used."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import elements

TEXT = """
def f(x, n):
    total, made = 0.0, np.zeros((n, 2))
    for i in range(n):
        made[i, 0] = x[i]
        if i == 3:
            continue
        made[i, 1] -= 2.0 * x[n - 1 - i]
    for i in range(n - 2, 0, -1):
        row = made[i, :]
        total += row[0] * (i + 1)
        n = 0
    for i in range(1, 9, 3):
        total += i
        if i > 3:
            break
    return total, made, i
"""


def run(tree, **names):
    space = {"np": np, **names}
    exec(compile(tree, "text", "exec"), space)
    return space["f"](np.arange(5.0), 5)


def changed():
    return elements.with_calls(TEXT, ["f"])


def put(array, *others):
    array[others[:-1]] = others[-1]


def test_the_same_is_computed():
    names = {
        "chainrule_take_1": lambda x, i: x[i],
        "chainrule_take_2": lambda x, i, j: x[i, j],
        "chainrule_put_2": put,
        "chainrule_part_1": lambda x, i: x[i],
        "chainrule_zeros_2": lambda n, m: np.zeros((n, m)),
    }
    expected, found = run(ast.parse(TEXT)), run(changed(), **names)
    assert found[0] == expected[0]
    assert found[2] == expected[2]
    np.testing.assert_array_equal(found[1], expected[1])


def test_lines_stay():
    lines = {node.lineno for node in ast.walk(changed()) if isinstance(node, ast.stmt)}
    assert lines <= {node.lineno for node in ast.walk(ast.parse(TEXT)) if isinstance(node, ast.stmt)}


def test_other_functions_stay():
    assert ast.dump(elements.with_calls(TEXT, ["g"])) == ast.dump(ast.parse(TEXT))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("layout", ["C", "F", "A"])
def test_layouts(dtype, layout):
    """Elements and parts of arrays in any order of memory, of any type."""

    def f(x, w):
        total = np.zeros(x.shape[1])
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                if w[i] > 0 and x[i, j] > 0.2:
                    total[j] += x[i, j] ** 2 * w[i]
        return np.sum(total)

    x, w = np.linspace(0.0, 1.0, 12, dtype=dtype).reshape(3, 4), np.array([1, 0, -2])
    given = {"C": x, "F": np.asfortranarray(x), "A": np.repeat(x, 2, axis=1)[:, ::2]}[layout]
    expected = np.where((x > 0.2) & (w[:, None] > 0), 2 * x * w[:, None], 0)
    np.testing.assert_allclose(cr.jit(cr.grad(f))(given, w), expected, rtol=1e-6)


def test_a_negative_length_is_refused():
    def f(x, n):
        made = np.zeros(n - 5)
        made += x
        return np.sum(made)

    with pytest.raises(ValueError, match="negative dimensions"):
        cr.jit(f)(1.0, 2)


def test_few_instructions_are_compiled(monkeypatch, tmp_path):
    """What reaches LLVM for one element is a handful of instructions; Numba's own would be some fifty."""
    from numba.core.codegen import CPUCodeLibrary

    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    seen = []
    add = CPUCodeLibrary.add_ir_module

    def noted(library, module):
        seen.append(str(module))
        add(library, module)

    monkeypatch.setattr(CPUCodeLibrary, "add_ir_module", noted)

    def f(x, y, few_instructions):
        for i in range(1, x.shape[0]):
            for j in range(1, x.shape[1]):
                y[i, j] = x[i - 1, j] + x[i, j - 1] + x[i, j] + few_instructions
        return np.sum(y)

    cr.jit(f)(np.ones((4, 5)), np.ones((4, 5)), 0.123)
    longest = max([text for text in seen if "few_instructions" in text], key=len)
    assert len(re.findall(r"^  \S", longest, re.MULTILINE)) < 900
