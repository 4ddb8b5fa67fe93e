"""Sums, products, quotients and powers, element by element."""

from __future__ import annotations

import operator
from numbers import Number
from typing import Any

import numpy as np

from ._declare import composite, elementwise
from ._domain import NONZERO, POSITIVE, REAL, Domain, array, case, edge

__all__ = ["power_constant", "power_general"]

positive = elementwise(np.positive, x=1, domain=REAL, complex=True)
negative = elementwise(np.negative, x=-1, domain=REAL, complex=True)
add = elementwise(np.add, x=1, y=1, domain=(REAL, REAL), complex=True, compute=operator.add)
subtract = elementwise(np.subtract, x=1, y=-1, domain=(REAL, REAL), complex=True, compute=operator.sub)
multiply = elementwise(
    np.multiply, x=lambda y: y, y=lambda x: x, domain=(REAL, REAL), complex=True, compute=operator.mul
)
true_divide = elementwise(
    np.true_divide, x=lambda y: 1 / y, y=lambda ans, y: -ans / y, domain=(REAL, NONZERO), complex=True,
    compute=operator.truediv, edges=[edge(0.0, 2.0, x=0.5, y=0.0)],
)  # fmt: skip
square = elementwise(np.square, x=lambda x: 2 * x, domain=REAL, complex=True)
reciprocal = elementwise(np.reciprocal, x=lambda ans: -ans * ans, domain=NONZERO, complex=True)

_AWAY = Domain(((0.1, 0.9), (1.1, 1.9)))
_DIVISOR = Domain(((2.2, 2.9),))
remainder = elementwise(np.remainder, x=1, y=lambda x, y: -np.floor(x / y), domain=(_AWAY, _DIVISOR))
fmod = elementwise(np.fmod, x=1, y=lambda x, y: -np.trunc(x / y), domain=(_AWAY, _DIVISOR))

power_constant = elementwise(
    lambda x, n: x**n, name="power_constant", signature="x, n", x=lambda x, n: n * x ** (n - 1),
    domain=[case(array(3, of=POSITIVE), 3), case(array(2, 3, of=POSITIVE), -0.5), case(array(0), 3)], complex=True,
)  # fmt: skip

# At y = 0 the slope in x is 0 even where x is 0; at x = 0 the slope in y is 0 (the limit from y > 0).
power_general = elementwise(
    lambda x, y: x**y, name="power_general", domain=(POSITIVE, REAL), complex=True,
    x=lambda x, y: y * x ** np.where(y == 0, 1.0, y - 1),
    y=lambda ans, x: ans * np.log(np.where(x == 0, 1.0, x)),
    edges=[edge(0.0, np.zeros(()), x=0.0, y=0.0), edge(2.0, np.zeros(()), x=0.0)],
)  # fmt: skip


@composite(
    np.power,
    domain=[case(array(3, of=POSITIVE), 3), case(array(3), 2), case(array(3), 1), case(array(3), 0),
            case(array(3, of=POSITIVE), array(3)), case(2.0, array(3)), case(array(3, of=POSITIVE), -0.5)],
    edges=[edge(0.0, 0, x1=0.0), edge(0.0, 2, x1=0.0), edge(0.0, 1, x1=1.0), edge(0.0, 0.5, x1=np.inf)],
    complex=True,
)  # fmt: skip
def power(x1: Any, x2: Any) -> Any:
    """Raise to a power; a constant exponent has rules of its own, which need no logarithm."""
    if not isinstance(x2, (Number, np.generic)):
        return power_general(x1, x2)
    if x2 == 2:
        return np.square(x1)
    if x2 == 1:
        return np.positive(x1)
    return x1 * 0 + 1 if x2 == 0 else power_constant(x1, x2)


@composite(np.float_power, domain=[case(array(3, of=POSITIVE), 3), case(array(3, of=POSITIVE), array(3))])
def float_power(x1: Any, x2: Any) -> Any:
    """Raise to a power in double precision at least."""
    x1 = x1 if hasattr(x1, "dtype") else np.asarray(x1)
    return np.power(x1.astype(np.result_type(x1.dtype, np.float64)), x2)
