"""What of ``scipy.linalg`` has no rule, and why."""

from __future__ import annotations

import scipy.linalg as linalg

from .._classes import passing, refused

refused(
    linalg.schur, linalg.rsf2csf, linalg.cdf2rdf, linalg.hessenberg, linalg.qz, linalg.ordqz,
    reason="its factors are not unique", instead="Take eig, eigvals or a function of the matrix.",
)  # fmt: skip
refused(
    linalg.orth, linalg.null_space, linalg.cossin,
    reason="a basis of a space is not unique", instead="Take the vectors of qr or svd, and projectors where you can.",
)  # fmt: skip
refused(
    linalg.qr_insert, linalg.qr_delete, linalg.qr_update,
    reason="only the whole factorisation has one", instead="Take qr.",
)  # fmt: skip
refused(linalg.ldl, reason="its pivots may be blocks", instead="Take cholesky or lu.")
refused(
    linalg.funm, reason="the slope of any Python function is not known",
    instead="Put it together from expm, logm, sqrtm and fractional_matrix_power, or from eigh.",
)  # fmt: skip
refused(linalg.expm_cond, reason="it is an estimate", instead="Pass a plain array.")
refused(linalg.matrix_balance, reason="it scales by powers of 2 that it finds by trial", instead="Scale it yourself.")
refused(
    linalg.clarkson_woodruff_transform, reason="it is random", instead="Multiply by the transform of the identity.",
)  # fmt: skip

passing(
    linalg.dft, linalg.hadamard, linalg.helmert, linalg.hilbert, linalg.invhilbert, linalg.pascal, linalg.invpascal,
    linalg.find_best_blas_type, linalg.get_blas_funcs, linalg.get_lapack_funcs,
)  # fmt: skip
