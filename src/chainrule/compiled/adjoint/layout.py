"""Where everything in a function stands: the region and the loops around each statement, scalar and buffer."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field

from .. import ir, scan

__all__ = ["Layout", "Loop", "Region"]

Loop = ir.For | ir.While


@dataclass(eq=False, slots=True)
class Region:
    """The body of a function, a loop (head and body together) or a branch.

    Attributes
    ----------
    parent : Region or None
    owner : For, While, If or None
        The structure whose body this is.
    loops : tuple of For or While
        The loops around what stands here, outermost first.
    """

    parent: Region | None
    owner: ir.Statement | None
    loops: tuple[Loop, ...] = ()
    body: list[ir.Statement] = field(default_factory=list)

    def within(self, other: Region) -> bool:
        """Tell whether this is the other region or lies in it."""
        region: Region | None = self
        while region is not None:
            if region is other:
                return True
            region = region.parent
        return False


class Layout:
    """The regions of a function, and what stands in each.

    Attributes
    ----------
    root : Region
    home : dict
        The region in which each `Var` and each `Buffer` comes into being.
    origin : dict
        The statement that defines each `Var` or makes each `Buffer` (parameters have none).
    place : dict
        The region of each statement, by its identity.
    order : dict
        The position of each statement in the text of the program, by its identity.
    """

    def __init__(self, function: ir.Function) -> None:
        self.root = Region(None, None, (), function.body)
        self.home: dict[ir.Var | ir.Buffer, Region] = dict.fromkeys(function.params, self.root)
        self.origin: dict[ir.Var | ir.Buffer, ir.Statement] = {}
        self.place: dict[int, Region] = {}
        self.order: dict[int, int] = {}
        self.inside: dict[tuple[int, int], Region] = {}
        self._enter(function.body, self.root)

    def region(self, structure: ir.Statement, branch: int = 0) -> Region:
        """Return the region of a loop, or of a branch (0: then, 1: else) of an `If`."""
        return self.inside[id(structure), branch]

    def outermost(self, region: Region) -> ir.Statement:
        """Return the statement of the top level in which a region lies."""
        while region.parent is not None and region.parent is not self.root:
            region = region.parent
        assert region.owner is not None
        return region.owner

    def beside(self, known: ir.Statement, other: ir.Statement) -> Layout:
        """Return a layout in which another statement, of the same parts, stands where a known one does."""
        layout = copy(self)
        for name in ("home", "origin", "place", "order", "inside"):
            setattr(layout, name, dict(getattr(self, name)))
        layout._enter([other], self.place[id(known)])
        return layout

    def _enter(self, body: list[ir.Statement], region: Region) -> None:
        for s in body:
            self.place[id(s)] = region
            self.order[id(s)] = len(self.order)
            for b in scan.made(s):
                self.home[b], self.origin[b] = region, s
            if isinstance(s, (ir.For, ir.While)):
                self._loop(s, region)
            elif isinstance(s, ir.If):
                for branch, block in enumerate((s.then, s.orelse)):
                    self._branch(s, branch, block, region)
            for v in scan.results(s) if isinstance(s, (ir.For, ir.While, ir.If)) else scan.defined(s):
                self.home[v], self.origin[v] = region, s

    def _loop(self, s: Loop, region: Region) -> None:
        body = Region(region, s, (*region.loops, s), s.body)
        self.inside[id(s), 0] = body
        for v in scan.inner(s):
            self.home[v], self.origin[v] = body, s
        for block in ir.blocks(s):
            self._enter(block, body)

    def _branch(self, s: ir.If, branch: int, block: list[ir.Statement], region: Region) -> None:
        inside = Region(region, s, region.loops, block)
        self.inside[id(s), branch] = inside
        self._enter(block, inside)
