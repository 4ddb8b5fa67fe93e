"""The command: what it prints, and one line for each mistake."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import chainrule
from chainrule.cli import main
from chainrule.cli._expression import evaluate
from chainrule.cli._values import parse_values

FILE = """\
from dataclasses import dataclass
from __future__ import annotations
import math
import numpy as np
import helper_beside


@dataclass
class Point:
    x: float = 1.0


def f(x, y=2.0):
    print("noise")
    return helper_beside.twice(x) * y


def df(x, y=2.0):
    return [2 * y, 2 * x]


def total(w, scale=1.0):
    return scale * np.sum(w**2)


def nothing(x):
    return None


def pole(x):
    return 1 / (x - 1)


def power(x, n):
    return sum(x**i for i in range(n))


def keywords(*, a, **rest):
    return a * rest["b"]


number = 3
"""


@pytest.fixture
def file(tmp_path):
    lines = FILE.splitlines(keepends=True)
    path = tmp_path / "model.py"
    path.write_text("".join([lines[1], lines[0], *lines[2:]]))
    (tmp_path / "helper_beside.py").write_text("def twice(x):\n    return 2 * x\n")
    return path


@pytest.fixture
def run(capsys):
    """Run the command; return the status, what it printed, and its complaints."""

    def command(*arguments):
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return command


# ---- What it does


def test_an_expression_is_compared(run):
    status, out, err = run("compare", "x**2*y + y + 2", "--at", "x=3", "y=4")
    assert (status, err) == (0, "")
    assert out.startswith("x**2*y + y + 2 = 42 at x=3, y=4\n")
    assert "reverse mode        24           10" in out


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sin(x)", np.sin(2.0)), ("np.log(x)/pi", np.log(2.0) / np.pi), ("numpy.sqrt(x)", 2**0.5), ("e*x", np.e * 2),
        ("abs(-x)", 2.0), ("max(x, 3*x)", 6.0), ("x if x > 1 else -x", 2.0), ("np.linalg.norm([x, 0])", 2.0),
        ("asin(x/4)", np.arcsin(0.5)), ("(x, 1)[0]", 2.0), (" x ", 2.0),
    ],
)  # fmt: skip
def test_expressions_know_numpy(text, value):
    assert evaluate(text, {"x": 2.0}) == pytest.approx(value, rel=1e-15)


def test_arguments_hide_numpys_names(run):
    status, out, _ = run("compare", "e**2 + sin*pi", "--at", "e=3", "sin=1", "--json")
    assert status == 0
    assert json.loads(out)["value"] == pytest.approx(9 + np.pi)


def test_a_function_of_a_file_is_compared(run, file):
    status, out, err = run("compare", f"{file}:f", "--at", "x=3")
    assert (status, err) == (0, "")
    assert out.startswith("f(x=3) = 12\n")
    assert "noise" not in out
    assert "model" not in sys.modules
    assert "helper_beside" not in sys.modules
    assert str(file.parent) not in sys.path


def test_json_is_for_programs(run, file):
    _, out, _ = run("compare", f"{file}:f", "--at", "x=3", "y=4", "--json")
    data = json.loads(out)
    assert data["value"] == 24.0
    assert data["methods"][-1]["method"] == "reverse mode"
    assert data["methods"][-1]["derivative"] == {"x": 8.0, "y": 6.0}
    assert data["methods"][-1]["work"]["reverse_sweeps"] == 1


@pytest.mark.parametrize("by", ["x", "0"])
def test_by_leaves_integers_alone(run, file, by):
    status, out, _ = run("compare", f"{file}:power", "--at", "x=0.5", "n=4", "--by", by)
    assert status == 0
    assert "2.75" in out


def test_keyword_arguments_are_named(run, file):
    status, out, _ = run("compare", f"{file}:keywords", "--at", "a=3", "b=4", "--json")
    assert status == 0
    assert json.loads(out)["methods"][-1]["derivative"] == {"a": 4.0, "b": 3.0}


def test_arrays_come_from_files_and_lists(run, file, tmp_path):
    w = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.save(tmp_path / "w.npy", w)
    np.savez(tmp_path / "w.npz", first=w, second=2 * w)
    np.savez(tmp_path / "one.npz", w)
    np.savetxt(tmp_path / "w.csv", w, delimiter=",")
    (tmp_path / "named.csv").write_text("left,right\n1,2\n3,4\n")
    for value in ("w.npy", "w.npz:first", "one.npz", "w.csv", "named.csv"):
        np.testing.assert_array_equal(parse_values([f"w={tmp_path / value}"])["w"], w)
    np.testing.assert_array_equal(parse_values(["w=[[1, 2], [3, 4]]"])["w"], w)
    (tmp_path / "column.csv").write_text("1\n2\n3\n")
    np.testing.assert_array_equal(parse_values([f"w={tmp_path / 'column.csv'}"])["w"], [1, 2, 3])
    status, out, _ = run("compare", f"{file}:total", "--at", f"w={tmp_path / 'w.npz'}:second", "scale=pi/2", "--json")
    assert status == 0
    np.testing.assert_allclose(json.loads(out)["methods"][-1]["derivative"]["w"], np.pi * 2 * w)


@pytest.mark.parametrize(("text", "value"), [("-3", -3), ("1e-3", 1e-3), ("pi", np.pi), ("True", True), ("'a'", "a")])
def test_values_are_python(text, value):
    assert parse_values([f"x={text}"])["x"] == value


def test_a_derivative_by_hand_is_judged(run, file):
    assert "by hand is right." in run("compare", f"{file}:f", "--at", "x=3", "--manual", f"{file}:df")[1]
    point = ("--at", "x=3", "y=4")
    assert "by hand is right." in run("compare", "x**2*y + y + 2", *point, "--manual", "2*x*y, x**2 + 1")[1]
    assert "d/dy is 10, given 1" in run("compare", "x**2*y + y + 2", *point, "--manual", "(2*x*y, 1)")[1]


def test_a_figure_is_drawn(run, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    from chainrule.comparison import _plots

    monkeypatch.setattr(_plots, "SIZES", (2, 3))
    path = tmp_path / "both.png"
    status, _, err = run("compare", "sum(sin(x))", "--at", "x=[1,2,3]", "--plot", path)
    assert (status, err) == (0, f"wrote {path}\n")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_page_is_written(run, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run("explore", f"{file}:f", "--at", "x=3", "--language", "ja")
    assert (status, out, err) == (0, "", "wrote f.html\n")
    assert '"language":"ja"' in (tmp_path / "f.html").read_text()
    status, _, err = run("explore", "x**2*y + y + 2", "--at", "x=3", "y=4", "--by", "y", "-o", "page.html")
    assert (status, err) == (0, "wrote page.html\n")
    assert "<title>x**2*y + y + 2 at x=3, y=4 – chainrule</title>" in (tmp_path / "page.html").read_text()


def test_pages_take_lists_of_integers_and_objects_that_are_called(run, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("explore", "sum(x**2)", "--at", "x=[1,2,3]", "-o", "page.html") == (0, "", "wrote page.html\n")
    assert '"data":[1.0,2.0,3.0]' in (tmp_path / "page.html").read_text()
    file.write_text(
        f"{file.read_text()}\n\nclass Cube:\n    def __call__(self, x):\n        return x**3\n\n\ncube = Cube()\n"
    )
    assert run("explore", f"{file}:cube", "--at", "x=2") == (0, "", "wrote Cube.html\n")
    assert run("compare", f"{file}:cube", "--at", "x=2")[0] == 0


def test_a_page_that_cannot_be_made_is_told_in_one_line(run, file, tmp_path):
    status, _, err = run("explore", f"{file}:f", "--at", "x=3", "-o", tmp_path / "nowhere" / "page.html")
    assert status == 2
    assert "There is no folder" in err
    status, _, err = run("explore", "x", "--at", "x='a'", "-o", tmp_path / "page.html")
    assert status == 2
    assert len(err.splitlines()) == 1
    status, _, err = run("explore", f"{file}:f", "--at", "x=3", "-o", tmp_path)
    assert (status, err.count("\n")) == (2, 1)
    assert f"is a folder: say what to call the page, as in -o {tmp_path / 'f'}.html." in err


def test_a_terminal_gets_colours(monkeypatch, capsys):
    pytest.importorskip("rich")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "150")
    assert main(["compare", "x*x", "--at", "x=3"]) == 0
    assert "\x1b[" in capsys.readouterr().out


def test_without_rich_a_terminal_gets_plain_text(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for name in ("rich", "rich.console"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["compare", "x*x", "--at", "x=3"]) == 0
    assert capsys.readouterr().out.startswith("x*x = 9 at x=3\n")


def test_version_and_help(run):
    assert run("--version") == (0, f"chainrule {chainrule.__version__}\n", "")
    status, out, _ = run("compare", "--help")
    assert status == 0
    assert "examples:" in out
    assert run()[0] == 0


def test_a_process_runs_it(file):
    command = [sys.executable, "-m", "chainrule", "compare", f"{file}:f", "--at", "x=3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("f(x=3) = 12\n")
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


# ---- Mistakes: one line on stderr, status 2

MISTAKES = {
    "no file": (["nowhere.py:f"], "There is no file nowhere.py."),
    "no function": (["{file}:ff", "--at", "x=1"], "has no function ff; it has f, df, total"),
    "no function named": (["{file}", "--at", "x=1"], "Name a function of"),
    "no function but a number": (["{file}:number"], "is of type int"),
    "missing argument": (["{file}:f", "--at", "y=1"], "f needs a value for x: add --at x=VALUE."),
    "unknown argument": (
        ["{file}:total", "--at", "w=1", "scal=2"],
        "no argument scal; its arguments are w, scale. Did",
    ),
    "twice": (["{file}:f", "--at", "x=1", "x=2"], "--at gives x twice."),
    "no value": (["{file}:f", "--at", "x"], "--at takes NAME=VALUE, and 'x' is not"),
    "unparsable value": (
        ["{file}:f", "--at", "x=1..2"],
        "x cannot be understood: '1..2' is no expression",
    ),
    "unknown value": (["{file}:f", "--at", "x=three"], "The value of x cannot be understood: three is neither"),
    "ragged list": (["{file}:f", "--at", "x=[[1],[2,3]]"], "cannot be understood: its rows are not of one length."),
    "list of texts": (["{file}:f", "--at", "x=['a']"], "a list holds numbers only"),
    "division by zero": (["{file}:f", "--at", "x=1/0"], "division by zero"),
    "no array file": (["{file}:total", "--at", "w=no.npy"], "There is no file no.npy."),
    "no csv": (["{file}:total", "--at", "w={text}"], "cannot be read"),
    "no key": (["{file}:total", "--at", "w={npz}:c"], "has no c; it holds a, b."),
    "which key": (["{file}:total", "--at", "w={npz}"], "holds a, b: say which"),
    "array of texts": (["{file}:total", "--at", "w={texts}"], "and w is to be real numbers."),
    "no float": (["{file}:nothing", "--at", "x=1"], "nothing returned None. Return real numbers"),
    "raises": (["{file}:pole", "--at", "x=1"], "pole raised ZeroDivisionError: float division by zero (model.py:"),
    "float for a count": (["{file}:power", "--at", "x=1", "n=3"], "chainrule made floats of integers (x, n)"),
    "does not load": (["{broken}:f"], "cannot be loaded: NameError: name 'undefined' is not defined (broken.py:1)"),
    "is no Python": (["{syntax}:f"], "cannot be loaded: SyntaxError"),
    "complex": (["{file}:f", "--at", "x=1j"], "holds real numbers, and not 1j"),
    "unknown name": (["x + z", "--at", "x=1"], "z is neither an argument (--at z=VALUE) nor a NumPy function."),
    "typing error": (["sinn(x)", "--at", "x=1"], "Did you mean"),
    "unused argument": (["x", "--at", "x=1", "y=2"], "--at gives y, which 'x' does not use."),
    "no expression": (["x +", "--at", "x=1"], "'x +' is no expression: invalid syntax."),
    "a power": (["x^2", "--at", "x=1"], "A power is written **, as in x**2"),
    "a module": (["model:f", "--at", "x=1"], "model is no Python file: write FILE.py:f."),
    "empty": (["", "--at", "x=1"], "'' is no expression"),
    "a statement": (["x = 1", "--at", "x=1"], "is no expression"),
    "lambda": (["(lambda: x)()", "--at", "x=1"], "no Lambda"),
    "comprehension": (["[y for y in x]", "--at", "x=1"], "is neither an argument"),
    "attribute": (["x.__class__", "--at", "x=1"], "may not use .__class__"),
    "files": (["np.load(x)", "--at", "x=1"], "np.load has no derivative rule."),
    "import": (["__import__('os')", "--at", "x=1"], "__import__ is neither"),
    "no number": (["x", "--at", "x='a'"], "No argument of x is a number"),
    "unknown by": (["x", "--at", "x=1", "--by", "y"], "There is no argument 'y'."),
    "no suffix": (["x", "--at", "x=1", "--plot", "figure"], "--plot writes .png, .svg and .pdf files"),
    "no folder": (["x", "--at", "x=1", "--plot", "nowhere/figure.png"], "There is no folder nowhere"),
    "no manual": (["x", "--at", "x=1", "--manual", "no.py:f"], "There is no file no.py."),
    "no function given": ([], "the following arguments are required: FUNCTION (see chainrule compare --help)"),
    "unknown option": (["x", "--att", "x=1"], "unrecognized arguments"),
}


@pytest.mark.parametrize("case", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_one_line(case, run, file, tmp_path):
    places = {name: tmp_path / name for name in ("broken.py", "syntax.py", "text.csv", "ab.npz", "texts.npy")}
    places["broken.py"].write_text("undefined\n")
    places["syntax.py"].write_text("def f(:\n")
    places["text.csv"].write_text("a,b\nc,d\n")
    np.savez(places["ab.npz"], a=1.0, b=2.0)
    np.save(places["texts.npy"], np.array(["a"]))
    names = dict(zip(("broken", "syntax", "text", "npz", "texts"), places.values(), strict=True))
    arguments, told = case
    status, out, err = run("compare", *[text.format(file=file, **names) for text in arguments])
    assert (status, out) == (2, "")
    assert err.startswith("chainrule: ")
    assert err.count("\n") == 1
    assert told in err


def test_an_unknown_command_is_told(run):
    status, _, err = run("derive", "x")
    assert status == 2
    assert err.count("\n") == 1


def test_debug_shows_the_traceback(run, file):
    _, _, err = run("compare", f"{file}:pole", "--at", "x=1", "--debug")
    assert "Traceback" in err
    assert "return 1 / (x - 1)" in err
    assert "(model.py:" in err.splitlines()[-1]


def test_a_figure_needs_matplotlib(run, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    status, _, err = run("compare", "x", "--at", "x=1", "--plot", "a.png")
    assert status == 2
    assert "pip install 'chainrule[plot]'" in err
