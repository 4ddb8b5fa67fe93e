"""The logistic function and its relatives; log-sum-exp and softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, REAL, Domain, array, case, edge
from .._table import lookup
from ..shares import REDUCED, largest, log_of_sum

__all__: list[str] = []

# 1 - expit(x) is written expit(-x), which keeps its digits where it is small.
expit = elementwise(
    special.expit, x=lambda x, ans: ans * special.expit(-x), domain=REAL,
    edges=[edge(0.0, x=0.25), edge(np.inf, x=0.0), edge(-np.inf, x=0.0)],
)  # fmt: skip
logit = elementwise(
    special.logit, x=lambda x: 1 / (x * (1 - x)), domain=Domain(((0.1, 0.9),)),
    edges=[edge(0.0, x=np.inf), edge(1.0, x=np.inf), edge(0.5, x=4.0)],
)  # fmt: skip
log_expit = elementwise(
    special.log_expit, x=lambda x: special.expit(-x), domain=REAL, edges=[edge(-np.inf, x=1.0), edge(np.inf, x=0.0)]
)
if hasattr(special, "softplus"):  # since SciPy 1.15
    softplus = composite(special.softplus, domain=[case(array(3))], edges=[edge(0.0, x=0.5)])(
        lambda x: np.logaddexp(0.0, x)
    )


# ---- log-sum-exp ---------------------------------------------------------------------------------------------------


_WEIGHT = array(3, of=POSITIVE)


@composite(
    special.logsumexp, complex=True, edges=log_of_sum.edges,
    domain=[*REDUCED, case(array(3), b=_WEIGHT), case(array(2, 3), 1, _WEIGHT, True),
            case(array(3), b=np.array([1.0, -0.2, 0.0]), return_sign=True)],
)  # fmt: skip
def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    if b is None and not return_sign:
        return log_of_sum(a, axis, keepdims)
    b = 1.0 if b is None else np.asarray(b) if isinstance(b, (list, tuple)) else b
    a = a + 0 * np.real(b)
    peak = lookup(largest)(a, axis)
    total = np.sum(b * np.exp(a - peak), axis=axis, keepdims=True)
    size = np.absolute(total) if return_sign else total
    result = np.log(size) + peak
    sign = np.sign(total)
    if not keepdims:
        shape = np.shape(np.sum(np.zeros(np.shape(a)), axis=axis))
        result, sign = np.reshape(result, shape), np.reshape(sign, shape)
    return (result, sign) if return_sign else result


@composite(special.softmax, complex=True, domain=[case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), -1)])
def softmax(x: Any, axis: Any = None) -> Any:
    terms = np.exp(x - lookup(largest)(x, axis))
    return terms / np.sum(terms, axis=axis, keepdims=True)


@composite(special.log_softmax, complex=True, domain=[case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), -1)])
def log_softmax(x: Any, axis: Any = None) -> Any:
    shifted = x - lookup(largest)(x, axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
