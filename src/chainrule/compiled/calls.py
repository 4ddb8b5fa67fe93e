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
    row : str or None
        The row of the table that holds its derivative; None if that is zero.
    """

    compute: Callable[..., Any]
    row: str | None = None


def _slogdet(a: Any) -> tuple[Any, Any]:
    sign, logarithm = np.linalg.slogdet(a)
    return sign, logarithm


CALLS: dict[str, CallRule] = {
    "matmul": CallRule(np.matmul, "matmul"),
    "argsort": CallRule(lambda a: np.argsort(a, kind="stable")),
    "searchsorted_left": CallRule(lambda a, v: np.searchsorted(a, v, side="left")),
    "searchsorted_right": CallRule(lambda a, v: np.searchsorted(a, v, side="right")),
}
