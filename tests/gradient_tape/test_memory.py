"""What tapes keep, and for how long."""

from __future__ import annotations

import contextvars
import gc
import threading
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager.state import OPEN, current
from chainrule.gradient_tape._records import LIVE


def intermediate(tape, v):
    """Record a chain, and return its result with a weak reference to an array in the middle."""
    with tape:
        middle = v * v
        y = np.sum(np.sin(middle))
    return y, weakref.ref(middle.raw)


def test_nothing_is_kept_after_the_gradient():
    v, tape = cr.Variable(np.ones(100_000)), cr.GradientTape()
    y, middle = intermediate(tape, v)
    assert middle() is not None
    tape.gradient(y, v)
    assert middle() is None


@pytest.mark.parametrize("end", [lambda tape: tape.__enter__().reset(), lambda tape: None])
def test_nothing_is_kept_after_a_reset_or_the_end_of_the_tape(end):
    v, tape = cr.Variable(np.ones(100_000)), cr.GradientTape(persistent=True)
    y, middle = intermediate(tape, v)
    tape.gradient(y, v)
    assert middle() is not None
    end(tape)
    tape.__exit__(None, None, None)
    del tape
    assert middle() is None


def test_old_values_of_variables_are_not_kept():
    v = cr.Variable(np.ones(100_000))
    v.assign(np.zeros(100_000))
    old = weakref.ref(v.handle().raw)
    with cr.GradientTape() as tape:
        y = np.sum(v)
    tape.gradient(y, v)
    v.assign(np.ones(100_000))
    assert old() is None


def test_no_reference_cycles():
    v, x = cr.Variable(2.0), cr.constant([3.0, 4.0])

    @cr.gradient_tape.recompute_grad
    def f(x):
        return np.sum(x**2) * v

    def work():
        with cr.GradientTape(persistent=True) as outer:
            outer.watch(x)
            with cr.GradientTape() as inner:
                inner.watch(x)
                y = np.sum(x**3 * v) + f(x)
            g = inner.gradient(y, x)
            with outer.stop_recording():
                v.assign_add(0.0)
        outer.jacobian(g, x)
        with cr.ForwardAccumulator([x, v], [g, cr.constant(1.0)]) as acc, cr.GradientTape() as tape:
            y = np.sum(x * v)
        acc.jvp(tape.gradient(y, v))

    work()
    gc.collect()
    gc.freeze()  # what other tests left does not count
    gc.disable()
    try:
        for _ in range(50):
            work()
        assert gc.collect() == 0
    finally:
        gc.enable()
        gc.unfreeze()


def test_no_recorder_is_left():
    v, before = cr.Variable(2.0), set(LIVE)
    with cr.GradientTape() as tape, cr.ForwardAccumulator(v, cr.constant(1.0)):
        y = v * v
    tape.gradient(y, v)
    del tape
    assert set(LIVE) <= before
    assert not OPEN
    assert current() is None


def in_a_thread(work):
    """Return what work returns in another thread, or the error that it raises there."""
    found = []

    def run():
        try:
            found.append(work())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_work_in_a_thread_that_has_no_tape_is_refused():
    x, v = cr.constant(3.0), cr.Variable(2.0)
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = v * x
        assert isinstance(in_a_thread(lambda: x * x), cr.RecorderError)
        assert isinstance(in_a_thread(lambda: v * v), cr.RecorderError)
        assert in_a_thread(v.numpy) == 2
        context = contextvars.copy_context()
        z = in_a_thread(lambda: context.run(lambda: v * v * x))
    assert tape.gradient([y, z], v).numpy() == 3 + 12
    assert in_a_thread(lambda: x * v).numpy() == 6


def test_threads_with_tapes_of_their_own_share_variables():
    v, w = cr.Variable(3.0), cr.Variable(5.0)

    def slope(power):
        with cr.GradientTape() as tape:
            y = v**power * w
        return tape.gradient(y, v).numpy()

    with cr.GradientTape() as tape:
        y = v * w
        found = [in_a_thread(lambda power=power: slope(power)) for power in (2, 3)]
    assert found == [30.0, 135.0]
    assert tape.gradient(y, v).numpy() == 5
