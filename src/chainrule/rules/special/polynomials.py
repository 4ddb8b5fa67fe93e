"""Orthogonal polynomials: each derivative is a polynomial of a lower degree and another family (DLMF 18.9).

The degree and the parameters of a family are not differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import UNIT, array, case, edge
from .._row import Row
from ._parts import by_differences_only, counts

__all__: list[str] = []


def _polynomial(
    ufunc: Any, parameters: str, x: Callable[..., Any], values: tuple[float, ...] = (), **options: Any
) -> Row:
    """Declare a family with these parameters, of which the first is the degree n."""
    names = parameters.split()
    refused: Any = {name: by_differences_only(ufunc.__name__, name, i) for i, name in enumerate(names)}
    domain = [case(n, *values, array(3, of=UNIT)) for n in (0, 1, 4)]
    return elementwise(ufunc, **refused, x=x, domain=domain, **{"complex": True, **options})


def _lower(n: Any, value: Callable[[Any], Any]) -> Any:
    """Return a polynomial of degree n - 1, and 0 for n = 0."""
    constant = np.equal(n, 0)
    return np.where(constant, 0.0, value(np.where(constant, 0, np.subtract(n, 1))))


eval_legendre = _polynomial(
    special.eval_legendre, "n", lambda n, x: (n + 1) / 2 * _lower(n, lambda k: special.eval_jacobi(k, 1.0, 1.0, x)),
    edges=[edge(3, 1.0, x=6.0), edge(0, 0.5, x=0.0)],
)  # fmt: skip
eval_jacobi = _polynomial(
    special.eval_jacobi, "n alpha beta",
    lambda n, alpha, beta, x: (n + alpha + beta + 1) / 2
    * _lower(n, lambda k: special.eval_jacobi(k, alpha + 1, beta + 1, x)),
    (0.5, 1.2),
)  # fmt: skip
eval_sh_jacobi = _polynomial(
    special.eval_sh_jacobi, "n p q",
    lambda n, p, q, x: n * _lower(n, lambda k: special.eval_sh_jacobi(k, p + 2, q + 1, x)), (2.2, 1.5),
)  # fmt: skip
eval_gegenbauer = _polynomial(
    special.eval_gegenbauer, "n alpha",
    lambda n, alpha, x: 2 * alpha * _lower(n, lambda k: special.eval_gegenbauer(k, alpha + 1, x)), (0.7,),
)  # fmt: skip
eval_chebyt = _polynomial(
    special.eval_chebyt,
    "n",
    lambda n, x: n * _lower(n, lambda k: special.eval_chebyu(k, x)),
    edges=[edge(3, 1.0, x=9.0)],
)
eval_chebyu = _polynomial(
    special.eval_chebyu, "n", lambda n, x: 2 * _lower(n, lambda k: special.eval_gegenbauer(k, 2.0, x))
)
eval_chebyc = _polynomial(special.eval_chebyc, "n", lambda n, x: n * _lower(n, lambda k: special.eval_chebys(k, x)))
eval_chebys = _polynomial(
    special.eval_chebys, "n", lambda n, x: _lower(n, lambda k: special.eval_gegenbauer(k, 2.0, x / 2))
)
eval_sh_legendre = _polynomial(
    special.eval_sh_legendre, "n",
    lambda n, x: (n + 1) * _lower(n, lambda k: special.eval_jacobi(k, 1.0, 1.0, 2 * x - 1)),
)  # fmt: skip
eval_sh_chebyt = _polynomial(
    special.eval_sh_chebyt, "n", lambda n, x: 2 * n * _lower(n, lambda k: special.eval_sh_chebyu(k, x))
)
eval_sh_chebyu = _polynomial(
    special.eval_sh_chebyu, "n", lambda n, x: 4 * _lower(n, lambda k: special.eval_gegenbauer(k, 2.0, 2 * x - 1))
)
eval_laguerre = _polynomial(
    special.eval_laguerre, "n", lambda n, x: -_lower(n, lambda k: special.eval_genlaguerre(k, 1.0, x))
)
eval_genlaguerre = _polynomial(
    special.eval_genlaguerre, "n alpha",
    lambda n, alpha, x: -_lower(n, lambda k: special.eval_genlaguerre(k, alpha + 1, x)), (0.7,),
)  # fmt: skip


def _of_whole_degree(ufunc: Any, factor: int) -> Row:
    """Declare Hermite polynomials, which SciPy has for whole degrees only: these are kept apart from real numbers."""
    row: Row = elementwise(
        ufunc, n=counts(ufunc.__name__, "n"), x=lambda n, x: factor * n * _lower(n, lambda k: row(k, x)),
        compute=lambda n, x: ufunc(np.asarray(n).astype(int), x), domain=[case(n, array(3)) for n in (0, 1, 4)],
    )  # fmt: skip
    return row


eval_hermite = _of_whole_degree(special.eval_hermite, 2)
eval_hermitenorm = _of_whole_degree(special.eval_hermitenorm, 1)


@composite(special.assoc_laguerre, domain=[case(array(3), 3, 0.5)])
def assoc_laguerre(x: Any, n: Any, k: Any = 0.0) -> Any:
    return special.eval_genlaguerre(n, k, x)


@composite(special.diric, domain=[case(array(3), 3), case(array(3), 4)], edges=[edge(0.0, 5, x=0.0)])
def diric(x: Any, n: int) -> Any:
    """Return sin(nx/2) / (n sin(x/2)), a polynomial in cos(x/2)."""
    return special.eval_chebyu(n - 1, np.cos(x / 2)) / n
