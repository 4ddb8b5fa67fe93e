"""Every row of the table, traced by elements: its examples agree with NumPy, with samples and with reverse mode."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import SymbolicError
from chainrule.rules import rows
from chainrule.symbolic import derivatives
from row_calls import calls, differentiable, dot, flat, like, slope

REFUSED = {
    "arange", "cholesky", "cholesky_lower", "cofactors", "cofactors_slope", "det", "interp", "inv", "logdet", "median",
    "partition", "percentile", "pinv", "quantile", "slogdet", "solve", "solve_matrix", "sort", "unwrap",
    "fft", "ifft", "half_spectrum", "from_half_spectrum", "rfft", "irfft", "hfft", "ihfft", "fftn", "ifftn", "rfftn",
    "irfftn", "fft2", "ifft2", "rfft2", "irfft2", "polymul", "polydiv", "polyfit", "roots",
    "nanmedian", "nanquantile", "nanpercentile", "distinct", "unique", "unique_all", "unique_counts", "unique_inverse",
    "unique_values", "union1d", "setdiff1d", "setxor1d", "intersect1d", "sort_complex", "trim_zeros",
    "asarray_chkfinite", "histogram", "histogram2d", "histogramdd", "histogram_bin_edges",
}  # fmt: skip
REFUSED |= {
    "cond", "eigen_hermitian", "eigh", "eigvalsh", "eigen_pairs", "eig", "eigvals", "singular_triplets", "svd",
    "svdvals", "orthogonal_triangular", "qr", "over_gaps", "pseudo_inverse", "lstsq", "tensorsolve", "tensorinv",
}  # fmt: skip
REFUSED |= {  # of scipy.linalg
    "solve_lower", "solve_triangular", "cho_factor", "cho_solve", "packed_lu", "lu", "lu_factor", "lu_solve",
    "eigen_hermitian_driver", "eigvalsh_tridiagonal", "eigh_tridiagonal", "eig_banded", "eigvals_banded",
    "cholesky_banded", "cho_solve_banded", "rq", "qr_multiply", "subspace_angles",
    "continuous_riccati", "discrete_riccati", "solve_continuous_are",
    "solve_discrete_are", "pinvh", "orthogonal_procrustes", "banded_solution",
    "solve_banded", "solveh_banded", "solve_toeplitz", "solve_circulant", "solve_sylvester",
    "solve_continuous_lyapunov", "solve_discrete_lyapunov", "frechet", "expm", "expm_frechet", "cosm", "sinm", "tanm",
    "coshm", "sinhm", "tanhm", "logm", "sqrtm", "matrix_root", "fractional_matrix_power", "signm", "polar",
}  # fmt: skip
PARTLY = {"matrix_power", "norm", "matrix_norm"}  # negative powers; singular values
PARTLY |= {  # special functions with complex results, and signs in logsumexp
    "hankel1", "hankel2", "hankel1e", "hankel2e", "h1vp", "h2vp", "faddeeva", "wofz", "modfresnelp_integral",
    "modfresnelp_auxiliary", "modfresnelp", "modfresnelm_integral", "modfresnelm_auxiliary", "modfresnelm", "lambertw",
    "sph_harm", "sph_harm_y", "kelvin", "logsumexp", "scaled_hankel1", "scaled_hankel2",
}  # fmt: skip
SINGLE = {"cast", "astype"}  # examples with float32, which expressions compute in double precision


def outputs(row, call):
    def f(*values):
        args, kwargs = call.replaced(values)
        return list(flat(row(*args, **kwargs)))

    return f


@pytest.mark.parametrize("row", [r for r in differentiable() if r.name not in REFUSED], ids=lambda r: r.name)
def test_examples(row, rng):
    refused = 0
    for call in calls(row, rng):
        f, point = outputs(row, call), [np.asarray(v, float)[()] for v in call.sampled()]
        try:
            values, blocks = derivatives(f, point)
        except SymbolicError:
            refused += 1
            continue
        expected = f(*point)
        tolerance = 1e-6 if row.name in SINGLE else 1e-12
        for value, other in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, other, rtol=tolerance, atol=1e-14)
        if row.name not in SINGLE:
            compare_with_samples(f, point, values, blocks, rng)
        compare_with_reverse_mode(f, point, blocks)
    assert not refused or row.name in PARTLY


def compare_with_samples(f, point, values, blocks, rng):
    tangents = [like(rng, v) for v in point]
    seeds = [like(rng, np.asarray(v, float)) for v in values]
    moved = slope(
        lambda h: [np.asarray(o, float) for o in f(*[v + h * t for v, t in zip(point, tangents, strict=True)])]
    )
    found = sum(
        float(np.sum(np.tensordot(block, tangent, np.ndim(tangent)) * seed))
        for row, seed in zip(blocks, seeds, strict=True)
        for block, tangent in zip(row, tangents, strict=True)
    )
    assert found == pytest.approx(sum(dot(a, b) for a, b in zip(moved, seeds, strict=True)), rel=1e-5, abs=1e-6)


def compare_with_reverse_mode(f, point, blocks):
    expected = cr.jacobian(f, argnums=tuple(range(len(point))))(*point)
    for row, other in zip(blocks, expected, strict=True):
        for block, theirs in zip(row, other, strict=True):
            np.testing.assert_allclose(block, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("row", [r for r in differentiable() if r.name in REFUSED], ids=lambda r: r.name)
def test_what_needs_values_is_refused_by_name(row, rng):
    call = next(iter(calls(row, rng)))
    point = [np.asarray(v, float)[()] for v in call.sampled()]
    with pytest.raises(SymbolicError, match=r'method="reverse"|cannot depend on symbols'):
        derivatives(outputs(row, call), point)


CREATION = {
    "zeros", "ones", "empty", "eye", "identity", "tri", "zeros_like", "ones_like", "empty_like", "indices",
    "diag_indices", "mask_indices", "tril_indices", "triu_indices", "bartlett", "blackman", "hamming", "hanning",
}  # fmt: skip
CANCELS = {"largest"}  # the derivative, where it is used: in a difference
OTHERS = [r for r in rows() if r.kind == "constant" and r.name not in CREATION | CANCELS]


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # since NumPy 2.5
@pytest.mark.parametrize("row", OTHERS, ids=lambda r: r.name)
def test_constant_rows_are_computed_or_refused(row):
    arguments, more = CONSTANT.get(row.name, VECTOR), PARAMETERS.get(row.name, ())
    if row.name in NEED_VALUES | NOT_NUMBERS:
        with pytest.raises((SymbolicError, cr.DerivativeError), match=r"needs the values|returned a"):
            derivatives(lambda *v: [row(*v, *more)], list(arguments))
        return
    values, blocks = derivatives(lambda *v: [row(*v, *more)], list(arguments))
    np.testing.assert_allclose(values[0], row.compute(*arguments, *more))
    assert all(not np.any(block) for block in blocks[0])


VECTOR = (np.array([0.5, -1.5, 2.0]),)
PAIR = (np.array([0.5, -1.5, 2.0]), np.array([0.5, 1.5, -0.7]))
MATRIX = (np.array([[0.5, -1.5], [2.0, 0.1]]),)
TWO = [
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or",
    "logical_xor", "floor_divide", "isclose", "allclose", "array_equal", "array_equiv", "isin", "may_share_memory",
    "shares_memory", "result_type", "common_type", "gcd", "lcm", "in1d",
]  # fmt: skip
SQUARE = ("sign_of_det", "column_lengths", "diag_indices_from", "tril_indices_from", "triu_indices_from")
CONSTANT = dict.fromkeys(TWO, PAIR) | dict.fromkeys(SQUARE, MATRIX)
PARAMETERS = {
    "argpartition": (1,), "searchsorted": (np.array([1.0]),), "digitize": (np.array([0.0, 1.0]),), "can_cast": (float,),
    "round": (1,), "around": (1,), "_to_integers": (int,), "places_of": (np.array([0.5]), False),
    "bin_count": (3, None), "bins_met": (3, None), "ravel_multi_index": ((2, 2),), "unravel_index": ((2,),),
}  # fmt: skip
NEED_VALUES = {
    "isclose", "allclose", "array_equal", "array_equiv", "isin", "argmax", "argmin", "nanargmax", "nanargmin",
    "argsort", "argpartition", "lexsort", "searchsorted", "digitize", "nonzero", "argwhere", "flatnonzero",
    "sign_of_det", "_turns", "leading_zeros", "trailing_zeros", "column_lengths", "in_pairs", "groups",
    "hashed_order", "order_of_values", "places_of", "bin_count", "bins_met",
    "bitwise_count", "gcd", "lcm", "ravel_multi_index", "unravel_index", "einsum_path", "in1d",
    "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift",
}  # fmt: skip
NEED_VALUES |= {  # of linear algebra
    "matrix_rank", "row_order", "column_order", "singular_values_of", "bandwidth", "ishermitian", "issymmetric",
}  # fmt: skip
NEED_VALUES |= {"held", "gammasgn"}
NOT_NUMBERS = {
    "shape", "result_type", "common_type", "min_scalar_type", "diag_indices_from", "tril_indices_from",
    "triu_indices_from", "array2string", "array_repr", "array_str",
}  # fmt: skip
