"""The examples keep their promises: the accuracy and the agreement that the documentation states."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import chainrule as cr

EXAMPLES = Path(__file__).parents[1] / "examples"


def load(name: str) -> ModuleType:
    """Import an example by its path."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def digits() -> ModuleType:
    return load("digits")


@pytest.fixture(scope="module")
def regression() -> ModuleType:
    return load("regression")


def test_digits_are_read_to_96_percent(digits, tmp_path, capsys):
    plot = tmp_path / "loss.png"
    accuracy = digits.main(["--seed", "0", "--plot", str(plot)])
    assert accuracy >= 0.96
    assert f"test accuracy: {accuracy:.1%}" in capsys.readouterr().out
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_digits_are_reproducible_by_their_seed(digits, capsys):
    first, second, other = (digits.main(["--epochs", "1", "--seed", seed]) for seed in ("3", "3", "4"))
    assert first == second != other


def test_gradient_of_the_network_agrees_with_differences(digits, rng):
    parameters = digits.initial([5, 4, 10], rng)
    images, labels = rng.uniform(size=(6, 5)), rng.integers(10, size=6)
    gradient = cr.grad(digits.loss)(parameters, images, labels)
    numeric = cr.grad(digits.loss, method="numeric")(parameters, images, labels)
    for name, expected in numeric.items():
        np.testing.assert_allclose(gradient[name], expected, rtol=1e-6, atol=1e-9)


def test_coefficients_agree_with_sklearn(regression, capsys):
    differences = regression.main([])
    assert set(differences) == {"L-BFGS-B", "Newton-CG"}
    assert max(differences.values()) < 1e-3
    assert "worst texture" in capsys.readouterr().out


@pytest.mark.parametrize("strength", ["0.1", "10"])
def test_coefficients_agree_with_other_penalties(regression, strength, capsys):
    assert max(regression.main(["--strength", strength]).values()) < 1e-3
