"""Compiled by chainrule."""

from __future__ import annotations

import chainrule as cr
from problems.conv.plain import objective


def prepare(data):
    primal, gradient = cr.jit(objective), cr.jit(cr.grad(objective, argnums=(0, 1, 2, 3, 4, 5)))
    return lambda: primal(*data), lambda: gradient(*data)
