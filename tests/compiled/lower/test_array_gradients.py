"""The adjoint and the tangent of every row's program against the eager engine's."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import ir
from chainrule.compiled.adjoint import adjoint
from chainrule.compiled.tangent import tangent
from chainrule.compiled.tidy import prepare, tidy
from chainrule.errors import UnsupportedError
from compiled.interpreter import run
from compiled.lower.test_array_rows import PARTLY, ROWS, has_complex, program_of, result_of
from row_calls import calls


def leaves(value):
    if isinstance(value, (tuple, list)):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def is_real(x):
    return x.dtype.kind == "f" if hasattr(x, "dtype") else isinstance(x, float)


def weight(x):
    return np.cos(np.arange(np.size(x)) + 1.0).reshape(np.shape(x))


def is_tried_elsewhere(row):
    """Tell whether `test_elementwise_rows` is enough for the default suite."""
    return row.kind == "elementwise" and not hasattr(np, row.name)


EXAMPLES = [pytest.param(row, i, marks=pytest.mark.slow if is_tried_elsewhere(row) else ()) for row, i in ROWS]


@pytest.mark.parametrize(("row", "i"), EXAMPLES, ids=lambda x: getattr(x, "name", str(x)))
def test_derivative(row, i):
    example = list(calls(row, np.random.default_rng(0)))[i]
    if has_complex(result_of(row, example)):
        return
    sampled = example.sampled()

    def weighted(*values):
        args, kwargs = example.replaced(values)
        results = leaves(row.compute(*args, **kwargs) if row.kind == "composite" else row(*args, **kwargs))
        return sum([np.sum(r * weight(r)) for r in results if is_real(r)])

    with np.errstate(all="ignore"):
        expected = cr.grad(weighted, argnums=tuple(range(len(sampled))))(*sampled)
    try:
        function, _, given = program_of(row, example)
    except UnsupportedError:
        assert row.name in PARTLY
        return
    program = prepare(ir.Program(function))
    results = run(program, *given)
    seeds = [weight(r).astype(r.dtype) for r in results if is_real(r)]
    single = any(s.dtype == np.float32 for s in seeds)
    wrt = [k for k, p in enumerate(function.params) if p.dtype == "float64"]
    bars = run(tidy(adjoint(program, wrt, keep=False)), *given, *seeds)
    for bar, wanted in zip(bars, expected, strict=True):
        np.testing.assert_allclose(bar, wanted, rtol=1e-6 if single else 1e-9, atol=1e-11)
    dots = [np.sin(np.arange(np.size(x)) + 2.0).reshape(np.shape(x)) for x in sampled]
    moved = run(tidy(tangent(program, wrt)), *given, *dots)[len(results) :]
    slope = sum([np.sum(w * m) for w, m in zip(seeds, moved, strict=True)])
    expected = sum([np.sum(b * d) for b, d in zip(bars, dots, strict=True)])
    np.testing.assert_allclose(slope, expected, rtol=1e-6 if single else 1e-9, atol=1e-10)
