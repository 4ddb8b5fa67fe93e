"""Constants and conversions."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1.0, np.float64), (1, np.int64), (1j, np.complex128), (True, np.bool_), ([1, 2.0], np.float64),
        (np.float32(1), np.float32), (np.ones(2, np.float16), np.float16), (np.array([1], np.int8), np.int8),
    ],
)  # fmt: skip
def test_dtypes(value, dtype):
    x = cr.constant(value)
    assert x.dtype == dtype
    assert x.shape == np.shape(value)
    np.testing.assert_array_equal(x.numpy(), value)


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")])
def test_dtypes_that_are_asked_for(dtype):
    assert cr.constant(1, dtype=dtype).dtype == np.float32
    assert cr.constant([1.5], dtype).dtype == np.float32
    assert cr.convert_to_tensor(np.ones(2), dtype).dtype == np.float32


def test_constants_are_copies():
    given = np.array([1.0, 2.0])
    x = cr.constant(given)
    given[0] = 50.0
    x.numpy()[0] = 60.0
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "shape", "expected"),
    [
        (0.5, (2, 2), [[0.5, 0.5], [0.5, 0.5]]), ([1.0, 2.0, 3.0, 4.0], (2, 2), [[1.0, 2.0], [3.0, 4.0]]),
        ([2.0], (), 2.0), ([[3.0]], [2], [3.0, 3.0]), ([], (0, 2), np.zeros((0, 2)).tolist()),
    ],
)  # fmt: skip
def test_shapes(value, shape, expected):
    x = cr.constant(value, shape=shape)
    assert x.numpy().tolist() == expected
    assert x.shape == tuple(shape)


def test_what_does_not_fit():
    with pytest.raises(TypeError):
        cr.constant([1.0, 2.0, 3.0], shape=(2, 2))
    with pytest.raises(TypeError, match=r"Cannot convert 1\.5 to a Tensor of dtype int32"):
        cr.constant(1.5, dtype=np.int32)
    with pytest.raises(TypeError):
        cr.constant("text", dtype=float)
    with pytest.raises(ValueError, match="Attempt to convert a value"):
        cr.constant(None)
    with pytest.raises(ValueError, match="Tensor conversion requested dtype int32 for Tensor with dtype float64"):
        cr.convert_to_tensor(cr.constant(1.0), dtype=np.int32)
    with pytest.raises(ValueError, match="inhomogeneous"):
        cr.constant([[1.0], [2.0, 3.0]])


def test_recorded_values_stay():
    x, v = cr.constant(3.0), cr.Variable(2.0)
    with cr.GradientTape(persistent=True) as tape:
        tape.watch(x)
        assert cr.constant(x) is cr.convert_to_tensor(x) is x
        y = cr.convert_to_tensor([[x, 2 * v], [1.0, x * v]])
        z = cr.constant(v, shape=(3,))
    assert y.shape == (2, 2)
    assert [g.numpy() for g in tape.gradient(y, [x, v])] == [3.0, 5.0]
    assert tape.gradient(z, v).numpy() == 3


def test_names_that_are_accepted():
    assert cr.constant(1.0, name="c").numpy() == 1
    assert cr.convert_to_tensor(1.0, dtype_hint=np.float64, name="c").numpy() == 1
