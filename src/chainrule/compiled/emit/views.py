"""The text of a view: slices, transposed and new axes."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import UnsupportedError, message
from .. import ir
from .affine import Affine
from .expressions import Text
from .prepare import WHOLE, Shapes

__all__ = ["view_text"]

Sum = Callable[[ir.Atom], Affine]
Print = Callable[[Affine], Text]


def view_text(view: ir.View, name: str, shapes: Shapes, affine: Sum, text: Print) -> str:
    """Return the text of a view of the buffer that is called `name`."""
    parts, turned = [":"] * view.buffer.ndim, [False] * view.buffer.ndim
    for base, at in view.fixed:
        parts[base] = text(affine(at)).text
    for axis in view.axes:
        if axis.base is not None:
            parts[axis.base] = _slice(axis, view.buffer, shapes, affine, text)
            turned[axis.base] = isinstance(axis.step, int) and axis.step < 0
    while parts and parts[-1] == ":":  # Numba knows that x[i] is contiguous, and not that x[i, :] is
        parts.pop()
    whole = f"{name}[{', '.join(parts)}]" if parts else name
    if any(turned):
        held = {base for base, _ in view.fixed}
        signs = ["::-1" if back else ":" for base, back in enumerate(turned) if base not in held]
        whole = f"{whole}[{', '.join(signs)}]"
    return _arranged(whole, view)


def _slice(axis: ir.Axis, buffer: ir.Buffer, shapes: Shapes, affine: Sum, text: Print) -> str:
    """Return a slice with a step forward: one that went backward could not end before the first element."""
    assert axis.base is not None
    if not isinstance(axis.step, int):
        raise UnsupportedError(message("A view has a length that is known only when it runs.", "Copy it: x.copy()."))
    if axis.size == WHOLE:
        return ":"
    start, size = affine(axis.start), affine(axis.size)
    begin, end = start, start + size.times(axis.step)
    if axis.step < 0:
        begin, end = start + (size + Affine(-1)).times(axis.step), start + Affine(1)
    if begin.is_zero and axis.step in (1, -1) and shapes.is_length(axis.size, buffer, axis.base):
        return ":"
    first = "" if begin.is_zero else text(begin).text
    return f"{first}:{text(end).text}" + (f":{abs(axis.step)}" if abs(axis.step) != 1 else "")


def _arranged(text: str, view: ir.View) -> str:
    """Put axes into the user's order, and new ones between them."""
    order = [axis.base for axis in view.axes if axis.base is not None]
    ranks = [sorted(order).index(base) for base in order]
    if ranks != sorted(ranks):
        text = f"{text}.T" if ranks == sorted(ranks)[::-1] else f"np.transpose({text}, {tuple(ranks)})"
    if any(axis.base is None for axis in view.axes):
        index = ", ".join(["None" if axis.base is None else ":" for axis in view.axes])
        text = f"{text}[{index}]"
    return text
