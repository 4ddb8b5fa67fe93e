"""Places for the boxes of a graph: rows from above to below, in an order with few crossings.

The method is that of Sugiyama, Tagawa and Toda (1981). Graphs in notebooks have some dozens of boxes: a few sweeps do.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

__all__ = ["Layout"]

GAP, ROW = 24.0, 84.0
SWEEPS = 12


class Layout:
    """Where boxes are.

    Parameters
    ----------
    widths : sequence of float
        Of the boxes.
    arrows : sequence of (int, int)
        From one box to another; every arrow goes from a lower number to a higher.

    Attributes
    ----------
    x, y : list of float
        The middle of each box.
    ways : list of list of (float, float)
        For each arrow the points that it passes, the ends included.
    width, height : float
    """

    def __init__(self, widths: Sequence[float], arrows: Sequence[tuple[int, int]]) -> None:
        count = len(widths)
        self.widths = list(widths)
        self.rows = _rows(count, arrows)
        self.below: list[list[int]] = [[] for _ in range(count)]
        self.above: list[list[int]] = [[] for _ in range(count)]
        self.chains = [self._chain(start, end) for start, end in arrows]
        depth = max(self.rows, default=0) + 1
        self.layers: list[list[int]] = [[i for i, row in enumerate(self.rows) if row == k] for k in range(depth)]
        self._order()
        self.x = self._across()
        self.y = [row * ROW for row in self.rows]
        self.ways = [[(self.x[i], self.y[i]) for i in chain] for chain in self.chains]
        self.width = max((x + w / 2 for x, w in zip(self.x, self.widths, strict=True)), default=0.0)
        self.height = (depth - 1) * ROW

    def _chain(self, start: int, end: int) -> list[int]:
        """Give a long arrow a place in each row that it passes."""
        chain = [start]
        for row in range(self.rows[start] + 1, self.rows[end]):
            chain.append(len(self.widths))
            self.widths.append(4.0)
            self.rows.append(row)
            self.above.append([])
            self.below.append([])
        chain.append(end)
        for upper, lower in pairwise(chain):
            self.below[upper].append(lower)
            self.above[lower].append(upper)
        return chain

    def _order(self) -> None:
        """Sort each row by the middle of the neighbours, downwards and upwards in turn."""
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            neighbours = self.above if down else self.below
            for layer in self.layers if down else reversed(self.layers):
                rank = {i: k for row in self.layers for k, i in enumerate(row)}
                layer.sort(key=lambda i: _mean([rank[j] for j in neighbours[i]], rank[i]))

    def _across(self) -> list[float]:
        """Move the boxes of each row towards their neighbours, as far as they do not overlap."""
        x = [0.0] * len(self.widths)
        for layer in self.layers:
            at = 0.0
            for i in layer:
                x[i] = at + self.widths[i] / 2
                at += self.widths[i] + GAP
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for layer in self.layers if down else reversed(self.layers):
                wanted = [_mean([x[j] for j in (self.above if down else self.below)[i]], x[i]) for i in layer]
                for i, place in zip(layer, _apart(wanted, [self.widths[i] for i in layer]), strict=True):
                    x[i] = place
        left = min((place - width / 2 for place, width in zip(x, self.widths, strict=True)), default=0.0)
        return [place - left for place in x]


def _rows(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """Put each box below all that it reads, and one that reads nothing just above its first reader."""
    rows = [0] * count
    for start, end in sorted(arrows, key=lambda arrow: arrow[1]):
        rows[end] = max(rows[end], rows[start] + 1)
    readers: dict[int, list[int]] = {}
    for start, end in arrows:
        readers.setdefault(start, []).append(rows[end])
    reading = {end for _, end in arrows}
    return [min(readers[i]) - 1 if i in readers and i not in reading else row for i, row in enumerate(rows)]


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _apart(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Return the places closest to those wanted (in squares) that keep the order and the gaps: pooled averages."""
    shifts = [0.0]
    for left, right in pairwise(widths):
        shifts.append(shifts[-1] + (left + right) / 2 + GAP)
    pools: list[tuple[float, int]] = []
    for place, shift in zip(wanted, shifts, strict=True):
        mean, size = place - shift, 1
        while pools and pools[-1][0] > mean:
            other, count = pools.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        pools.append((mean, size))
    flat = [mean for mean, size in pools for _ in range(size)]
    return [mean + shift for mean, shift in zip(flat, shifts, strict=True)]
