"""Helpers on whole arrays that a program may call: what they compute, and how they are differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["CALLS", "CallRule"]


class CallRule(NamedTuple):
    """A helper: its results are the values of `ir.Call.outs`, then those of `ir.Call.writes`.

    Attributes
    ----------
    compute : callable
        The helper on NumPy arrays.
    """

    compute: Callable[..., Any]


CALLS: dict[str, CallRule] = {"matmul": CallRule(np.matmul)}
