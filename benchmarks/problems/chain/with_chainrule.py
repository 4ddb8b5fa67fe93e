"""Recorded by chainrule, and walked back."""

from __future__ import annotations

import chainrule as cr
from problems.chain.plain import objective


def prepare(data):
    gradient = cr.grad(objective)
    return lambda: objective(*data), lambda: gradient(*data)
