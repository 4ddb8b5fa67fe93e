"""Programs as scientists write them, for tests and benchmarks of derivatives of programs.

None is written with a compiler in mind. ``ENTRIES`` lists them, ``BY_NAME`` finds one; the `traps` beside them are
small programs that go wrong easily, with what must come out.
"""

from . import algebra, choices, dynamics, inference, loops, stencils, structures
from ._entry import Entry

ENTRIES = [
    entry for module in (loops, stencils, algebra, dynamics, inference, structures, choices) for entry in module.ENTRIES
]
BY_NAME = {entry.name: entry for entry in ENTRIES}

__all__ = ["BY_NAME", "ENTRIES", "Entry"]
