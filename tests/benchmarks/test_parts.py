"""Where the time of a program goes: which beginnings are timed, and what becomes of their times."""

from __future__ import annotations

from typing import Any

import pytest

import parts
from chainrule.compiled.emit import Emitted

TEXT = """\
import numpy as np


def f(x, n):
    # line 3: t = 2.0
    t = 2.0
    for i in range(n):
        x[i] = t
    # line 5: while x:
    s = 0.0
    for i in range(n):
        for j in range(n):
            x[i] += 1.0
            s += x[j]
        x[i] *= 2.0
    return s
"""


@pytest.fixture
def beginnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that are timed; each takes as long as it has lines of arithmetic, those of the inner loop ten."""
    timed: list[str] = []

    def least(run: Any, values: Any) -> float:
        timed.append(run)
        lines = run.splitlines()
        return float(sum([1 if "x[i] = t" in s else 10 if "+=" in s else 0 for s in lines]))

    monkeypatch.setattr(parts, "least", least)
    monkeypatch.setattr(parts.machine, "compiled", lambda emitted, values: emitted.body)
    return timed


def test_parts_are_differences_of_beginnings(beginnings: list[str]) -> None:
    found = [*parts.Beginnings(Emitted(TEXT, (), ("f",)), ()).parts()]
    assert found == [
        (0, "all", "", 21.0),
        (1, "for i in range(n):", "line 3: t = 2.0", 1.0),
        (1, "for i in range(n):", "line 5: while x:", 20.0),
        (2, "for j in range(n):", "line 5: while x:", 20.0),
    ]


def test_parts_as_a_table_of_a_page(beginnings: list[str]) -> None:
    text = parts.as_markdown("f", [*parts.Beginnings(Emitted(TEXT, (), ("f",)), ()).parts()])
    assert text.splitlines()[-2:] == [
        "| `for i in range(n):` | `line 5: while x:` | 20000.000 | 95% |",
        "| &emsp;`for j in range(n):` | `line 5: while x:` | 20000.000 | 95% |",
    ]


def test_beginnings_return_what_they_compute(beginnings: list[str]) -> None:
    for _ in parts.Beginnings(Emitted(TEXT, (), ("f",)), ()).parts():
        pass
    assert beginnings[0] == TEXT
    assert beginnings[1].endswith("        x[i] = t\n    return t\n")
    assert beginnings[2].endswith("        x[i] *= 2.0\n    return t, s\n")
    for text in beginnings:
        compile(text, "part", "exec")
