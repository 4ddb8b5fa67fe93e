"""The emitted text computes what the program does, for random programs and for their derivatives."""

import numpy as np
import pytest

from chainrule.compiled import ir
from chainrule.compiled.adjoint import adjoint
from chainrule.compiled.emit import emit
from chainrule.compiled.tangent import tangent
from chainrule.compiled.tidy import tidy
from compiled.adjoint.random_programs import N, program
from compiled.interpreter import run

SEEDS = range(150)


def executed(emitted, *args):
    namespace = {"__name__": "emitted"}
    exec(emitted.text, namespace)
    with np.errstate(all="ignore"):
        result = namespace[emitted.entry](*args)
    return result if isinstance(result, tuple) else (result,)


def arguments(made, seed):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=N) if isinstance(p, ir.Buffer) else 3 if p.dtype == "int64" else np.float64(rng.normal())
        for p in made.entry.params
    ]


def assert_same_run(made, seed):
    theirs, mine = arguments(made, seed), arguments(made, seed)
    expected = run(made, *theirs)
    emitted = emit(made)
    results = executed(emitted, *mine)
    for a, b in zip(results, expected, strict=True):
        np.testing.assert_array_equal(a, b, emitted.text)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a, b, emitted.text)


@pytest.mark.parametrize("seed", SEEDS)
def test_program(seed):
    assert_same_run(program(seed), seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradient(seed):
    made = program(seed)
    wrt = [k for k, p in enumerate(made.entry.params) if p.dtype == "float64"]
    assert_same_run(tidy(adjoint(made, wrt, unit_seed=True)), seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_tangent(seed):
    made = program(seed)
    assert_same_run(tidy(tangent(made, [0, 2])), seed)
