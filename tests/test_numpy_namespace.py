"""chainrule.numpy in the place of NumPy: every name, new arrays of recorded values, compiled programs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy
import pytest

import chainrule as cr
import chainrule.numpy as np
import chainrule.numpy.fft
import chainrule.numpy.linalg
from chainrule.rules import Row

X = numpy.array([0.5, 1.5, 2.5])


@pytest.mark.parametrize("pair", [(np, numpy), (np.linalg, numpy.linalg), (np.fft, numpy.fft)], ids=str)
def test_every_name_is_there(pair: Any) -> None:
    own, original = pair
    with warnings.catch_warnings(action="ignore"):
        for name in dir(original):
            found = getattr(own, name)
            same = found is getattr(original, name)
            assert same or name.startswith("__") or name in {*np.__all__, "linalg", "fft"} or isinstance(found, Row)
    assert set(dir(original)) <= set(dir(own))
    with pytest.raises(AttributeError):
        own.no_such_name  # noqa: B018


def test_modules_can_be_imported() -> None:
    assert chainrule.numpy.linalg.norm is numpy.linalg.norm
    assert chainrule.numpy.fft.fft is numpy.fft.fft


def program(x: Any) -> Any:
    y = np.zeros(3)
    z = np.zeros_like(x)
    y[1] = x[0] * 2
    z[0] = np.sin(x[1])
    w = np.array([x[0], 2.0, x[1] * x[2]])
    a = np.full(3, x[0]) + np.arange(3.0) * x + np.linspace(0.0, 1.0, 3) * x
    return np.sum(y * w + z) + np.sum(np.eye(3) @ x) + np.linalg.norm(a) + np.pi


def test_a_program_in_this_namespace_is_compiled() -> None:
    gradient = cr.grad(program)(X)
    np.testing.assert_allclose(gradient, cr.numeric.richardson(lambda x: cr.value(program(x)), X).value, rtol=1e-9)
    np.testing.assert_allclose(cr.jit(cr.grad(program))(X), gradient, rtol=1e-14)
    assert cr.jit(program)(X) == pytest.approx(cr.value(program(X)), rel=1e-14)


CREATED: dict[str, Any] = {
    "array, axes": lambda x: np.array([x[0], [x[1] * x[2]][0]], ndmin=3),
    "array, dtype": lambda x: np.array([x[0], 2], dtype=np.float64),
    "asarray": lambda x: np.asarray([x, [1.0, x[0], x[1] ** 2]]),
    "asarray of an array": lambda x: np.asarray(x) * np.asanyarray(x) + np.ascontiguousarray(x),
    "full": lambda x: np.full((2, 3), x),
    "full, dtype": lambda x: np.full(3, x[0], dtype=np.float64),
    "full_like": lambda x: np.full_like(X, x[0] * x[1]),
    "arange": lambda x: np.arange(x[0], 3.0, 0.7),
    "linspace": lambda x: np.linspace(x[0], x[1] * x[2], 4),
    "logspace": lambda x: np.logspace(x[0], 1.0, 4),
    "geomspace": lambda x: np.geomspace(x[0], x[1], 4),
    "kaiser": lambda x: np.kaiser(5, x[1]),
    "fftfreq": lambda x: np.fft.fftfreq(5, x[0]),
}


@pytest.mark.parametrize("name", CREATED)
def test_new_arrays_are_recorded(name: str) -> None:
    f = CREATED[name]
    np.testing.assert_allclose(cr.value(f(X)), cr.vjp(f, X)[0], rtol=1e-15)
    assert np.any(cr.jacobian(f)(X))
    cr.check_grads(f, (X,))


def test_arrays_like_others_can_be_written() -> None:
    def f(x: Any) -> Any:
        y = np.empty_like(X)
        y[:2] = x[1:]
        y[2] = np.ones_like(x)[0] * x[0]
        t = np.tri(3)
        t[0] = x
        return np.stack([y, t[0]])

    expected = numpy.concatenate([numpy.eye(3)[[1, 2, 0]], numpy.eye(3)]).reshape(2, 3, 3)
    np.testing.assert_array_equal(cr.jacobian(f)(X), expected)


def test_a_recorded_array_is_copied_by_array_alone() -> None:
    def f(x: Any) -> Any:
        same, copy = np.asarray(x), np.array(x)
        copy[0] = 0.0
        same[1] = 7.0
        return np.stack([x, copy])

    np.testing.assert_array_equal(cr.vjp(f, X)[0], [[0.5, 7.0, 2.5], [0.0, 1.5, 2.5]])
