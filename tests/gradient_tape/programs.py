"""Small programs that run on TensorFlow and on ``chainrule.tf``, to compare what they return or raise.

``python tests/gradient_tape/programs.py`` writes what the installed TensorFlow makes of them to ``tensorflow.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RECORDED = Path(__file__).with_name("tensorflow.json")
PROGRAMS: dict[str, Callable[[Any], Any]] = {}


def program(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    PROGRAMS[fn.__name__] = fn
    return fn


def outcome(fn: Callable[[Any], Any], tf: Any) -> Any:
    """Return what a program returns, as JSON holds it, or what it raises."""
    try:
        return encoded(fn(tf))
    except Exception as error:
        return {"raises": type(error).__name__, "text": str(error).partition("\n")[0][:160]}


def encoded(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return [encoded(part) for part in x]
    if isinstance(x, dict):
        return {name: encoded(part) for name, part in x.items()}
    if hasattr(x, "numpy"):
        return encoded(x.numpy())
    if isinstance(x, (np.ndarray, np.generic)):
        return encoded(x.tolist())
    return [x.real, x.imag] if isinstance(x, complex) else x


def watched(tf: Any, f: Callable[[Any], Any], x: Any = 3.0, **options: Any) -> tuple[Any, Any, Any]:
    """Return a tape on which f(x) was recorded, x and the result."""
    x = tf.constant(x)
    with tf.GradientTape(**options) as tape:
        tape.watch(x)
        y = f(x)
    return tape, x, y


def slope(tf: Any, f: Callable[[Any], Any], x: Any = 3.0, **arguments: Any) -> Any:
    tape, x, y = watched(tf, f, x)
    return tape.gradient(y, x, **arguments)


# Watching.


@program
def textbook(tf):
    x, y = tf.Variable(3.0), tf.Variable(4.0)
    with tf.GradientTape() as tape:
        z = x**2 * y + y + 2
    return tape.gradient(z, [x, y])


@program
def constant_needs_watch(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    return tape.gradient(y, x)


@program
def watch_after_use(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        tape.watch(x)
        z = 5 * x
    return tape.gradient([y, z], x)


@program
def watch_is_local_to_the_tape(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        inner.watch(x)
        y = x * x
    return outer.gradient(y, x), inner.gradient(y, x)


@program
def equal_constants_are_distinct(tf):
    x, same = tf.constant(3.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * same
    return tape.gradient(y, [x, same])


@program
def operations_outside_are_unseen(tf):
    tape, x, y = watched(tf, lambda x: x * x, persistent=True)
    return tape.gradient(3 * y, x), tape.gradient([3 * x, y], x)


@program
def untrainable_variables(tf):
    a, b, c = tf.Variable(1.0, trainable=False), tf.Variable(2.0), tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        tape.watch(c)
        y = a * b * c
    found = [[v is w for w in (a, b, c)].index(True) for v in tape.watched_variables()]
    return tape.gradient(y, [a, b, c]), found


@program
def variables_not_watched_when_accessed(tf):
    v, w = tf.Variable(2.0), tf.Variable(5.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(v)
        y = v**2 * w
    return tape.gradient(y, [v, w]), len(tape.watched_variables())


@program
def variables_are_listed_in_order_of_construction(tf):
    made = [tf.Variable(float(i)) for i in range(5)]
    with tf.GradientTape() as tape:
        y = made[3] * made[0] * made[4]
    before = [[v is w for w in made].index(True) for v in tape.watched_variables()]
    tape.gradient(y, made[0])
    return before, [[v is w for w in made].index(True) for v in tape.watched_variables()]


@program
def what_counts_as_access(tf):
    v, w, u, i = tf.Variable(2.0), tf.Variable(2.0), tf.Variable(2.0), tf.Variable(2)
    with tf.GradientTape() as tape:
        v.numpy()
        w.assign_add(1.0)
        _ = i + 1
        _ = u.shape, u.dtype, u.name, u.trainable
    return [[a is b for b in (v, w, u, i)].index(True) for a in tape.watched_variables()]


@program
def watch_a_string(tf):
    with tf.GradientTape() as tape:
        tape.watch("abc")


@program
def watch_nothing(tf):
    with tf.GradientTape() as tape:
        tape.watch([tf.constant(1.0), None])


@program
def watch_integers_and_texts(tf):
    x, s, b = tf.constant(3), tf.constant("a"), tf.constant(True)
    with tf.GradientTape() as tape:
        tape.watch([x, s, b])
        y = x * x
    return tape.gradient([y, s], [x, s, b])


@program
def watch_after_the_tape_was_used(tf):
    tape, x, y = watched(tf, lambda x: x * x)
    tape.gradient(y, x)
    tape.watch(x)


# Recording.


@program
def a_tape_can_be_entered_again(tf):
    x = tf.constant(3.0)
    tape = tf.GradientTape()
    with tape:
        tape.watch(x)
        y = x * x
    y = 7 * y
    with tape:
        z = x * x
    return tape.gradient([y, z], x)


@program
def a_used_tape_starts_anew(tf):
    tape, x, y = watched(tf, lambda x: x * x)
    first = tape.gradient(y, x)
    with tape:
        tape.watch(x)
        y = x * x * x
    return first, tape.gradient(y, x)


@program
def active_tape_entered(tf):
    with tf.GradientTape() as tape, tape:
        pass


@program
def reset_forgets(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x * v
        tape.reset()
        listed = tape.watched_variables()
        z = x * y
        tape.watch(x)
        w = x * y
    return tape.gradient([z, w], [x, y, v]), listed


@program
def reset_outside(tf):
    tf.GradientTape().reset()


@program
def reset_after_use(tf):
    with tf.GradientTape() as tape:
        v = tf.Variable(1.0)
        tape.gradient(v * v, v)
        tape.reset()


@program
def stop_recording_leaves_out(tf):
    def f(x):
        a = x * x
        with tape.stop_recording():
            b = x * x * x
        return a * b

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


@program
def stop_recording_of_a_tape_not_started(tf):
    with tf.GradientTape().stop_recording():
        pass


@program
def stop_recording_of_a_tape_left(tf):
    tape, _, _ = watched(tf, lambda x: x * x)
    with tape.stop_recording():
        pass


@program
def stop_recording_after_use(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        tape.gradient(x * x, x)
        with tape.stop_recording():
            pass


@program
def gradient_where_recording_is_stopped(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            g = tape.gradient(y, x)
        z = x * x
    return g, tape.gradient(g, x), tape.gradient(z, x)


@program
def gradient_where_recording_is_stopped_uses_the_tape_up(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            g = tape.gradient(y, x)
        tape.watch(x)
        z = x * x * x
    return g, tape.gradient(z, x)


# Gradients inside the context, and more than one.


@program
def inside_its_context(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        return tape.gradient(x * x, x)


@program
def persistent_inside_its_context(tf):
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**4
        first = tape.gradient(y, x)
        second = tape.gradient(first, x)
    return first, second, tape.gradient(second, x)


@program
def second_gradient(tf):
    tape, x, y = watched(tf, lambda x: x * x)
    tape.gradient(y, x)
    tape.gradient(y, x)


@program
def gradient_after_jacobian(tf):
    tape, x, y = watched(tf, lambda x: x * x)
    tape.jacobian(y, x)
    tape.gradient(y, x)


@program
def never_entered(tf):
    x = tf.constant(1.0)
    tf.GradientTape().gradient(x, x)


@program
def third_order(tf):
    x = tf.constant(2.0)
    with tf.GradientTape() as a:
        a.watch(x)
        with tf.GradientTape() as b:
            b.watch(x)
            with tf.GradientTape() as c:
                c.watch(x)
                y = x**4
            first = c.gradient(y, x)
        second = b.gradient(first, x)
    return first, second, a.gradient(second, x)


@program
def watched_after_the_record(tf):
    tape, x, y = watched(tf, lambda x: x * x * x, persistent=True)
    with tf.GradientTape() as later:
        later.watch(x)
        g = tape.gradient(y, x)
    return g, later.gradient(g, x)


@program
def variable_watched_after_the_record(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v * v
    with tf.GradientTape() as later:
        later.watch(v)
        g = tape.gradient(y, v)
    return g, later.gradient(g, v)


@program
def tapes_entered_again_in_turn(tf):
    x = tf.constant(2.0)
    outer, inner = tf.GradientTape(), tf.GradientTape(persistent=True)
    with outer:
        outer.watch(x)
        with inner:
            inner.watch(x)
            a = x * x
    with inner:
        b = tf.sin(a) * a
    with outer:
        g = inner.gradient(b, x)
    return g, outer.gradient(g, x)


# Targets and sources.


@program
def targets_are_summed(tf):
    tape, x, y = watched(tf, lambda x: {"a": x * x, "b": [3 * x, (x,)]}, [1.0, 2.0])
    return tape.gradient(y, x)


@program
def a_target_that_is_a_source(tf):
    x, v = tf.constant(2.0), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = v * v
    return tape.gradient([x, x, x], [x, x]), tape.gradient([v, y], v), tape.gradient(v, v)


@program
def an_unwatched_target_that_is_the_source(tf):
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        pass
    return tape.gradient(x, x)


@program
def a_result_as_source(tf):
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        z = y * y * x
    return tape.gradient(z, [x, y, z])


@program
def nested_sources(tf):
    x, w = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        y = x * w
    return tape.gradient(y, {"b": (x, w), "a": [w, w], "c": {}})


@program
def no_sources(tf):
    tape, _, y = watched(tf, lambda x: x * x)
    return tape.gradient(y, [])


@program
def target_none(tf):
    tape, x, _ = watched(tf, lambda x: x * x)
    tape.gradient(None, x)


@program
def target_contains_none(tf):
    tape, x, y = watched(tf, lambda x: x * x)
    tape.gradient([y, None], x)


@program
def target_a_float(tf):
    tape, x, _ = watched(tf, lambda x: x * x)
    tape.gradient(1.0, x)


@program
def target_an_array(tf):
    tape, x, _ = watched(tf, lambda x: x * x)
    tape.gradient(np.float32(1.0), x)


@program
def source_a_float(tf):
    tape, _, y = watched(tf, lambda x: x * x)
    tape.gradient(y, 1.0)


@program
def source_an_array(tf):
    tape, _, y = watched(tf, lambda x: x * x)
    tape.gradient(y, np.array(1.0))


@program
def source_none(tf):
    tape, _, y = watched(tf, lambda x: x * x)
    tape.gradient(y, None)


# Weights.


def weighted(tf: Any, weights: Any, f: Callable[[Any], Any] = lambda x: [x * x, 3 * x]) -> Any:
    return slope(tf, f, [2.0, 3.0], output_gradients=weights)


@program
def weights(tf):
    return weighted(tf, [tf.constant([10.0, 20.0]), tf.constant([1.0, 2.0])])


@program
def too_few_weights_are_filled_with_ones(tf):
    return weighted(tf, [tf.constant([10.0, 20.0])])


@program
def a_scalar_weight(tf):
    return weighted(tf, 2.0, lambda x: x * x)


@program
def a_weight_none(tf):
    return weighted(tf, [None, tf.constant([1.0, 1.0])])


@program
def a_last_weight_none(tf):
    return weighted(tf, [tf.constant([1.0, 1.0]), None])


@program
def a_weight_of_another_shape(tf):
    return weighted(tf, [tf.constant([1.0, 1.0, 1.0])])


@program
def weights_can_be_differentiated_by(tf):
    x, w = tf.constant([2.0, 3.0]), tf.constant([1.0, 1.0])
    with tf.GradientTape() as outer:
        outer.watch(w)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x**3
        g = inner.gradient(y, x, output_gradients=w)
    return outer.gradient(g, w, output_gradients=tf.constant([1.0, 10.0]))


# What is unconnected, and what is not.


@program
def unconnected(tf):
    x, z, v = tf.constant(2.0), tf.constant([1, 2]), tf.Variable([1.0, 2.0])
    found = []
    for choice in ("none", "zero", tf.UnconnectedGradients.NONE, tf.UnconnectedGradients.ZERO):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        found.append(tape.gradient(y, [x, z, v], unconnected_gradients=choice))
    return found


@program
def unconnected_bogus(tf):
    return slope(tf, lambda x: x * x, unconnected_gradients="bogus")


@program
def unconnected_none(tf):
    return slope(tf, lambda x: x * x, unconnected_gradients=None)


@program
def an_error_does_not_use_the_tape_up(tf):
    tape, x, y = watched(tf, lambda x: x * x)
    try:
        tape.gradient(y, x, unconnected_gradients="bogus")
    except ValueError:
        return tape.gradient(y, x)


@program
def constant_functions(tf):
    return {
        "floor": slope(tf, tf.floor),
        "round": slope(tf, tf.round),
        "ceil": slope(tf, tf.math.ceil),
        "sign": slope(tf, tf.sign),
        "comparison": slope(tf, lambda x: tf.cast(x > 1, tf.float32)),
        "argmax": slope(tf, lambda x: tf.argmax([x, x])),
        "floor division": slope(tf, lambda x: x // 2.0),
        "stop": slope(tf, tf.stop_gradient),
        "zeros_like": slope(tf, tf.zeros_like),
        "ones_like": slope(tf, lambda x: 2 * tf.ones_like(x)),
        "shape": slope(tf, tf.shape),
        "through integers": slope(tf, lambda x: 2 * tf.cast(tf.cast(x, tf.int32), tf.float32)),
    }


@program
def connected_functions(tf):
    return {
        "remainder": slope(tf, lambda x: tf.math.floormod(x, 2.0)),
        "where": slope(tf, lambda x: tf.where(x > 1, x, 0.0)),
        "gather": slope(tf, lambda x: tf.gather([x, x * x], [1])),
        "times zero": slope(tf, lambda x: 0.0 * x),
        "identity": slope(tf, tf.identity),
        "cast": slope(tf, lambda x: tf.cast(tf.cast(x, tf.float64), tf.float32)),
        "index": slope(tf, lambda x: x[1:] * x[0], [1.0, 2.0, 3.0]),
        "relu": slope(tf, tf.nn.relu, [-1.0, 0.0, 1.0]),
        "maximum": slope(tf, lambda x: tf.maximum(x, 0.5), [-1.0, 1.0]),
        "softmax": slope(tf, lambda x: tf.nn.softmax(x)[0], [1.0, 2.0, 3.0]),
        "sigmoid": slope(tf, tf.nn.sigmoid, [-1.0, 0.0, 1.0]),
        "mean": slope(tf, lambda x: tf.reduce_mean(x * x), [[1.0, 2.0], [3.0, 4.0]]),
        "max": slope(tf, tf.reduce_max, [1.0, 3.0, 2.0]),
        "matmul": slope(tf, lambda x: tf.matmul(x, x), [[1.0, 2.0], [3.0, 4.0]]),
        "concat": slope(tf, lambda x: tf.concat([x, x * x], axis=0), [1.0, 2.0]),
        "norm": slope(tf, tf.norm, [3.0, 4.0]),
    }


@program
def complex_numbers(tf):
    z = 1 + 2j
    return {
        "square": slope(tf, lambda z: z * z, z),
        "modulus squared": slope(tf, lambda z: tf.math.real(z * tf.math.conj(z)), z),
        "weighted": slope(tf, lambda z: z * z, z, output_gradients=tf.constant(1 + 1j, tf.complex128)),
        "of a real": slope(tf, lambda a: tf.complex(a, a) * tf.constant(z, tf.complex64), 2.0),
        "exp": slope(tf, tf.exp, z),
        "jacobian": (lambda tape, x, y: tape.jacobian(y, x))(*watched(tf, lambda z: z * z, [z, 2.0])),
    }


# Variables.


@program
def assigning_is_not_differentiated(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        v.assign(x * x)
        y = 3 * v
    return tape.gradient(y, [x, v])


@program
def what_was_recorded_keeps_the_old_value(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        before = v * v
        v.assign_add(1.0)
        after = v * v
    return tape.gradient([before, after], v)


@program
def the_result_of_assign_is_the_variable(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v.assign(9.0) * v.assign_sub(4.0)
    return y, tape.gradient(y, v), v.assign_add(0.5, read_value=True)


@program
def a_value_that_was_read(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        a, b = v.read_value(), v.value()
        y = a * a * b + v
    return tape.gradient(y, [a, b, v])


@program
def assign_of_another_shape(tf):
    tf.Variable([1.0, 2.0]).assign([1.0, 2.0, 3.0])


@program
def assign_of_another_type(tf):
    return tf.Variable([1.0, 2.0], dtype=tf.float32).assign(tf.constant([1.0, 2.0], tf.float64))


@program
def assign_of_plain_values(tf):
    v = tf.Variable([1.0, 2.0], dtype=tf.float32)
    return v.assign([3, 4]).numpy(), v.assign(np.array([5.0, 6.0])).numpy(), v.assign_add([1.0, 1.0]).numpy()


@program
def augmented_assignment(tf):
    v = tf.Variable(1.0)
    v += 1.0


@program
def item_assignment(tf):
    v = tf.Variable([1.0])
    v[0] = 2.0


@program
def hash_of_a_variable(tf):
    hash(tf.Variable(1.0))


@program
def references(tf):
    v, w = tf.Variable(1.0), tf.Variable(1.0)
    return v.ref() == v.ref(), v.ref() == w.ref(), v.ref().deref() is v, len({v.ref(), v.ref(), w.ref()})


@program
def names_of_variables(tf):
    return tf.Variable(1.0).name, tf.Variable(1.0, name="w").name, tf.Variable(lambda: 2.0)


@program
def variable_of_nothing(tf):
    tf.Variable()


@program
def operators_of_variables(tf):
    v, w = tf.Variable(2.0), tf.Variable([[1.0, 2.0], [3.0, 5.0]])
    with tf.GradientTape(persistent=True) as tape:
        results = [v + 1, 1 - v, v * v, 3 / v, v**3, 2.0**v, -v, abs(v), v % 1.5, w[1], w @ w, w[:, 0] * v]
    return results, [tape.gradient(y, [v, w]) for y in results]


@program
def descent(tf):
    w, b = tf.Variable([[0.5], [0.25]]), tf.Variable([0.0])
    x, y = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), tf.constant([[1.0], [2.0], [4.0]])
    losses = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(0.01 * dw)
        b.assign_sub(0.01 * db)
        losses.append(loss)
    return losses, w, b


# Jacobians.


def jacobian(tf: Any, f: Callable[[Any], Any], x: Any, persistent: bool = False, **arguments: Any) -> Any:
    tape, x, y = watched(tf, f, x, persistent=persistent)
    return tape.jacobian(y, x, **arguments)


@program
def jacobian_shapes(tf):
    return (
        jacobian(tf, lambda x: x * x, 3.0),
        jacobian(tf, lambda x: x * x, [1.0, 2.0]),
        jacobian(tf, lambda x: x @ x, [[1.0, 2.0], [3.0, 4.0]]),
        jacobian(tf, lambda x: tf.reduce_sum(x * x), [1.0, 2.0]),
    )


@program
def jacobian_by_nested_sources(tf):
    x, w = tf.constant([1.0, 2.0]), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        y = x * w
    return tape.jacobian(y, {"a": x, "b": [w, w]})


@program
def jacobian_unconnected(tf):
    f = lambda x: tf.constant([1.0, 2.0])
    return jacobian(tf, f, [1.0, 2.0]), jacobian(tf, f, [1.0, 2.0], unconnected_gradients="zero")


@program
def jacobian_of_a_variable(tf):
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        v * 1
    return tape.jacobian(v, v)


@program
def jacobian_of_integers(tf):
    return jacobian(tf, lambda x: x * x, [1, 2])


@program
def jacobian_of_a_list(tf):
    return jacobian(tf, lambda x: [x, x], 3.0)


@program
def jacobian_by_nothing(tf):
    tape, _, y = watched(tf, lambda x: x * x)
    return tape.jacobian(y, [])


@program
def jacobian_inside_the_context(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**3
        result = tape.jacobian(y, x)
    return result, tape.gradient(result, x)


@program
def jacobian_options(tf):
    return jacobian(
        tf, lambda x: x * x, [1.0, 2.0], persistent=True, experimental_use_pfor=False, parallel_iterations=2
    )


@program
def jacobian_of_a_used_tape(tf):
    tape, x, y = watched(tf, lambda x: x * x)
    tape.gradient(y, x)
    tape.jacobian(y, x)


@program
def hessian_by_two_tapes(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x[0] ** 3 * x[1] ** 2
        g = inner.gradient(y, x)
    return outer.jacobian(g, x)


X = [[1.0, 2.0], [3.0, 4.0]]


def batch(tf: Any, f: Callable[[Any], Any], x: Any = X, source: Any = None, **arguments: Any) -> Any:
    tape, x, y = watched(tf, f, x, persistent=True)
    return tape.batch_jacobian(y, x if source is None else tf.constant(source), **arguments)


@program
def batch_jacobians(tf):
    return (
        batch(tf, lambda x: x * x),
        batch(tf, lambda x: tf.stack([x, x * x, x[:, ::-1]], axis=1)),
        batch(tf, lambda x: x * x, experimental_use_pfor=False, parallel_iterations=2),
        batch(tf, lambda x: tf.constant(X)),
        batch(tf, lambda x: tf.constant(X), unconnected_gradients="zero"),
    )


@program
def batch_jacobian_of_a_vector(tf):
    batch(tf, lambda x: x * x, [1.0, 2.0])


@program
def batch_jacobian_by_a_vector(tf):
    batch(tf, lambda x: x * x, source=[1.0, 2.0])


@program
def batch_jacobian_of_other_batches(tf):
    batch(tf, lambda x: x * x, source=[[1.0, 2.0]])


# Forward mode.


@program
def accumulator(tf):
    x, other = tf.constant(3.0), tf.constant(1.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = x**3
    nested = acc.jvp({"a": [y, x]})
    return acc.jvp(y), acc.jvp(other), acc.jvp(other, unconnected_gradients="zero"), nested


@program
def accumulator_of_two(tf):
    x, w = tf.constant(3.0), tf.Variable([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator([x, w], [tf.constant(1.0), tf.constant([0.5, 0.0])]) as acc:
        y = x * w
    return acc.jvp([y])


@program
def accumulator_entered_again(tf):
    x = tf.constant(3.0)
    acc = tf.autodiff.ForwardAccumulator(x, tf.constant(1.0))
    with acc:
        y = x * x
    z = x * x
    with acc:
        w = y * x
    return acc.jvp(x), acc.jvp(y), acc.jvp(z), acc.jvp(w)


@program
def active_accumulator_entered(tf):
    x = tf.constant(3.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc, acc:
        pass


@program
def accumulator_bogus(tf):
    x = tf.constant(3.0)
    tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)).jvp(x, "bogus")


@program
def accumulator_of_another_type(tf):
    tf.autodiff.ForwardAccumulator(tf.constant(3.0, tf.float32), tf.constant(1.0, tf.float64))


@program
def accumulator_of_another_structure(tf):
    tf.autodiff.ForwardAccumulator([tf.constant(3.0)], tf.constant(1.0))


@program
def accumulator_by_a_float(tf):
    tf.autodiff.ForwardAccumulator(1.0, tf.constant(1.0))


@program
def accumulator_asked_for_a_float(tf):
    tf.autodiff.ForwardAccumulator(tf.constant(3.0), tf.constant(1.0)).jvp(1.0)


@program
def accumulator_and_assignment(tf):
    v = tf.Variable(3.0)
    with tf.autodiff.ForwardAccumulator(v, tf.constant(1.0)) as acc:
        y = v * v
        v.assign(5.0)
        z = v * v
    return acc.jvp([y, z, v])


@program
def accumulator_inside_a_tape(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
            y = x**3
        j = acc.jvp(y)
    return j, tape.gradient(j, x)


@program
def tape_inside_an_accumulator(tf):
    x = tf.constant(3.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x**3
        g = tape.gradient(y, x)
    return g, acc.jvp(g), acc.jvp(y), tape.gradient(acc.jvp(y), x)


@program
def accumulator_inside_an_accumulator(tf):
    x = tf.constant(3.0)
    outer, inner = (tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) for _ in "ab")
    with outer, inner:
        y = x**3
    return outer.jvp(y), inner.jvp(y), outer.jvp(inner.jvp(y)), inner.jvp(outer.jvp(y))


@program
def accumulator_after_the_record(tf):
    tape, x, y = watched(tf, lambda x: x * x * x, persistent=True)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        g = tape.gradient(y, x)
    return g, acc.jvp(g)


@program
def accumulator_after_the_record_of_a_variable(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v * v
    with tf.autodiff.ForwardAccumulator(v, tf.constant(1.0)) as acc:
        g = tape.gradient(y, v)
    return g, acc.jvp(g)


@program
def hessian_vector_products(tf):
    v, direction = tf.Variable([1.0, 2.0]), tf.constant([1.0, 0.5])

    def loss():
        return v[0] ** 3 * v[1] ** 2

    with tf.autodiff.ForwardAccumulator(v, direction) as acc:
        with tf.GradientTape() as tape:
            y = loss()
        g = tape.gradient(y, v)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = loss()
        h = inner.gradient(y, v)
    return acc.jvp(g), outer.gradient(h, v, output_gradients=direction)


# Gradients that a function brings.


def custom(tf: Any, gradient: Callable[..., Any], f: Callable[..., Any] = lambda x: x * x, *args: Any, **kwargs: Any):
    @tf.custom_gradient
    def op(*args, **kwargs):
        return f(*args, **kwargs), gradient

    values = [tf.constant(a) for a in args or (3.0,)]
    with tf.GradientTape() as tape:
        tape.watch(values)
        y = op(*values, **kwargs)
    return y, tape.gradient(y, values)


@program
def custom_gradients(tf):
    return {
        "one": custom(tf, lambda g: 10 * g),
        "none": custom(tf, lambda g: None),
        "two arguments": custom(tf, lambda g: (g, None), lambda a, b: a * b, 3.0, 4.0),
        "two results": custom(tf, lambda g, h: 100 * g + h, lambda a: (a, a * a)),
        "keyword": custom(tf, lambda g: (g, 2 * g), lambda a, b, scale: a * b * scale, 3.0, 4.0, scale=5.0),
        "a number": custom(tf, lambda g: 7.0),
    }


@program
def custom_gradient_without_gradients(tf):
    custom(tf, lambda g: [])


@program
def custom_gradient_with_too_many(tf):
    custom(tf, lambda g: (g, g))


@program
def custom_gradient_of_nested_arguments(tf):
    @tf.custom_gradient
    def f(d):
        return d["a"] * d["b"], lambda g: {"a": g, "b": 2 * g}

    a, b = tf.constant(3.0), tf.constant(4.0)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = f({"a": a, "b": b})
    return tape.gradient(y, [a, b])


@program
def custom_gradient_of_second_order(tf):
    @tf.custom_gradient
    def f(x):
        return x * x, lambda g: 10 * g * x

    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        g = inner.gradient(y, x)
    return g, outer.gradient(g, x)


@program
def custom_gradients_nested(tf):
    @tf.custom_gradient
    def f(x):
        @tf.custom_gradient
        def slope(g):
            return 10 * g * x, lambda h: 1000 * h

        return x * x, slope

    x, w = tf.constant(3.0), tf.constant(1.0)
    with tf.GradientTape() as outer:
        outer.watch(w)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        g = inner.gradient(y, x, output_gradients=w)
    return g, outer.gradient(g, w)


def with_variable(tf: Any, gradient: Callable[..., Any], **options: Any) -> Any:
    v, x = tf.Variable(2.0, **options), tf.constant(3.0)

    @tf.custom_gradient
    def f(x):
        return x * v, gradient

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, [x, v])


@program
def custom_gradients_with_variables(tf):
    return (
        with_variable(tf, lambda g, variables=None: (5 * g, [7 * g])),
        with_variable(tf, lambda g, **named: (5 * g, [len(named["variables"]) * g])),
        with_variable(tf, lambda g: 9 * g, trainable=False),
    )


@program
def custom_gradient_that_ignores_variables(tf):
    with_variable(tf, lambda g: g)


@program
def custom_gradient_with_too_few_variables(tf):
    with_variable(tf, lambda g, variables=None: (g, []))


@program
def custom_gradient_of_a_variable_argument(tf):
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x):
        return x * x, lambda g: 9 * g

    with tf.GradientTape() as tape:
        y = f(v)
    return tape.gradient(y, v)


@program
def recomputed(tf):
    v, x, runs = tf.Variable(2.0), tf.constant(3.0), []

    @tf.recompute_grad
    def f(x, scale=1.0):
        runs.append(1)
        return [x * x * v * scale, x]

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x, scale=2.0)
    before = len(runs)
    return tape.gradient(y, [x, v]), before, len(runs)


@program
def recomputed_twice_differentiated(tf):
    f = tf.recompute_grad(lambda x: x * x * x)
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        g = inner.gradient(y, x)
    return g, outer.gradient(g, x)


@program
def passed_through(tf):
    v, z, x = tf.Variable(1.0), tf.Variable(3.0), tf.constant([1.2, 2.7])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.grad_pass_through(v.assign)(z**2)
        w = 2 * tf.grad_pass_through(tf.round)(x)
    return y, tape.gradient(y, [z, v]), w, tape.gradient(w, x)


@program
def stopped(tf):
    return slope(tf, lambda x: x * tf.stop_gradient(x))


# Conversion.


@program
def conversions(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.convert_to_tensor([x, 2 * x])
    shaped = tf.constant(0.5, shape=(2, 2)), tf.constant([1, 2, 3, 4], shape=(2, 2))
    return tape.gradient(y, x), tf.constant(x) is x, tf.convert_to_tensor(x) is x, shaped


@program
def conversion_to_another_type(tf):
    tf.convert_to_tensor(tf.constant(1.0), dtype=tf.int32)


@program
def conversion_of_nothing(tf):
    tf.convert_to_tensor(None)


@program
def constant_of_another_type(tf):
    tf.constant(1.5, dtype=tf.int32)


@program
def constant_of_another_shape(tf):
    tf.constant([1.0, 2.0, 3.0], shape=(2, 2))


if __name__ == "__main__":
    import tensorflow

    lines = [f'"version": "{tensorflow.__version__}"']
    lines += [f"{json.dumps(name)}: {json.dumps(outcome(fn, tensorflow))}" for name, fn in PROGRAMS.items()]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
