"""Spherical Bessel functions. Derivatives: DLMF 10.51."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, REAL, array, case, edge
from .._row import Row
from ._parts import counts, private

__all__ = ["i_n", "j_n"]


def _function(fn: Any, z: Callable[..., Any], of: Any, edges: Any = (), parity: bool = False) -> Row:
    """Declare the function itself; SciPy's own name, which may ask for the derivative instead, is declared below.

    With `parity` the function of a negative number is that of its absolute value, up to a sign (DLMF 10.47.14): older
    versions of SciPy give nan.
    """

    def compute(n: Any, z: Any) -> Any:
        if not parity or np.iscomplexobj(z):
            return fn(n, z)
        return np.where(np.less(z, 0) & (np.remainder(n, 2) == 1), -1.0, 1.0) * fn(n, np.absolute(z))

    return elementwise(
        compute, name=f"{fn.__name__}_value", n=counts(fn.__name__, "n"), z=z, complex=True, edges=edges,
        domain=[case(0, array(3, of=of)), case(2, array(3, of=of)), case(np.array([[0], [3]]), array(2, of=of))],
        also=private(f"_{fn.__name__}"),
    )  # fmt: skip


def _lower(n: Any, value: Callable[[Any], Any]) -> Any:
    """Return n times a function of order n - 1; it is not asked for order -1."""
    return np.where(np.equal(n, 0), 0.0, np.multiply(n, value(np.maximum(np.subtract(n, 1), 0))))


def _upper(n: Any, value: Callable[[Any], Any]) -> Any:
    return np.add(n, 1) * value(np.add(n, 1))


def _mean(n: Any, lower: Any, upper: Any) -> Any:
    return (lower + upper) / (2 * np.asarray(n) + 1)


def _falling(row: Row, n: Any, z: Any) -> Any:
    """Differentiate j and y: (n f(n-1) - (n+1) f(n+1)) / (2n+1)."""
    return _mean(n, _lower(n, lambda k: row(k, z)), -_upper(n, lambda k: row(k, z)))


def _rising(row: Row, n: Any, z: Any) -> Any:
    """Differentiate i, and k up to a sign: (n f(n-1) + (n+1) f(n+1)) / (2n+1)."""
    return _mean(n, _lower(n, lambda k: row(k, z)), _upper(n, lambda k: row(k, z)))


def _at_pole(z: Any, slope: Callable[[Any], Any], sign: float) -> Any:
    """Return the slope of a function with a pole at 0, where this and further derivatives are infinite."""
    pole = z == 0
    return np.where(pole, sign / np.where(pole, z, 1.0), slope(np.where(pole, 1.0, z)))


j_n: Row = _function(
    special.spherical_jn, lambda n, z: _falling(j_n, n, z), REAL,
    edges=[edge(0, 0.0, z=0.0), edge(1, 0.0, z=1 / 3), edge(2, 0.0, z=0.0)], parity=True,
)  # fmt: skip
i_n: Row = _function(
    special.spherical_in, lambda n, z: _rising(i_n, n, z), REAL,
    edges=[edge(0, 0.0, z=0.0), edge(1, 0.0, z=1 / 3), edge(2, 0.0, z=0.0)], parity=True,
)  # fmt: skip
y_n: Row = _function(
    special.spherical_yn, lambda n, z: _at_pole(z, lambda z: _falling(y_n, n, z), 1.0), POSITIVE,
    edges=[edge(0, 0.0, z=np.inf), edge(2, 0.0, z=np.inf)],
)  # fmt: skip
k_n: Row = _function(
    special.spherical_kn, lambda n, z: _at_pole(z, lambda z: -_rising(k_n, n, z), -1.0), POSITIVE,
    edges=[edge(0, 0.0, z=-np.inf), edge(2, 0.0, z=-np.inf)],
)  # fmt: skip


def _declare(fn: Any, row: Row) -> Row:
    @composite(
        fn, complex=True, domain=[case(1, array(3, of=POSITIVE)), case(1, array(3, of=POSITIVE), derivative=True)]
    )
    def spherical(n: Any, z: Any, derivative: bool = False) -> Any:
        return row.partials[1].fn(n, z) if derivative else row(n, z)

    for slope in private(f"_{fn.__name__}_d"):
        composite(slope, domain=[case(1, array(3, of=POSITIVE))])(lambda n, z: row.partials[1].fn(n, z))
    return spherical


spherical_jn = _declare(special.spherical_jn, j_n)
spherical_yn = _declare(special.spherical_yn, y_n)
spherical_in = _declare(special.spherical_in, i_n)
spherical_kn = _declare(special.spherical_kn, k_n)
