"""Traps that random programs found: each was wrong once, and was made as small as it could be."""

# ruff: noqa: B007

import numpy as np

from ._trap import Trap


def filled_with_element(x, s):
    t = np.full((2, 3), s * x[0])
    t[0, 1] = 5.0
    return np.sum(t * t) + x[1]


def parameter_of_another_name(y, n):
    m = n
    y[n:m] = 1.0
    return y[0] * m


def set_in_a_loop(x):
    for i in range(1):
        y = x
    y[1] += 1.0
    return x[0] * x[1]


def one_array_on_one_path(x, s):
    if s > 0:
        a = np.zeros(3)
        b = a
    else:
        a = np.ones(3)
        b = np.zeros(3)
    a[0] = s
    return np.sum(a * x) + 2 * np.sum(b * x)


def part_on_one_path(x, n):
    if n > 1:
        m = n // 2
        w = x[m:, ::2]
    if n > 2:
        w[0, 0] *= 3.0
    return np.sum(w * w) + x[1, 0]


def turned_in_a_loop(x):
    y = x * 1.0
    z = y
    for i in range(3):
        y = y[::-1]
    y[0] *= x[1]
    return y[1] * x[0] + z[0] * 7.0 + z[2]


def raises_if_it_loops(x):
    k = 0
    s = 1.0
    while k < 2 and x[k] > s:
        k += 1
        s = s * x[k]
        x[0] = unknown  # noqa: F821
        unknown = s  # noqa: F841
    for i in range(len(x) - 2):
        k += 1
        x[k] = missing  # noqa: F821
        missing = k  # noqa: F841
    return x[0] * s * x[k]


def swapping(u, v, n):
    for i in range(n):
        u, v = v, u
        u[0] += v[1] * 0.5
        u[1:] = u[:-1] * v[1:]
    return u[0] + 2 * u[2]


def swaps_for_the_caller(x, y, n):
    return np.sin(swapping(x, y, n)) * 2


def swaps_and_is_read_before(x, y, n):
    return x[0] * swapping(x, y, n)


def through_layers(h, w):
    """What comes out of one row goes into the next; the row is written after its last use only."""
    h = h * 1.0
    total = 0.0
    for _ in range(2):
        x = w * 2.0
        for i in range(len(h)):
            h[i] = x * np.tanh(h[i])
            x = h[i]
        total += np.sum(x)
    return total


def row_kept_on_one_path(h, w, n):
    h = h * 1.0
    x = w * 2.0
    for i in range(len(h)):
        h[i] = x * np.tanh(h[i])
        if i != n:
            x = h[i]
    return np.sum(x)


def row_used_after_it_is_written(h, w):
    h = h * 1.0
    x = w * 2.0
    for i in range(len(h)):
        h[0] = x + h[i]
        x = h[0]
    h[0] = 5.0
    return np.sum(x)


def row_used_twice(h, w):
    h = h * 1.0
    x = w * 2.0
    for i in range(len(h)):
        h[i] += x
        h[(i + 1) % 3] = x * 2.0
        x = h[i]
    return np.sum(x) + np.sum(h)


def arrays(*args):
    """Make copies of numbers and lists, as arrays where they are lists."""
    return lambda: tuple(np.array(a) if isinstance(a, list) else a for a in args)


ROWS = [[0.3, 0.5], [0.7, -0.2], [0.9, 1.4]]

TRAPS = [
    Trap("filled_with_element", filled_with_element, arrays([2.0, 3.0], 4.0), ([320, 1], 160), (0, 1)),
    Trap("parameter_of_another_name", parameter_of_another_name, arrays([1.0], 3), ([3],)),
    Trap("part_on_one_path", part_on_one_path, lambda: (np.arange(6.0).reshape(2, 3), 3), None),
    Trap("turned_in_a_loop", turned_in_a_loop, arrays([1.0, 2.0, 3.0]), None, may_refuse=True),
    Trap("goes_past_what_raises", raises_if_it_loops, arrays([0.5, 2.0]), ([1, 0],)),
    Trap("comes_to_what_raises", raises_if_it_loops, arrays([2.5, 2.0]), error=UnboundLocalError),
    Trap("swaps_for_the_caller", swaps_for_the_caller, arrays([0.3, 0.5, 0.7], [0.2, 0.4, 0.9], 3), None, (0, 1)),
    Trap(
        "swaps_and_is_read_before",
        swaps_and_is_read_before,
        arrays([0.3, 0.5, 0.7], [0.2, 0.4, 0.9], 3),
        None,
        (0, 1),
        may_refuse=True,
    ),
    Trap("set_in_a_loop", set_in_a_loop, arrays([2.0, 3.0]), ([4, 2],), may_refuse=True),
    Trap("one_array_on_one_path", one_array_on_one_path, arrays([1.0, 2.0, 3.0], 4.0), None, (0, 1), may_refuse=True),
    Trap("two_arrays_on_another", one_array_on_one_path, arrays([1.0, 2.0, 3.0], -4.0), None, (0, 1), may_refuse=True),
    Trap("through_layers", through_layers, arrays(ROWS, [0.4, 1.1]), None, (0, 1)),
    Trap("row_kept_on_one_path", row_kept_on_one_path, arrays(ROWS, [0.4, 1.1], 1), None, (0, 1), may_refuse=True),
    Trap("row_used_after", row_used_after_it_is_written, arrays(ROWS, [0.4, 1.1]), None, (0, 1), may_refuse=True),
    Trap("row_used_twice", row_used_twice, arrays(ROWS, [0.4, 1.1]), None, (0, 1), may_refuse=True),
]
