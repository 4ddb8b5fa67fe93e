"""Emitted programs as texts and as modules of their own."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from compiled.zoo.loops import loop100


def energy(A, x):
    return x @ (A @ x) + np.sum(np.linalg.solve(A, x))


A, X = np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([1.0, -2.0])


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_source_runs():
    namespace = {}
    exec(cr.source(cr.value_and_grad(loop100, (0, 1)), 0.5, 0.3), namespace)
    value, *gradient = namespace["loop100_value_and_grad"](0.5, 0.3)
    expected, slopes = cr.value_and_grad(loop100, (0, 1))(0.5, 0.3)
    assert [value, *gradient] == pytest.approx([expected, *slopes])


def test_source_without_arguments_is_for_floats():
    assert cr.source(cr.grad(loop100)) == cr.source(cr.grad(loop100), 0.5, 0.3)
    assert "def loop100_hvp(a, b, a_dot):" in cr.source(cr.hvp(loop100))


def test_source_of_a_compiled_function():
    assert cr.source(cr.jit(loop100)) == cr.source(loop100)


def test_source_quotes_the_lines():
    assert "z = a * np.cos(z + i) + z * np.sin(b - i)" in cr.source(cr.grad(loop100))


@pytest.mark.slow
def test_exported_module(tmp_path):
    file = cr.export(cr.grad(energy, (0, 1)), A, X, path=tmp_path / "exported_gradient.py")
    module = load(file)
    for f in (module.energy_grad, module.energy_grad.py_func):
        for mine, theirs in zip(f(A, X), cr.grad(energy, (0, 1))(A, X), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_exported_module_needs_neither_chainrule_nor_numba(tmp_path):
    file = cr.export(cr.grad(energy), A, X, path=tmp_path / "alone.py")
    program = (
        "import sys; sys.modules['numba'] = None; sys.modules['chainrule'] = None\n"
        "import numpy as np, alone\n"
        "print(alone.energy_grad(np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([1.0, -2.0])).tolist())"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(eval(found.stdout), cr.grad(energy)(A, X), rtol=1e-12)
    assert "chainrule" not in file.read_text().replace("Written by chainrule", "")
