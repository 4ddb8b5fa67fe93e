"""Every problem, at a small size, as every tool has it: the answer is the reference's; and the reference is right."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import agreement, problem, tools
from harness.measure import References, absence
from harness.remote import Remote

NAMES = problem.names()
LONG = ("ba", "conv", "gmm", "ht", "kalman", "lstm", "mlp", "particle", "saddle", "wave")  # until they are compiled

PEERS = ("autograd", "casadi", "jax", "torch")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in NAMES])
def test_chainrule(name: str) -> None:
    module, program = problem.problem(name), problem.program(name, tools.TOOLS["chainrule"].file)
    data = module.data(**module.SMALL)
    value, derivative = module.reference(*data)
    primal, run = program.prepare(data)
    assert primal is None or agreement.error(primal(), value) <= module.TOLERANCE
    assert agreement.error(run(), derivative) <= module.TOLERANCE


@pytest.mark.slow
@pytest.mark.skipif(
    not all(map(find_spec, PEERS)), reason='what is compared is not installed: pip install -e ".[bench]"'
)
@pytest.mark.parametrize("tool", [tool for tool in tools.TOOLS if tool != "chainrule"])
@pytest.mark.parametrize("name", NAMES)
def test_others(name: str, tool: str, tmp_path: Path) -> None:
    """In a process of its own, as when it is timed: the tools have settings that hold for a whole process."""
    if reason := absence(name, tool):
        pytest.skip(reason["note"])
    size = problem.problem(name).SMALL
    with Remote(name, tool, 1) as remote:
        answer = remote.ask("load", 120, size=size, reference=References(str(tmp_path)).path(name, size))
    assert answer["status"] == "right", answer


@pytest.mark.parametrize("name", [name for name in NAMES if problem.problem(name).CHECK])
def test_reference(name: str) -> None:
    """The reference's derivative, along a random direction, is what the values of the plain program say."""
    module, objective = problem.problem(name), problem.program(name, "plain").objective
    data = module.data(**module.SMALL)
    value, derivative = module.reference(*data)
    assert agreement.error(objective(*data), value) <= module.TOLERANCE
    argnums = module.ARGNUMS if isinstance(module.ARGNUMS, tuple) else (module.ARGNUMS,)
    rng = np.random.default_rng(1)
    direction = {i: rng.normal(size=np.shape(data[i])) for i in argnums}
    steps = {s: objective(*moved(data, direction, s * 1e-3)) for s in (-2, -1, 1, 2)}
    slope = (8 * (steps[1] - steps[-1]) - (steps[2] - steps[-2])) / 12e-3
    expected = along(module, derivative, direction)
    np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=1e-9 * np.max(np.abs(expected)))


def moved(data: tuple[Any, ...], direction: dict[int, Any], step: float) -> list[Any]:
    """The arguments, some way along a direction."""
    return [a + step * direction[i] if i in direction else a for i, a in enumerate(data)]


def along(module: Any, derivative: Any, direction: dict[int, Any]) -> Any:
    """A derivative's product with a direction."""
    parts = derivative if isinstance(module.ARGNUMS, tuple) else [derivative]
    products = [np.tensordot(d, v, axes=v.ndim) for d, v in zip(parts, direction.values(), strict=True)]
    return sum(products[1:], products[0])


def test_difference_of_another_shape_is_infinite() -> None:
    assert agreement.error(np.zeros(3), np.zeros(4)) == np.inf


def test_error_is_relative_to_the_largest_number_of_an_array() -> None:
    assert agreement.error((np.array([1.0, 101.0]), 2.0), (np.array([0.0, 100.0]), 2.0)) == pytest.approx(0.01)


def test_nan_is_wrong() -> None:
    assert agreement.error(np.array([np.nan]), np.array([1.0])) == np.inf


def test_of_nothing_but_zeros_something_else_is_wrong() -> None:
    assert agreement.error(np.zeros(2), np.zeros(2)) == 0.0
    assert agreement.error(np.array([0.0, 1e-300]), np.zeros(2)) == np.inf
