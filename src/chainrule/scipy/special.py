"""``scipy.special`` for recorded values: the same names, and functions that have a rule accept recorded values."""

from __future__ import annotations

from ._mirror import mirror

__getattr__, __dir__ = mirror(__name__, "scipy.special")
