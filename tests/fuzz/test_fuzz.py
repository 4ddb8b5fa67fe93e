"""The fuzzer itself, on engines with bugs planted in them; and a few programs on the compiled engine."""

import ast
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from compiled.zoo import engine as installed
from compiled.zoo.reference import recorded
from fuzz.check import Engine, check
from fuzz.generate import generate
from fuzz.program import Program
from fuzz.run import main
from fuzz.shrink import shrink

SWAP = """
import numpy as np


def f(x, y):
    z = np.sin(x) * y
    if y[0] > -5:
        for i in range(3):
            x, y = y, x
            z += x * i
            x[0] = np.cos(x[0] * z[1])
    w = x + 1.0
    return np.sum(z * z) + x[0] - 2 * y[1] + w[1]
"""
ARGS = (np.array([0.3, -0.4]), np.array([0.7, 0.2]))


class Recording:
    """An engine that is right: it records the run, of a program that a subclass may have changed."""

    def changed(self, f):
        return f

    def value(self, f):
        return f

    def value_and_grad(self, f, argnums):
        return cr.value_and_grad(recorded(self.changed(f)), argnums=argnums)

    def jvp(self, f):
        return lambda primals, tangents: cr.jvp(recorded(self.changed(f)), primals, tangents)

    def hvp(self, f, argnums):
        return cr.hvp(recorded(self.changed(f)), argnums=argnums)


class BlindToSwaps(Recording):
    """Computes the right value and the gradient of a program in which no names change places."""

    def changed(self, f):
        tree = ast.parse(Path(f.__code__.co_filename).read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                node.targets[0].elts.reverse()
        namespace = {"__name__": "changed"}
        exec(compile(tree, "changed", "exec"), namespace)
        return namespace[f.__name__]

    def value_and_grad(self, f, argnums):
        other = super().value_and_grad(f, argnums)
        return lambda *args: (f(*(np.copy(a) if np.ndim(a) else a for a in args)), other(*args)[1])


class Writing(Recording):
    """Leaves its mark in the caller's array."""

    def value_and_grad(self, f, argnums):
        gradient = super().value_and_grad(f, argnums)

        def run(*args):
            found = gradient(*args)
            args[0][0] += 1.0
            return found

        return run


class Refusing(Recording):
    def value(self, f):
        raise NotImplementedError("line 12: `x` is no array of 3 elements.\nWrite another program.")


class Breaking(Recording):
    def jvp(self, f):
        raise KeyError("buffer")


def test_a_seed_gives_the_same_program_again():
    one, other = generate(7), generate(7)
    assert one.text == other.text
    assert generate(8).text != one.text


@pytest.mark.parametrize("simple", [False, True])
def test_recorded_and_sampled_derivatives_agree(tmp_path, simple):
    outcomes = [check(generate(seed, simple=simple), tmp_path, None) for seed in range(60)]
    assert {outcome.kind for outcome in outcomes} <= {"agreed", "rejected"}
    assert sum(outcome.kind == "agreed" for outcome in outcomes) > 40


def test_a_right_engine_agrees(tmp_path):
    assert check(Program(SWAP, ARGS), tmp_path, Recording(), second_order=True).kind == "agreed"


def test_a_wrong_gradient_is_found_and_the_program_made_small(tmp_path):
    engine = BlindToSwaps()
    outcome = check(Program(SWAP, ARGS), tmp_path, engine)
    assert (outcome.kind, outcome.stage) == ("mismatch", "gradient")
    shrunk = shrink(Program(SWAP, ARGS), lambda candidate: outcome.same_way(check(candidate, tmp_path, engine)))
    assert "x, y = (y, x)" in shrunk.text or "x, y = y, x" in shrunk.text
    body = ast.parse(shrunk.text).body[-1].body
    assert len(body) == 2, shrunk.text
    assert sum(np.size(a) for a in shrunk.args) <= 2


def test_a_changed_argument_is_found(tmp_path):
    outcome = check(Program(SWAP, ARGS), tmp_path, Writing())
    assert (outcome.kind, outcome.stage) == ("mismatch", "gradient")
    assert "the caller's array" in outcome.reason


def test_refusals_are_counted_by_reason_and_other_exceptions_are_errors(tmp_path):
    outcome = check(Program(SWAP, ARGS), tmp_path, Refusing(), refused=NotImplementedError)
    assert (outcome.kind, outcome.reason) == ("refused", "line #: … is no array of # elements.")
    outcome = check(Program(SWAP, ARGS), tmp_path, Breaking())
    assert (outcome.kind, outcome.stage, outcome.reason) == ("error", "jvp", "KeyError: 'buffer'")


def test_a_program_can_be_printed_and_run_again(tmp_path, capsys):
    assert main(["--only", "3", "--show"]) == 0
    printed = capsys.readouterr().out
    compile(printed, "printed", "exec")
    assert "def f(" in printed


@pytest.mark.skipif(not installed.AVAILABLE, reason="there is no compiled engine")
@pytest.mark.parametrize("seed", range(0, 120, 10))
def test_compiled_derivatives(tmp_path, seed):
    for number in range(seed, seed + 10):
        outcome = check(generate(number, simple=number % 2 == 0), tmp_path, Engine(compile=False))
        assert outcome.kind in ("agreed", "refused", "rejected"), f"program {number}: {outcome}"


@pytest.mark.slow
@pytest.mark.skipif(not installed.AVAILABLE, reason="there is no compiled engine")
def test_compiled_derivatives_with_numba(tmp_path):
    for number in range(10):
        outcome = check(generate(number, simple=True), tmp_path, Engine(compile=True))
        assert outcome.kind in ("agreed", "refused", "rejected"), f"program {number}: {outcome}"
