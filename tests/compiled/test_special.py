"""SciPy's special functions in compiled programs: machine code calls what SciPy's own ufuncs are made of."""

import os
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import special as kernels
from chainrule.rules import lookup

special = pytest.importorskip("scipy.special")

WAYS = [pytest.param(False, id="python"), pytest.param(True, id="numba")]


def bell(x, a):
    total = 0.0
    for i in range(len(x)):
        total += special.erf(a * x[i]) * special.erfc(x[i])
    return total + np.sum(special.erf(x) * a)


@pytest.mark.parametrize("compile", WAYS)
def test_special_functions_in_a_program(compile):
    x = np.linspace(-1.0, 2.0, 7)
    assert cr.jit(bell, compile=compile)(x, 0.7) == pytest.approx(bell(x, 0.7), rel=1e-14)
    for mine, theirs in zip(
        cr.jit(cr.grad(bell, (0, 1)), compile=compile)(x, 0.7), cr.grad(bell, (0, 1))(x, 0.7), strict=True
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-13)


def test_text_calls_scipy():
    text = cr.source(cr.grad(bell), np.zeros(3), 0.5)
    assert "from scipy.special import erf, erfc\n" in text
    assert "erf(a*x" in text


def ufuncs():
    """The ufuncs of real numbers, and those among them of which Numba compiles one example in the default suite."""
    for name in dir(special):
        found = getattr(special, name)
        if isinstance(found, np.ufunc) and f"{'d' * found.nin}->{'d' * found.nout}" in found.types:
            few = name in ("gammaln", "betainc", "kn", "airy", "ellipj", "wrightomega")
            yield pytest.param(found, id=name, marks=() if few else pytest.mark.slow)


@pytest.mark.filterwarnings("ignore:floating point number truncated", "ignore:non-integer arg")
@pytest.mark.parametrize("ufunc", list(ufuncs()))
def test_machine_code_gives_what_scipy_gives(ufunc):
    numba = pytest.importorskip("numba")
    kernel = kernels.machine_form(ufunc.__name__)
    names = [f"x{k}" for k in range(ufunc.nin)]
    namespace = {"kernel": kernel}
    exec(f"def call({', '.join(names)}):\n    return kernel({', '.join(names)})\n", namespace)
    call = numba.njit(namespace["call"])
    for values in ([0.3, 0.4, 0.35, 0.6, 0.2, 0.1], [1.0, 2.0, 3.0, 0.5, 0.7, 0.9], [4.0, 1.5, 0.8, 2.0, 1.0, 3.0]):
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(call(*values[: ufunc.nin]), ufunc(*values[: ufunc.nin]))


def test_names():
    assert kernels.op_name(special.erf) == "special.erf"
    assert kernels.op_name(special.airy, 1) == "special.airy.1"
    assert kernels.parts_of_op("special.airy.1") == ("airy", 1)
    assert kernels.parts_of_op("special.erf") == ("erf", None)
    assert kernels.parts_of_op("sin") is None
    assert kernels.op_name(np.expm1) is None
    assert kernels.op_name(special.expm1) == "special.expm1"


PROGRAM = """
import sys, numpy as np, scipy.special, chainrule as cr
sys.path.insert(0, {folder!r})
from model import f
print(cr.jit(cr.grad(f))(0.5))
"""
MODEL = """
from scipy.special import erf

def f(x):
    return erf(x) * erf(2*x)
"""


@pytest.mark.slow
def test_machine_code_is_kept_on_disk(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    env = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path / "cache")}
    found, files = [], []
    for _ in range(2):
        program = [sys.executable, "-W", "error", "-c", PROGRAM.format(folder=str(tmp_path))]
        found.append(subprocess.run(program, env=env, capture_output=True, text=True, check=True).stdout)
        files.append({p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.nbc")})
    assert found[0] == found[1]
    assert files[0] == files[1] != {}


def test_exported_module_needs_only_scipy(tmp_path):
    x = np.linspace(-1.0, 2.0, 7)
    cr.export(cr.grad(bell), x, 0.7, path=tmp_path / "alone.py")
    program = (
        "import sys; sys.modules['numba'] = None; sys.modules['chainrule'] = None\n"
        "import numpy as np, alone\n"
        "print(alone.bell_grad(np.linspace(-1.0, 2.0, 7), 0.7).tolist())"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(eval(found.stdout), cr.grad(bell)(x, 0.7), rtol=1e-12)


def test_exported_module_runs_beside_numba(tmp_path):
    cr.export(cr.grad(bell), np.zeros(3), 0.7, path=tmp_path / "beside.py")
    program = "import numpy as np, beside; print(beside.bell_grad(np.array([0.1, 0.2, 0.3]), 0.7).tolist())"
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    np.testing.assert_allclose(eval(found.stdout), cr.grad(bell)(np.array([0.1, 0.2, 0.3]), 0.7), rtol=1e-12)


def test_rows_are_known():
    assert lookup(special.erf).kind == "elementwise"
