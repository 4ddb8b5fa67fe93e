"""The exponential that is written out in machine code: how exact it is, and what it gives at the ends."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import vector

needs_library = pytest.mark.skipif(vector._library() is None, reason="there is no libmvec")


def powers(x):
    y = np.empty_like(x)
    for i in range(len(x)):
        y[i] = np.exp(x[i])
    return y


def power(x):
    return np.exp(x)


@pytest.fixture(scope="module")
def compiled():
    return cr.jit(powers)


def right(x):
    with np.errstate(all="ignore"):
        return np.exp(x.astype(np.longdouble))


@pytest.mark.parametrize(("low", "high"), [
    (-745.2, 709.79), (-1, 1), (-1e-7, 1e-7), (-745.2, -708), (709, 709.79), (0.346, 0.347), (-0.347, -0.346),
])  # fmt: skip
@needs_library
def test_right_to_one_unit_in_the_last_place(compiled, low, high):
    x = np.random.default_rng(3).uniform(low, high, 20_000)
    with np.errstate(all="ignore"):
        wanted = right(x)
        unit = np.spacing(wanted.astype(float)).astype(np.longdouble)
        finite = np.isfinite(wanted.astype(float))
    assert np.max(np.abs(compiled(x) - wanted)[finite] / unit[finite]) < 1.0


ENDS = [
    0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1e300, -1e300, 5e-324, -5e-324, 709.782712893384, 709.7827128933841,
    710.0, -708.3964185322641, -708.3964185322642, -745.1332191019411, -745.1332191019412, -746.0, -1075.0, 1024.0,
]  # fmt: skip


@pytest.mark.parametrize("value", ENDS)
def test_ends(compiled, value):
    """The results that no rounding decides: 1, 0, inf, nan, and where a double ends."""
    with np.errstate(all="ignore"):
        wanted = np.exp(value)
        found = compiled(np.full(11, value))
    np.testing.assert_allclose(found, np.full(11, wanted), rtol=3e-16, atol=0)
    assert value != 0.0 or np.all(found == 1.0)


@needs_library
def test_one_number_and_each_place_in_a_vector_give_the_same(compiled):
    x = np.random.default_rng(4).uniform(-740, 709, 39)
    alone = cr.jit(power)
    together = compiled(x)
    assert [alone(float(v)) for v in x] == list(together)
    for length in (0, 1, 7, 8, 9, 38):
        np.testing.assert_array_equal(compiled(x[:length]), together[:length])


@needs_library
def test_loops_call_nothing(monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "/proc/nowhere")  # Numba shows no machine code that it has read
    compiled = cr.jit(powers)
    compiled(np.ones(3))
    (version,) = compiled._versions.values()
    (code,) = version.run.inspect_asm().values()
    assert not any(symbol in code for symbol, _ in vector._variants("exp", "double"))


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def test_derivatives():
    x = np.array([0.3, -800.0, 2.0, 2.0, -1.0, 700.0, 699.0, -30.0, 4.0])
    found = cr.jit(cr.grad(lambda x: np.sum(softmax(x) * np.arange(9.0))))(x)
    np.testing.assert_allclose(found, cr.grad(lambda x: np.sum(softmax(x) * np.arange(9.0)))(x), rtol=1e-12, atol=1e-16)
