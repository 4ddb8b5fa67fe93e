"""What symbols cannot do is refused, with the line, the reason and the repair."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import symbolic
from chainrule.errors import MissingRuleError, SymbolicError

x, y = symbolic.symbols("x y")
w = symbolic.symbols("w", shape=3)


def branch(t):
    if t > 0:
        return t
    return -t


def test_a_branch_names_its_line_and_the_repair():
    with pytest.raises(SymbolicError) as caught:
        symbolic.trace(branch)
    text = str(caught.value)
    assert "t > 0 is neither true nor false" in text
    assert "in branch" in text
    assert "    if t > 0:\n       ^^^^^" in text
    assert "np.where(condition, a, b)" in text
    assert 'method="reverse"' in text


def looping(t):
    while t < 10:
        t = t * t
    return t


def written_into_a_plain_array(t):
    work = np.zeros(3)
    work[0] = t
    return np.sum(work)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (branch, "np.where"), (looping, "np.where"), (lambda t: max(t, 1.0), "np.maximum"),
        (lambda t: t and 1.0, "np.where"),
        (lambda t: sorted([t, 2.0]), "np.where"), (lambda t: t in (1.0, 2.0), "neither true nor false"),
        (lambda t: math.sin(t), "np.sin"), (lambda t: float(t), "np.sin"), (lambda t: int(t), "np.floor"),
        (lambda t: complex(t), "real"), (lambda t: [1, 2][t], "An index, count or mask"),
        (lambda t: range(t), "counts"),
        (lambda t: 1j * t, "1j is complex"), (lambda t: t * np.ones(2, complex), "complex"),
        (written_into_a_plain_array, r"np\.zeros\(n, like=x\)"),
        (lambda t: np.sort(np.stack([t, 1.0])), "numpy.sort needs"),
        (lambda t: np.argmax(np.stack([t, 1.0])), "numpy.argmax needs"),
        (lambda t: np.linalg.inv(np.eye(2) * t), "numpy.linalg.inv"),
        (lambda t: np.linalg.solve(np.eye(2) * t, np.ones(2)), "numpy.linalg.solve"),
        (lambda t: np.median(t * np.ones(3)), "numpy.median"),
        (lambda t: np.linalg.cholesky(np.eye(2) * t), "numpy.linalg.cholesky"),
        (lambda t: np.nonzero(t * np.ones(2)), "numpy.nonzero"),
        (lambda t: np.repeat(np.ones(2), t), "plain|int|index|number"), (lambda t: np.ones(3)[: t], "index"),
        (lambda t: cr.stop_gradient(t), "recorded|derivative"), (lambda t: cr.value(t), "plain value"),
        (lambda t: cr.grad(np.sin)(t), "its own derivative"), (lambda t: cr.numpy.zeros(2) + t, "recorded"),
        (lambda t: np.roll(np.ones(3) * t, t), "int|parameter|not differentiated"),
        (lambda t: np.isclose(t, 1.0), "needs the values"),
    ],
)  # fmt: skip
def test_what_needs_a_value_is_refused(f, words):
    with pytest.raises(SymbolicError, match=words):
        cr.grad(f, method="symbolic")(0.5)
    with pytest.raises(SymbolicError, match=words):
        symbolic.trace(f)


def test_masks_of_symbols_are_refused():
    with pytest.raises(SymbolicError, match=r"np\.where\(condition, a, b\) for a mask"):
        w[w > 0]
    with pytest.raises(SymbolicError, match="mask"):
        w[w > 0] = 0


def test_functions_with_a_rule_of_their_own():
    @cr.custom_vjp
    def f(t):
        return t * t

    f.defvjp(lambda t: (t * t, t), lambda t, g: (20 * t * g,))
    with pytest.raises(SymbolicError, match="custom_vjp"):
        cr.grad(lambda t: f(t) + 1, method="symbolic")(1.0)


def test_a_symbol_of_an_outer_run_has_no_value_inside():
    def outer(t):
        return t * cr.grad(lambda u: t * u, method="symbolic")(1.0)

    with pytest.raises(SymbolicError, match="has no value here"):
        cr.grad(outer, method="symbolic")(3.0)
    with pytest.raises(SymbolicError, match="x has no value here"):
        cr.grad(lambda t: t * x, method="symbolic")(3.0)
    assert cr.grad(lambda t: t * cr.grad(lambda u: u * u, method="symbolic")(2.0), method="symbolic")(3.0) == 4.0


def test_functions_without_a_rule():
    with pytest.raises(MissingRuleError, match="packbits"):
        np.packbits(w)


def test_transforms_are_no_expressions():
    with pytest.raises(SymbolicError, match="fft needs the values"):
        np.fft.fft(w)


def test_complex_values_of_real_numbers_are_refused():
    special = pytest.importorskip("scipy.special")
    with pytest.raises(SymbolicError, match="is complex"):
        cr.grad(lambda x: np.real(special.hankel1(1.0, x)), method="symbolic")(2.0)


def test_an_error_of_the_function_itself_is_left_alone():
    def f(t):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        symbolic.trace(f)


def test_long_conditions_are_cut_in_messages():
    value = x
    for i in range(30):
        value = np.sin(value * y + i)
    with pytest.raises(SymbolicError) as caught:
        bool(value > 0)
    assert len(str(caught.value).splitlines()[0]) < 180


def test_what_has_no_value_still_compares_with_nothing():
    assert x != "text"
    assert x != None  # noqa: E711


SCRIPT = """
import sys
sys.modules["sympy"] = None
import numpy as np
from chainrule import symbolic
x = symbolic.symbols("x")
value = np.sin(x) * x
assert value.derivative(x)(x=0.0) == 0.0
print(value.python(temporaries=True))
for act in (value.sympy, value.latex, value.simplify):
    try:
        act()
    except Exception as error:
        assert type(error).__name__ == "SymbolicError", error
        assert 'pip install "chainrule[symbolic]"' in str(error)
    else:
        raise AssertionError
"""


def test_sympy_is_needed_only_for_simplification_and_latex():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "result = np.sin(x)*x\n"


def test_tracing_imports_no_sympy():
    text = (
        "import sys, chainrule as cr; cr.grad(lambda t: t * t, method='symbolic')(1.0); print('sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
