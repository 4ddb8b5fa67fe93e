"""The zoo's programs with threads give what they give without."""

import numpy as np
import pytest

import chainrule as cr
from compiled.zoo import ENTRIES, engine
from compiled.zoo.reference import flat

every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
some_entries = pytest.mark.parametrize("entry", ENTRIES[::6], ids=lambda entry: entry.name)  # compiling takes seconds


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
def test_value(entry):
    assert_same_with_threads(entry.function, entry, compile=False)


@every_entry
def test_gradient(entry):
    assert_same_with_threads(cr.value_and_grad(entry.function, argnums=entry.argnums), entry, compile=False)


@pytest.mark.slow
@some_entries
def test_compiled_gradient(entry):
    assert_same_with_threads(cr.value_and_grad(entry.function, argnums=entry.argnums), entry, compile=True)


def test_threads_are_used():
    used = 0
    for entry in ENTRIES:
        try:
            emitted = cr.jit(cr.grad(entry.function, argnums=entry.argnums), threads=2).emitted(*entry.arguments())
        except engine.Refused:
            continue
        used += bool(emitted.parts)
    assert used > len(ENTRIES) // 2
