"""Traps about who owns which memory: writes, views, aliases, arrays that change places."""

# ruff: noqa: B007

import numpy as np

from ._trap import Trap


def swap_parity(A, B, T):
    for t in range(T):
        B[0] = A[0] * A[0]
        A, B = B, A
    return A[0] + 3 * B[0]


def swap_in_branch(x):
    a = x * 1.0
    b = x * 2.0
    for i in range(4):
        if i % 2 == 0:
            a, b = b, a
        a[0] = a[0] * b[0] + i
    return a[0] - b[0]


def swap_third_name(x):
    a = x * 1.0
    b = x * 2.0
    c = a
    for i in range(3):
        if i % 2 == 0:
            a, b = b, a
        a[0] = a[0] * b[0] + i
    return a[0] - b[0] * c[0]


def three_cycle(x):
    a, b, c = x * 1.0, x * 2.0, x * 3.0
    for i in range(4):
        a[0] = b[0] * c[1]
        a, b, c = b, c, a
    return a[0] + 10 * b[0] + 100 * c[0]


def work_array(x, w):
    s = 0.0
    for i in range(2):
        for j in range(3):
            w[j] = x[j] * x[i]
        for j in range(3):
            s += w[j] * w[j]
    return s


def frozen_view(y, i):
    v = y[i:]
    i = 0
    v[0] = y[i] * y[1]
    return np.sum(y * y) + v[0] * v[1]


def divided_by_own_element(y):
    z = y * 1.0
    z /= z[0]
    return np.sum(z * z)


def overlapping_augmented(y):
    z = y * 1.0
    z[1:] += z[:-1] ** 2
    return np.sum(z)


def overlapping_assigned(y):
    z = y * 1.0
    z[1:] = z[:-1] * z[1:]
    return z[1] + 2 * z[2]


def reversed_onto_itself(y):
    z = y * 1.0
    z += z[::-1] ** 2
    return z[0] + 2 * z[1] + 3 * z[2]


def temporary_after_change(x, n):
    y = x * 1.0
    for i in range(n):
        w = np.exp(y)
        y = y * w
    return np.sum(y)


def alias_written(x):
    y = x * 1.0
    z = y
    z[0] = 5.0
    return y[0] * y[1]


def argument_alias_written(y):
    z = y
    z[0] = 5.0
    return y[0] * y[1]


def view_written(x):
    y = x * 1.0
    v = y[1:]
    v[0] = y[0] * 2
    return np.sum(y * y)


def base_written(x):
    y = x * 1.0
    v = y[:2]
    y[0] = x[1] * x[2]
    return v[0] * v[1]


def view_of_view(x):
    y = x * 1.0
    v = y[:3]
    w = v[1:]
    w *= x[0]
    return y[1] + v[2]


def augmented_alias(x):
    y = x * 1.0
    z = y
    z += 1.0
    z = z * 2.0
    return y[0] * z[1]


def augmented_number(x):
    y = x
    y += 1.0
    return x * y


def same_array_twice(x, y):
    return np.sum(x * y * y)


def same_array_written(x, y):
    x[0] = y[1] * y[2]
    return y[0] * x[1]


def mutated_argument(x):
    for i in range(len(x)):
        x[i] = x[i] * x[i]
    return np.sum(x) + x[0] * x[1]


def read_then_overwritten(x):
    y = x * 1.0
    a = y[0]
    y[0] = y[0] * y[1]
    y[0] = np.sin(y[0])
    return a * y[0] * y[0]


def saved_by_reader(x):
    y = x * 1.0
    z = y * y
    y[0] = 100.0
    return np.sum(z)


def elements_swapped(x):
    x[0], x[1] = x[1], x[0]
    return x[0] * x[0] + x[1] * x[2]


def rows_swapped_badly(A):
    """The right-hand sides are views: both rows end as the second."""
    M = A * 1.0
    M[0], M[1] = M[1], M[0]
    return np.sum(M[0] * M[1]) + M[1, 0]


def rows_swapped_well(A):
    M = A * 1.0
    M[0], M[1] = M[1].copy(), M[0].copy()
    return np.sum(M[0] * M[0]) + M[1, 0]


def fill(v, s):
    v[:] = s * s
    return v[0]


def written_by_callee(x):
    y = x * 1.0
    a = fill(y[1:], y[0])
    return np.sum(y) + a * y[2]


def pick(a, b, first):
    return a if first else b


def alias_from_callee(x):
    a, b = x * 1.0, x * 2.0
    for i in range(3):
        c = pick(a, b, i % 2 == 0)
        c[0] = c[0] * a[1] + b[0]
    return a[0] + 3 * b[0]


def transposed_write(A):
    M = A * 1.0
    T = M.T
    T[0, 1] = M[0, 0] * M[1, 1]
    return np.sum(M * M)


def rows_as_names(A):
    total = 0.0
    M = A * 1.0
    for row in M:
        row[0] *= row[1]
        total += row[0]
    return total * M[0, 0]


def rebound_to_row(A):
    best = A[0]
    for i in range(1, 3):
        best = A[i] + best * best
    return np.sum(best)


def partly_written_empty(x):
    w = np.empty(4)
    w[1:3] = x[0] * x[1]
    w[2] = w[1] * x[0]
    return w[1] + w[2]


def arrays(*values):
    return lambda: tuple(np.array(v, dtype=float) if isinstance(v, list) else v for v in values)


THREE = arrays([1.0, 2.0, 3.0])


def one_array_twice():
    a = np.array([1.0, 2.0, 3.0])
    return a, a


MATRIX = arrays([[1.0, 2.0], [3.0, 4.0]])
TRAPS = [
    Trap("swap_parity_1", swap_parity, arrays([2.0], [5.0], 1), ([7.0], [0.0]), (0, 1)),
    Trap("swap_parity_2", swap_parity, arrays([2.0], [5.0], 2), ([44.0], [0.0]), (0, 1)),
    Trap("swap_in_branch", swap_in_branch, arrays([0.5]), ([4.9375],)),
    Trap("swap_third_name", swap_third_name, arrays([0.5]), may_refuse=True),
    Trap("three_cycle", three_cycle, arrays([0.5, 0.7]), may_refuse=True),
    Trap("alias_from_callee", alias_from_callee, arrays([0.5, 0.7]), may_refuse=True),
    Trap("read_then_overwritten", read_then_overwritten, THREE),
    Trap(
        "same_array_written",
        same_array_written,
        one_array_twice,
        ([0, 6, 0], [0, 6, 4]),
        (0, 1),
        may_refuse=True,
        shared=True,
    ),
    Trap("work_array", work_array, arrays([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]), ([38, 76, 30], [0, 0, 0]), (0, 1)),
    Trap("frozen_view", frozen_view, arrays([1.0, 2.0, 3.0, 4.0], 2), ([18, 12, 0, 10],)),
    Trap("divided_by_own_element", divided_by_own_element, arrays([2.0, 4.0, 6.0]), ([-13, 2, 3],)),
    Trap("overlapping_augmented", overlapping_augmented, THREE, ([3, 5, 1],)),
    Trap("overlapping_assigned", overlapping_assigned, THREE, ([2, 7, 4],)),
    Trap("reversed_onto_itself", reversed_onto_itself, THREE, ([7, 10, 9],)),
    Trap("temporary_after_change_2", temporary_after_change, arrays([0.5], 2), ([10.288793902791298],)),
    Trap("temporary_after_change_0", temporary_after_change, arrays([0.5], 0), ([1.0],)),
    Trap("alias_written", alias_written, THREE, ([0, 5, 0],)),
    Trap("argument_alias_written", argument_alias_written, THREE, ([0, 5, 0],)),
    Trap("view_written", view_written, THREE, ([10, 0, 6],)),
    Trap("base_written", base_written, THREE, ([0, 12, 4],)),
    Trap("view_of_view", view_of_view, arrays([0.3, 0.5, 0.7]), ([1.2, 0.3, 0.3],)),
    Trap("augmented_alias", augmented_alias, THREE, ([6, 4, 0],)),
    Trap("augmented_number", augmented_number, arrays(3.0), (7.0,)),
    Trap("same_array_twice", same_array_twice, one_array_twice, ([1, 4, 9], [2, 8, 18]), (0, 1)),
    Trap("mutated_argument", mutated_argument, THREE, ([10, 8, 6],)),
    Trap("saved_by_reader", saved_by_reader, THREE, ([2, 4, 6],)),
    Trap("elements_swapped", elements_swapped, THREE, ([3, 4, 1],)),
    Trap("rows_swapped_badly", rows_swapped_badly, MATRIX, ([[0, 0], [7, 8]],)),
    Trap("rows_swapped_well", rows_swapped_well, MATRIX, ([[1, 0], [6, 8]],)),
    Trap("written_by_callee", written_by_callee, THREE, ([1 + 4 + 4, 0, 0],)),
    Trap("transposed_write", transposed_write, MATRIX, ([[34, 4], [0, 16]],)),
    Trap("rows_as_names", rows_as_names, MATRIX, ([[32, 16], [8, 6]],)),
    Trap("rebound_to_row", rebound_to_row, arrays([[1.0], [2.0], [3.0]]), ([[12.0], [6.0], [1.0]],)),
    Trap("partly_written_empty", partly_written_empty, arrays([2.0, 3.0]), ([15.0, 6.0],)),
]
