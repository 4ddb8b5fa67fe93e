"""SciPy's eigenvalues, singular values and orthogonal factors: NumPy's, with other arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ...errors import MissingRuleError, message
from .._declare import composite, constant, general
from .._domain import UNIT, Array, array, case, invertible, positive_definite, separated, symmetric
from .._row import Row
from ..linalg import cholesky_lower, pseudo_inverse
from ..linalg._matrix import adjoint, hermitian, mirrored
from ..linalg.choice import EIGENVALUES
from ..linalg.spectra import eigen_hermitian_jvp, eigen_hermitian_vjp, eigen_pairs, packed_pairs
from ..shape import asarray
from .triangular import substituted

__all__: list[str] = []

SELECT = {"i": "subset_by_index", "v": "subset_by_value"}
BAND_BELOW = Array((2, 3), UNIT, lambda a: (a + 2.5 * np.arange(3) * (np.arange(2) == 0)[:, None]).astype(a.dtype))
BAND_ABOVE = Array((2, 3), UNIT, lambda a: (a + 2.5 * np.arange(3) * (np.arange(2) == 1)[:, None]).astype(a.dtype))


def _refuse(what: str, instead: str) -> None:
    raise MissingRuleError(message(f"{what} has no derivative rule.", instead))


# ---- Eigenvalues ---------------------------------------------------------------------------------------------------

# NumPy's and SciPy's eigenvectors may differ in sign, as they come from different programs of LAPACK.
# The default one lets rounding decide on the sign; the domain asks for another, so that differences can be taken.
eigen_hermitian_driver: Row = general(
    lambda a, uplo, driver: packed_pairs(*scipy.linalg.eigh(a, lower=uplo == "L", driver=driver)),
    name="eigen_hermitian_driver", signature="a, uplo='L', driver=None",
    jvp={"a": lambda t, ans, uplo: eigen_hermitian_jvp(t, ans, uplo)},
    vjp={"a": lambda g, ans, uplo: eigen_hermitian_vjp(g, ans, uplo)},
    domain=[case(symmetric(3, 3), driver="evd"), case(symmetric(2, 2), "U", "evd")],
)  # fmt: skip
eigen_hermitian_driver.splits = EIGENVALUES


def _reduced(a: Any, b: Any, type: int) -> tuple[Any, Any, Any]:
    """Return the Hermitian matrix with the eigenvalues of a pair, and what its eigenvectors are solved with."""
    lower = cholesky_lower(b)
    if type == 1:
        half = substituted(lower, a, True)
        return hermitian(adjoint(substituted(lower, adjoint(half), True))), lower, None
    return hermitian(np.matmul(np.matmul(adjoint(lower), a), lower)), lower, type


@composite(
    scipy.linalg.eigh,
    domain=[case(symmetric(3, 3), driver="evd"), case(symmetric(3, 3), lower=False, driver="evd"),
            case(symmetric(3, 3), eigvals_only=True),
            case(symmetric(2, 2), positive_definite(2, 2), eigvals_only=True)],
)  # fmt: skip
def eigh(
    a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, overwrite_a: bool = False,
    overwrite_b: bool = False, type: int = 1, check_finite: bool = True, subset_by_index: Any = None,
    subset_by_value: Any = None, driver: Any = None,
) -> Any:  # fmt: skip
    """Factor a Hermitian matrix, or one relative to another, which is reduced to the first by a Cholesky factor."""
    a, turn, uplo = asarray(a), None, "L" if lower else "U"
    if b is not None:
        a, turn, type = _reduced(mirrored(a, uplo), mirrored(asarray(b), uplo), type)
    pairs = eigen_hermitian_driver(a, uplo, driver if b is None else None)
    values, vectors = np.real(pairs[..., 0, :]), pairs[..., 1:, :]
    if turn is not None:
        vectors = np.matmul(turn, vectors) if type == 3 else substituted(adjoint(turn), vectors, False)
    chosen = _chosen(values, subset_by_index, subset_by_value)
    values, vectors = values[..., chosen], vectors[..., chosen]
    return values if eigvals_only else (values, vectors)


def _chosen(values: Any, by_index: Any, by_value: Any) -> Any:
    """Return which eigenvalues a caller asked for."""
    if by_index is not None:
        return slice(by_index[0], by_index[1] + 1)
    if by_value is None:
        return slice(None)
    return slice(int(np.sum(values <= by_value[0])), int(np.sum(values <= by_value[1])))


@composite(
    scipy.linalg.eigvalsh, complex=True,
    domain=[case(symmetric(3, 3)), case(symmetric(3, 3), lower=False), case(symmetric(2, 2), positive_definite(2, 2)),
            case(symmetric(3, 3), subset_by_value=[1.0, 20.0])],
)  # fmt: skip
def eigvalsh(
    a: Any, b: Any = None, *, lower: bool = True, overwrite_a: bool = False, overwrite_b: bool = False, type: int = 1,
    check_finite: bool = True, subset_by_index: Any = None, subset_by_value: Any = None, driver: Any = None,
) -> Any:  # fmt: skip
    return eigh(
        a, b, lower=lower, eigvals_only=True, type=type, subset_by_index=subset_by_index,
        subset_by_value=subset_by_value,
    )  # fmt: skip


def _tridiagonal(d: Any, e: Any) -> Any:
    return np.diag(d) + np.diag(e, 1) + np.diag(e, -1)


@composite(
    scipy.linalg.eigvalsh_tridiagonal,
    domain=[case(np.array([0.0, 2.0, 5.0]), array(2)), case(array(3), np.array([1.0, 2.0]))],
)  # fmt: skip
def eigvalsh_tridiagonal(
    d: Any, e: Any, select: str = "a", select_range: Any = None, check_finite: bool = True, tol: float = 0.0,
    lapack_driver: str = "auto",
) -> Any:  # fmt: skip
    return eigh_tridiagonal(d, e, True, select, select_range)


@composite(
    scipy.linalg.eigh_tridiagonal, domain=[case(np.array([0.0, 2.0, 5.0]), array(2), eigvals_only=True)],
)  # fmt: skip
def eigh_tridiagonal(
    d: Any, e: Any, eigvals_only: bool = False, select: str = "a", select_range: Any = None, check_finite: bool = True,
    tol: float = 0.0, lapack_driver: str = "auto",
) -> Any:  # fmt: skip
    by = {} if select == "a" else {SELECT[select]: select_range}
    return eigh(_tridiagonal(asarray(d), asarray(e)), eigvals_only=eigvals_only, **by)


def _banded(band: Any, lower: bool) -> Any:
    """Write out the triangle of a banded Hermitian matrix that is given."""
    n, width = band.shape[1], band.shape[0] - 1
    rows = range(width + 1)
    if lower:
        return sum(np.diag(band[k, : n - k], -k) for k in rows if k < n)
    return sum(np.diag(band[width - k, k:], k) for k in rows if k < n)


@composite(
    scipy.linalg.eig_banded, domain=[case(BAND_BELOW, lower=True, eigvals_only=True)],
)  # fmt: skip
def eig_banded(
    a_band: Any, lower: bool = False, eigvals_only: bool = False, overwrite_a_band: bool = False, select: str = "a",
    select_range: Any = None, max_ev: int = 0, check_finite: bool = True,
) -> Any:  # fmt: skip
    by = {} if select == "a" else {SELECT[select]: select_range}
    return eigh(_banded(asarray(a_band), lower), lower=lower, eigvals_only=eigvals_only, **by)


@composite(
    scipy.linalg.eigvals_banded, complex=True, domain=[case(BAND_BELOW, lower=True), case(BAND_ABOVE)],
)  # fmt: skip
def eigvals_banded(
    a_band: Any, lower: bool = False, overwrite_a_band: bool = False, select: str = "a", select_range: Any = None,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    return eig_banded(a_band, lower, True, select=select, select_range=select_range)


@composite(scipy.linalg.eig, complex=True, domain=[case(separated(2, 2)), case(separated(2, 2), right=False)])
def eig(
    a: Any, b: Any = None, left: bool = False, right: bool = True, overwrite_a: bool = False,
    overwrite_b: bool = False, check_finite: bool = True, homogeneous_eigvals: bool = False,
) -> Any:  # fmt: skip
    if left or homogeneous_eigvals or b is not None:
        _refuse("scipy.linalg.eig of a pair, with left vectors or homogeneous values,", "Take eigvals, or eig of one.")
    a = asarray(a)
    pairs = eigen_pairs(a)
    values, vectors = pairs[..., 0, :], pairs[..., 1:, :]
    if not right:
        return values
    return values, (np.real(vectors) if a.dtype.kind != "c" and not np.any(np.imag(values) != 0) else vectors)


@composite(
    scipy.linalg.eigvals, complex=True, domain=[case(separated(2, 2)), case(separated(2, 2), invertible(2, 2))],
)  # fmt: skip
def eigvals(
    a: Any, b: Any = None, overwrite_a: bool = False, check_finite: bool = True, homogeneous_eigvals: bool = False
) -> Any:
    if homogeneous_eigvals:
        _refuse("scipy.linalg.eigvals with homogeneous values", "Take the quotients.")
    return eigen_pairs(asarray(a) if b is None else np.linalg.solve(b, a))[..., 0, :]


# ---- Singular values -----------------------------------------------------------------------------------------------


@composite(
    scipy.linalg.svd,
    domain=[case(separated(3, 3)), case(separated(3, 2)), case(separated(4, 2), full_matrices=False),
            case(separated(2, 3), compute_uv=False)],
)  # fmt: skip
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, overwrite_a: bool = False, check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:  # fmt: skip
    return tuple(np.linalg.svd(a, full_matrices)) if compute_uv else np.linalg.svdvals(a)


@composite(scipy.linalg.svdvals, complex=True, domain=[case(separated(3, 3)), case(separated(4, 2))])
def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    return np.linalg.svdvals(a)


def _relative_cut(a: Any, sizes: Any, atol: Any, rtol: Any) -> Any:
    """Return below what part of the largest singular value the others count as 0."""
    largest = float(np.max(sizes, initial=0.0))
    if rtol is None:
        rtol = max(a.shape) * float(np.finfo(a.real.dtype).eps) if not atol else 0.0
    return rtol + (atol / largest if atol and largest else 0.0)


def singular_values_of(a: Any) -> Any:
    """Return the singular values, as numbers that are not differentiated."""
    return np.linalg.svd(np.asarray(a), compute_uv=False)


constant(singular_values_of)


def _pinv(a: Any, atol: Any, rtol: Any, return_rank: bool) -> Any:
    from .._table import lookup

    sizes = lookup(singular_values_of)(a)
    cut = _relative_cut(a, sizes, atol, rtol)
    result = pseudo_inverse(a, cut)
    return (result, int(np.sum(sizes > cut * sizes[0]))) if return_rank else result


@composite(
    scipy.linalg.pinv, complex=True,
    domain=[case(separated(3, 2)), case(separated(2, 3), atol=1e-10), case(separated(2, 2), rtol=1e-8)],
)  # fmt: skip
def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False, check_finite: bool = True) -> Any:
    return _pinv(asarray(a), atol, rtol, return_rank)


@composite(scipy.linalg.pinvh, complex=True, domain=[case(positive_definite(3, 3)), case(symmetric(2, 2), lower=False)])
def pinvh(
    a: Any, atol: Any = None, rtol: Any = None, lower: bool = True, return_rank: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    return _pinv(mirrored(asarray(a), "L" if lower else "U"), atol, rtol, return_rank)


@composite(scipy.linalg.norm, complex=True, domain=[case(array(3)), case(array(2, 3)), case(separated(2, 2), "nuc")])
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    return np.linalg.norm(a, ord, axis, keepdims)
