"""Which functions of a program write into their arguments."""

from __future__ import annotations

from .. import ir
from ..activity import Classes
from ..scan import stored

__all__ = ["note_writes"]


def note_writes(program: ir.Program) -> dict[str, set[int]]:
    """Note at each call of a function which arguments it may write into; return these positions for each function."""
    functions = {f.name: f for f in (program.entry, *program.others.values())}
    written: dict[str, set[int]] = {name: set() for name in functions}
    while True:
        more = {name: _written(f, written) for name, f in functions.items()}
        if more == written:
            break
        written = more
    for s in [s for f in functions.values() for s in ir.walk(f.body)]:
        if isinstance(s, ir.Invoke) and s.function in written:
            s.writes = frozenset(written[s.function])
    return written


def _written(function: ir.Function, known: dict[str, set[int]]) -> set[int]:
    """Return the positions of the parameters whose storage a function may write to."""
    classes = Classes(function.body)
    found = set()
    for s in ir.walk(function.body):
        if isinstance(s, ir.Invoke):
            passed = [
                x.buffer for i, x in enumerate(s.args) if isinstance(x, ir.View) and i in known.get(s.function, ())
            ]
            found |= {classes.of(b) for b in passed}
        elif not isinstance(s, ir.Swap):
            found |= {classes.of(b) for b in stored(s)}
    return {i for i, p in enumerate(function.params) if isinstance(p, ir.Buffer) and classes.of(p) in found}
