"""What an explorer page holds: one file, and the numbers of the other methods."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.explorer import Page, explore
from chainrule.explorer._page import SCRIPTS, _read
from explorer.programs import TEXTBOOK, long_loop


@pytest.fixture(scope="module")
def polynomial() -> Page:
    f, point = TEXTBOOK["polynomial"]
    return explore(f, *point)


class Outline(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def data_in(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_page_refers_to_nothing_outside_itself(polynomial: Page) -> None:
    elements = Outline(polynomial.html).elements
    links = [v for _, attributes in elements for name, v in attributes.items() if name in ("src", "href", "action")]
    assert all(link is not None and link.startswith("#") for link in links)
    assert not {tag for tag, _ in elements} & {"link", "iframe", "img", "object", "embed", "base"}
    assert "@import" not in _read("style.css")
    assert "url(" not in _read("style.css")
    policy = next(a["content"] for tag, a in elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_the_page_carries_the_licences_of_its_libraries(polynomial: Page) -> None:
    assert "Chris Pettitt" in polynomial.html
    assert "Mike Bostock" in polynomial.html
    names = {file.name for file in files("chainrule.explorer").joinpath("page", "vendor").iterdir()}
    assert {"LICENSE-dagre", "LICENSE-d3", "README.md"} <= names


def test_the_data_are_those_of_the_page(polynomial: Page) -> None:
    assert data_in(polynomial.html) == json.loads(json.dumps(polynomial.data))


def test_text_of_the_source_cannot_end_the_script() -> None:
    def f(x: Any) -> Any:
        text = "</script><script>alert(1)</script>"
        return x * len(text)

    page = explore(f, 1.0)
    assert "</script><script>alert" not in page.html
    assert "&lt;script&gt;" in "".join(data_in(page.html)["sources"][0]["lines"])


@pytest.mark.parametrize("name", ["affine", "log_ratio", "loop100", "newton_sqrt"])
def test_adjoints_and_tangents_are_the_gradient(name: str) -> None:
    f, point = TEXTBOOK[name]
    data = explore(f, *point).data
    expected = cr.grad(f, argnums=tuple(range(len(point))))(*point)
    assert data["adjoints"][0]["values"][: len(point)] == pytest.approx(list(expected), rel=1e-12)
    node = data["outputs"][0]["node"]
    assert [column["values"][node] for column in data["tangents"]] == pytest.approx(list(expected), rel=1e-12)
    assert data["steps"]["value"][node] == pytest.approx(float(f(*point)), rel=1e-15)


def test_each_adjoint_is_the_sum_of_what_the_edges_carry() -> None:
    f, point = TEXTBOOK["loop100"]
    data = explore(f, *point).data
    steps, adjoints = data["steps"], data["adjoints"][0]["values"]
    total = np.zeros(len(adjoints))
    total[data["outputs"][0]["node"]] = 1.0
    for step in reversed(range(steps["inputs"], len(adjoints))):
        for arg, partial in zip(steps["args"][step], steps["partial"][step], strict=True):
            total[arg] += (adjoints[step] or 0.0) * (partial or 0.0)
    known = [x or 0.0 for x in adjoints]
    assert list(total) == pytest.approx(known, rel=1e-12, abs=1e-300)


def test_loops_and_iterations_are_groups() -> None:
    data = explore(long_loop, 0.7, 30, by="x").data
    call, loop, *iterations = data["groups"]
    assert (call[0], loop[0]) == ("call", "loop")
    assert (call[4], loop[4]) == (-1, 0)
    assert [(group[0], group[4], group[5]) for group in iterations] == [("iteration", 1, k) for k in range(1, 31)]
    assert [group[3] - group[2] for group in iterations] == [5] * 30
    assert (loop[2], loop[3]) == (1, 151)


def recursion(x: Any, depth: int) -> Any:
    return x if depth == 0 else np.sin(recursion(x, depth - 1)) * x


def test_calls_inside_each_other_are_no_deeper_in_the_data() -> None:
    page = explore(recursion, 0.5, 500, by="x")
    groups = data_in(page.html)["groups"]
    assert [group[4] for group in groups[:-1] if group[0] == "call"] == list(range(-1, len(groups) - 2))
    assert page.data["adjoints"][0]["values"][0] == pytest.approx(cr.grad(recursion)(0.5, 500), rel=1e-12)


@pytest.mark.parametrize(
    ("f", "point", "element"),
    [
        (lambda x: x * x, np.zeros((0, 3)), {"shape": [0, 3], "norm": 0.0, "data": []}),
        (lambda x: x * 1.0, np.full(4, 1e308), {"shape": [4], "norm": "inf", "data": [1e308] * 4}),
        (
            np.fft.fft,
            np.array([3.0, 1.0]),
            {"shape": [2], "norm": pytest.approx(20**0.5), "data": ["4 + 0i", "2 + 0i"]},
        ),
        (lambda z: z * 1j, 2.0 - 3.0j, "3 + 2i"),
        (lambda z: z * -np.inf, 2.0 - 3.0j, "-inf + infi"),
        (lambda x: round(x, 1) * x, 2.25, 4.95),
        (lambda x: x > 1, 2.0, True),
    ],
)
def test_values_that_are_unlike_most(f: Any, point: Any, element: Any) -> None:
    page = explore(f, point)
    assert data_in(page.html)["steps"]["value"][-1] == element


def test_all_parts_differentiate_by_the_same_arguments() -> None:
    def picked(x: Any, places: Any, *, scale: Any) -> Any:
        return np.sum(x[places]) * scale

    data = explore(picked, np.arange(3.0), np.array([0, 2]), scale=2.0).data
    assert [column["name"] for column in data["tangents"]] == ["x[0]", "x[1]", "x[2]"]
    assert [derivative["name"] for derivative in data["formula"]["derivatives"]] == ["x[0]", "x[1]", "x[2]"]
    assert data["methods"]["table"]["components"] == ["d/dx[0]", "d/dx[1]", "d/dx[2]"]


def test_arrays_that_the_function_writes_into_stay_as_they_were() -> None:
    def written(x: Any, count: Any) -> Any:
        x[0] = x[0] * 2
        count[0] = count[0] + 1.0
        return np.sum(x * x) * count[0]

    x, count = np.ones(3), np.zeros(1)
    data = explore(written, x, count, by="x").data
    assert (list(x), list(count)) == ([1, 1, 1], [0])
    assert data["steps"]["value"][-1] == 6
    rows = data["methods"]["table"]["rows"]
    assert [row["values"] for row in rows if row["follows"]] == [pytest.approx([8, 2, 2])] * len(rows)


def test_formulas_before_and_after(polynomial: Page) -> None:
    formula = polynomial.data["formula"]
    assert formula["expression"]["text"] == "x**2*y + y + 2"
    by_x = {stage["kind"]: stage["text"] for stage in formula["derivatives"][0]["stages"]}
    assert by_x == {"rules": "2*x*(y*(1*1*1))", "simplest": "2*x*y"}
    assert (formula["expression"]["tree"], formula["expression"]["dag"]) == ("8", "7")
    f, point = TEXTBOOK["log_ratio"]
    stages = explore(f, *point).data["formula"]["derivatives"][0]["stages"]
    assert [stage["kind"] for stage in stages] == ["rules", "tidy", "sympy"]
    assert stages[-1]["text"] == "(2 - log(x**2))/x**2"
    values = [eval(stage["text"], {"log": np.log, "x": 2.0}) for stage in stages]
    assert values == pytest.approx([cr.grad(f)(2.0)] * 3, rel=1e-14)


def test_a_program_without_a_formula_says_where_and_why() -> None:
    f, point = TEXTBOOK["newton_sqrt"]
    formula = explore(f, *point).data["formula"]
    assert not formula["ok"]
    assert "if x == 0:" in formula["reason"]
    assert "functions.py:" in formula["reason"]
    assert "/" not in formula["reason"].split("functions.py")[0].split()[-1:]
    assert formula["hint"] == "no_formula_branch"


def test_of_a_very_long_run_no_formula_is_made() -> None:
    from chainrule.explorer._formulas import formulas

    f, point = TEXTBOOK["affine"]
    assert formulas(f, point, {}, None, ran=20_001)["reason"] == "The run has 20001 steps: too many for a formula."
    assert formulas(f, point, {}, None, ran=20_000)["ok"]


def test_of_large_formulas_fewer_derivatives_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.explorer import _formulas

    found = _formulas.formulas(np.prod, (np.arange(1.0, 5.0),), {}, None)
    assert (len(found["derivatives"]), found["left"]) == (4, 0)
    monkeypatch.setattr(_formulas, "PARTS", 2 * int(found["expression"]["dag"]))
    found = _formulas.formulas(np.prod, (np.arange(1.0, 5.0),), {}, None)
    assert (len(found["derivatives"]), found["left"]) == (2, 2)


def test_compiled_lines_know_the_line_that_they_came_from() -> None:
    f, point = TEXTBOOK["loop100"]
    data = explore(f, *point).data
    source, compiled = data["sources"][0], data["compiled"]
    line = next(k for k, text in enumerate(source["lines"], source["first"]) if "cos" in text)
    primal, gradient = compiled["programs"]
    for program in (primal, gradient):
        texts = [re.sub(r"<.*?>", "", row["html"]) for row in program["lines"] if row.get("at") == f"0:{line}"]
        assert any("np.cos" in text for text in texts)
    reverse = [re.sub(r"<.*?>", "", row["html"]).strip() for row in gradient["lines"][gradient["reverse"] :]]
    assert reverse[0].endswith("_bar = 1.0")
    assert {(saved["how"], saved["line"]) for saved in compiled["saved"]} >= {("array", line)}
    emitted = [re.sub(r"<.*?>", "", row["html"]).strip() for row in gradient["lines"]]
    names = [saved["what"].partition(" ← ")[0] for saved in compiled["saved"]]
    assert names == sorted(set(names), key=names.index)
    assert all(any(text.startswith(f"{name}[i] = ") for text in emitted) for name in names)
    assert {"saved_z ← z", "saved_t ← np.sin(t_2)"} <= {saved["what"] for saved in compiled["saved"]}
    assert all(saved["why"] in json.loads(_read("texts.json")) for saved in compiled["saved"])


def test_methods_are_measured() -> None:
    data = explore(lambda x: np.sum(np.sin(x) * x), np.linspace(0.1, 1.0, 4)).data["methods"]
    assert data["own"]
    work = {series["name"]: series for series in data["work"]}
    assert work["reverse mode"]["y"] == [2] * len(work["reverse mode"]["x"])
    assert work["forward difference"]["y"][:3] == [3, 6, 11]
    took = {row["method"]: row["work"] for row in data["table"]["rows"]}
    assert (took["forward difference"], took["reverse mode"]) == ({"evaluations": 5}, {"forward": 1, "reverse": 1})
    assert set(took["symbolic"]) == {"tree", "dag"}
    errors = {series["name"]: [y for y in series["y"] if y != "nan"] for series in data["errors"]}
    assert min(errors["complex step"]) < 1e-14 < min(errors["forward difference"])


def test_what_would_take_too_long_is_not_measured() -> None:
    def slow(x: Any) -> Any:
        time.sleep(0.5)
        return x * x

    data = explore(lambda x, y: slow(x) * y, 2.0, 3.0).data["methods"]
    assert data["table"] is None
    assert re.search(r"would take about \d+ seconds. Ask chainrule.compare.", data["reason"])
    assert {series["name"] for series in data["work"]} >= {"forward difference", "reverse mode"}


def test_the_first_nan_is_found_forwards_and_backwards() -> None:
    def roots(x: Any) -> Any:
        total = 0.0
        for i in range(6):
            total = total + np.sqrt(x - i)
        return total

    def distance(x: Any, y: Any) -> Any:
        d = (x - y) ** 2
        return np.sqrt(np.sum(d)) * 1.0

    for f, point, sweep, text in ((roots, (3.5,), "forward", "sqrt"), (distance, (1.0, 1.0), "adjoints", "sqrt")):
        data = explore(f, *point).data
        alarm = data["diagnostics"]["alarms"][0]
        assert alarm["sweep"] == sweep
        source, line = data["places"][data["steps"]["place"][alarm["step"]]]
        assert text in data["sources"][source]["lines"][line - data["sources"][source]["first"]]
        assert data["steps"]["text"][alarm["step"]].startswith("sqrt(")


def test_a_notebook_shows_the_page_in_a_frame(polynomial: Page) -> None:
    shown = polynomial._repr_html_()
    (tag, attributes), *_ = Outline(shown).elements
    assert tag == "iframe"
    assert attributes["srcdoc"] == polynomial.html
    assert attributes["sandbox"] == "allow-scripts"


def test_every_text_is_there_in_all_languages() -> None:
    texts = json.loads(_read("texts.json"))
    assert all(set(entry) == {"en", "zh", "ja"} and all(entry.values()) for entry in texts.values())
    holes = {
        key: {lang: sorted(re.findall(r"\{\w+\}", text)) for lang, text in entry.items()}
        for key, entry in texts.items()
    }
    assert all(found["en"] == found["zh"] == found["ja"] for found in holes.values())
    scripts = "\n".join(_read(f"scripts/{name}.js") for name in SCRIPTS)
    used = set(re.findall(r'\b(?:t|lead)\("([^"]+)"', scripts))
    used |= set(re.findall(r'data-(?:t|aria|title)="([^"]+)"', _read("template.html")))
    assert used <= set(texts), used - set(texts)
    of_other_scripts = [entry[language] for entry in texts.values() for language in ("zh", "ja")]
    assert [text for text in of_other_scripts if re.search(r"[\u3040-\u9fff\uff09][,;:]|[,;:]$", text)] == []
