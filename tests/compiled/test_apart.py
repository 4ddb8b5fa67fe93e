"""Loops whose iterations never meet in memory are marked for the machine, and no others."""

from contextlib import suppress

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir, loops

LENGTHS = [0, 1, 2, 7, 8, 9, 14, 16, 33, 100]


def side_by_side(x, y):
    z = np.zeros_like(x)
    for i in range(len(x)):
        z[i] = x[i] * y[i] + 1.0
        z[i] += x[i]
    return z


def even_and_odd(x, y):
    z = np.zeros(2 * len(x))
    for i in range(len(x)):
        z[2 * i] = x[i]
        z[2 * i + 1] = y[i]
    return z


def gathering(x, y):
    z = np.zeros_like(x)
    for i in range(len(x)):
        z[i] = x[int(abs(y[i])) % len(x)]
    return z


def running(x, y):
    z = np.zeros(len(x) + 1)
    for i in range(len(x)):
        z[i + 1] = z[i] * y[i] + x[i]
    return z


def three_behind(x, y):
    z = x.copy()
    for i in range(len(x) - 3):
        z[i + 3] += 0.5 * z[i] + y[i]
    return z


def into_one(x, y):
    z = np.zeros(3)
    for i in range(len(x)):
        z[i % 3] += x[i] * y[i]
    return z


def scattering(x, y):
    z = np.zeros(5)
    for i in range(len(x)):
        z[int(abs(y[i])) % 5] += x[i]
    return z


def mirrored(x, y):
    z = x.copy()
    for i in range(len(x)):
        z[i] = z[len(x) - 1 - i] + y[i]
    return z


def through_a_view(x, y):
    z = x.copy()
    if len(x) > 1:
        later = z[1:]
        for i in range(len(later)):
            later[i] = z[i] + y[i]
    return z


def rows_of_one(x, y):
    z = np.zeros((2, len(x)))
    for k in range(2):
        for i in range(len(x)):
            z[k, i] = x[i] + k
            z[1 - k, i] += y[i]
    return z


MARKED = [side_by_side, even_and_odd, rows_of_one]
UNMARKED = [running, three_behind, into_one, scattering, mirrored, through_a_view]


def arguments(n):
    rng = np.random.default_rng(n)
    return rng.normal(size=n), 4.0 * rng.normal(size=n)


def long_loops(compiled, *args):
    """The user's innermost loops: what makes arrays is left out."""
    program = compiled._version(compiled._signature(args, {})).lowered.program
    found = [s for s in ir.walk(program.entry.body) if isinstance(s, ir.For) and s.place is not None]
    written = [s for s in found if s.place.text.strip().startswith("for ")]
    return [s for s in written if not any(isinstance(t, ir.For) for t in ir.walk(s.body))]


@pytest.mark.parametrize("function", MARKED, ids=lambda f: f.__name__)
def test_loops_that_never_meet_are_marked(function):
    found = long_loops(cr.jit(function), *arguments(10))
    assert found
    assert all(s.apart for s in found)


@pytest.mark.parametrize("function", UNMARKED, ids=lambda f: f.__name__)
def test_loops_that_may_meet_are_not(function):
    found = long_loops(cr.jit(function), *arguments(10))
    assert found
    assert not any(s.apart for s in found)


@pytest.mark.parametrize("function", [*MARKED, *UNMARKED, gathering], ids=lambda f: f.__name__)
def test_values_are_those_of_python(function):
    compiled = cr.jit(function)
    for n in LENGTHS:
        x, y = arguments(n)
        np.testing.assert_allclose(compiled(x, y), function(x, y), rtol=1e-13, atol=1e-13, err_msg=str(n))


@pytest.mark.parametrize("function", [*MARKED, *UNMARKED, gathering], ids=lambda f: f.__name__)
def test_derivatives_are_those_of_python_and_of_the_tape(function):
    def total(x, y):
        return np.sum(np.cos(function(x, y)))

    compiled, plain = cr.jit(cr.grad(total)), cr.jit(cr.grad(total), compile=False)
    for n in LENGTHS:
        x, y = arguments(n)
        found = compiled(x, y)
        np.testing.assert_allclose(found, plain(x, y), rtol=1e-12, atol=1e-12, err_msg=str(n))
        with suppress(cr.EscapeError):  # the tape does not write into NumPy's arrays
            np.testing.assert_allclose(found, cr.grad(total)(x, y), rtol=1e-12, atol=1e-12, err_msg=str(n))


def swept(a, n):
    """Calls itself with parts of one array, one of which it writes to."""
    if n < 2:
        return a[0]
    shifted(a[1:n], a[: n - 1], n - 1)
    return swept(a, n - 1) + a[n - 1]


def shifted(to, source, n):
    if n > 0:
        for i in range(n):
            to[i] = source[i] * 0.5 + to[i]
        shifted(to, source, 0)


def test_parts_of_one_array_in_functions_that_are_called():
    def start(x):
        a = x.copy()
        return swept(a, len(a))

    x = np.arange(1.0, 20.0)
    try:
        found = cr.jit(start)(x)
    except cr.UnsupportedError:
        return  # it is refused
    assert found == pytest.approx(start(x), rel=1e-14)


def test_the_machine_is_told(monkeypatch):
    def apart(x, y):
        for i in range(len(x)):
            y[i] = 3.25 * x[i]
        return y[0]

    def in_turn(x, y):
        for i in range(len(x) - 1):
            y[i + 1] = 3.25 * y[i] + x[i]
        return y[0]

    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "/proc/nowhere")  # Numba shows no code that it has read
    for function in (apart, in_turn):
        compiled = cr.jit(function)
        compiled(*arguments(20))
        (version,) = compiled._versions.values()
        assert loops.APART not in version.emitted.text
        assert (loops.APART in version.emitted.machine_text) == (function is apart)
        text = "".join(version.run.inspect_llvm().values())
        assert ("llvm.loop.parallel_accesses" in text) == (function is apart)


def test_another_compiler_does_without(monkeypatch):
    def changed():
        raise AttributeError

    monkeypatch.setattr(loops, "_lowering", changed)
    loops.lowering.cache_clear()
    try:
        assert loops.lowering() is None
    finally:
        loops.lowering.cache_clear()
