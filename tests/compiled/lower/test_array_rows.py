"""Every row of the table whose function can be compiled, on its own example calls; and those that cannot."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.compiled import ir
from chainrule.compiled.build import Builder
from chainrule.compiled.lower.array import Array
from chainrule.compiled.lower.composite import apply_composite
from chainrule.compiled.lower.dispatch import call
from chainrule.compiled.lower.lazy import flush
from chainrule.compiled.scalar import Scalar
from chainrule.compiled.spec import ArraySpec
from chainrule.errors import UnsupportedError
from compiled.interpreter import run
from compiled.lower.tracing import _CURRENT, _outputs, same
from row_calls import calls, differentiable

# Some calls of these cannot be compiled (beside those that give complex numbers): the shape of the result depends on
# the elements of the arguments, how many results there are depends on lengths, functions and types are arguments.
PARTLY = {
    "apply_along_axis", "asarray_chkfinite", "astype", "cast", "eigvalsh",
    "histogram_bin_edges", "histogramdd", "intersect1d", "kaiser", "lstsq", "quantile",
    "piecewise", "poly", "polydiv", "polymul", "roots", "setdiff1d", "setxor1d", "trim_zeros",
    "union1d", "unique", "unique_all", "unique_counts", "unique_inverse", "unstack",
}  # fmt: skip


def result_of(row, example):
    args, kwargs = example.replaced(example.sampled())
    return row.compute(*args, **kwargs) if row.kind == "composite" else row(*args, **kwargs)


def has_complex(value):
    if isinstance(value, (tuple, list)):
        return any(map(has_complex, value))
    return np.asarray(value).dtype.kind == "c"


ROWS = [(row, i) for row in differentiable() for i in range(len(list(calls(row, np.random.default_rng(0)))))]


def compiled(row, example):
    """Return the result of a row's program on the sampled values of an example call."""
    function, result, given = program_of(row, example)
    return result(run(function, *given))


def program_of(row, example):
    """Return the program of an example call, how to make its result of the outputs, and the sampled values."""
    builder = Builder()
    params, values, given = [], [], []
    for position, x in enumerate(example.sampled()):
        if isinstance(x, np.ndarray) and x.ndim:
            buffer = ir.Buffer(f"x{position}", x.dtype.name, x.ndim)
            spec = ArraySpec(x.dtype.name, tuple([int(n == 1) for n in x.shape]), x.flags.c_contiguous)
            params.append(buffer)
            values.append(Array.parameter(builder, buffer, spec))
        else:
            var = ir.Var(f"x{position}", "float64")
            params.append(var)
            builder.parameters.add(var)
            values.append(Scalar(var, builder))
        given.append(x)
    args, kwargs = example.replaced(values)
    _CURRENT.append(builder)
    try:
        theirs = getattr(row.fn, "__module__", "numpy").startswith("numpy")
        composite = row.kind == "composite"
        function = row.fn if theirs else (lambda *a, **k: apply_composite(row, a, k)) if composite else row
        outputs = []
        result = _outputs(builder, call(builder, function, args, kwargs), outputs)
    finally:
        _CURRENT.pop()
    flush(builder)
    return ir.Function("f", params, builder.block, outputs), result, given


@pytest.mark.parametrize(("row", "i"), ROWS, ids=lambda x: getattr(x, "name", str(x)))
def test_row(row, i):
    example = list(calls(row, np.random.default_rng(0)))[i]
    expected = result_of(row, example)
    if has_complex(expected):
        with pytest.raises(UnsupportedError):
            compiled(row, example)
        return
    try:
        found = compiled(row, example)
    except UnsupportedError:
        assert row.name in PARTLY
    else:
        same(found, _wide(expected))


def test_those_named_are_refused_at_times():
    refused = {row.name for row, i in ROWS if row.name in PARTLY and _is_refused(row, i)}
    assert refused == PARTLY & {row.name for row, _ in ROWS}  # which older versions of NumPy lack some of


def _is_refused(row, i):
    try:
        compiled(row, list(calls(row, np.random.default_rng(0)))[i])
    except UnsupportedError:
        return True
    return False


def _wide(expected):
    """Programs have integers of 64 bits only."""
    if isinstance(expected, tuple):
        return tuple([_wide(x) for x in expected])
    return expected.astype(np.int64) if getattr(expected, "dtype", None) == np.int32 else expected
