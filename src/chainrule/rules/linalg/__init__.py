"""Linear algebra: systems, determinants, factors and spectra of matrices and of stacks of matrices."""

from .determinants import SlogdetResult, cofactors, cofactors_slope, logdet
from .factors import cholesky_lower, orthogonal_triangular
from .singular import singular_triplets
from .spectra import eigen_hermitian, eigen_pairs
from .systems import pseudo_inverse, solve_matrix

__all__ = [
    "SlogdetResult", "cholesky_lower", "cofactors", "cofactors_slope", "eigen_hermitian", "eigen_pairs", "logdet",
    "orthogonal_triangular", "pseudo_inverse", "singular_triplets", "solve_matrix",
]  # fmt: skip
