"""Every program of the zoo, lowered and run in the interpreter, gives what Python gives."""

from importlib import import_module

import pytest

from chainrule import UnsupportedError
from compiled.lower.lowering import check

MODULES = ("algebra", "choices", "dynamics", "inference", "loops", "stencils", "structures")
ENTRIES = [e for m in MODULES for e in import_module(f"compiled.zoo.{m}").ENTRIES]
TRAPS = [t for m in ("traps_memory", "traps_values") for t in import_module(f"compiled.zoo.{m}").TRAPS]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_lowered_programs_compute_what_python_computes(entry):
    check(entry.function, *entry.arguments(), exact=False)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda t: t.name)
def test_traps_are_right_or_refused(trap):
    if trap.shared:
        pytest.skip("Shared arguments are the caller's business.")
    try:
        check(trap.function, *trap.args())
    except UnsupportedError:
        if not trap.may_refuse:
            raise
