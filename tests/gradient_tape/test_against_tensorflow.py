"""What TensorFlow 2.21 makes of the programs in `programs.py`, and what we make of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

import chainrule.tf as tf
from gradient_tape import programs

RECORDED = json.loads(programs.RECORDED.read_text(encoding="utf-8"))

OWN_WORDS = {
    "accumulator_asked_for_a_float", "accumulator_by_a_float", "accumulator_of_another_structure",
    "accumulator_of_another_type", "a_weight_of_another_shape", "assign_of_another_shape", "assign_of_another_type",
    "augmented_assignment", "constant_of_another_shape", "constant_of_another_type", "conversion_to_another_type",
    "custom_gradient_that_ignores_variables", "hash_of_a_variable", "item_assignment", "source_a_float",
    "source_an_array", "source_none", "target_a_float", "target_an_array", "target_contains_none",
    "variable_of_nothing", "watch_after_the_tape_was_used",
}  # fmt: skip


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_same_as_tensorflow(name):
    expected, found = RECORDED[name], programs.outcome(programs.PROGRAMS[name], tf)
    if name in OWN_WORDS:
        assert found["raises"] == expected["raises"]
    else:
        assert equal(found, expected), f"{found} where TensorFlow has {expected}"


def test_every_program_is_recorded():
    assert RECORDED.keys() - {"version"} == programs.PROGRAMS.keys()


def test_own_words_are_errors_of_ours():
    for name in OWN_WORDS:
        assert RECORDED[name]["text"] != programs.outcome(programs.PROGRAMS[name], tf)["text"]


def equal(found: object, expected: object) -> bool:
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(equal(found[k], expected[k]) for k in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(equal, found, expected))
    if isinstance(expected, (str, bool)) or expected is None or found is None:
        return found == expected
    return bool(np.isclose(found, expected, rtol=1e-5, atol=1e-6))  # TensorFlow's constants are float32
