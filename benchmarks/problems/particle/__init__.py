"""A charge steered to a point: an optimisation around a simulation that itself needs a gradient in each step.

The problem of Pearlmutter and Siskind: a charge that moves in the field of two others is to cross the axis at 0; where
one of the two stands is to be found, by gradient descent. The force is the gradient of a potential, the descent needs
the gradient of the whole motion, which goes on for as long as the charge is above the axis. There is no function whose
derivative could be compared with it: the whole optimisation is timed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "particle"
DIFFERENTIATED = "w, and the place"
ARGNUMS = 0
SMALL: dict[str, Any] = {"start": 0.0}
SIZES = [SMALL]
HEADLINE = SMALL
PUBLISHED = {"finite differences": 4.3e-3, "Enzyme": 5.4e-3}
TOLERANCE = 1e-10
CHECK = None
EXPECTED = 0.2071918746486116  # published
NOT_EXPRESSED = {
    "torch": "half a minute: each operation is recorded, twice",
    "autograd": "half a minute: each operation is recorded, twice",
    "casadi": "no loop that goes on for as long as a condition holds",
}


def data(start: float) -> tuple[Any, ...]:
    """Where the descent starts."""
    return (start,)


def landing(w: Any) -> Any:
    """The plain formulas for the force, in complex numbers too."""
    x, y, vx, vy = 0.0 * w, 8.0 + 0.0 * w, 0.75 + 0.0 * w, 0.0 * w
    while (y + 0.1 * vy).real > 0.0:
        first, second = 10.0 - w - y, -y
        near, far = ((10.0 - x) ** 2 + first**2) ** -1.5, ((10.0 - x) ** 2 + second**2) ** -1.5
        ax, ay = -(10.0 - x) * (near + far), -(first * near + second * far)
        x, y, vx, vy = x + 0.1 * vx, y + 0.1 * vy, vx + 0.1 * ax, vy + 0.1 * ay
    return (x - y / vy * vx) ** 2


def reference(start: float) -> tuple[Any, Any]:
    """The same descent, with complex steps."""
    w, rate, successes = start, 1e-5, 0
    z = landing(w + 1e-30j)
    while abs(z.imag / 1e-30) > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        tried = w - rate * z.imag / 1e-30
        if abs(tried - w) <= 1e-5:
            break
        at_tried = landing(tried + 1e-30j)
        if at_tried.real < z.real:
            w, z, successes = tried, at_tried, successes + 1
        else:
            rate, successes = rate / 2.0, 0
    return None, np.float64(w)
