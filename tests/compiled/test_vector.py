"""Elementary functions of several numbers at once: how exact they are, and what happens where there are none."""

from __future__ import annotations

import linecache
import os
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import vector

NAMES = sorted(vector._SYMBOLS)
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-320, -1e-310, 1e-300, 1e300, 709.7, -745.0, 1e22, -1e15, 1.0, -1.0]
needs_library = pytest.mark.skipif(vector._library() is None, reason="there is no libmvec")


def program(name, after=""):
    """Return a function that has a loop over one of NumPy's functions."""
    names = ["x", "y"][: 2 if name in vector._OF_TWO else 1]
    text = f"""def f({", ".join(names)}):
    z = np.empty_like(x)
    for i in range(len(x)):
        z[i] = np.{name}({", ".join(f"{n}[i]" for n in names)}){after}
    return z
"""
    file = f"<loop over {name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace = {"np": np}
    exec(compile(text, file, "exec"), namespace)
    return namespace["f"]


def arguments(name, dtype):
    rng = np.random.default_rng(7)
    wide = np.exp(rng.uniform(-300, 300, 500)) * rng.choice([-1, 1], 500)
    with np.errstate(over="ignore"):
        x = np.concatenate([SPECIAL, rng.uniform(-1, 1, 500), rng.uniform(-800, 800, 500), wide]).astype(dtype)
    return [x, rng.permutation(x)] if name in vector._OF_TWO else [x]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", NAMES)
def test_right_to_four_units_in_the_last_place(name, dtype):
    args = arguments(name, dtype)
    found = cr.jit(program(name))(*args)
    with np.errstate(all="ignore"):
        right = getattr(np, name)(*[a.astype(np.longdouble) for a in args]).astype(dtype)
        units = np.abs(found - right) / np.abs(np.spacing(right))
    assert found.dtype == dtype
    same = (found == right) | (np.isnan(found) & np.isnan(right))
    assert np.all(same | (units <= 4.0))


@needs_library
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name != "exp"])
def test_loops_call_the_functions_of_vectors(name, monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "/proc/nowhere")  # Numba shows no machine code that it has read
    compiled = cr.jit(program(name, " + 1.0"))
    compiled(*arguments(name, np.float64))
    (version,) = compiled._versions.values()
    (code,) = version.run.inspect_asm().values()
    assert any(symbol in code for symbol, _ in vector._variants(name, "double"))


@needs_library
def test_only_calls_of_numpys_functions_go_by_other_names():
    text = "import numpy as np\n\n\ndef f(x):\n    exp = np.exp(x) + np.expm1(x)\n    return np.sqrt(exp)\n"
    changed, names = vector.in_text(text)
    assert names == ["exp", "expm1"]
    assert "exp = libm_exp(x) + libm_expm1(x)\n    return np.sqrt(exp)" in changed


def test_without_the_library_the_text_stays(monkeypatch):
    monkeypatch.setattr(vector, "_variants", lambda name, kind: [])
    text = "import numpy as np\n\n\ndef f(x):\n    return np.exp(x)\n"
    assert vector.in_text(text) == (text, [])


def largest(x):
    return np.max(x), np.min(x)


@pytest.mark.parametrize("special", [[], [np.nan], [np.inf, -np.inf], [-np.inf, np.nan, np.inf]])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extremes(special, dtype):
    x = np.random.default_rng(0).normal(size=1000).astype(dtype)
    x[np.arange(len(special)) * 97 + 13] = special
    np.testing.assert_array_equal(cr.jit(largest)(x), largest(x))


PROGRAM = """
import sys, chainrule as cr, numpy as np
sys.path.insert(0, {folder!r})
from model import f
print(repr(float(cr.jit(cr.grad(f))(np.linspace(0.1, 1.0, 1000)).sum())))
"""


@pytest.mark.slow
def test_a_second_process_finds_the_functions_that_kept_machine_code_calls(tmp_path):
    (tmp_path / "model.py").write_text(
        "import numpy as np\n\n\ndef f(x):\n    return np.sum(np.exp(np.sin(x)) * np.tanh(x))\n"
    )
    env = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-c", PROGRAM.format(folder=str(tmp_path))]
    results, files = [], []
    for _ in range(2):
        results.append(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)
        files.append({p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.nbc")})
    x = np.linspace(0.1, 1.0, 1000)
    right = np.sum(np.exp(np.sin(x)) * (np.cos(x) * np.tanh(x) + 1 - np.tanh(x) ** 2))
    assert files[0] == files[1] != {}
    assert [float(r) for r in results] == [pytest.approx(right, rel=1e-13)] * 2
