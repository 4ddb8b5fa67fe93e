"""``chainrule source``."""

import pytest

from chainrule.cli import main

MODEL = """
import numpy as np

def loop(a, b):
    z = 0.0
    for i in range(100):
        z = a*np.cos(z + i) + b
    return z

def norm(x):
    return np.sum(x * x)

def unsupported(x):
    with open("file") as f:
        return x
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


def test_of_a_function(model, capsys):
    assert main(["source", f"{model}:loop"]) == 0
    assert "def loop(a, b):" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["grad", "value-and-grad", "jacobian", "hessian", "elementwise-grad"])
def test_of_a_derivative(model, capsys, name):
    assert main(["source", f"{model}:norm", f"--{name}", "--at", "x=[1.0,2.0]"]) == 0
    assert f"def norm_{name.replace('-', '_')}(x):" in capsys.readouterr().out


def test_of_some_arguments(model, capsys):
    assert main(["source", f"{model}:loop", "--grad", "--argnums", "b", "a", "--at", "a=1.0", "b=2.0"]) == 0
    assert "return b_bar, a_bar" in capsys.readouterr().out


def test_stages(model, capsys):
    assert main(["source", f"{model}:loop", "--grad", "--explain"]) == 0
    assert "function loop(" in capsys.readouterr().out


def test_written(model, capsys):
    file = model.with_name("out.py")
    assert main(["source", f"{model}:loop", "--grad", "-o", str(file)]) == 0
    assert "def loop_grad(a, b):" in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["x**2"], "FILE.py:NAME"),
        (["{model}:unsupported"], "with"),
        (["{model}:loop", "--grad", "--argnums", "c"], "no argument c"),
        (["{model}:loop", "--argnums", "a"], "--argnums needs a derivative"),
        (["{model}:loop", "--grad", "-o", "/nowhere/x.py"], "cannot be written"),
    ],
)
def test_mistakes(model, capsys, arguments, text):
    assert main(["source", *[a.replace("{model}", str(model)) for a in arguments]]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1
