"""Small programs: what the lowered program computes is what Python computes."""

import pytest

from chainrule import UnsupportedError
from compiled.lower import programs_flow, programs_memory
from compiled.lower.lowering import check

FLOW = [(f, args) for f, *runs in programs_flow.PROGRAMS for args in runs]
MEMORY = [(f, args) for f, *runs in programs_memory.PROGRAMS for args in runs]


def names(cases):
    return [f"{f.__name__}-{i}" for i, (f, _) in enumerate(cases)]


@pytest.mark.parametrize(("f", "args"), FLOW, ids=names(FLOW))
def test_control_flow(f, args):
    check(f, *args)


@pytest.mark.parametrize(("f", "args"), MEMORY, ids=names(MEMORY))
def test_arrays_that_are_bound_and_written(f, args):
    try:
        check(f, *args)
    except UnsupportedError:
        if f.__name__ not in programs_memory.REFUSED:
            raise
