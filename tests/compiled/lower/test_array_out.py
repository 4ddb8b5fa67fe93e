"""Results written where ``out=`` says, single elements taken out, and attributes that programs do not have."""

import numpy as np
import pytest

import chainrule as cr


def multiplied(x):
    z = np.zeros(5)
    np.multiply(x, x, out=z)
    return np.sum(z * z)


def summed(x):
    z = np.zeros(3)
    np.sum(np.outer(x[:3], x[:3]), axis=0, out=z)
    return np.sum(z * z)


def rounded(x):
    z = np.zeros(5)
    np.round(x, 1, out=z)
    return np.sum(z * x)


def rounded_by_position(x):
    z = np.zeros(5)
    np.round(x, 1, z)
    return np.sum(z * x)


def joined(x):
    z = np.zeros(10)
    np.concatenate([x, x * x], out=z)
    return np.sum(z * z)


def stacked(x):
    z = np.zeros((2, 5))
    np.stack([x, x * x], out=z)
    return np.sum(z * z)


def taken(x):
    z = np.zeros(2)
    np.take(x, [0, 2], out=z)
    return np.sum(z * z)


def multiplied_up(x):
    z = np.zeros(5)
    np.cumprod(x, out=z)
    return np.sum(z * z)


def percentile(x):
    z = np.zeros(())
    np.percentile(x, 30, out=z)
    return z * z


def clipped(x):
    z = np.zeros(5)
    np.clip(x, 0, 1, z)
    return np.sum(z * z)


def chosen(x):
    z = np.zeros(5)
    np.sqrt(x, out=z, where=x > 0)
    return np.sum(z)


def in_place(x):
    z = x + 1.0
    np.sin(z, out=z)
    return np.sum(z)


def repeated(x):
    z = np.zeros((2, 5))
    np.add(x, x, out=z)
    return np.sum(z * z)


def only_element(x):
    return x[2:3].item() ** 2 + x.item(1)


X = np.array([0.31, -0.2, 1.1, 0.57, 0.9])
FUNCTIONS = [multiplied, summed, rounded, rounded_by_position, joined, stacked, taken, multiplied_up, percentile,
             clipped, chosen, in_place, repeated, only_element]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_value_and_slope(function):
    with np.errstate(all="ignore"):
        value, gradient = cr.jit(cr.value_and_grad(function), compile=False)(X)
        assert value == pytest.approx(float(function(X.copy())), rel=1e-14)
        along, step = np.cos(np.arange(5.0)), 1e-5
        slope = (float(function(X + step * along)) - float(function(X - step * along))) / (2 * step)
    assert gradient @ along == pytest.approx(slope, rel=1e-8, abs=1e-9)


def too_short(x):
    z = np.zeros(3)
    np.add(x, x, out=z)
    return np.sum(z)


def too_many_axes(x):
    z = np.zeros(5)
    np.outer(x, x, out=z)
    return np.sum(z)


def not_one(x):
    return x.item()


@pytest.mark.parametrize("function", [too_short, too_many_axes, not_one], ids=lambda f: f.__name__)
def test_lengths_that_differ(function):
    with pytest.raises(ValueError, match=r"."):
        function(X)
    with pytest.raises(ValueError, match=r"."):
        cr.jit(function, compile=False)(X)


def not_integers(x):
    z = np.zeros(5, dtype=int)
    np.add(x, x, out=z)
    return np.sum(z)


def test_types_that_differ():
    with pytest.raises(TypeError, match="casting"):
        cr.jit(not_integers, compile=False)(X)


def partitioned(x):
    x.partition(2)
    return x[0]


def listed(x):
    return np.sum(x.tolist())


def integral(a):
    return a.is_integer()


@pytest.mark.parametrize(("function", "argument"), [(partitioned, X), (listed, X), (integral, 1.5)])
def test_attributes_that_are_not_compiled(function, argument):
    with pytest.raises(cr.UnsupportedError, match=rf"cannot be compiled.*\n.*in {function.__name__}"):
        cr.jit(function, compile=False)(argument)


def misspelt(x):
    return x.sun()


def test_attributes_that_no_array_has():
    with pytest.raises(AttributeError, match="'ndarray' object has no attribute 'sun'"):
        cr.jit(misspelt, compile=False)(X)
