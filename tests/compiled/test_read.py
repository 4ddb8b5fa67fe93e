"""Reading functions: the right text for each, or a clear refusal."""

import functools
import linecache

import numpy as np
import pytest

from chainrule import UnsupportedError, jit
from chainrule.compiled.read import place_text, plain, source_of
from compiled.lower.lowering import call, check, lowered

# fmt: off
PAIR = lambda x: x + 1.0, lambda x: x * 3.0
SAME = [lambda x: x + 1.0, lambda x: x + 2.0, (lambda x:
        x + 3.0)]
IMPORTED = [lambda x: np.exp(x), lambda x: np.log(x), lambda x: (lambda x: np.sqrt(x))(x),
            lambda x: np.cos(x) if x > 1 else -x]
# fmt: on


def decorate(f):
    @functools.wraps(f)
    def wrapper(x):
        return f(x) * 10.0

    return wrapper


@decorate
def decorated(x):
    return x + 1.0


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return self.factor * x

    def method(self, x, y=2.0):
        return self.factor + x * y

    @staticmethod
    def fixed(x):
        return x - 1.0

    @classmethod
    def made(cls, x):
        return cls(x).factor + 1


def outer(k):
    def inner(x):
        return k * x

    return inner


@pytest.mark.parametrize(
    ("f", "value"), [*zip(PAIR, (3.0, 6.0), strict=True), *zip(SAME, (3.0, 4.0, 5.0), strict=True)]
)
def test_lambdas_on_one_line_are_told_apart(f, value):
    assert call(lowered(f, 2.0), 2.0) == value


@pytest.mark.parametrize("f", IMPORTED)
def test_lambdas_on_one_line_that_call_functions_of_a_module(f):
    assert call(lowered(f, 2.5), 2.5) == f(2.5)


def test_wrappers_are_functions_of_their_own():
    assert call(lowered(decorated, 2.0), 2.0) == 30.0
    assert source_of(decorated).name == "wrapper"


@pytest.mark.parametrize(
    "f",
    [Scale(3.0), Scale(3.0).method, Scale.fixed, Scale.made, functools.partial(Scale(2.0).method, y=5.0), outer(4.0),
     functools.partial(functools.partial(lambda a, b, x: a - b * x, 1.0), 2.0), np.sin,
     functools.lru_cache(outer(2.0))],
)  # fmt: skip
def test_callables(f):
    check(f, 1.5)


def test_partial_and_bound_arguments_come_first():
    scale = Scale(2.0)
    inner, args, kwargs = plain(functools.partial(scale.method, 1.0, y=3.0))
    assert inner is Scale.method
    assert args == (scale, 1.0)
    assert kwargs == {"y": 3.0}


def test_text_given_to_exec_needs_to_be_known():
    text = "def f(x):\n    return x * 2\n"
    space = {}
    exec(compile(text, "<made up>", "exec"), space)
    with pytest.raises(
        UnsupportedError, match=r"(?s)f cannot be compiled: its source cannot be found.*<made up>:1.*linecache"
    ):
        lowered(space["f"], 1.0)
    linecache.cache["<made up>"] = (len(text), None, text.splitlines(True), "<made up>")
    try:
        assert call(lowered(space["f"], 1.0), 1.0) == 2.0
    finally:
        del linecache.cache["<made up>"]


def test_a_text_that_has_changed_is_not_used():
    text = "\n\ndef g(x):\n    return x\n"
    space = {}
    exec(compile("def g(y):\n    return y\n", "<changed>", "exec"), space)
    linecache.cache["<changed>"] = (len(text), None, text.splitlines(True), "<changed>")
    try:
        with pytest.raises(UnsupportedError, match="does not hold it"):
            lowered(space["g"], 1.0)
    finally:
        del linecache.cache["<changed>"]


def test_places_show_the_columns_of_a_node():
    source = source_of(Scale.method)
    returned = source.node.body[0].value
    first, second, third = place_text(source, returned.right).splitlines()
    assert first.endswith(f":{returned.lineno}, in method")
    assert second.strip() == "return self.factor + x * y"
    assert third == " " * (4 + len("return self.factor + ")) + "^^^^^"


def test_files_are_those_of_all_functions():
    made = lowered(check_helper, 1.0)
    assert [f.rpartition("/")[2] for f in made.files] == ["test_read.py"]
    assert "helper" in {c.name for c in made.constants}


def helper(x):
    return x * FACTOR


def check_helper(x):
    return helper(x) + 1.0


FACTOR = 3.0


INSIDE = [lambda: lambda x: np.sum(np.sqrt(x))]


def test_a_lambda_inside_another_is_found():
    assert jit(INSIDE[0](), compile=False)(np.array([4.0, 9.0])) == 5.0
