"""Variables: reading, assigning, and standing in for their values."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Hashable

import numpy as np
import pytest

import chainrule as cr


def test_attributes():
    v = cr.Variable([[1, 2], [3, 4]], name="w", dtype="float32", trainable=False, constraint=abs)
    assert (v.shape, v.ndim, v.size, v.dtype) == ((2, 2), 2, 4, np.dtype(np.float32))
    assert (v.name, v.trainable, v.constraint) == ("w:0", False, abs)
    assert cr.Variable(1.0).name == "Variable:0"
    assert cr.Variable(lambda: [1.0, 2.0]).numpy().tolist() == [1.0, 2.0]
    assert cr.Variable(cr.Variable(2.0)).numpy() == cr.Variable(cr.constant(2.0)).numpy() == 2


def test_representation():
    assert repr(cr.Variable(3.0)) == "<Variable 'Variable:0' shape=() dtype=float64, numpy=3.0>"
    text = "<Variable 'w:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>"
    assert str(cr.Variable(np.float32([1, 2]), name="w")) == text
    assert f"{cr.Variable(2.0):.3f}" == "2.000"


@pytest.mark.parametrize("arguments", [{}, {"initial_value": object()}, {"initial_value": [1.0, 2.0], "shape": (3,)}])
def test_initial_values_that_are_refused(arguments):
    with pytest.raises(ValueError, match=r"."):
        cr.Variable(**arguments)


def test_the_initial_value_is_kept_and_copied():
    given = np.array([1.0, 2.0])
    v = cr.Variable(given)
    given[0] = 50.0
    v.assign([3.0, 4.0])
    assert v.initial_value.tolist() == [1.0, 2.0]


def test_assignment():
    v = cr.Variable([1.0, 2.0])
    assert v.assign([3, 4]) is v
    assert v.assign_add(np.array([1, 1])).assign_sub(cr.constant([0.5, 0.5])).numpy().tolist() == [3.5, 4.5]
    assert v.assign([0.0, 0.0], read_value=False) is None
    assert v.numpy().dtype == np.float64


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([1.0], ValueError),
        (1.0, ValueError),
        ([1j, 1j], TypeError),
        (cr.constant([1, 2]), ValueError),
        (None, ValueError),
    ],
)
@pytest.mark.parametrize("method", ["assign", "assign_add", "assign_sub"])
def test_assignment_of_what_does_not_fit(method, value, error):
    v = cr.Variable([1.0, 2.0])
    with pytest.raises(error):
        getattr(v, method)(value)
    assert v.numpy().tolist() == [1.0, 2.0]


def test_assigned_values_are_copied():
    v, given = cr.Variable([1.0, 2.0]), np.array([3.0, 4.0])
    v.assign(given)
    given[0] = 50.0
    v.numpy()[0] = 60.0
    np.asarray(v)[0] = 70.0
    assert v.numpy().tolist() == [3.0, 4.0]


def test_what_was_recorded_survives_assignment():
    v = cr.Variable([2.0, 3.0])
    with cr.GradientTape() as tape:
        y = np.sum(np.sin(v) * v[::-1])
        v.assign([100.0, 100.0])
    expected = [np.cos(2.0) * 3 + np.sin(3.0), np.cos(3.0) * 2 + np.sin(2.0)]
    np.testing.assert_allclose(tape.gradient(y, v).numpy(), expected)


def test_assigning_a_watched_value_cuts_its_derivative():
    x, v = cr.constant(3.0), cr.Variable(2.0)
    with cr.GradientTape() as tape:
        tape.watch(x)
        v.assign(x * x)
        y = 3 * v
    dx, dv = tape.gradient(y, [x, v])
    assert dx is None
    assert dv.numpy() == 3


def test_values_read_are_not_the_variable():
    v = cr.Variable([1.0, 2.0])
    with cr.GradientTape(persistent=True) as tape:
        a = v.read_value()
        view = v[:1]
        y = a * a + v
        a[0] = 10.0
        view[0] = 20.0
        z = a * a
    assert v.numpy().tolist() == [1.0, 2.0]
    assert tape.gradient(y, v).tolist() == [3.0, 5.0]
    assert tape.gradient(z, v).tolist() == [0.0, 4.0]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + 1, lambda x: 1 + x, lambda x: x - 1, lambda x: 1 - x, lambda x: x * 3, lambda x: 3 * x,
        lambda x: x / 3, lambda x: 3 / x, lambda x: x**2, lambda x: x**-0.5, lambda x: 2.0**x, lambda x: x % 1.5,
        lambda x: 5.0 % x, lambda x: -x, lambda x: +x, lambda x: abs(x), lambda x: x @ x, lambda x: np.ones(2) @ x,
        lambda x: divmod(x, 0.7)[1], lambda x: x * x, lambda x: np.exp(x), lambda x: np.arctan2(x, 2.0),
        lambda x: np.arctan2([1.0, 2.0], x), lambda x: np.sum(x), lambda x: x.sum(), lambda x: x.reshape(2, 1),
        lambda x: x.T, lambda x: x[0], lambda x: x[[0, 0]], lambda x: np.stack([x[0], x[1]]), lambda x: x.max(),
        lambda x: np.concatenate([x, x]), lambda x: sum(x), lambda x: np.where(x > 1, x, 0), lambda x: x.copy(),
        lambda x: np.add.reduce(x), lambda x: np.linalg.norm(x), lambda x: np.multiply.outer(x, x), lambda x: x.item(1),
        lambda x: np.array([1.0, 2.0]) * x, lambda x: np.clip(x, 1.2, 1.8), lambda x: x.astype(np.float32),
        lambda x: np.full(3, x[0], like=x), lambda x: cr.numpy.array([x[0], 1.0]), lambda x: np.float64(2.0) * x,
    ],
)  # fmt: skip
def test_a_variable_stands_for_its_value(f):
    v, x = cr.Variable([1.5, 2.5]), cr.constant([1.5, 2.5])
    with cr.GradientTape(persistent=True) as tape:
        tape.watch(x)
        of_variable, of_value = f(v), f(x)
    np.testing.assert_array_equal(of_variable.numpy(), of_value.numpy())
    np.testing.assert_allclose(tape.gradient(of_variable, v).numpy(), tape.gradient(of_value, x).numpy())


def test_plain_uses():
    v, n = cr.Variable([1.0, 2.0]), cr.Variable(1)
    assert [10, 20][n] == 20
    assert (float(v[0]), int(n), complex(v[0]), bool(n), len(v), round(cr.Variable(2.6))) == (
        1.0,
        1,
        1 + 0j,
        True,
        2,
        3,
    )
    assert (v == [1.0, 5.0]).tolist() == [True, False]
    assert (v >= 1.5).tolist() == [False, True]
    assert 2.0 in v
    assert [float(x) for x in v] == [1.0, 2.0]
    first, second = v
    assert float(first + second) == 3


def test_leaving_a_tape_is_refused():
    v = cr.Variable(1.0)
    with cr.GradientTape():
        for leave in (float, int, complex, np.asarray, lambda v: np.array([v, v])):
            with pytest.raises(cr.EscapeError):
                leave(v)
        assert v.numpy() == 1


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "**", "%", "//", "@"])
def test_augmented_assignment_is_refused(sign):
    with pytest.raises(RuntimeError, match=r"is not supported\. Use `variable\.assign"):
        exec(f"v {sign}= 1.0", {"v": cr.Variable(1.0)})


def test_writes_are_refused():
    v, m = cr.Variable([1.0, 2.0]), cr.Variable(np.eye(2))
    writes = [
        lambda: v.__setitem__(0, 5.0), lambda: np.copyto(v, 5.0), lambda: np.add.at(v, [0], 5.0),
        lambda: np.fill_diagonal(m, 5.0), lambda: np.add(v, v, out=v), lambda: np.add([1.0, 2.0], v, out=v),
    ]  # fmt: skip
    for write in writes:
        with pytest.raises(TypeError, match="does not support item assignment"):
            write()
    assert v.numpy().tolist() == [1.0, 2.0]


def test_arrays_made_like_a_variable():
    v = cr.Variable([1.0, 2.0])
    with cr.GradientTape() as tape:
        y = np.zeros(3, like=v)
        y[1] = v[0] * v[1]
        y = y.sum() + np.sum(np.full_like(v, v[1]))
    assert tape.gradient(y, v).tolist() == [2.0, 3.0]


def test_keys_of_dictionaries():
    v = cr.Variable(1.0)
    with pytest.raises(TypeError, match=r"^Variable is unhashable\. Instead, use variable\.ref\(\) as the key\."):
        hash(v)
    assert isinstance(v.ref(), Hashable)
    assert {v.ref(): "v"}[v.ref()] == "v"
    assert v.ref().deref() is v
    assert v.ref() != cr.Variable(1.0).ref()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_are_other_variables(duplicate):
    v = cr.Variable([1.0, 2.0], trainable=False, name="w")
    w = duplicate(v)
    w.assign([5.0, 6.0])
    assert v.numpy().tolist() == [1.0, 2.0]
    assert (w.name, w.trainable) == ("w:0", False)
    with cr.GradientTape() as tape:
        tape.watch([v, w])
        y = v * w
    assert tape.gradient(y, v).tolist() == [5.0, 6.0]


def test_variables_in_functional_transforms():
    v, w = cr.Variable(3.0), cr.Variable([1.0, 2.0])
    assert cr.grad(lambda x, y: x * np.sum(y**2), (0, 1))(v, w)[0] == 5.0
    assert cr.grad(lambda p: p["v"] * 2)({"v": v}) == {"v": 2.0}
    np.testing.assert_array_equal(cr.jacobian(lambda x: x * w)(w), np.diag([1.0, 2.0]))
    assert cr.grad(lambda x: x * cr.stop_gradient(v) * v)(2.0) == 9.0


def test_variables_of_several_types_in_one_computation():
    a, b, n = cr.Variable(2.0, dtype=np.float32), cr.Variable(3.0), cr.Variable(4)
    found = {}
    with cr.GradientTape() as tape:
        y = a * b * n
    found["a"], found["b"], found["n"] = tape.gradient(y, [a, b, n])
    assert (found["a"].numpy(), found["a"].dtype, found["n"]) == (12.0, np.float32, None)
    assert found["b"].numpy() == 8


def test_training():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    y = x @ [1.0, -2.0, 0.5] + 3.0
    w, b = cr.Variable(np.zeros(3)), cr.Variable(0.0)
    for _ in range(200):
        with cr.GradientTape() as tape:
            loss = np.mean((x @ w + b - y) ** 2)
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * dw)
        b.assign_sub(0.1 * db)
    np.testing.assert_allclose(w.numpy(), [1.0, -2.0, 0.5], atol=1e-6)
    assert b.numpy() == pytest.approx(3.0)
