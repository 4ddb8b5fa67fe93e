"""Recorders belong to a context: threads, tasks and generators."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager.state import OPEN, current


def cube(x):
    return np.sum(x * x * x)


def in_thread(function, *args):
    """Run a function in another thread and return its result, or raise its error."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result()


def test_threads_differentiate_at_once():
    barrier = threading.Barrier(2)

    def work(seed):
        x = np.random.default_rng(seed).normal(size=5)
        barrier.wait()
        for _ in range(300):
            np.testing.assert_array_equal(cr.grad(cube)(x), 2 * x * x + x * x)
            np.testing.assert_array_equal(cr.jvp(cube, x, np.ones(5))[1], np.sum(2 * x * x + x * x))
            if seed:
                cr.hessian(cube)(x[:2])
        return True

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(work, [0, 1]))
    assert current() is None
    assert not OPEN


WORK = [
    lambda x: x * 2.0,
    lambda x: x * x,
    lambda x: 2.0 - x,
    lambda x: np.sin(x),
    lambda x: np.sum(x),
    lambda x: x[0],
    lambda x: x**2,
    lambda x: -x,
    lambda x: np.stack([x, x]),
    lambda x: x.__setitem__(0, 1.0),
    lambda x: x.__iadd__(1.0),
    lambda x: np.zeros(3, like=x).__setitem__(0, x[0]),
    lambda x: x > 0,
    lambda x: float(x[0]),
    lambda x: cr.grad(cube)(x),
    lambda x: cr.grad(lambda y: np.sum(x * y))(np.ones(3)),
    lambda x: cr.jvp(cube, x, np.ones(3)),
    lambda x: cr.jvp(lambda y: np.sum(x * y), np.ones(3), np.ones(3)),
]


@pytest.mark.parametrize("method", ["reverse", "forward"])
@pytest.mark.parametrize("work", WORK)
def test_work_in_a_thread_without_the_recorder_is_refused(work, method):
    def f(x):
        with pytest.raises(cr.ChainruleError):
            in_thread(work, x)
        return np.sum(x * x)

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(cr.grad(f, method=method)(x), 2 * x)


@pytest.mark.parametrize("method", ["reverse", "forward"])
@pytest.mark.parametrize("into", ["x", "zeros"])
def test_writes_of_a_thread_that_reuse_the_storage_are_refused(into, method):
    """The handle is the only owner of its array, so the write could be done in place."""

    def f(x):
        y = x * 1.0 if into == "x" else cr.numpy.zeros(3)
        y[0] = 1.0
        y[1] = 2.0 if into == "x" else 3.0
        value = 5.0 if into == "x" else x[0]
        with pytest.raises(cr.RecorderError, match="copy_context"):
            in_thread(y.__setitem__, 2, value)
        y[2] = y[2] + x[1]
        return np.sum(y * x)

    x = np.array([1.0, 2.0, 3.0])
    expected = [1.0, 2.0 + 3.0, 3 + 2 + 3] if into == "x" else [1.0, 3.0 + 3.0, 2.0]
    np.testing.assert_array_equal(cr.grad(f, method=method)(x), expected)


@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_a_copied_context_carries_the_recorders(method):
    def f(x):
        parts = [in_thread(contextvars.copy_context().run, lambda i=i: np.sin(x[i]) * x[i]) for i in range(3)]
        return parts[0] * parts[1] + parts[2]

    x = np.array([0.3, 0.5, 0.7])
    expected = cr.numeric.complex_step(lambda x: (np.sin(x) * x)[0] * (np.sin(x) * x)[1] + (np.sin(x) * x)[2], x).value
    np.testing.assert_allclose(cr.grad(f, method=method)(x), expected, rtol=1e-14)


def test_a_thread_may_read_a_value_and_differentiate_by_its_own():
    def f(x):
        inner = in_thread(lambda: cr.grad(cube)(np.array([1.0, 2.0])))
        return np.sum(x * inner) + float(in_thread(cr.value, x)[0]) * 0

    np.testing.assert_array_equal(cr.grad(f)(np.ones(2)), [3, 12])


def test_tasks_record_in_the_context_in_which_they_were_made():
    async def square(x, i):
        await asyncio.sleep(0)
        y = x[i] * x[i]
        await asyncio.sleep(0)
        return y

    async def everything(x):
        return sum(await asyncio.gather(*(square(x, i) for i in range(3))))

    def f(x):
        return in_thread(contextvars.copy_context().run, asyncio.run, everything(x))

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(cr.grad(f)(x), 2 * x)


def test_tasks_that_differentiate_at_once():
    async def derivative(n):
        tape = cr.Tape()
        with tape:
            x = tape.watch(cr.eager.alias(np.float64(n)))
            await asyncio.sleep(0)
            y = x * x
            await asyncio.sleep(0)
            z = y * x
        return tape.gradient([z], [x], [np.float64(1.0)])[0]

    async def everything():
        return await asyncio.gather(*(derivative(n) for n in range(1, 20)))

    assert asyncio.run(everything()) == [3 * n * n for n in range(1, 20)]
    assert not OPEN


def test_a_generator_that_outlives_its_recorder():
    def powers(x):
        y = x
        while True:
            y = y * x
            yield y

    kept = []

    def f(x):
        kept.append(powers(x))
        return next(kept[0]) + next(kept[0])

    assert cr.grad(f)(2.0) == 2 * 2.0 + 3 * 4.0
    assert float(next(kept[0])) == 16.0
    assert cr.grad(lambda x: x * next(kept[0]))(3.0) == 32.0


def test_a_recorder_opened_in_a_generator_is_closed_with_it():
    def steps():
        with cr.Tape() as tape:
            x = tape.watch(cr.eager.alias(np.float64(3.0)))
            yield x
            yield tape.gradient([x * x], [x], [np.float64(1.0)])[0]

    running = steps()
    next(running)
    assert next(running) == 6.0
    running.close()
    assert not OPEN
    assert cr.grad(cube)(np.array([1.0]))[0] == 3.0


@pytest.mark.parametrize("method", ["reverse", "forward"])
def test_an_error_of_the_user_leaves_no_recorder_open(method):
    def f(x):
        if np.sum(x) > 0:
            raise KeyError("user")
        return x

    for transform in (
        lambda: cr.grad(f, method=method)(np.ones(2)),
        lambda: cr.grad(cr.grad(f, method=method))(1.0),
        lambda: cr.jacobian(f)(np.ones(2)),
        lambda: cr.jvp(f, np.ones(2), np.ones(2)),
        lambda: cr.vjp(f, np.ones(2)),
        lambda: cr.hvp(f)(np.ones(2), np.ones(2)),
        lambda: cr.jvp(cr.grad(f), 1.0, 1.0),
    ):
        with pytest.raises(KeyError, match="user"):
            transform()
        assert current() is None
        assert not OPEN
