"""Functions on whole arrays that compiled programs call as they are: linear algebra, and what has no loops."""

import os
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import rules
from chainrule.compiled.representative import partitions, representative
from chainrule.rules._table import unregister

linalg = pytest.importorskip("scipy.linalg")

rng = np.random.default_rng(7)
TALL, SQUARE = rng.normal(size=(4, 2)), rng.normal(size=(3, 3))


def singular_values(a):
    return np.sum(np.linalg.svd(a, compute_uv=False) ** 3)


def singular_vectors(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.sum((u * s) @ vh * a)


def least_squares(a):
    return np.sum(np.linalg.lstsq(a, np.arange(4.0), rcond=None)[0] ** 2)


def triangular_factor(a):
    r = np.linalg.qr(a)[1]
    return np.sum(r * r * np.arange(r.size).reshape(r.shape))


def norms(a):
    return np.linalg.norm(a, 2) + np.linalg.norm(a, "nuc") + np.linalg.norm(a)


def pseudo_inverse(a):
    return np.sum(np.linalg.pinv(a) ** 2)


def convolution(a):
    return np.sum(np.convolve(a[0], a[1]) ** 2)


def exponential(s):
    return np.sum(linalg.expm(s) ** 2)


def triangular_system(s):
    return np.sum(linalg.solve_triangular(np.tril(s) + 3 * np.eye(3), np.arange(3.0), lower=True) ** 2)


def triangular_factors(s):
    _, lower, upper = linalg.lu(s)
    return np.sum(lower * lower) + np.sum(upper * upper)


def eigenvalues_in_a_loop(s):
    total = 0.0
    for i in range(3):
        values, vectors = np.linalg.eigh(s + s.T + i * np.diag(np.arange(3.0)))
        total += values[0] * vectors[0, 0] ** 2
        s = s * 1.1
    return total


def of_a_part(a):
    return np.sum(np.linalg.pinv(a[1:, :]) ** 2)


def overwritten_result(s):
    """What the rule reads is the inverse as it came, and not what the program makes of it."""
    inverse = np.linalg.inv(s)
    total = np.sum(inverse**3)
    inverse *= 2.0
    inverse[0] = 1.0
    return np.sum(inverse) + total


def results_in_a_while(s):
    factor = 0.3
    while np.sum(s * s) > 1.0:
        inverse = np.linalg.inv(s + 2 * np.eye(3))
        s = s * 0.7 + 0.01 * np.linalg.pinv(s + np.eye(3)) * inverse * factor
        factor = factor + np.linalg.svd(s, compute_uv=False)[0]
    return factor * s[0, 0] + np.sum(s)


PROGRAMS = [
    (singular_values, TALL), (singular_vectors, TALL), (least_squares, TALL), (triangular_factor, TALL), (norms, TALL),
    (pseudo_inverse, TALL), (convolution, TALL), (exponential, SQUARE), (triangular_system, SQUARE),
    (overwritten_result, SQUARE), (results_in_a_while, SQUARE), (triangular_factors, SQUARE),
    (eigenvalues_in_a_loop, SQUARE), (of_a_part, TALL),
]  # fmt: skip
FEW = (pseudo_inverse, least_squares)
WAYS = [pytest.param(*program, False, id=f"{program[0].__name__}-python") for program in PROGRAMS]
WAYS += [
    pytest.param(*program, True, id=f"{program[0].__name__}-numba", marks=() if program[0] in FEW else pytest.mark.slow)
    for program in PROGRAMS
]


def slope(f, x, along, step=1e-4):
    """Return a derivative in one direction by the central difference of order six."""
    weights = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
    return sum(w * (f(x + k * step * along) - f(x - k * step * along)) for k, w in weights) / step


@pytest.mark.parametrize(("function", "x", "compile"), WAYS)
def test_derivatives_are_those_of_samples(function, x, compile):
    along = np.cos(np.arange(x.size)).reshape(x.shape)
    value, gradient = cr.jit(cr.value_and_grad(function), compile=compile)(x)
    assert value == pytest.approx(function(x), rel=1e-13)
    assert np.sum(gradient * along) == pytest.approx(slope(function, x, along), rel=1e-8)
    if compile and function not in FEW:
        return  # the program of the second derivative takes Numba long, and is tried as Python
    gradient_of = cr.jit(cr.grad(function), compile=False)
    found = cr.jit(cr.hvp(function), compile=compile)(x, along)
    np.testing.assert_allclose(found, slope(gradient_of, x, along), rtol=1e-7, atol=1e-7)


def test_text_calls_the_function():
    text = cr.source(cr.jit(least_squares), TALL)
    assert "np.linalg.lstsq(x0, x1, rcond=None)" in text


def eigenvalues(a):
    return np.sum(np.linalg.eig(a)[0])


TURN = np.array([[0.0, 1.0], [-1.0, 0.0]])


@pytest.mark.parametrize("compile", [False, True], ids=["python", "numba"])
def test_errors_come_through(compile):
    with pytest.raises(np.linalg.LinAlgError, match="converge"):
        cr.jit(pseudo_inverse, compile=compile)(np.full((2, 2), np.nan))
    values = cr.jit(eigenvalues, compile=compile)
    assert values(np.array([[1.0, 2.0], [0.5, 3.0]])) == pytest.approx(4.0)
    with pytest.raises(ValueError, match="complex numbers came"):
        values(TURN)


def spectrum(x):
    return np.sum(np.fft.fft(x).real)


def distinct(x):
    return np.sum(np.unique(x))


def along_axis(x):
    return np.sum(np.apply_along_axis(lambda v: v / np.linalg.norm(v, 3), 0, np.outer(x, x)))


@pytest.mark.parametrize(
    ("function", "why"),
    [(spectrum, "complex numbers"), (distinct, "depends on the elements"), (along_axis, "cannot be compiled")],
)
def test_what_is_refused(function, why):
    with pytest.raises(cr.UnsupportedError, match=rf"{why}.*\n.*in {function.__name__}"):
        cr.jit(function, compile=False)(np.arange(1.0, 7.0))


PROGRAM = """
import sys, numpy as np, chainrule as cr
sys.path.insert(0, {folder!r})
from model import f
print(cr.jit(cr.grad(f))(np.arange(6.0).reshape(3, 2) ** 2).tolist())
"""
MODEL = """
import numpy as np

def f(a):
    return np.sum(np.linalg.pinv(a) ** 2)
"""


TWO_MODELS = """
import numpy as np
from scipy import linalg

def f(a):
    return np.sum(linalg.expm(a))

def g(a):
    return np.sum(linalg.sinm(a))
"""
CALLED = """
import sys, numpy as np, chainrule as cr
sys.path.insert(0, {folder!r})
import model
a = np.array([[0.1, 0.2], [0.3, 0.4]])
for name in sys.argv[1:]:
    function = getattr(model, name)
    np.testing.assert_allclose(cr.jit(function)(a), function(a), rtol=1e-12)
"""


@pytest.mark.slow
def test_machine_code_is_kept_on_disk(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    env = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path / "cache")}
    found, files = [], []
    for _ in range(2):
        program = [sys.executable, "-W", "error", "-c", PROGRAM.format(folder=str(tmp_path))]
        made = subprocess.run(program, env=env, capture_output=True, text=True, check=False)
        assert not made.returncode, made.stderr
        found.append(made.stdout)
        files.append({p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.nbc")})
    assert found[0] == found[1]
    assert files[0] == files[1] != {}


@pytest.mark.slow
def test_machine_code_of_two_processes_calls_each_its_own_functions(tmp_path):
    (tmp_path / "model.py").write_text(TWO_MODELS)
    env = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path / "cache")}
    for names in (["f"], ["g"], ["f", "g"]):
        program = [sys.executable, "-c", CALLED.format(folder=str(tmp_path)), *names]
        made = subprocess.run(program, env=env, capture_output=True, text=True, check=False)
        assert not made.returncode, made.stderr


def test_exported_module_calls_numpy(tmp_path):
    cr.export(eigenvalues, SQUARE, path=tmp_path / "spectrum.py")
    program = (
        "import sys; sys.modules['numba'] = None; sys.modules['chainrule'] = None\n"
        "import numpy as np, spectrum; print(spectrum.eigenvalues(np.array([[1.0, 2.0], [0.5, 3.0]])))"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert float(found.stdout) == pytest.approx(4.0)


def test_what_only_chainrule_has_is_not_exported(tmp_path):
    with pytest.raises(cr.UnsupportedError, match="in chainrule alone"):
        cr.export(cr.grad(pseudo_inverse), TALL, path=tmp_path / "inverse.py")


def looped(x):
    return np.array([v**2 if v > 0 else 0.0 for v in np.atleast_1d(x)])


def steeper(x):
    return np.array([3 * v**2 if v > 0 else 0.0 for v in np.atleast_1d(x)])


def declared(function, factor):
    slope = lambda x: factor * np.maximum(x, 0.0)
    return rules.elementwise(function, x=slope, domain=rules.REAL, name="ramp")


def test_rows_of_users():
    """A row that is declared anew is another row, though it has the same name."""
    x = np.array([0.5, -1.0, 2.0])
    for function, factor in ((looped, 2.0), (steeper, 6.0)):
        row = declared(function, factor)

        def total(x, row=row):
            return np.sum(row(x) * x)

        try:
            value, gradient = cr.jit(cr.value_and_grad(total), compile=False)(x)
        finally:
            unregister(row)
        assert value == np.sum(function(x) * x)
        np.testing.assert_array_equal(gradient, factor * np.maximum(x, 0.0) * x + function(x))


def square_sum(a):
    return a @ a.T


def test_general_rows_of_users():
    row = rules.general(
        square_sum, signature="a", vjp={"a": lambda g, a: g @ a + g.T @ a}, jvp={"a": lambda t, a: t @ a.T + a @ t.T},
        domain=[rules.case(rules.array(2, 3))],
    )  # fmt: skip

    def total(a):
        return np.sum(row(a) ** 2)

    try:
        gradient, curve = cr.jit(cr.grad(total), compile=False)(TALL), cr.jit(cr.hvp(total), compile=False)(TALL, TALL)
    finally:
        unregister(row)
    np.testing.assert_allclose(gradient, 4 * TALL @ TALL.T @ TALL, rtol=1e-13)
    np.testing.assert_allclose(curve, 12 * TALL @ TALL.T @ TALL, rtol=1e-12)


def test_partitions():
    assert list(partitions(0)) == [()]
    assert list(partitions(2)) == [(0, 1), (0, 0)]
    assert [len(list(partitions(n))) for n in range(1, 6)] == [1, 2, 5, 15, 52]  # Bell numbers


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_representative_matrices_are_definite(n):
    matrix = representative((n, n), "float64")
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix)[0] > 0.5
