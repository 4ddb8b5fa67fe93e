"""ufunc.reduce, accumulate, reduceat, outer and at; where= and initial= of reductions; functions that write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

X = np.array([[1.5, 0.5, 2.5, 0.75], [0.25, 3.0, 1.25, 2.0], [1.0, 0.6, 0.4, 1.75]])
MASK = np.array([[True, False, True, True], [False, True, True, False], [True, True, False, True]])
ROW = np.array([True, False, True, True])

# Not np.power and np.arctan2: NumPy 2.4 itself reduces them wrongly, np.power.reduce([2.0, 3.0, 2.0]) to 2.0**2.0.
UFUNCS = [np.add, np.multiply, np.subtract, np.true_divide, np.maximum, np.fmin, np.hypot, np.logaddexp, np.logaddexp2]

RESULTS: dict[str, Any] = {
    **{f"{u.__name__}.reduce": lambda x, u=u: u.reduce(x, axis=1) for u in UFUNCS},
    **{f"{u.__name__}.accumulate": lambda x, u=u: u.accumulate(x, 1) for u in UFUNCS},
    **{f"{u.__name__}.reduceat": lambda x, u=u: u.reduceat(x, [0, 2, 1], axis=1) for u in UFUNCS},
    **{f"{u.__name__}.outer": lambda x, u=u: u.outer(x[0], x[1:]) for u in UFUNCS},
    "reduce, first axis": lambda x: np.logaddexp.reduce(x),
    "reduce, every axis": lambda x: np.logaddexp.reduce(x, axis=None),
    "reduce, two axes": lambda x: np.hypot.reduce(x, axis=(0, 1), keepdims=True),
    "reduce, initial": lambda x: np.logaddexp.reduce(x, axis=1, initial=0.5),
    "reduce, add, initial": lambda x: np.add.reduce(x, initial=2.0),
    "reduce, add, where": lambda x: np.add.reduce(x, axis=1, where=MASK),
    "reduce, dtype": lambda x: np.add.reduce(x, dtype=np.float64),
    "accumulate, first axis": lambda x: np.maximum.accumulate(x),
    "accumulate, last axis": lambda x: np.logaddexp.accumulate(x, axis=-1),
    "reduceat, first axis": lambda x: np.add.reduceat(x, [1, 0]),
    "outer, dtype": lambda x: np.multiply.outer(x[0], x[1], dtype=np.float64),
    "outer, list": lambda x: np.add.outer([1.0, 2.0], x),
    "sum, where": lambda x: np.sum(x, where=MASK),
    "sum, where and axis": lambda x: np.sum(x, axis=0, where=MASK, keepdims=True),
    "sum, initial": lambda x: np.sum(x, 1, initial=3.0),
    "sum by method": lambda x: x.sum(axis=1, where=ROW),
    "sum into": lambda x: np.sum(x, where=MASK, out=np.zeros((), like=x)),
    "prod": lambda x: np.prod(x, axis=1, where=MASK, initial=2.0),
    "max": lambda x: np.max(x, axis=1, where=MASK, initial=1.6),
    "max, initial": lambda x: np.max(x, axis=1, initial=2.6),
    "min": lambda x: np.min(x, where=MASK, initial=9.0, keepdims=True),
    "mean": lambda x: np.mean(x, axis=1, where=MASK),
    "mean, everything": lambda x: np.mean(x, where=ROW),
    "var": lambda x: np.var(x, axis=1, where=MASK, ddof=1),
    "var, mean": lambda x: np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)),
    "std": lambda x: np.std(x, where=MASK),
    "nansum": lambda x: np.nansum(x, axis=1, where=MASK, initial=1.0),
    "nanmean": lambda x: np.nanmean(x, axis=1, where=MASK),
    "nanvar": lambda x: np.nanvar(x, axis=1, where=MASK),
    "nanmax": lambda x: np.nanmax(x, axis=1, where=MASK, initial=0.1),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results(name: str) -> None:
    f = RESULTS[name]
    expected = f(X)
    values = []
    np.testing.assert_allclose(cr.vjp(lambda x: values.append(f(x)) or values[-1], X)[0], expected, rtol=1e-14)
    cr.check_grads(f, (X,))


def written(write: Any) -> Any:
    def f(x: Any) -> Any:
        y = x * 2.0
        write(y, x)
        return y

    return f


WRITES: dict[str, Any] = {
    "put": lambda y, x: np.put(y, [0, -1, 5], x[0]),
    "put, repeated": lambda y, x: np.put(y, [[1, 2], [3, 2]], [x[0, 0], 7.0]),
    "put, wrap": lambda y, x: np.put(y, [13, -2], x[1, 1], mode="wrap"),
    "put, clip": lambda y, x: np.put(y, [99], x[1, 1], mode="clip"),
    "place": lambda y, x: np.place(y, MASK, x[0, :3]),
    "putmask": lambda y, x: np.putmask(y, MASK, x * x),
    "putmask, repeated": lambda y, x: np.putmask(y, MASK, x[0, :3]),
    "put_along_axis": lambda y, x: np.put_along_axis(y, np.array([[2], [0], [1]]), x[:, :1], 1),
    "put_along_axis, flat": lambda y, x: np.put_along_axis(y, np.array([2, 11]), x[0, :2], None),
    "fill_diagonal": lambda y, x: np.fill_diagonal(y, x[0, 0]),
    "fill_diagonal, values": lambda y, x: np.fill_diagonal(y, x[0]),
    "fill_diagonal, wrap": lambda y, x: np.fill_diagonal(y.T, x[0], wrap=True),
    "copyto": lambda y, x: np.copyto(y, x * x, where=MASK),
    "multiply.at": lambda y, x: np.multiply.at(y, ([0, 0, 2], [1, 1, 3]), x[0, :3]),
    "maximum.at": lambda y, x: np.maximum.at(y, [0, 0, 0], 3 * x),
    "negative.at": lambda y, x: np.negative.at(y, [0, 2]),
    "subtract.at": lambda y, x: np.subtract.at(y, (0, [1, 1]), x[1, 1]),
    "power.at": lambda y, x: np.power.at(y, (slice(None), 1), x[:, 2]),
}


@pytest.mark.parametrize("name", WRITES)
def test_writes(name: str) -> None:
    f = written(WRITES[name])
    np.testing.assert_allclose(cr.vjp(f, X)[0], f(X), rtol=1e-14)
    cr.check_grads(f, (X,))


def test_what_a_mask_leaves_out_does_not_count() -> None:
    x = np.array([4.0, -1.0])
    with np.errstate(invalid="ignore"):
        for method in ("reverse", "forward"):
            gradient = cr.grad(lambda x: np.sum(np.sqrt(x), where=x > 0), method=method)(x)
            np.testing.assert_array_equal(gradient, [0.25, 0.0])
            gradient = cr.grad(lambda x: np.mean(np.sqrt(x), where=x > 0), method=method)(x)
            np.testing.assert_array_equal(gradient, [0.25, 0.0])


def test_an_initial_value_is_differentiated() -> None:
    f = lambda x, s: np.sum(x, initial=s) + np.prod(x[0], initial=s) + np.max(x, initial=3 * s)
    assert cr.grad(f, (0, 1))(X, 2.0)[1] == pytest.approx(1 + np.prod(X[0]) + 3)


def test_a_maximum_that_is_masked_needs_an_initial_value() -> None:
    with pytest.raises(ValueError, match="does not have an identity"):
        cr.grad(lambda x: np.max(x, where=MASK))(X)
    with pytest.raises(ValueError, match="zero-size"):
        cr.grad(lambda x: np.fmax.reduce(x[:, :0], axis=1)[0])(X)
    assert cr.grad(lambda x: np.sum(np.logaddexp.reduce(x[:, :0], axis=1) > 0) + x[0, 0])(X)[0, 0] == 1
