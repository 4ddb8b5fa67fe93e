"""Functions whose results are counts, indices, truth values or types: their derivative is zero."""

from __future__ import annotations

import numpy as np

from ._declare import constant

__all__: list[str] = []

# Comparing and testing.
constant(
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isclose, np.allclose,
    np.array_equal, np.array_equiv, np.isfinite, np.isinf, np.isnan, np.isneginf, np.isposinf, np.iscomplex, np.isreal,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.any, np.all, np.isin,
)  # fmt: skip

# Integers: bits, divisors, places in memory.
constant(
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.bitwise_count, np.gcd,
    np.lcm, np.ravel_multi_index, np.unravel_index,
)  # fmt: skip

# Searching, ordering and counting.
constant(
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort, np.searchsorted,
    np.digitize, np.nonzero, np.argwhere, np.flatnonzero, np.count_nonzero,
)  # fmt: skip

# Shapes, types and storage; texts.
constant(
    np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.result_type, np.can_cast, np.common_type,
    np.min_scalar_type, np.may_share_memory, np.shares_memory, np.diag_indices_from, np.tril_indices_from,
    np.triu_indices_from, np.einsum_path, np.array2string, np.array_repr, np.array_str,
)  # fmt: skip

# New arrays whose values depend on nothing (np.zeros(3, like=x) arrives here).
constant(
    np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.zeros_like, np.ones_like, np.empty_like, np.indices,
    np.diag_indices, np.mask_indices, np.tril_indices, np.triu_indices, np.bartlett, np.blackman, np.hamming,
    np.hanning,
)  # fmt: skip

if "in1d" in vars(np):  # before NumPy 2.4
    constant(vars(np)["in1d"])
