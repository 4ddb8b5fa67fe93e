"""Compiled by chainrule."""

from __future__ import annotations

import chainrule as cr
from problems.det import ARGNUMS
from problems.det.plain import objective


def prepare(data):
    primal, gradient = cr.jit(objective), cr.jit(cr.grad(objective, argnums=ARGNUMS))
    return lambda: primal(*data), lambda: gradient(*data)
