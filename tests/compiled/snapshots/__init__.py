"""Ten programs whose derivatives are kept as text: a change of what is emitted is seen, line by line.

``programs/`` holds the programs, a file each, and ``derivatives/`` the source of their `value_and_grad`. After a change
that is meant, ``python tests/compiled/snapshots/renew.py`` writes the derivatives and the page that shows them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr

from .programs.heat import heat
from .programs.huber import huber
from .programs.landing import landing
from .programs.log_determinant import log_determinant
from .programs.logsumexp import logsumexp
from .programs.loop100 import loop100
from .programs.network import network
from .programs.root import root
from .programs.runge_kutta import runge_kutta
from .programs.wave import wave

__all__ = ["SNAPSHOTS", "Snapshot"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Snapshot:
    """A program with what a reader may look for in its derivative, its arguments, and by which to differentiate."""

    function: Callable[..., Any]
    title: str
    about: str
    arguments: Callable[[], tuple[Any, ...]]
    argnums: int | tuple[int, ...] = 0

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def program(self) -> Path:
        """The file with the program."""
        return FOLDER / "programs" / f"{self.name}.py"

    @property
    def derivative(self) -> Path:
        """The file with the source of its derivative."""
        return FOLDER / "derivatives" / f"{self.name}.py"

    def differentiated(self) -> Callable[..., Any]:
        return cr.value_and_grad(self.function, argnums=self.argnums)

    def emitted(self) -> str:
        """Return the source of the derivative as it comes out now."""
        return cr.jit(self.differentiated(), compile=False).source(*self.arguments())


def _numbers(*shape: int) -> np.ndarray:
    return np.cos(np.arange(np.prod(shape))).reshape(shape)


SNAPSHOTS = [
    Snapshot(
        loop100,
        "A loop",
        "The forward sweep keeps what the reverse sweep needs of each turn, in arrays of a hundred numbers; the "
        "reverse sweep counts down.",
        lambda: (0.5, 0.3),
        (0, 1),
    ),
    Snapshot(
        heat,
        "Slices written in place",
        "The steps are linear in `u`, and the derivative is by `u` alone: nothing is saved.",
        lambda: (_numbers(6), 0.2, 5),
    ),
    Snapshot(
        wave,
        "Arrays that change places",
        "The three arrays take turns, and so do their shadows, the other way round. `bend` is made anew in each step, "
        "and becomes a row of `all_bend`.",
        lambda: (_numbers(6), 0.4, 5),
        (0, 1),
    ),
    Snapshot(
        log_determinant,
        "Elimination",
        "Rows are overwritten while others are read. Only the entries below the diagonal are saved: the rest of the "
        "factor is still in place at the end.",
        lambda: (_numbers(3, 3) + 3 * np.eye(3),),
    ),
    Snapshot(
        root,
        "A while loop",
        "The turns are counted, and what each needs is put on a stack.",
        lambda: (2.0,),
    ),
    Snapshot(
        huber,
        "A branch",
        "The reverse sweep tests the condition again. Short branches become conditional expressions.",
        lambda: (_numbers(5), 2 * _numbers(5) + np.arange(5), 1.2),
        (2,),
    ),
    Snapshot(
        logsumexp,
        "Array expressions",
        "Elementwise operations and the sum that takes them become one loop; where several elements are the largest, "
        "they share the derivative.",
        lambda: (_numbers(5),),
    ),
    Snapshot(
        network,
        "A matrix product",
        "Products of matrices stay calls, in both sweeps; all else is loops.",
        lambda: (_numbers(3, 4), _numbers(4), _numbers(5, 3), _numbers(5)),
        (0, 1),
    ),
    Snapshot(
        landing,
        "An early return",
        "A return inside of a loop is a flag and a `break`; the reverse sweep starts at the turn in which the loop was "
        "left.",
        lambda: (5.0, 0.1),
        (0, 1),
    ),
    Snapshot(
        runge_kutta,
        "A function that is called",
        "The right-hand side stands where it is called. One number is saved for each step, and the stages are computed "
        "again.",
        lambda: (1.0, 0.7, 10),
        (0, 1),
    ),
]
