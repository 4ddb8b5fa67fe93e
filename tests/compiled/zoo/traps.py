"""Small programs that go wrong easily, each with the gradient or the error that must come out."""

from . import traps_found, traps_memory, traps_values
from ._trap import Trap

TRAPS = [*traps_memory.TRAPS, *traps_values.TRAPS, *traps_found.TRAPS]

__all__ = ["TRAPS", "Trap"]
