"""Marks to go back to: what is lowered on trial leaves nothing behind."""

from __future__ import annotations

import copy
from typing import Any

from .. import facts
from ..scan import defined
from .context import Context

__all__ = ["Mark"]


class Mark:
    """All that a lowering holds at one moment."""

    def __init__(self, ctx: Context) -> None:
        b = ctx.builder
        self.ctx = ctx
        self.state = ctx.state() if ctx.frames else None
        self.frames = list(ctx.frames)
        self.blocks = [(block, list(block)) for block in [b.block, *[block for block, _ in b.enclosing]]]
        self.used = dict(b.names.used)
        self.scopes = [dict(scope) for scope in b._known]
        self.facts = [list(scope) for scope in b._facts]
        self.kept: dict[str, Any] = {name: dict(getattr(b, name)) for name in ("definitions", "trips")}
        self.notes = {key: copy.copy(value) for key, value in b.notes.items()}
        self.hints = dict(ctx.hints)
        self.node, self.place = ctx.node, b.place

    def reset(self) -> None:
        """Go back; this may be done many times."""
        ctx, b = self.ctx, self.ctx.builder
        if self.state is not None:
            self.state.restore()
        ctx.frames[:] = self.frames
        for block, content in self.blocks:
            block[:] = content
        b.names.used.clear()
        b.names.used.update(self.used)
        b._known[:] = [dict(scope) for scope in self.scopes]
        b._facts[:] = [list(scope) for scope in self.facts]
        for name, content in self.kept.items():
            setattr(b, name, dict(content))
        b.notes = {key: copy.copy(value) for key, value in self.notes.items()}
        self._keep_captures()
        ctx.hints = dict(self.hints)
        ctx.node, b.place = self.node, self.place

    def _keep_captures(self) -> None:
        """What was read from the function's surroundings stays an argument."""
        ctx, b = self.ctx, self.ctx.builder
        for p in ctx.parameters.params:
            b.names.reserve(p.name)
        for s in ctx.prelude:
            for v in defined(s):
                b.names.reserve(v.name)
        for _, array, given, _ in ctx.captured.values():
            for size in array.sizes:
                facts.known_size(ctx.main, size, not_one=True)
            if not given.flags.c_contiguous:
                ctx.main.notes.setdefault("strided", set()).add(array.view.buffer)
