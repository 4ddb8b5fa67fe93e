"""Threads for every loop that can have them, however little it does."""

import pytest

from chainrule.compiled import runtime, threads
from chainrule.compiled.threads import outline


@pytest.fixture(autouse=True)
def forced(monkeypatch):
    monkeypatch.setattr(outline, "LEAST", -(10**9))
    monkeypatch.setattr(threads, "LEAST", 2)
    monkeypatch.setattr(threads, "DEEP", 1000)
    monkeypatch.setattr(threads, "SHARE", 0.0)
    monkeypatch.setattr(threads, "MOST", 1000)
    # Plain Python runs the parts one after the other; backwards, so that it matters if they depend on each other.
    monkeypatch.setattr(runtime, "prange", lambda parts: reversed(range(parts)))
