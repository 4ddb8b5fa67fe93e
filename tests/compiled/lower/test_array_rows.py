"""Every row of the table whose function can be compiled, on its own example calls; and those that cannot."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.compiled import ir
from chainrule.compiled.build import Builder
from chainrule.compiled.lower.array import Array
from chainrule.compiled.lower.dispatch import call
from chainrule.compiled.lower.lazy import flush
from chainrule.compiled.scalar import Scalar
from chainrule.compiled.spec import ArraySpec
from chainrule.errors import UnsupportedError
from compiled.interpreter import run
from compiled.lower.tracing import _CURRENT, _outputs, same
from row_calls import calls, differentiable

# What cannot be compiled: other types of numbers, lists of an unknown number of arrays, and what nobody wanted yet.
REFUSED = {
    *[("resize", i) for i in range(3)], *[("pinv", i) for i in range(4)], ("cast", 2), ("astype", 2), ("unwrap", 0),
    ("unwrap", 1), ("insert", 1), ("insert", 3), ("delete", 1), ("delete", 2), ("unstack", 0), ("unstack", 1),
    ("average", 5),
}  # fmt: skip

# By row, which of its examples are refused, where these are many.
NOT_COMPILED = {
    **dict.fromkeys(
        ("fft", "ifft", "half_spectrum", "from_half_spectrum", "rfft", "irfft", "hfft", "ihfft", "fftn", "ifftn",
         "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"), range(9)),
    "convolution": range(8), "convolve": range(8), "correlate": range(7), "polyval": (0, 1, 3), "polyadd": range(4),
    "polysub": range(4), "polymul": range(4), "polydiv": range(4), "polyder": range(3), "polyint": range(4), "vander":
    range(1), "polyfit": (0, 3, 6), "roots": (0, 2), "poly": range(4),
    "piecewise": range(3), "apply_along_axis": range(4), "distinct": range(2), "unique": range(5), "unique_all":
    range(2), "unique_counts": range(2), "unique_inverse": range(2), "unique_values": range(1), "union1d": range(3),
    "setdiff1d": range(3), "setxor1d": range(3), "intersect1d": range(2), "sort_complex": range(2), "trim_zeros":
    range(2), "kaiser": (0, 2),
    "histogram_bin_edges": (0, 2), "asarray_chkfinite": (0,), "ix_": (0, 1), "histogram": (0, 2), "histogramdd": (0, 2), "histogram2d": (0, 2),
}  # fmt: skip
NOT_COMPILED |= dict.fromkeys(
    ("eigen_hermitian", "eigh", "eigvalsh", "eigen_pairs", "eig", "eigvals", "singular_triplets", "svd", "svdvals",
     "orthogonal_triangular", "qr", "pseudo_inverse", "pinv", "lstsq", "cond"), range(11))  # fmt: skip
NOT_COMPILED |= {"norm": range(21, 26), "matrix_norm": (3, 4)}
REFUSED |= {(name, i) for name, examples in NOT_COMPILED.items() for i in examples}


def of_scipy_linalg(row):
    """SciPy's linear algebra is not compiled; what it has in common with NumPy's can be called by NumPy's name."""
    modules = [str(getattr(f, "__module__", "")) for f in (row.fn, row.compute)]
    return any(part in module for module in modules for part in ("scipy.linalg", "scipy_linalg"))


ROWS = [
    (row, i)
    for row in differentiable()
    if not of_scipy_linalg(row)
    for i in range(len(list(calls(row, np.random.default_rng(0)))))
]


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
            spec = ArraySpec(x.dtype.name, tuple([n == 1 for n in x.shape]), x.flags.c_contiguous)
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
        function = (
            row.fn if row.kind == "composite" or getattr(row.fn, "__module__", "numpy").startswith("numpy") else row
        )
        outputs = []
        result = _outputs(builder, call(builder, function, args, kwargs), outputs)
    finally:
        _CURRENT.pop()
    flush(builder)
    return ir.Function("f", params, builder.block, outputs), result, given


@pytest.mark.parametrize(("row", "i"), ROWS, ids=lambda x: getattr(x, "name", str(x)))
def test_row(row, i):
    example = list(calls(row, np.random.default_rng(0)))[i]
    args, kwargs = example.replaced(example.sampled())
    expected = row.compute(*args, **kwargs) if row.kind == "composite" else row(*args, **kwargs)
    if (row.name, i) in REFUSED:
        with pytest.raises(UnsupportedError):
            compiled(row, example)
    else:
        same(compiled(row, example), _wide(expected))


def _wide(expected):
    """Programs have integers of 64 bits only."""
    if isinstance(expected, tuple):
        return tuple([_wide(x) for x in expected])
    return expected.astype(np.int64) if getattr(expected, "dtype", None) == np.int32 else expected
