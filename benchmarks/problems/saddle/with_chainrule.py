"""Compiled by chainrule, all of it: a descent inside a descent, each with a derivative."""

from __future__ import annotations

import chainrule as cr
from problems.saddle.plain import objective


def prepare(data):
    compiled = cr.jit(objective)
    return None, lambda: compiled(*data)
