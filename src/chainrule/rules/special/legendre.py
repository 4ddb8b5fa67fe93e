"""Associated Legendre functions and spherical harmonics, by their argument (DLMF 14.10)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ...errors import MissingRuleError, message
from .._declare import composite, elementwise
from .._domain import UNIT, Domain, array, case
from .._row import Row
from ._parts import by_differences_only, counts

__all__: list[str] = []


def _ferrers_slope(m: Any, v: Any, x: Any, ans: Any) -> Any:
    """Apply DLMF 14.10.5, which holds inside (-1, 1); at the ends it is 0/0."""
    return ((v + 1) * x * ans - (v - m + 1) * special.lpmv(m, v + 1, x)) / ((1 - x) * (1 + x))


lpmv = elementwise(
    special.lpmv, m=counts("lpmv", "m"), v=by_differences_only("lpmv", "v", 1),
    x=lambda m, v, x, ans: _ferrers_slope(m, v, x, ans),
    domain=[case(0, 2.5, array(3, of=UNIT)), case(2, 3.0, array(3, of=UNIT))],
)  # fmt: skip


# ---- SciPy's functions that compute derivatives along with the value (since 1.15) ----------------------------------


def _whole(*numbers: Any) -> Any:
    return tuple([np.asarray(number).astype(int) for number in numbers])


def _next(name: str, k: int) -> int:
    """Return the order of the next derivative, which SciPy has up to the second."""
    if k < 2:
        return k + 1
    raise MissingRuleError(
        message(
            f"scipy.special.{name} has derivative rules to the second order.",
            "Use scipy.special.lpmv, or eval_legendre for order 0, to go further.",
        )
    )


def _without_derivatives(name: str, diff_n: int) -> None:
    if diff_n:
        raise MissingRuleError(
            message(f"scipy.special.{name} was called with diff_n={diff_n}.", "Differentiate the function instead.")
        )


def _declare_recent() -> None:
    """Declare the rows of functions that older versions of SciPy do not have."""
    leading = np.ndim(special.legendre_p(1, 0.0))  # some versions put an axis of length one before all others

    def order(k: int, values: Any) -> Any:
        return np.asarray(values)[k]

    associated: Row = elementwise(
        lambda n, m, z, k, branch_cut, norm: order(
            k, special.assoc_legendre_p(*_whole(n, m), z, branch_cut=branch_cut, norm=norm, diff_n=2)
        ),
        name="assoc_legendre_p_derivative", signature="n, m, z, k, branch_cut, norm",
        n=counts("assoc_legendre_p", "n"), m=counts("assoc_legendre_p", "m"),
        z=lambda n, m, z, k, branch_cut, norm: associated(n, m, z, _next("assoc_legendre_p", k), branch_cut, norm),
        domain=[case(3, 1, array(3, of=UNIT), 0, 2, False)], complex=True,
    )  # fmt: skip
    spherical: Row = elementwise(
        lambda n, m, theta, k: order(k, special.sph_legendre_p(*_whole(n, m), theta, diff_n=2)),
        name="sph_legendre_p_derivative", signature="n, m, theta, k",
        n=counts("sph_legendre_p", "n"), m=counts("sph_legendre_p", "m"),
        theta=lambda n, m, theta, k: spherical(n, m, theta, _next("sph_legendre_p", k)),
        domain=[case(3, 1, array(3, of=_ANGLE), 0), case(2, 0, array(3, of=_ANGLE), 0)],
    )  # fmt: skip

    @composite(special.legendre_p, name="legendre_p", domain=[case(3, array(3, of=UNIT))], complex=True)
    def legendre_p(n: Any, z: Any, *, diff_n: int = 0) -> Any:
        _without_derivatives("legendre_p", diff_n)
        return special.eval_legendre(n, z)[(None,) * leading]

    @composite(
        special.assoc_legendre_p,
        name="assoc_legendre_p",
        domain=[case(3, 1, array(3, of=UNIT), norm=True)],
        complex=True,
    )
    def assoc_legendre_p(n: Any, m: Any, z: Any, *, branch_cut: Any = 2, norm: bool = False, diff_n: int = 0) -> Any:
        _without_derivatives("assoc_legendre_p", diff_n)
        return associated(n, m, z, 0, branch_cut, norm)[(None,) * leading]

    @composite(special.sph_legendre_p, name="sph_legendre_p", domain=[case(3, 2, array(3, of=_ANGLE))])
    def sph_legendre_p(n: Any, m: Any, theta: Any, *, diff_n: int = 0) -> Any:
        _without_derivatives("sph_legendre_p", diff_n)
        return spherical(n, m, theta, 0)[(None,) * leading]

    @composite(
        special.sph_harm_y,
        name="sph_harm_y",
        domain=[case(3, 2, array(3, of=_ANGLE), array(3)), case(2, -1, array(3, of=_ANGLE), 0.5)],
    )
    def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any, *, diff_n: int = 0) -> Any:
        _without_derivatives("sph_harm_y", diff_n)
        return spherical(n, m, theta, 0) * np.exp(1j * m * phi)


_ANGLE = Domain(((0.3, 2.5),))

if hasattr(special, "legendre_p"):
    _declare_recent()


# ---- Spherical harmonics under their old name (until SciPy 1.17), with the angles called the other way round ---------


def _by_polar_angle(m: Any, n: Any, theta: Any, phi: Any, ans: Any) -> Any:
    raised = np.sqrt((n - m) * (n + m + 1)) * special.sph_harm(m + 1, n, theta, phi)  # 0 for m = n
    return m / np.tan(phi) * ans + np.exp(-1j * theta) * np.where(np.equal(m, n), 0.0, raised)


if hasattr(special, "sph_harm"):
    sph_harm = elementwise(
        special.sph_harm, m=counts("sph_harm", "m"), n=counts("sph_harm", "n"),
        theta=lambda m, ans: 1j * m * ans, phi=lambda m, n, theta, phi, ans: _by_polar_angle(m, n, theta, phi, ans),
        domain=[case(1, 3, array(3), array(3, of=_ANGLE))],
    )  # fmt: skip
