"""What the documentation shows without a prompt is run too: commands, programs, and rows of the table."""

from __future__ import annotations

import re
import shlex
import shutil
import textwrap
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import chainrule as cr
from chainrule import rules
from chainrule.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
LISTING = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
GENERATED = {"compiled.md", "compiled-language.md"}  # their programs are those of other tests


def listings(language: str) -> list[tuple[str, str]]:
    """Return the listings in a language that are no examples with a prompt, each with the name of its page."""
    found = [(page.name, *listing) for page in PAGES for listing in LISTING.findall(page.read_text(encoding="utf-8"))]
    return [(page, textwrap.dedent(text)) for page, kind, text in found if kind == language and ">>>" not in text]


def commands() -> list[str]:
    """Return the commands of this program that stand in the pages, each once."""
    lines = [line for _, text in listings("sh") for line in re.split(r"&&|\n", text)]
    return sorted({line.strip() for line in lines if line.strip().startswith("chainrule ")})


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the files that the commands name."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "model.py").write_text(
        "import numpy as np\n\n\ndef loss(w, data):\n    return np.mean(np.tanh(data @ w) ** 2)\n"
    )
    np.save(tmp_path / "weights.npy", np.array([0.5, -0.5]))
    np.savetxt(tmp_path / "data.csv", np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), delimiter=",")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_commands_run(command, place):
    before = set(place.iterdir())
    line, _, target = command.partition(" > ")
    said = StringIO()
    with redirect_stdout(said):
        assert main(shlex.split(line)[1:]) == 0
    made = {file.name for file in set(place.iterdir()) - before}
    named = set(re.findall(r"(?:-o|--output|--plot) (\S+)", line))
    assert made >= named
    assert said.getvalue() or named
    assert not target or said.getvalue().startswith("{")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "program"), [pair for pair in listings("python") if pair[0] not in GENERATED | {"CONTRIBUTING.md"}]
)
def test_programs_run(page, program):
    said = StringIO()
    with redirect_stdout(said):
        exec(compile(program, page, "exec"), {})
    assert said.getvalue()


def test_rows_for_contributors_are_rows():
    """The functions have rows already, so the listing is run with others of the same names and values."""
    (text,) = [text for page, text in listings("python") if page == "CONTRIBUTING.md"]
    names = {name: getattr(rules, name) for name in rules.__all__}
    names["np"] = SimpleNamespace(
        expm1=lambda x: np.expm1(x),
        flip=lambda m, axis=None: np.flip(m, axis),
        linalg=SimpleNamespace(inv=lambda a: np.linalg.inv(a)),
    )
    exec(text, names)
    assert cr.grad(names["expm1"])(0.5) == np.exp(0.5)
    np.testing.assert_array_equal(cr.grad(lambda m: names["flip"](m)[0])(np.ones(3)), [0.0, 0.0, 1.0])
    cr.check_grads(names["inv"], (np.array([[2.0, 1.0], [0.0, 4.0]]),))
