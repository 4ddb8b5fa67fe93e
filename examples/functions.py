"""The textbooks' functions, as plain Python, and a comparison of all methods on each.

python examples/functions.py
chainrule compare examples/functions.py:loop100 --at a=0.5 b=0.3
"""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as cr


def polynomial(x: Any, y: Any) -> Any:
    """Return x²y + y + 2; at (3, 4) it is 42 and its gradient (24, 10)."""
    return x**2 * y + y + 2


def affine(x: Any, y: Any) -> Any:
    """Return 5 + xy: linear in each argument, so that differences are right to the last digits."""
    return 5 + x * y


def log_ratio(x: Any) -> Any:
    """Return log(x²) / x, whose derivative is (2 - log(x²)) / x²."""
    return np.log(x**2) / x


def loop100(a: Any, b: Any) -> Any:
    """Return what a hundred turns of a loop make of zero: short as a program, huge as a formula."""
    z = 0.0
    for i in range(100):
        z = a * np.cos(z + i) + z * np.sin(b - i)
    return z


def newton_sqrt(x: Any) -> Any:
    """Return the square root by Newton's iteration: `if` and `while` look at the numbers, so no formula exists."""
    if x == 0:
        return x
    root = x if x > 1 else 1.0
    while abs(root * root - x) > 1e-12 * x:
        root = (root + x / root) / 2
    return root


def collatz(x: Any) -> Any:
    """Return x after twelve steps in the manner of Collatz: halve it if it is large, else triple it and add a sine."""
    steps = 0
    while steps < 12:
        x = x / 2 if x > 1 else 3 * x + np.sin(x) / 2
        steps += 1
    return x


POINTS = {
    polynomial: {"x": 3.0, "y": 4.0},
    affine: {"x": 3.0, "y": 4.0},
    log_ratio: {"x": 2.0},
    loop100: {"a": 0.5, "b": 0.3},
    newton_sqrt: {"x": 2.0},
    collatz: {"x": 0.7},
}


def main() -> None:
    """Print a comparison of all methods on each function."""
    for f, point in POINTS.items():
        print(f"{(f.__doc__ or '').strip()}\n")
        print(cr.compare(f, **point), end="\n\n\n")


if __name__ == "__main__":
    main()
