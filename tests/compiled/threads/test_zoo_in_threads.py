"""The zoo's programs with threads give what they give without."""

import numpy as np
import pytest

import chainrule as cr
from compiled.zoo import ENTRIES, engine
from compiled.zoo.reference import flat

WAYS = [pytest.param(False, id="python"), pytest.param(True, id="numba", marks=pytest.mark.slow)]
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def run(f, args, compile, threads):
    try:
        return flat(cr.jit(f, compile=compile, threads=threads)(*args))
    except engine.Refused as refusal:
        pytest.skip(f"refused: {str(refusal).splitlines()[0]}")


def assert_same_with_threads(f, entry, compile, threads=3):
    expected = run(f, entry.arguments(), compile, 1)
    found = run(f, entry.arguments(), compile, threads)
    again = run(f, entry.arguments(), compile, threads)
    for mine, theirs, same in zip(found, expected, again, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-11)
        np.testing.assert_array_equal(mine, same)


@every_entry
@pytest.mark.parametrize("compile", WAYS)
def test_value(entry, compile):
    assert_same_with_threads(entry.function, entry, compile)


@every_entry
@pytest.mark.parametrize("compile", WAYS)
def test_gradient(entry, compile):
    assert_same_with_threads(cr.value_and_grad(entry.function, argnums=entry.argnums), entry, compile)


def test_threads_are_used():
    used = 0
    for entry in ENTRIES:
        try:
            emitted = cr.jit(cr.grad(entry.function, argnums=entry.argnums), threads=2).emitted(*entry.arguments())
        except engine.Refused:
            continue
        used += bool(emitted.parts)
    assert used > len(ENTRIES) // 2
