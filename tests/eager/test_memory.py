"""What a derivative keeps while it runs, and that it keeps nothing afterwards."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.eager import Tape, alias


def mixed(x):
    """Views, writes, saved values, reductions, an array of the user and an inner derivative."""
    y = np.sin(x) * x
    v = y[1:]
    v *= 2.0
    y[0] = x[0]
    z = np.stack([y, y * x]) @ np.ones(len(x))
    w = np.where(x > 0, y, x)
    for i in range(3):
        w[i] = w[i] * w[i - 1]
    return np.sum(np.exp(-z)) + np.mean(w) + cr.grad(lambda t: t * t * y[0])(x[1])


def quiet(x):
    return np.sum(np.sin(x) * x)


TRANSFORMS = {
    "grad": lambda x: cr.grad(mixed)(x),
    "forward": lambda x: cr.grad(mixed, method="forward")(x),
    "jvp": lambda x: cr.jvp(mixed, x, x),
    "vjp": lambda x: cr.vjp(mixed, x)[1](1.0),
    "jacobian": lambda x: cr.jacobian(lambda x: x * quiet(x))(x),
    "hessian": lambda x: cr.hessian(mixed)(x),
    "hvp": lambda x: cr.hvp(mixed)(x, x),
    "custom": lambda x: cr.grad(lambda x: np.sum(swish(x)))(x),
}  # fmt: skip


@cr.custom_vjp
def swish(x):
    return x / (1 + np.exp(-x))


swish.defvjp(lambda x: (x / (1 + np.exp(-x)), x), lambda x, g: (g * x,))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_nothing_is_left_for_the_garbage_collector(name):
    x = np.linspace(0.1, 1.0, 4)
    TRANSFORMS[name](x)
    gc.collect()
    gc.freeze()  # what other tests left does not count
    gc.disable()
    try:
        for _ in range(50):
            TRANSFORMS[name](x)
        assert gc.collect() == 0
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize("transform", [cr.grad, cr.elementwise_grad, lambda f: lambda x: cr.jvp(f, x, x), cr.hessian])
def test_intermediate_values_die_with_the_derivative(transform):
    died = []

    def f(x):
        y = np.sin(x)
        z = y * y
        died.extend([weakref.ref(x), weakref.ref(y), weakref.ref(z), weakref.ref(z.raw), weakref.ref(y.raw)])
        return np.sum(z)

    transform(f)(np.ones(3))
    assert died
    assert all(ref() is None for ref in died)


def test_intermediate_values_die_while_a_tangent_is_carried():
    died = []

    def f(x):
        for _ in range(3):
            x = np.sin(x)
            died.append(weakref.ref(x.raw))
            died.append(weakref.ref(next(iter(x.tan.values()))))
        assert [ref() is None for ref in died] == [True] * 4 + [False] * 2
        return x

    cr.jvp(f, np.ones(3), np.ones(3))


def test_a_tape_keeps_only_what_its_rules_read():
    """Sums need nothing, a sine its argument, an exponential its result."""

    def alive(step):
        refs = []
        with Tape() as tape:
            x = tape.watch(alias(np.ones(3)))
            for _ in range(4):
                x = step(x)
                refs.append(weakref.ref(x.raw))
        del x
        return sum(ref() is not None for ref in refs), tape

    assert alive(lambda x: x + 1.0)[0] == 0
    assert alive(lambda x: 2.0 * x)[0] == 0
    assert alive(lambda x: x[::-1])[0] == 0
    assert alive(lambda x: np.tanh(x))[0] == 4
    assert alive(lambda x: np.sin(x))[0] == 3


def test_a_record_is_freed_when_it_was_walked():
    kept = []

    def f(x):
        y = np.exp(x)
        kept.append(weakref.ref(y.raw))
        return np.sum(y)

    _, pullback = cr.vjp(f, np.ones(3))
    assert kept[0]() is not None
    np.testing.assert_array_equal(pullback(1.0)[0], np.exp(np.ones(3)))
    del pullback
    assert kept[0]() is None


def peak(function):
    """Return the highest number of bytes allocated while a function runs (not for the first time)."""
    function()
    gc.collect()
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_tangent_needs_the_memory_of_one_step():
    def f(x):
        for _ in range(1000):
            x = x * 1.0001
        return x

    x = np.ones(100_000)
    assert peak(lambda: cr.jvp(f, x, x)) < 10e6


@pytest.mark.slow
def test_a_tangent_of_a_large_array_needs_the_memory_of_one_step():
    def f(x):
        for _ in range(500):
            x = x * 1.0001
            x = x + 0.5
        return x

    x = np.ones(1_000_000)
    assert peak(lambda: cr.jvp(f, x, x)) < 100e6


def test_a_tape_is_small():
    """Arrays of 80 bytes included: less than 300 bytes for an operation."""

    def record(n):
        with Tape() as tape:
            x = tape.watch(alias(np.ones(10)))
            y = x
            for _ in range(n // 4):
                y = y * x
                y = y + x
                y = y * 1.01
                y = y - x
        return tape

    assert peak(lambda: record(4000)) / 4000 < 300


def test_a_loop_of_writes_keeps_one_array():
    def f(x):
        y = x * 1.0
        for i in range(1, len(y)):
            y[i] = y[i - 1] * 0.5
        return y[-1]

    x = np.ones(1000)  # a copy in each step would be 8 MB
    assert peak(lambda: cr.grad(f)(x)) < 2e6
    assert peak(lambda: cr.jvp(f, x, x)) < 2e5


def growth(step, warm, n):
    for _ in range(warm):
        step()
    gc.collect()
    tracemalloc.start()
    try:
        step()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(n):
            step()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow():
    x = np.linspace(0.1, 1.0, 4)
    assert growth(lambda: [TRANSFORMS[name](x) for name in TRANSFORMS], 3, 12) < 4000


@pytest.mark.slow
def test_memory_does_not_grow_over_many_steps():
    x = np.linspace(0.1, 1.0, 4)
    assert growth(lambda: cr.grad(quiet)(x), 10, 10_000) < 20_000
    assert growth(lambda: cr.grad(mixed)(x), 10, 2_000) < 60_000


def test_memory_does_not_grow_with_the_constants_of_a_program():
    """Of numbers that differ in every step some are remembered, but not more and more."""
    state = [0.0]

    def step():
        state[0] += 1.0
        cr.grad(lambda x: np.sum(x * state[0] + state[0] / x))(np.ones(3))

    assert growth(step, 100, 3000) < 400_000
