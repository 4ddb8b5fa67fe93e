"""The tape: watching, recording, gradients, Jacobians. Values that TensorFlow shares are in test_against_tensorflow."""

from __future__ import annotations

import logging
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.gradient_tape import InvalidArgumentError, UnconnectedGradients, conversion

USED = "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"


@pytest.fixture
def log(caplog, monkeypatch):
    """What is logged; nothing was before."""
    monkeypatch.setattr(conversion, "_WARNED", type(conversion._WARNED)())
    caplog.set_level(logging.WARNING, "chainrule")
    return caplog


def recorded(f, *values, **options):
    """Return a tape that watched the values, the values as tensors, and the result of f."""
    xs = [cr.constant(x) for x in values]
    with cr.GradientTape(**options) as tape:
        tape.watch(xs)
        y = f(*xs)
    return tape, *xs, y


def test_textbook_code_with_only_the_import_changed():
    import chainrule as tf

    x = tf.Variable(3.0)
    y = tf.Variable(4.0)
    with tf.GradientTape() as tape:
        z = x**2 * y + y + 2
    dz_dx, dz_dy = tape.gradient(z, [x, y])
    assert z.numpy() == 42
    assert dz_dx.numpy() == 24
    assert dz_dy.numpy() == 10


def test_textbook_code_with_numpy():
    x = cr.constant(np.linspace(0.0, 1.0, 5))
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = np.sum(np.exp(-(x**2)))
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), -2 * x.numpy() * np.exp(-(x.numpy() ** 2)))


@pytest.mark.parametrize("order", range(1, 4))
def test_nested_tapes_of_any_order(order):
    def derivative(f, n):
        return f if n == 0 else derivative(lambda x: slope(f, x), n - 1)

    def slope(f, x):
        with cr.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    expected = {1: np.cos(0.7), 2: -np.sin(0.7), 3: -np.cos(0.7)}[order]
    assert float(derivative(np.sin, order)(cr.constant(0.7))) == pytest.approx(expected)


def test_results_are_tensors_that_later_tapes_can_watch():
    tape, x, y = recorded(lambda x: x**3, 2.0)
    g = tape.gradient(y, x)
    assert isinstance(g, cr.Tensor)
    with cr.GradientTape() as tape:
        tape.watch(g)
        y = g * g
    assert tape.gradient(y, g).numpy() == 24


def test_outside_any_tape_tensors_are_plain_arrays():
    x = cr.constant([1.0, 2.0])
    assert (x * 2).tolist() == [2.0, 4.0]
    assert float(x[0]) == 1.0
    assert np.asarray(x).tolist() == [1.0, 2.0]
    assert bool(x[0] < x[1])


def test_comparisons_and_counts_inside_a_tape_are_plain():
    def f(x):
        assert isinstance(x > 1, np.bool_)
        assert isinstance(np.argmax(np.stack([x, 2 * x])), np.integer)
        return x * x if x > 1 else -x

    tape, x, y = recorded(f, 3.0)
    assert tape.gradient(y, x).numpy() == 6


def test_watch_logs_five_values_that_cannot_be_differentiated(log):
    with cr.GradientTape() as tape:
        for _ in range(7):
            tape.watch(cr.constant(3))
    text = "The dtype of the watched tensor must be floating (e.g. tf.float32), got dtype('int64')"
    assert log.messages == [text] * 5


@pytest.mark.parametrize("value", [np.ones(2), 1.0, "abc", None])
def test_watch_refuses_what_is_no_tensor(value):
    kind = type(value).__name__
    text = f"Passed in object {value} of type {kind!r}, not tf.Tensor or tf.Variable or ExtensionType."
    with cr.GradientTape() as tape, pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        tape.watch([cr.constant(1.0), value])


def test_watch_before_the_first_enter():
    with pytest.raises(AttributeError):
        cr.GradientTape().watch(cr.constant(1.0))


def test_watched_variables_are_emptied_by_reset():
    v = cr.Variable(1.0)
    with cr.GradientTape() as tape:
        y = v * v
        assert tape.watched_variables()[0] is v
        tape.reset()
        assert tape.watched_variables() == ()
        y = 3 * v
    assert tape.gradient(y, v).numpy() == 3
    assert tape.watched_variables()[0] is v


def test_a_constant_watched_by_many_tapes_forgets_them():
    x = cr.constant(3.0)
    for _ in range(10):
        with cr.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        tape.gradient(y, x)
    assert len(x.on) == 1


def test_the_use_of_a_value_watched_by_an_older_open_tape_and_a_newer_one():
    x = cr.constant(3.0)
    with cr.GradientTape() as outer:
        outer.watch(x)
        for _ in range(3):
            with cr.GradientTape() as inner:
                inner.watch(x)
                y = x * x
            assert inner.gradient(y, x).numpy() == 6
        z = x * x * x
    assert outer.gradient(z, x).numpy() == 27


def test_stop_recording_keeps_the_order_of_recorders():
    """TensorFlow makes the tape the innermost recorder, which then misses the accumulator's arithmetic."""
    x = cr.constant(3.0)
    with cr.GradientTape() as tape:
        tape.watch(x)
        with cr.ForwardAccumulator(x, cr.constant(1.0)) as acc:
            with tape.stop_recording():
                pass
            y = x**3
        j = acc.jvp(y)
    assert tape.gradient(j, x).numpy() == 18


def test_values_may_leave_where_recording_is_stopped():
    x = cr.Variable(3.0)
    with cr.GradientTape() as tape:
        y = x * x
        with tape.stop_recording():
            assert float(y) == 9
            assert np.array([x, y]).tolist() == [3, 9]
        with pytest.raises(cr.EscapeError):
            float(y)


def test_another_tape_used_up_where_recording_is_stopped_stays_closed():
    x = cr.constant(3.0)
    with cr.GradientTape() as outer:
        outer.watch(x)
        y = x * x
        with cr.GradientTape() as inner:
            inner.watch(x)
            with inner.stop_recording():
                assert outer.gradient(y, x).numpy() == 6
            z = x * x
        assert inner.gradient(z, x).numpy() == 6
    assert not cr.eager.state.is_recording()


def test_an_error_inside_closes_the_tape():
    with pytest.raises(ZeroDivisionError), cr.GradientTape() as tape:
        raise ZeroDivisionError
    with tape:
        pass
    assert not cr.eager.state.is_recording()


def test_numpys_error_about_an_escape_is_ours():
    x = cr.Variable(3.0)
    with pytest.raises(cr.EscapeError), cr.GradientTape():
        np.zeros(3)[0] = x * x


def test_persistent_gradient_inside_the_context_warns_once(log):
    x = cr.Variable(2.0)
    with cr.GradientTape(persistent=True) as tape:
        y = x**4
        first = tape.gradient(y, x)
        second = tape.gradient(first, x)
    assert tape.gradient(second, x).numpy() == 48
    assert [text[:68] for text in log.messages] == [
        "Calling GradientTape.gradient on a persistent tape inside its contex"
    ]


@pytest.mark.parametrize("method", ["gradient", "jacobian", "batch_jacobian"])
@pytest.mark.parametrize("first", ["gradient", "jacobian", "batch_jacobian", None])
def test_used_up_or_never_entered(method, first):
    tape, x, y = recorded(lambda x: x * x, [[1.0, 2.0]])
    if first is None:
        tape = cr.GradientTape()
    else:
        getattr(tape, first)(y, x)
    with pytest.raises(RuntimeError) as info:
        getattr(tape, method)(y, x)
    assert str(info.value) == USED


def test_repeated_sources_have_one_gradient_in_two_handles():
    tape, x, y = recorded(lambda x: x * x, [1.0, 2.0])
    first, second = tape.gradient(y, [x, x])
    with cr.GradientTape(persistent=True) as tape:
        tape.watch(first)
        y = first * first
    assert tape.gradient(y, second).tolist() == [4.0, 8.0]
    first[0] = 100.0
    assert second.tolist() == [2.0, 4.0]


def test_an_unwatched_source_that_is_a_target_and_an_operand():
    """TensorFlow returns None if the target that reads it is recorded."""
    x, unwatched = cr.constant([1.0, 2.0]), cr.constant([3.0, 4.0])
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = x * unwatched
    assert tape.gradient([y, unwatched], unwatched).tolist() == [1.0, 1.0]


def test_writing_into_a_gradient_leaves_everything_else_alone():
    tape, x, w, y = recorded(lambda x, w: x + w, [1.0, 2.0], [3.0, 4.0], persistent=True)
    weights = cr.constant([5.0, 6.0])
    dx, dw = tape.gradient(y, [x, w], output_gradients=weights)
    dx[0] = 100.0
    assert dw.tolist() == weights.tolist() == [5.0, 6.0]
    assert tape.gradient(y, x, output_gradients=weights).tolist() == [5.0, 6.0]


def test_writing_into_recorded_values():
    v = cr.Variable([1.0, 2.0, 3.0])
    with cr.GradientTape() as tape:
        y = cr.numpy.zeros(3)
        for i in range(3):
            y[i] = v[i] ** 2
        y[1] = 0.0
        y = np.sum(y)
    assert tape.gradient(y, v).tolist() == [2.0, 0.0, 6.0]


def test_sources_of_several_kinds():
    v, x = cr.Variable([1.0, 2.0]), cr.constant(3.0)
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = v * x
    found = tape.gradient(y, {"v": v, "others": (x, [cr.constant(1), cr.constant("text")])})
    assert found["v"].tolist() == [3.0, 3.0]
    assert found["others"][0].numpy() == 3
    assert found["others"][1] == [None, None]


@pytest.mark.parametrize("value", [cr.constant(2), cr.constant(True), cr.constant("text"), np.int64(3), np.bool_(True)])
def test_whole_numbers_truth_values_and_texts_have_no_gradient(value):
    tape, x, y = recorded(lambda x: x * x, 3.0, persistent=True)
    assert tape.gradient(y, value) is None
    assert tape.gradient(value, x) is None


@pytest.mark.parametrize(
    ("target", "error"), [(None, TypeError), ([None], TypeError), (1.0, AttributeError), (np.ones(2), AttributeError)]
)
def test_targets_and_sources_that_no_tape_can_know(target, error):
    tape, x, y = recorded(lambda x: x * x, 3.0)
    with pytest.raises(error):
        tape.gradient(target, x)
    with pytest.raises(error):
        tape.gradient(y, target)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128])
def test_gradients_have_the_dtype_of_their_source(dtype):
    tape, x, y = recorded(lambda x: x * x * 2.0, np.array([1, 2], dtype))
    assert tape.gradient(y, x).dtype == dtype


def test_python_floats_are_double_precision():
    assert cr.Variable(1.0).dtype == cr.constant([1.0]).dtype == np.float64
    assert cr.Variable(1).dtype == np.int64


def test_more_weights_than_targets_are_refused():
    """TensorFlow ignores them, and takes the first number of a list as the weight of a vector."""
    tape, x, y = recorded(lambda x: x * x, [1.0, 2.0])
    with pytest.raises(InvalidArgumentError, match="2 weights for 1 targets"):
        tape.gradient(y, x, output_gradients=[1.0, 10.0])
    assert tape.gradient(y, x, output_gradients=cr.constant([1.0, 10.0])).tolist() == [2.0, 40.0]


@pytest.mark.parametrize("weight", [np.array([1.0, 10.0]), np.array([1, 10]), cr.Variable([1.0, 10.0])])
def test_weights_of_other_kinds(weight):
    tape, x, y = recorded(lambda x: x * x, np.array([1.0, 2.0], np.float32))
    found = tape.gradient(y, x, output_gradients=weight)
    assert found.dtype == np.float32
    assert found.tolist() == [2.0, 40.0]


@pytest.mark.parametrize("weight", [cr.constant([1.0, 2.0, 3.0]), cr.constant([[1.0], [2.0]]), cr.constant([1j, 2j])])
def test_weights_that_do_not_fit(weight):
    tape, x, y = recorded(lambda x: x * x, [1.0, 2.0])
    with pytest.raises(InvalidArgumentError):
        tape.gradient(y, x, output_gradients=weight)


def test_unconnected_values():
    assert UnconnectedGradients("zero") is UnconnectedGradients.ZERO
    tape, _, y = recorded(lambda x: x * x, 3.0)
    other = cr.constant(np.ones((2, 3), np.float32))
    zero = tape.gradient(y, other, unconnected_gradients=UnconnectedGradients.ZERO)
    assert zero.shape == (2, 3)
    assert zero.dtype == np.float32
    assert not zero.numpy().any()


@pytest.mark.parametrize("method", ["gradient", "jacobian", "batch_jacobian"])
def test_unknown_word_for_unconnected(method):
    tape, x, y = recorded(lambda x: x * x, [[1.0]])
    with pytest.raises(ValueError, match=r"^Unknown value for unconnected_gradients: 'bogus'$"):
        getattr(tape, method)(y, x, unconnected_gradients="bogus")


@pytest.mark.parametrize("method", ["jacobian", "batch_jacobian"])
def test_sequential_jacobians_need_a_persistent_tape(method):
    text = f"^GradientTape must be created with persistent=True to compute the {method} with eager execution enabled"
    tape, x, y = recorded(lambda x: x * x, [[1.0]])
    with pytest.raises(RuntimeError, match=text):
        getattr(tape, method)(y, x, experimental_use_pfor=False)


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (0,)])
def test_shapes_of_jacobians(shape):
    x = np.ones((2, 3))
    tape, x, w, y = recorded(lambda x, w: np.sum(x) * w, x, np.ones(shape))
    dx, dw = tape.jacobian(y, [x, w])
    assert dx.shape == (*shape, 2, 3)
    assert dw.shape == shape + shape
    np.testing.assert_array_equal(dw.numpy(), 6.0 * np.eye(w.size).reshape(shape + shape))


def test_jacobian_of_a_loop_with_writes_and_the_second_order():
    def f(x):
        y = np.zeros(3, like=x)
        for i in range(3):
            y[i] = x[i] ** 3 * x[0]
        return y

    x = cr.constant([1.0, 2.0, 3.0])
    with cr.GradientTape() as outer:
        outer.watch(x)
        with cr.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        first = inner.jacobian(y, x)
    second = outer.jacobian(first, x)
    expected = cr.jacobian(f)
    np.testing.assert_allclose(first.numpy(), expected(x.numpy()))
    np.testing.assert_allclose(second.numpy(), cr.jacobian(expected)(x.numpy()))


def test_batch_jacobian_of_an_empty_batch():
    tape, x, y = recorded(lambda x: x * x, np.ones((0, 3)))
    assert tape.batch_jacobian(y, x).shape == (0, 3, 3)


def test_batch_jacobian_of_a_scalar():
    tape, x, y = recorded(lambda x: x * x, 3.0)
    with pytest.raises(ValueError, match="must have rank at least 2"):
        tape.batch_jacobian(y, x)


def test_tapes_and_functional_transforms_nest_both_ways():
    def slope(x):
        with cr.GradientTape() as tape:
            tape.watch(x)
            y = x**4
        return tape.gradient(y, x)

    assert cr.grad(slope)(2.0) == 48
    assert cr.grad(cr.grad(slope))(2.0) == 48
    assert cr.jvp(slope, 2.0, 1.0)[1] == 48
    v = cr.Variable(2.0)
    with cr.GradientTape() as tape:
        y = cr.grad(lambda x: x**4)(v)
    assert tape.gradient(y, v).numpy() == 48
    assert cr.grad(lambda x: x * v)(v) == 2
    np.testing.assert_array_equal(cr.hessian(lambda x: np.sum(x**3))(cr.Variable([1.0, 2.0])), np.diag([6.0, 12.0]))


def test_nan_in_a_branch_that_was_not_taken():
    x = cr.Variable([0.0, 4.0])
    with cr.GradientTape() as tape:
        y = np.where(x > 0, np.sqrt(x), x * x)
    assert tape.gradient(y, x).tolist() == [0.0, 0.25]
