"""A trace as a table, as JSON, and as a graph."""

import io
import json
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import numpy as np
import pytest

import chainrule as cr
from chainrule.tracing._layout import GAP, Layout
from tracing import programs


def test_the_table_of_the_textbooks():
    line = cr.trace(programs.polynomial, 3.0, 4.0).steps[0].place.line
    text = str(cr.trace(programs.polynomial, 3.0, 4.0))
    assert (
        text
        == f"""\
polynomial(x=3, y=4) = 42

step         value  tangent by x  adjoint  line
-----------  -----  ------------  -------  ----
x                3             1       24
y                4             0       10
v1 = x**2        9             6        4  {line}: return x**2 * y + y + 2
v2 = v1 * y     36            24        1
v3 = v2 + y     40            24        1
v4 = v3 + 2     42            24        1"""
    )


def test_the_chosen_input():
    rows = cr.trace(programs.polynomial, 3.0, 4.0).table("y").splitlines()
    assert "tangent by y" in rows[2]
    assert [row.split()[-2] for row in rows[4:6]] == ["0", "1"]


def test_long_traces_fold_and_unfold():
    trace = cr.trace(programs.long_loop, 0.5, 1000, argnums=0)
    folded = trace.table()
    assert len(folded.splitlines()) < 50
    assert "iterations 3 to 999" in folded
    assert len(trace.table(unfold=True).splitlines()) > 3000
    line = trace.steps[0].place.line
    assert len(trace.table(unfold=line).splitlines()) > 3000
    assert len(trace.table(rows=1).splitlines()) < 8


def test_every_step_is_told_once():
    trace = cr.trace(programs.nested, 1.0, 3, argnums=0)
    text = trace.table(unfold=True)
    for step in trace.steps:
        assert sum(line.split(" = ")[0].strip() == step.name for line in text.splitlines()) == 1


def test_rich_prints_it():
    rich = pytest.importorskip("rich.console")
    console = rich.Console(width=100, record=True, file=io.StringIO())
    console.print(cr.trace(programs.polynomial, 3.0, 4.0))
    assert "v2 = v1 * y" in console.export_text()


def test_json_is_plain_and_complete():
    def f(x, y):
        return np.sum(np.log(x) * y[0]) + np.sum(y)

    with np.errstate(divide="ignore"):
        trace = cr.trace(f, np.array([0.0, 1.0]), np.ones(100))
    found = json.loads(trace.to_json(costs=True))
    assert found["inputs"][0]["value"]["data"] == [0.0, 1.0]
    assert found["inputs"][1]["value"]["norm"] == 10.0
    assert "data" not in found["inputs"][1]["value"]
    assert found["steps"][0]["value"]["data"] == ["-inf", 0.0]
    assert [s["id"] for s in found["steps"]] == list(range(2, 2 + len(trace)))
    assert all(s["seconds"] > 0 for s in found["steps"])
    assert found["diagnostics"]["value"] == {"step": 2, "operand": None}
    assert len(found["tangents"]) == 2
    for column in found["tangents"] + found["adjoints"]:
        assert len(column["values"]) == len(trace.nodes)


def test_json_of_folds_and_sources():
    found = json.loads(cr.trace(programs.nested, 1.0, 3, argnums=0).to_json())
    assert [f["name"] for f in found["functions"]] == ["nested", "square"]
    assert found["functions"][1]["text"].startswith("def square(x):")
    for fold in found["folds"][1:]:
        parent = found["folds"][fold["parent"]]
        assert parent["first"] <= fold["first"] <= fold["last"] <= parent["last"]
    for step, place in ((s, s["place"]) for s in found["steps"]):
        assert found["folds"][step["fold"]]["line"] == place["line"]


def test_json_contributions_are_those_of_the_partials():
    found = json.loads(cr.trace(programs.polynomial, 3.0, 4.0).to_json())
    adjoints = found["adjoints"][0]
    for step, terms in zip(found["steps"], adjoints["contributions"], strict=True):
        for partial, term in zip(step["partials"], terms, strict=True):
            assert term == partial["value"] * adjoints["values"][step["id"]]


def test_dot_and_mermaid():
    trace = cr.trace(programs.polynomial, 3.0, 4.0)
    assert '  n2 -> n3 [label="4"];' in trace.to_dot()
    assert "n1 -->|9| n3" in trace.to_mermaid()


@pytest.mark.parametrize("unfold", [False, True])
def test_svg_has_a_box_for_every_step(unfold):
    trace = cr.trace(programs.nested, 1.0, 3, argnums=0)
    root = ElementTree.fromstring(trace.to_svg(unfold=unfold))
    boxes = [g for g in root if g.tag.endswith("}g")]
    texts = ["".join(g.itertext()) for g in boxes]
    if unfold:
        smooth = [s for s in trace.steps if s.kind != "constant"]
        assert len(boxes) == len(smooth) + 1
        assert all(any(text.startswith(f"{s.name} = ") for text in texts) for s in smooth)
    else:
        assert len(boxes) <= 31


def test_boxes_do_not_overlap(rng):
    count = 60
    arrows = sorted({(int(rng.integers(0, end)), end) for end in range(1, count) for _ in range(2)})
    widths = rng.uniform(20, 120, count).tolist()
    layout = Layout(widths, arrows)
    rows = {}
    for i in range(count):
        rows.setdefault(layout.y[i], []).append(i)
    for row in rows.values():
        row.sort(key=lambda i: layout.x[i])
        for left, right in pairwise(row):
            assert layout.x[right] - layout.x[left] >= (widths[left] + widths[right]) / 2 + GAP - 1e-6
    assert all(layout.y[start] < layout.y[end] for start, end in arrows)


def test_nested_arguments_and_results_are_short():
    trace = cr.trace(lambda p: {"sum": np.sum(p["w"]), "n": 2}, {"w": np.arange(9.0), "b": [1.0] * 6})
    given = "{'w': [0, 1, 2, ..., 8], 'b': [1, 1, 1, 1, ...]}"
    assert str(trace).startswith(f"f(p={given}) = {{'sum': 36, 'n': 2}}\n")


def test_what_is_nested_deeply_is_cut():
    p = {f"layer {i}": [{"weight": np.ones((2, 2)), "bias": np.ones(2)}] * 3 for i in range(4)}
    first = str(cr.trace(lambda p: np.sum(p["layer 0"][0]["bias"]), p)).partition("\n")[0]
    assert first.startswith("f(p={'layer 0': [{'weight': [[1, 1], [1, 1]], 'bias': [1, 1]}, ")
    assert first.endswith("...) = 2")
    assert len(first) < 140
