"""Compiled by chainrule."""

from __future__ import annotations

import chainrule as cr
from problems.lstm import ARGNUMS
from problems.lstm.plain import objective


def prepare(data):
    primal, gradient = cr.jit(objective), cr.jit(cr.grad(objective, argnums=ARGNUMS))
    return lambda: primal(*data), lambda: gradient(*data)
