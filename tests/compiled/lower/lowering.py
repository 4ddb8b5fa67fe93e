"""Lower a function for given arguments, run the program in the interpreter, and compare with Python's own run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import UnsupportedError, tree
from chainrule.compiled.lower.program import lower
from chainrule.compiled.spec import ArraySpec, Lowered, Result, ScalarSpec, Static
from compiled.interpreter import run
from compiled.wellformed import require_wellformed

__all__ = ["call", "check", "lowered", "outcome", "spec_of"]


def spec_of(x: Any) -> Any:
    """Return the spec of an argument's leaf."""
    if isinstance(x, np.ndarray):
        return ArraySpec(x.dtype.name, tuple([int(n == 1) for n in x.shape]), bool(x.flags.c_contiguous))
    if isinstance(x, np.generic):
        return ScalarSpec(x.dtype.name, False)
    if isinstance(x, bool):
        return ScalarSpec("bool")
    if isinstance(x, (int, float)):
        return ScalarSpec("int64" if isinstance(x, int) else "float64")
    return Static(x)


def lowered(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Lowered:
    """Lower a function for the types of some arguments."""
    return lower(f, tree.map(spec_of, args), tree.map(spec_of, kwargs))


def call(made: Lowered, *args: Any, **kwargs: Any) -> Any:
    """Run a lowered function."""
    leaves = tree.flatten(args)[0] + (tree.flatten(kwargs)[0] if kwargs else [])
    values = [x for x in leaves if not isinstance(spec_of(x), Static)]
    values += [c.read() for c in made.captures]
    before = [copy.deepcopy(v) for v in values]
    results = run(made.program, *values)
    for i, (old, new) in enumerate(zip(before, values, strict=True)):
        if isinstance(old, np.ndarray) and i not in made.written:
            np.testing.assert_array_equal(old, new, f"argument {i} was written, and the program does not say so")
    return tree.map(lambda leaf: results[leaf.index] if isinstance(leaf, Result) else leaf, made.result)


def outcome(f: Callable[..., Any]) -> Any:
    """Return what a call gives, or the class of the error that it raises."""
    try:
        with np.errstate(all="ignore"):
            return f()
    except (ArithmeticError, AssertionError, IndexError, KeyError, NameError, ValueError) as error:
        return type(error)


def check(f: Callable[..., Any], *args: Any, exact: bool = False) -> Lowered:
    """Compare a program's run with Python's: the value, the error, and what is written to the arguments."""
    mine, theirs = copy.deepcopy(args), copy.deepcopy(args)
    made = lowered(f, *args)
    require_wellformed(made.program)
    expected, found = outcome(lambda: f(*theirs)), outcome(lambda: call(made, *mine))
    _same(expected, found, exact)
    _same(tree.flatten(theirs)[0], tree.flatten(mine)[0], exact)
    return made


def _same(expected: Any, found: Any, exact: bool) -> None:
    if isinstance(expected, type):
        assert isinstance(found, type), (expected, found)
        assert issubclass(found, expected) or issubclass(expected, found), (expected, found)
        return
    if found is ValueError:
        raise UnsupportedError("refused at run time")
    assert not isinstance(found, type), (expected, found)
    leaves, structure = tree.flatten(expected)
    others, other = tree.flatten(found)
    assert structure == other, (structure, other)
    for a, b in zip(leaves, others, strict=True):
        if isinstance(a, (str, type(None))) or callable(a):
            assert a == b
        else:
            np.testing.assert_allclose(b, a, rtol=0 if exact else 1e-12, atol=0 if exact else 1e-14)
            assert np.shape(a) == np.shape(b), (a, b)
