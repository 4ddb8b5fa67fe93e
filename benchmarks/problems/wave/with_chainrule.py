"""Compiled by chainrule."""

from __future__ import annotations

import chainrule as cr
from problems.wave.plain import objective


def prepare(data):
    primal, gradient = cr.jit(objective), cr.jit(cr.grad(objective))
    return lambda: primal(*data), lambda: gradient(*data)
