"""Small programs: what the lowered program computes is what Python computes."""

import pytest
from compiled.lower import programs_flow
from compiled.lower.lowering import check

CASES = [(f, args) for f, *runs in programs_flow.PROGRAMS for args in runs]


@pytest.mark.parametrize(("f", "args"), CASES, ids=[f"{f.__name__}-{i}" for i, (f, _) in enumerate(CASES)])
def test_lowered_program(f, args):
    check(f, *args)
