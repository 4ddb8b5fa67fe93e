"""The examples of what compiled mode supports: compiled and plain Python agree, and what is refused is refused."""

import re

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from compiled.constructs import CONSTRUCTS
from compiled.zoo.reference import direction, flat, sampled_slope

WAYS = [pytest.param(False, id="python"), pytest.param(True, id="numba", marks=pytest.mark.slow)]
SUPPORTED = [c for c in CONSTRUCTS if not c.refused and c.error is None]

every_way = pytest.mark.parametrize("compile", WAYS)


def each(constructs):
    return pytest.mark.parametrize("construct", constructs, ids=lambda construct: construct.name)


@each(SUPPORTED)
@every_way
def test_value_is_that_of_plain_python(construct, compile):
    function, theirs, mine = construct.function(), construct.arguments(), construct.arguments()
    found, structure = tree.flatten(cr.jit(function, compile=compile)(*mine))
    expected, wanted = tree.flatten(function(*theirs))
    assert structure == wanted
    for a, b in zip([*found, *flat(mine)], [*expected, *flat(theirs)], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6 if "single" in construct.parameters else 1e-13, atol=1e-300)


@each(SUPPORTED)
@every_way
def test_gradient_is_that_of_samples(construct, compile, rng):
    function, arguments = construct.function(), construct.arguments()
    argnums = tuple([k for k, x in enumerate(arguments) if flat(x) and flat(x)[0].__class__ is not np.float32])
    result = function(*construct.arguments())
    if not isinstance(result, (float, np.ndarray)) or "single" in construct.parameters or "stop" in construct.text:
        pytest.skip("there is nothing to sample, or not with these digits")
    along = direction(arguments, argnums, rng)
    gradients = cr.jit(cr.elementwise_grad(function, argnums=argnums), compile=compile)(*arguments)
    slope = sum(float(np.sum(g * t)) for g, t in zip(flat(gradients), along, strict=True))
    expected, error = sampled_slope(lambda *args: np.sum(function(*args)), arguments, argnums, along)
    assert slope == pytest.approx(expected, rel=1e-7, abs=1e-8 + 10 * error)


def test_stopped_gradients_are_constants():
    (construct,) = [c for c in SUPPORTED if "stop" in c.text]
    assert cr.jit(cr.grad(construct.function()), compile=False)(1.3) == 1.3


@each([c for c in CONSTRUCTS if c.refused])
def test_what_is_refused_says_where(construct):
    with pytest.raises((cr.UnsupportedError, cr.MissingRuleError), match=re.escape(f"<construct {construct.what}>:")):
        cr.jit(construct.function(), compile=False)(*construct.arguments())


@each([c for c in CONSTRUCTS if c.error])
@every_way
def test_errors_are_those_of_plain_python(construct, compile):
    with pytest.raises(construct.error):
        construct.function()(*construct.arguments())
    with pytest.raises(construct.error):
        cr.jit(construct.function(), compile=compile)(*construct.arguments())


def test_names_are_unique():
    assert len({construct.what for construct in CONSTRUCTS}) == len(CONSTRUCTS)
