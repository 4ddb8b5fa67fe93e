"""The harness: processes that are asked, what becomes of those that do not answer, and what is measured."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import agreement, measure, memory, tables, tools
from harness.problem import label, names, problem
from harness.remote import Remote

SMALL = problem("lse").SMALL
EFFORT = measure.Effort(seconds=0.01, rounds=4, load=60.0, call=10.0)


@pytest.fixture
def references(tmp_path: Path) -> measure.References:
    return measure.References(str(tmp_path))


def test_a_right_answer_is_timed(references: measure.References) -> None:
    (row,) = measure.measure("lse", ["autograd"], [SMALL], 1, EFFORT, references)
    assert row["status"] == "right"
    assert row["error"] <= problem("lse").TOLERANCE
    assert 0 < row["derivative quarters"][0] <= row["derivative"] <= row["derivative quarters"][1]
    assert row["primal"] > 0


def test_a_wrong_answer_is_not_timed(references: measure.References) -> None:
    path = references.path("lse", SMALL)
    value, (derivative,) = agreement.load(path)
    agreement.save(path, value, derivative * (1 + 1e-5))
    (row,) = measure.measure("lse", ["autograd"], [SMALL], 1, EFFORT, references)
    assert row["status"] == "wrong"
    assert row["error"] == pytest.approx(1e-5, rel=1e-3)
    assert "derivative" not in row


def test_a_tool_without_a_program_or_library_is_a_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure.absence("lse", "autograd") is None
    monkeypatch.setitem(tools.TOOLS, "autograd", tools.Tool("autograd", "x", "with_autograd", ("no_such_library",)))
    assert measure.absence("lse", "autograd") == {"status": "missing", "note": "x is not installed"}
    monkeypatch.setitem(tools.TOOLS, "autograd", tools.Tool("autograd", "x", "with_nothing", ()))
    assert measure.absence("lse", "autograd")["status"] == "not expressed"


def test_no_answer_in_time_ends_the_process() -> None:
    with Remote("lse", "autograd", 1) as remote:
        assert remote.ask("time", 0.0, what="primal", calls=1, clock="perf_counter") == {
            "status": "slow",
            "note": "no answer within 0 s",
        }
        assert not remote.alive


def test_an_exception_is_an_answer() -> None:
    with Remote("lse", "autograd", 1) as remote:
        answer = remote.ask("time", 60.0, what="primal", calls=1, clock="perf_counter")
        assert answer == {"status": "failed", "note": "KeyError 'primal'"}
        assert remote.alive


def test_a_process_that_dies_leaves_its_last_words() -> None:
    with Remote("no_such_problem", "autograd", 1) as remote:
        answer = remote.ask("time", 60.0, what="primal", calls=1, clock="perf_counter")
    assert answer["status"] == "failed"
    assert "No module named 'problems.no_such_problem'" in answer["note"]


def test_a_process_has_as_many_cores_as_threads() -> None:
    assert tools.environment(2)["OMP_NUM_THREADS"] == "2"
    assert tools.environment(1, {"A": "b"})["A"] == "b"


@pytest.mark.skipif(not memory.available(), reason="this system does not count")
def test_peak_of_memory() -> None:
    def run() -> None:
        np.ones(10_000_000).sum()
        np.ones(1_000_000).sum()

    run()
    assert memory.peak(run) == pytest.approx(80e6, rel=0.05)


def test_every_problem_says_what_tables_need() -> None:
    for name in names():
        module = problem(name)
        assert module.HEADLINE in module.SIZES
        assert module.TITLE
        assert module.DIFFERENTIATED
        assert all(tool in tools.TOOLS for tool in module.NOT_EXPRESSED)
        assert all(0 < seconds < 100 for seconds in module.PUBLISHED.values())


def row(tool: str, derivative: float, **more: Any) -> dict[str, Any]:
    known = {"problem": "lse", "size": label(problem("lse").HEADLINE), "threads": 1, "status": "right"}
    return {**known, "tool": tool, "derivative": derivative, **more}


def test_comparisons() -> None:
    rows = [row("chainrule", 2e-3), row("by_hand", 1e-3), row("jax", 5e-3), row("torch", 4e-3)]
    ((name, size), cells), *_ = tables.arrange(rows).items()
    assert tables.over_best_peer(name, size, cells) == 0.5
    assert tables.over_hand(name, size, cells) == 2.0
    assert tables.published(name, size) == ("JAX", 1.2e-3)
    assert tables.over_published(name, size, cells) == pytest.approx(2 / 1.2)
    assert tables.geometric_mean([4.0, None, 1.0]) == pytest.approx(2.0)
    assert tables.geometric_mean([None]) is None


def test_seconds() -> None:
    texts = {None: "", 0.25: "250 ms", 1.5: "1.5 s", 2e-6: "2 µs", 3e-8: "30 ns"}
    assert {value: tables.seconds(value) for value in texts} == texts


def test_show_prints_tables_and_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """What was measured before can be shown again; this is the command's own way."""
    run = import_module("run")
    first = row("jax", 0) | {"state": "cold", "first": 0.5}
    peak = row("jax", 3e6, primal=1e6) | {"problem": "ode", "size": "n=10000 steps=10"}
    medians = [row("chainrule", 2e-3, primal=1e-3), row("jax", 5e-3, primal=1e-3), row("jax", 4e-3, threads=2)]
    medians += [row("casadi", 0, status="too large", note="it is too large") | {"derivative": None}]
    results = {"machine": {"processor": "a processor"}, "seconds": 1.0, "medians": medians, "first": [first]}
    file = tmp_path / "results.json"
    file.write_text(json.dumps(results | {"memory": [peak]}))
    monkeypatch.setattr(sys, "argv", ["run.py", "--show", str(file), "--plots", str(tmp_path / "plots")])
    run.main()
    printed = capsys.readouterr().out
    for part in ("2 ms", "5 ms", "JAX 1.2 ms", "2.00", "0.40", "1.25", "500 ms", "3.0 MB", "CasADi", "it is too large"):
        assert part in printed
    drawn = {path.name for path in (tmp_path / "plots").iterdir()}
    assert drawn == {"derivatives.svg", "ratios.svg", "first-calls.svg", "memory.svg"}
