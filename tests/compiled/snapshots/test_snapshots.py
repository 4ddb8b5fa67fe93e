"""The emitted derivatives of ten programs: the text that is kept, and that it computes the derivative."""

import runpy
from types import SimpleNamespace

import numpy as np
import pytest

import chainrule as cr
from compiled.snapshots import SNAPSHOTS
from compiled.zoo.reference import direction, flat, recorded, sampled_slope

every_snapshot = pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda snapshot: snapshot.name)


def kept(snapshot):
    """Return the function of the text that is kept, as Python runs it."""
    return runpy.run_path(str(snapshot.derivative))[f"{snapshot.name}_value_and_grad"]


@every_snapshot
def test_text_is_what_is_kept(snapshot):
    """Run ``python tests/compiled/snapshots/renew.py`` if this fails and the change is meant."""
    assert snapshot.emitted() == snapshot.derivative.read_text(encoding="utf-8")


@every_snapshot
def test_text_computes_what_the_record_says(snapshot):
    value, *gradients = kept(snapshot)(*snapshot.arguments())
    exact = cr.grad(recorded(snapshot.function), argnums=snapshot.argnums)(*snapshot.arguments())
    assert value == pytest.approx(snapshot.function(*snapshot.arguments()), rel=1e-13)
    for mine, theirs in zip(gradients, flat(exact), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12)


@every_snapshot
def test_text_computes_what_samples_say(snapshot, rng):
    arguments = snapshot.arguments()
    argnums = snapshot.argnums if isinstance(snapshot.argnums, tuple) else (snapshot.argnums,)
    along = direction(arguments, argnums, rng)
    _, *gradients = kept(snapshot)(*arguments)
    slope = sum(float(np.sum(g * t)) for g, t in zip(gradients, along, strict=True))
    expected, error = sampled_slope(snapshot.function, arguments, argnums, along)
    assert slope == pytest.approx(expected, rel=1e-7, abs=1e-9 + 10 * error)


@every_snapshot
def test_arguments_are_left_alone(snapshot):
    arguments = snapshot.arguments()
    kept(snapshot)(*arguments)
    for mine, fresh in zip(arguments, snapshot.arguments(), strict=True):
        np.testing.assert_array_equal(mine, fresh)


@every_snapshot
def test_no_element_is_read_before_it_is_written(snapshot):
    function = kept(snapshot)
    expected = function(*snapshot.arguments())
    function.__globals__["np"] = SimpleNamespace(**{**vars(np), "empty": lambda shape: np.full(shape, np.nan)})
    for a, b in zip(function(*snapshot.arguments()), expected, strict=True):
        np.testing.assert_array_equal(a, b)


@every_snapshot
def test_programs_are_short(snapshot):
    assert len(snapshot.program.read_text(encoding="utf-8").splitlines()) <= 15
