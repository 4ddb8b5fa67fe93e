"""Traps about values: types that change, names not set, sizes of one, indices, ties, branches not taken."""

# ruff: noqa: B007

import numpy as np

from ._trap import Trap
from .algebra import determinant


def bound_changes(x, n):
    s = x
    i = 7
    for i in range(n):
        n = n - 1
        s = s * x
    return s * i + n * x


def while_and_break(x):
    s = 0.0
    for i in range(3):
        t = x * i + 1.0
        k = 0
        while t < 9.0:
            t = t * t + 0.5
            k += 1
            if k == 2:
                break
        s += t * t
    return s


def periodic(x):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * x[i - 1]
    return s


def first_five(x):
    return np.sum(x[:5] ** 2)


def part_times(x, y, a, b):
    return np.sum(x[a:b] * y)


def integer_made_float(x):
    k = 1
    if x > 0:
        k = 2.5 * x
    return k * x


def integer_made_float_in_loop(x):
    k = 1
    for _ in range(3):
        k = k * x
    return k


def set_in_one_branch(x, c):
    if c:
        t = x * x
    return t * x


def set_in_loop(x, n):
    for _ in range(n):
        t = x * x
    return t * x


def loop_name_after(x):
    for i in range(len(x)):
        if x[i] > 1.5:
            break
    return x[i] * i


def negative_steps(x):
    return np.sum(x[::-1] * x * x) + np.sum(x[-2::-2] ** 2)


def negative_step_written(x):
    y = np.zeros(3)
    y[::-1] = x * x
    return y[0] + 2 * y[1] + 3 * y[2]


def added_axes(x):
    table = x[:, None] * x[np.newaxis, :]
    return np.sum(table[..., 0]) + table[-1, ...][1]


def clamped_range(x, a, b):
    return np.sum(x[a:b]) * x[0]


def sum_of_squares(x):
    return np.sum(x * x)


def square(x):
    return x * x


def weighted(A):
    s = 0.0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            s += (i + 2 * j + 1) * A[i, j] ** 2
    return s


def element(x, i):
    return x[i] * x[0]


def written_element(x, i):
    y = x * 1.0
    y[i] = x[0] * x[0]
    return np.sum(y)


def unequal_lengths(x):
    return np.sum(x[:2] * x)


def wrong_length_written(x):
    y = x * 1.0
    y[1:] = x
    return np.sum(y)


def largest(x):
    return np.max(x)


def smallest_by_row(A):
    return np.sum(np.min(A, axis=1) * np.array([1.0, 10.0]))


def larger_of(x, y):
    return np.sum(np.maximum(x, y) + 10 * np.minimum(x, y))


def absolute(x):
    return np.sum(np.abs(x))


def log_where_positive(x):
    return np.sum(np.where(x > 0, np.log(x), 2 * x))


def root_where_positive(x):
    return np.sum(np.where(x > 0, np.sqrt(x), x * x))


def mask_written(x):
    y = x * x
    y[x < 0] = 7.0
    y[y > 3] *= x[y > 3]
    return np.sum(y)


def repeated_index(x, index):
    return np.sum(x[index] ** 2)


def last_write_wins(x):
    y = np.zeros(3)
    y[np.array([0, 1, 0])] = x * x
    return y[0] + 10 * y[1]


def repeated_augmented(x):
    y = x * 1.0
    y[np.array([0, 0, 1])] += x * x
    return np.sum(y)


def element_at_maximum(x):
    return x[np.argmax(x)] * x[np.argmin(x) - 1]


def whole_powers(x):
    return x**3 + x**2 * x**-1 + x**0


def zero_power(x):
    return np.sum(x**2 + x**1 + x**0)


def floor_and_remainder(x, n):
    s = 0.0
    for i in range(-n, n):
        s += x * (i // 2) * (i % 3)
    return s


def int_quotient(x, n):
    return x * (n / 2) + x * (n // 2) + x**2 * int(2.7)


def chained(x, a, b):
    if (0 < a < b and b / a > 1.5) or not x > 0:
        return x * x
    return x


def conditional_last(x):
    """Nothing after `and` may be evaluated where the first part is false."""
    i = 0
    s = 0.0
    while i < len(x) and x[i] > 0:
        s += x[i] * x[i]
        i += 1
    return s


def shadowed_loop_name(x):
    s = 0.0
    for i in range(4):
        i = i * 2
        s += x * i
    return s * i


def same_name_new_shape(x):
    y = x * x
    y = np.sum(y) * x[0]
    y = y * y
    return y


def reused_counter(x):
    s = 0.0
    for i in range(2):
        for i in range(3):
            s += x[i] * i
        s *= x[i]
    return s


def arrays(*values):
    return lambda: tuple(np.array(v, dtype=float) if isinstance(v, list) else v for v in values)


def fortran_ordered():
    return (np.asfortranarray(np.arange(6.0).reshape(2, 3)),)


def strided():
    return (np.arange(24.0).reshape(4, 6)[::-2, ::2],)


def read_only():
    x = np.array([1.0, 2.0, 3.0])
    x.flags.writeable = False
    return (x,)


THREE = arrays([1.0, 2.0, 3.0])
WEIGHTS = np.array([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]])
SQUARE = [[2.0, 1.0, 0.5], [0.3, 3.0, 1.0], [0.2, -0.4, 1.5]]
TRAPS = [
    Trap("determinant", determinant, arrays(SQUARE), (np.linalg.det(SQUARE) * np.linalg.inv(SQUARE).T,)),
    Trap("bound_changes_4", bound_changes, arrays(2.0, 4), (240.0,)),
    Trap("bound_changes_0", bound_changes, arrays(2.0, 0), (7.0,)),
    Trap("while_and_break", while_and_break, arrays(1.2), (3055.0341504,)),
    Trap("periodic", periodic, THREE, ([5, 4, 3],)),
    Trap("first_five_of_3", first_five, THREE, ([2, 4, 6],)),
    Trap("first_five_of_7", first_five, arrays([1.0] * 7), ([2, 2, 2, 2, 2, 0, 0],)),
    Trap("part_of_one", part_times, arrays([1.0, 2.0, 3.0], [4.0, 5.0], 1, 2), ([0, 9, 0], [2, 2]), (0, 1)),
    Trap("part_of_two", part_times, arrays([1.0, 2.0, 3.0], [4.0, 5.0], 1, 3), ([0, 4, 5], [2, 3]), (0, 1)),
    Trap("part_of_none", part_times, arrays([1.0, 2.0, 3.0], [4.0], 2, 1), ([0, 0, 0], [0]), (0, 1)),
    Trap("integer_made_float", integer_made_float, arrays(2.0), (10.0,)),
    Trap("integer_kept", integer_made_float, arrays(-2.0), (1.0,)),
    Trap("integer_made_float_in_loop", integer_made_float_in_loop, arrays(2.0), (12.0,)),
    Trap("set_in_branch_taken", set_in_one_branch, arrays(2.0, True), (12.0,)),
    Trap("set_in_branch_not_taken", set_in_one_branch, arrays(2.0, False), error=NameError),
    Trap("set_in_loop_run", set_in_loop, arrays(2.0, 1), (12.0,)),
    Trap("set_in_loop_not_run", set_in_loop, arrays(2.0, 0), error=NameError),
    Trap("loop_name_after", loop_name_after, THREE, ([0, 1, 0],)),
    Trap("loop_name_never_set", loop_name_after, arrays([]), error=NameError),
    Trap("negative_steps", negative_steps, THREE, ([15, 16, 7],)),
    Trap("negative_step_written", negative_step_written, THREE, ([6, 8, 6],)),
    Trap("added_axes", added_axes, THREE, ([2 + 2 + 3, 1 + 3, 1 + 2],)),
    Trap("range_clamped", clamped_range, arrays([1.0, 2.0, 3.0], -9, 99), ([7, 1, 1],)),
    Trap("range_from_end", clamped_range, arrays([1.0, 2.0, 3.0], -2, -1), ([2, 1, 0],)),
    Trap("range_backwards", clamped_range, arrays([1.0, 2.0, 3.0], 2, 1), ([0, 0, 0],)),
    Trap("fortran_ordered", weighted, fortran_ordered, (2 * np.arange(6.0).reshape(2, 3) * WEIGHTS,)),
    Trap("strided", weighted, strided, (2 * strided()[0] * WEIGHTS,)),
    Trap("read_only", sum_of_squares, read_only, ([2, 4, 6],)),
    Trap("zero_size", sum_of_squares, arrays([]), ([],)),
    Trap("zero_rows", weighted, lambda: (np.zeros((0, 3)),), (np.zeros((0, 3)),)),
    Trap("array_without_axes", square, lambda: (np.array(3.0),), (6.0,)),
    Trap("numpy_number", square, lambda: (np.float64(3.0),), (6.0,)),
    Trap("whole_number", square, lambda: (3,), (6.0,)),
    Trap("index_too_large", element, arrays([1.0, 2.0, 3.0], 3), error=IndexError),
    Trap("index_too_small", element, arrays([1.0, 2.0, 3.0], -4), error=IndexError),
    Trap("index_from_end", element, arrays([1.0, 2.0, 3.0], -1), ([3, 0, 1],)),
    Trap("written_index_too_large", written_element, arrays([1.0, 2.0, 3.0], 3), error=IndexError),
    Trap("written_from_end", written_element, arrays([1.0, 2.0, 3.0], -1), ([3, 1, 0],)),
    Trap("unequal_lengths", unequal_lengths, THREE, error=ValueError),
    Trap("wrong_length_written", wrong_length_written, THREE, error=ValueError),
    Trap("tie_largest", largest, arrays([2.0, 2.0, 1.0]), ([0.5, 0.5, 0],), kink=True),
    Trap("tie_smallest_by_row", smallest_by_row, arrays([[1.0, 1.0], [3.0, 2.0]]), ([[0.5, 0.5], [0, 10]],), kink=True),
    Trap("tie_larger", larger_of, arrays([1.0, 2.0], [1.0, 3.0]), ([5.5, 10], [5.5, 1]), (0, 1), kink=True),
    Trap("absolute_of_zero", absolute, arrays([0.0, -2.0, 1.0]), ([0, -1, 1],), kink=True),
    Trap("log_where_positive", log_where_positive, arrays([0.0, 2.0, -1.0]), ([2, 0.5, 2],), kink=True),
    Trap("root_where_positive", root_where_positive, arrays([0.0, 4.0]), ([0, 0.25],), kink=True),
    Trap("mask_written", mask_written, arrays([-1.0, 1.0, 2.0]), ([7, 2, 12],)),
    Trap("repeated_index", repeated_index, lambda: (np.arange(3.0), np.array([2, 0, 2])), ([0, 0, 8],)),
    Trap("last_write_wins", last_write_wins, THREE, ([0, 40, 6],)),
    Trap("repeated_augmented", repeated_augmented, THREE, ([1, 5, 7],)),
    Trap("element_at_maximum", element_at_maximum, arrays([2.0, 1.0, 3.0]), ([3, 0, 2],)),
    Trap("whole_powers", whole_powers, arrays(-2.0), (13.0,)),
    Trap("powers_of_zero", zero_power, arrays([0.0, 1.0]), ([1, 3],)),
    Trap("floor_and_remainder", floor_and_remainder, arrays(2.0, 4), (-5.0,)),
    Trap("int_quotient", int_quotient, arrays(2.0, 3), (10.5,)),
    Trap("chained_true", chained, arrays(3.0, 2, 4), (6.0,)),
    Trap("chained_false", chained, arrays(3.0, 2, 2), (1.0,)),
    Trap("chained_zero", chained, arrays(3.0, 0, 2), (1.0,)),
    Trap("guard_reaches_end", conditional_last, THREE, ([2, 4, 6],)),
    Trap("guard_stops_early", conditional_last, arrays([1.0, -2.0, 3.0]), ([2, 0, 0],)),
    Trap("shadowed_loop_name", shadowed_loop_name, arrays(2.0), (72.0,)),
    Trap("same_name_new_shape", same_name_new_shape, arrays([1.0, 2.0]), ([70.0, 40.0],)),
    Trap("reused_counter", reused_counter, THREE, ([0, 12, 80],)),
]
