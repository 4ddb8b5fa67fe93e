"""Numba's steps for emitted functions: which are left out."""

from __future__ import annotations

import numba
import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import machine, pipeline


def mean_of_squares(x, n):
    if n > 5:
        raise ValueError("too many")
    total = 0.0
    for _ in range(n):
        total += np.mean((x[1:] - x[:-1]) ** 2) * x[-1]
    return total


@pytest.fixture
def steps(monkeypatch, tmp_path):
    """The steps that Numba takes for each function, by its name."""
    from numba.core.compiler_machinery import PassManager

    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    taken, run = {}, PassManager._runPass

    def noted(manager, index, step, state):
        taken.setdefault(state.func_id.func_name if state.func_id else "", set()).add(type(step).__name__)
        return run(manager, index, step, state)

    monkeypatch.setattr(PassManager, "_runPass", noted)
    return taken


def test_steps_that_find_nothing_are_left_out(steps):
    x = np.array([1.0, 3.0, 2.0])
    found = cr.jit(cr.grad(mean_of_squares))(x, 3)
    np.testing.assert_allclose(found, cr.grad(mean_of_squares)(x, 3))
    taken = steps["mean_of_squares_grad"]
    assert {"ReconstructSSA", "GenericRewrites", "Lowering"} <= taken
    assert taken.isdisjoint({"InlineClosureLikes", "NopythonRewrites"})


def test_machine_code_is_for_python_only(monkeypatch, tmp_path):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    emitted = cr.jit(mean_of_squares).emitted(np.ones(4), 2)
    function = machine.compiled(emitted, (np.ones(4), 2))
    (code,) = function.inspect_llvm().values()
    assert "define" in code
    assert "cfunc." not in code


def test_errors_are_raised():
    with pytest.raises(ValueError, match="too many"):
        cr.jit(mean_of_squares)(np.ones(4), 6)


def test_a_function_with_closures_takes_all_steps(steps):
    def with_closure(x):
        def twice(y):
            return 2.0 * y * x

        return twice(1.0) + twice(2.0)

    assert numba.njit(**pipeline.options(with_closure))(with_closure)(3.0) == 18.0
    assert {"InlineClosureLikes", "Lowering"} <= steps["with_closure"]
