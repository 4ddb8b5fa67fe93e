"""Functions that SciPy computes together with their derivative: parabolic cylinder, Mathieu and spheroidal functions.

The second derivative is that of the differential equation which defines the function (DLMF 12.2, 28.2, 28.20, 30.2). No
derivative by a parameter is known in closed form. What SciPy computes loses digits for some parameters, the spheroidal
functions of the second kind above all; in single precision some do not come to an end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import Domain, array, case
from .._row import Row
from ._parts import RECENT, by_differences_only, part, refuse_before_recent

__all__: list[str] = []


def _solution(ufunc: Any, names: str, curvature: Callable[..., Any], example: list[Any], factor: float = 1.0) -> Row:
    """Declare (y, y') of a function whose last argument is differentiated, by y''.

    Parameters
    ----------
    curvature : callable
        Takes all arguments, y and y', and returns y''.
    factor : float
        The derivative of the variable in which y' is taken by the argument.
    """
    arguments = names.split()
    name, at = ufunc.__name__, arguments[-1]
    refused: Any = {x: by_differences_only(name, x, None) for x in arguments[:-1]}
    listed = ", ".join(arguments)

    def bent(*xs: Any) -> Any:
        return factor * curvature(*xs[:-1], value(*xs[:-1]), xs[-1])

    slope_of_value: Any = eval(f"lambda {listed}: factor * slope({listed})", known := dict[str, Any](factor=factor))
    slope_of_slope: Any = eval(f"lambda {listed}, ans: bent({listed}, ans)", {"bent": bent})
    value: Row = elementwise(
        part(ufunc, 0, double=True), name=f"{name}_value", **refused, **{at: slope_of_value}, domain=[case(*example)]
    )
    slope: Row = elementwise(
        part(ufunc, 1, double=True), name=f"{name}_slope", **refused, **{at: slope_of_slope}, domain=[case(*example)]
    )
    known["slope"] = slope

    @composite(ufunc, domain=[case(*example)])
    def both(*xs: Any) -> Any:
        return value(*xs), slope(*xs)

    return both


# ---- Parabolic cylinder functions: DLMF 12.2.2 and 12.2.3 ----------------------------------------------------------

_X = array(3, of=Domain(((0.3, 1.5),)))
pbdv = _solution(special.pbdv, "v x", lambda v, x, y, slope: (x * x / 4 - v - 0.5) * y, [1.3, _X])
pbvv = _solution(special.pbvv, "v x", lambda v, x, y, slope: (x * x / 4 - v - 0.5) * y, [1.3, _X])
pbwa = _solution(special.pbwa, "a x", lambda a, x, y, slope: (a - x * x / 4) * y, [1.3, _X])


# ---- Mathieu functions of an angle in degrees, and of an imaginary one: DLMF 28.2.1 and 28.20.1 ----------------------


def _double(characteristic: Any, *xs: Any) -> Any:
    """Compute a characteristic value, of numbers that are not differentiated, in double precision."""
    return characteristic(*[np.asarray(x, np.float64) for x in xs])


def _angular(characteristic: Any) -> Callable[..., Any]:
    def curvature(m: Any, q: Any, x: Any, y: Any, slope: Any) -> Any:
        return (2 * q * np.cos(math.pi / 90 * x) - _double(characteristic, m, q)) * y

    return curvature


def _radial(characteristic: Any) -> Callable[..., Any]:
    def curvature(m: Any, q: Any, x: Any, y: Any, slope: Any) -> Any:
        return (_double(characteristic, m, q) - 2 * q * np.cosh(2 * x)) * y

    return curvature


_DEGREE = math.pi / 180
_DEGREES = [2, 1.5, array(3, of=Domain(((10.0, 80.0),)))]
mathieu_cem = _solution(special.mathieu_cem, "m q x", _angular(special.mathieu_a), _DEGREES, _DEGREE)
mathieu_sem = _solution(special.mathieu_sem, "m q x", _angular(special.mathieu_b), _DEGREES, _DEGREE)
_NEAR = [2, 1.5, array(3, of=Domain(((0.3, 1.0),)))]
mathieu_modcem1 = _solution(special.mathieu_modcem1, "m q x", _radial(special.mathieu_a), _NEAR)
mathieu_modcem2 = _solution(special.mathieu_modcem2, "m q x", _radial(special.mathieu_a), _NEAR)
mathieu_modsem1 = _solution(special.mathieu_modsem1, "m q x", _radial(special.mathieu_b), _NEAR)
mathieu_modsem2 = _solution(special.mathieu_modsem2, "m q x", _radial(special.mathieu_b), _NEAR)


# ---- Spheroidal wave functions: ((1 - x²) y')' + (λ - γ² x² - m² / (1 - x²)) y = 0, DLMF 30.2.1 ----------------------
#
# γ² is c² for prolate functions and -c² for oblate ones; the oblate radial functions are of the argument ix.


def _prolate(m: Any, c: Any, cv: Any, x: Any, y: Any, slope: Any) -> Any:
    inside = 1 - x * x
    return (2 * x * slope - (cv - np.square(c * x) - m * m / inside) * y) / inside


def _oblate(m: Any, c: Any, cv: Any, x: Any, y: Any, slope: Any) -> Any:
    inside = 1 - x * x
    return (2 * x * slope - (cv + np.square(c * x) - m * m / inside) * y) / inside


def _oblate_radial(m: Any, c: Any, cv: Any, x: Any, y: Any, slope: Any) -> Any:
    inside = 1 + x * x
    return ((cv - np.square(c * x) - m * m / inside) * y - 2 * x * slope) / inside


def _spheroidal(name: str, equation: Callable[..., Any], m: int, n: int, c: float, of: Domain) -> None:
    """Declare a function, and the one that is given the characteristic value as well."""
    value = getattr(special, f"{name[:3]}_cv")
    with_value, without = getattr(special, f"{name}_cv"), getattr(special, name)
    _solution(
        with_value, "m n c cv x", lambda m, n, c, cv, x, y, slope: equation(m, c, cv, x, y, slope),
        [m, n, c, value(m, n, c), array(3, of=of)],
    )  # fmt: skip
    _solution(
        without, "m n c x", lambda m, n, c, x, y, slope: equation(m, c, _double(value, m, n, c), x, y, slope),
        [m, n, c, array(3, of=of)],
    )  # fmt: skip


_INSIDE, _OUTSIDE = Domain(((-0.8, 0.8),)), Domain(((1.3, 3.0),))
_spheroidal("pro_ang1", _prolate, 1, 2, 1.2, _INSIDE)
_spheroidal("obl_ang1", _oblate, 1, 2, 1.2, _INSIDE)
_RADIAL = ("pro_rad1", "pro_rad2", "obl_rad1", "obl_rad2")
if RECENT:
    _spheroidal("pro_rad1", _prolate, 1, 2, 1.2, _OUTSIDE)
    _spheroidal("pro_rad2", _prolate, 0, 1, 4.0, _OUTSIDE)
    _spheroidal("obl_rad1", _oblate_radial, 1, 2, 1.2, _OUTSIDE)
    _spheroidal("obl_rad2", _oblate_radial, 0, 1, 4.0, _OUTSIDE)
else:
    refuse_before_recent(*[getattr(special, f"{name}{end}") for name in _RADIAL for end in ("", "_cv")])
