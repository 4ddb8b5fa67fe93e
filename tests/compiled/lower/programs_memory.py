"""Small programs that bind and write arrays: right, or refused where `REFUSED` says that they may be."""

# ruff: noqa

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


def euler(u, n):
    for i in range(n):
        u = u + 0.1 * np.sin(u)
    return u


def euler_in_place_too(u, n):
    u = u.copy()
    for i in range(n):
        u = u + 0.1 * np.sin(u)
        u[0] = i
    return u


def neighbours(u, n):
    for i in range(n):
        u = u[::-1] + np.concatenate((u[1:], u[:1]))
    return u


def two_names(u, n):
    old = u * 1.0
    for i in range(n):
        new = old * 0.5 + u
        u = old
        old = new
    return u, old


def rotation(a, b, c, n):
    a, b, c = a * 1.0, b * 2.0, c * 3.0
    for i in range(n):
        a, b, c = b, c, a
        a[0] += i
        b[1] *= 2.0
    return a, b, c


def backward_rotation(a, b, c, n):
    a, b, c = a * 1.0, b * 2.0, c * 3.0
    for i in range(n):
        a[0] += i
        a, b, c = c, a, b
    return a, b, c


def swapped_parameters(a, b, n):
    for i in range(n):
        b[0] = a[0] * a[1] + i
        a, b = b, a
    return a[0] + 3 * b[0]


def swapped_once(a, b):
    a, b = b, a
    a[0] = 5.0
    return a[0] - b[0]


def swap_in_branch(a, b, flag):
    a, b = a * 1.0, b * 1.0
    if flag > 0:
        a, b = b, a
        a[0] = 7.0
    a[1] = 9.0
    return a, b


def swap_in_else(a, b, flag):
    a, b = a * 1.0, b * 1.0
    if flag > 0:
        b[0] = 3.0
    else:
        a, b = b, a
    a[1] = 9.0
    return a, b


def swap_with_view(a, b, flag):
    a, b = a * 1.0, b * 1.0
    v = a[1:]
    if flag > 0:
        a, b = b, a
    v[0] = 100.0
    return a, b


def chosen(x, flag):
    if flag > 0:
        t = x * 2
    else:
        t = x * 3 + 1
    return t


def chosen_and_written(x, flag):
    if flag > 0:
        t = x * 2
    else:
        t = x + 1
    t[0] = 100.0
    return t


def changed_in_branch(x, flag):
    y = x * 1.0
    if flag > 0:
        y = y[::-1] * 2
    y[0] = 5.0
    return y


def parameter_changed_in_branch(x, flag):
    if flag > 0:
        x = x * 2
    return x * 3


def parameter_chosen(x, y, flag):
    z = x if flag > 0 else y
    return np.sum(z * z)


def parameter_chosen_and_written(x, y, flag):
    z = x if flag > 0 else y
    z[0] = 5.0
    return x[0] + 10 * y[0]


def parameter_chosen_behind(x, y, flag):
    z = x if flag > 0 else y
    x[0] = 5.0
    return np.sum(z)


def alias_in_branch(x, flag):
    y = x * 1.0
    z = y
    if flag > 0:
        y = y * 2
    y[0] = 7.0
    return y, z


def early_array(x, n):
    for i in range(n):
        y = x * i
        if y[0] > 2:
            return y
    return x + 1


def returned_parameter(x, n):
    for i in range(n):
        x[0] = i
    return x


def set_in_loop(x, n):
    for i in range(n):
        y = x * i
    return y


def set_in_branch(x, flag):
    if flag > 0:
        y = x * 2
    return y + 1


def shrinking(x):
    s = 0.0
    while len(x) > 0:
        s = s * 2 + x[0]
        x = x[1:]
    return s


def halving(x):
    s = 0.0
    while len(x) > 1:
        half = len(x) // 2
        s += np.sum(x[:half]) * len(x)
        x = x[half:]
    return s


def row_by_row(A, n):
    row = A[0]
    s = 0.0
    for i in range(n):
        s += row[0] * i
        row = A[i]
    return s + row[1]


def row_written(A, n):
    M = A * 1.0
    row = M[0]
    for i in range(n):
        row[0] = i + 1.0
        row = M[i]
    return M


def growing_shape(x, n):
    for i in range(n):
        x = np.concatenate((x, x))
    return np.sum(x)


def integers_made_float(x, n):
    k = np.zeros(2, dtype=int)
    for i in range(n):
        k = k * 0.5 + x
    return k


def nested(u, n):
    for i in range(n):
        v = u * 1.0
        for j in range(2):
            v = v * 0.5 + u[j]
        u = u + v
    return u, u * 2


def aliased_work(x, n):
    w = x * 1.0
    keep = w
    for i in range(n):
        w = w + i
    w[0] = 50.0
    return w, keep


def aliased_written(x, n):
    w = x * 1.0
    keep = w
    for i in range(n):
        w[0] = i + 5.0
        w = w + 1
    return w, keep


def previous_array(x, n):
    prev = x * 0.0
    for i in range(n):
        cur = prev + x * i
        prev = cur
    return prev, cur


def both_names(x, n):
    a = x * 1.0
    b = x * 2.0
    for i in range(n):
        a = b
        b = b + 1.0
    return a, b


def same_array_for_both(x, n):
    a, b = x * 1.0, x * 2.0
    for i in range(n):
        a = b = a + b
    return a, b


def same_array_written(x, n):
    a, b = x * 1.0, x * 2.0
    for i in range(n):
        a = b = a + b
        a[0] = 1.0
    return a, b


def escaping_view(x, n):
    y = x * 1.0
    v = y[:1]
    for i in range(n):
        y = y * 2.0
        y[0] += v[0]
    return y, v


def view_from_last(x, n):
    y = x * 1.0
    v = y[1:]
    for i in range(n):
        y = y + v[0]
        v = y[1:]
    return y, v


def list_of_arrays(x, n):
    rows = []
    for i in range(n):
        rows.append(x * i)
    return np.array(rows), len(rows), rows[-1]


def swapped_with_row(A, x, n):
    v, w = A[1], x * 1.0
    s = 0.0
    for i in range(n):
        s = s * 2 + v[0] - w[1]
        v, w = w, v
    return s


def swapped_with_row_and_written(A, x, n):
    v, w = A[1], x * 1.0
    for i in range(n):
        v, w = w, v
    w[0] = 5.0
    return A, v, w


def turned_then_rebound(x, y, n):
    x = x * 2.0
    for i in range(n):
        x, y = y, x
    for i in range(2):
        x = np.cos(x)
        y = y + 1
    return x, y


def rebound_and_turned(x, y, n):
    x = x * 2.0
    for i in range(n):
        x = np.cos(x)
        x, y = y, x
    return x, y


def turned_in_branch_then_rebound(x, y, flag):
    x = x * 2.0
    if flag > 0:
        x, y = y, x
    for i in range(2):
        x = np.cos(x)
        y = y + 1
    return x, y


def list_joined(x, n):
    h = [np.zeros(3)]
    for i in range(n):
        h.append(np.tanh(h[-1] + x))
    return h[-1], np.stack(h), np.concatenate(h), np.hstack(h), np.vstack(h)


def list_in_while(x):
    values = [x]
    while values[-1] < 100.0:
        values.append(values[-1] * 2 + len(values))
    return np.array(values), sum(values), max(values)


def list_if(x, n):
    kept = []
    for i in range(n):
        if x[i] > 0:
            kept.append((x[i], i))
    s = 0.0
    for value, i in kept:
        s = s * 2 + value * i
    return s, len(kept)


def list_outer(n):
    values = [0.5]
    for i in range(n):
        for j in range(i):
            values.append(i - 0.5 * j)
        values[0] += i
    return np.array(values)


def list_fresh(n):
    s = 0.0
    for i in range(n):
        inner = []
        for j in range(i):
            inner.append(i * j)
        s += sum(inner) + len(inner)
    return s


def comprehensions(x, n):
    a = [v * 2 for v in x]
    b = [i * i for i in range(n)]
    c = [v for v in x if v > 0]
    d = [[i * j for j in range(3)] for i in range(2)]
    e = {k: v * n for k, v in (("a", 1), ("b", 2))}
    return np.array(a), sum(b), len(c), d[1][2], e["b"], np.sum(np.array(c))


def list_slices(x):
    v = list(x)
    w = v[1:]
    return v[0] + w[0], len(w), [1, 2, 3][1:], (1, x[0])[1]


def list_ints_then_floats(x, n):
    values = [0]
    for i in range(n):
        values.append(values[-1] + x)
    return values[n] * 2


def comparing(x):
    y = np.where(x > 1, x, -x)
    z = x[x > 0]
    return np.sum(y), len(z), z.sum(), np.any(x > 2), np.all(x > -5), x.max(), x.min(), x.argmax()


@dataclass(frozen=True)
class Body:
    mass: float
    place: np.ndarray

    def energy(self, v):
        return 0.5 * self.mass * v * v + self.place[0]

    @property
    def double(self):
        if self.mass > 1:
            return 2 * self.mass
        return self.mass


class Pair(NamedTuple):
    a: float
    b: np.ndarray


def structured(body, pair):
    total = body.energy(2.0) + body.double + pair.b[0] * pair.a
    moved = Body(body.mass * 2, body.place + 1)
    return Pair(total, moved.place), moved.energy(1.0), {"x": pair.a}


def pair_in_loop(x, n):
    p = Pair(1.0, x)
    for i in range(n):
        p = Pair(p.a * 2 + p.b[0], p.b + 1)
    return p


def dict_of_arrays(x, n):
    d = {"w": x * 1.0, "b": 0.0}
    for i in range(n):
        d["w"] = d["w"] * 0.5 + d["b"]
        d["b"] = d["b"] + 1
    return d["w"], d["b"]


def layers(x, n):
    params = [(x * 1.0, 0.5), (x * 2.0, 0.25)]
    h = x
    for i in range(n):
        for W, b in params:
            h = np.tanh(h * W + b)
    return h


def callee_writes(v, s):
    v[:] = v + s
    v[0] = s
    return v[1:]


def calls_writer(x):
    y = x * 1.0
    part = callee_writes(y[1:], y[0])
    part[0] = 8.0
    return y, part


def callee_rebinds(v):
    for i in range(3):
        v = v * 2
    return v


def calls_rebinder(x):
    y = callee_rebinds(x)
    return y + callee_rebinds(y[1:])[0], x


def rows_of(A):
    total = 0.0
    for i, row in enumerate(A):
        row[0] = i
        total += np.sum(row)
    for row, other in zip(A, A[::-1]):
        total += row[1] * other[1]
    return total


def recursion_on_arrays(x):
    if len(x) == 1:
        return x * 2
    half = len(x) // 2
    left, right = recursion_on_arrays(x[:half]), recursion_on_arrays(x[half:])
    return np.concatenate((left + right[0], right))


def recursion_in_place(x, k):
    if k < len(x):
        x[k] = x[k] * 2 + k
        recursion_in_place(x, k + 1)


def recursive_writer(x):
    y = x * 1.0
    recursion_in_place(y, 1)
    return y


def iterated_and_rebound(x):
    y = x * 1.0
    s = 0.0
    for v in y:
        y = y * 2.0
        s = s * 3 + v
    return s, y


def enumerated_and_rebound(x):
    y = x * 1.0
    s = 0.0
    for i, v in enumerate(y):
        y = y + v
        s = s * 3 + v * i
    return s, y


def zipped_and_written(x):
    y = x * 1.0
    s = 0.0
    for v, w in zip(y, y[::-1]):
        y[1] = 100.0 + v
        s = s * 3 + v * w
    return s, y


def tuple_of_views(x, n):
    y = x * 1.0
    pair = (y, y[1:])
    for i in range(n):
        y = y * 2.0
        pair[1][0] = pair[0][0] + i
    return y, pair


def closure_reads_rebound(x, n):
    y = x * 1.0

    def first():
        return y[0]

    s = 0.0
    for i in range(n):
        y = y + first()
        s += first()
    return s, y


def dict_item_in_branch(x, flag):
    d = {"w": x * 1.0, "n": 1}
    if flag > 0:
        d["w"] = d["w"] * 2
        d["n"] = 2.5
    return d["w"] + d["n"]


def list_item_in_branch(x, flag):
    v = [x * 1.0, 2.0]
    if flag > 0:
        v[0] = x[::-1] * 3
    else:
        v[1] = flag * 0.5
    return v[0] * v[1]


def append_in_branch(x, n):
    kept = [0.5]
    for i in range(n):
        if i % 2 == 0:
            kept.append(x[i])
        else:
            kept.append(-1.0)
            kept.append(2.0 * i)
    return np.array(kept), len(kept)


def two_lists(x, n):
    a, b = [], []
    for i in range(n):
        a.append(x[i])
        if x[i] > 0:
            b.append(x[i] * 10)
    s = 0.0
    for v in b:
        s += v
    return sum(a), s, len(a) - len(b)


def returned_row(A, n):
    for i in range(n):
        if A[i, 0] > 2:
            return A[i]
    return A[0] * 0


def helper_rebinds(u, n):
    for i in range(n):
        u = u * 0.5 + i
    return u


def caller_keeps(x, n):
    y = x * 1.0
    z = helper_rebinds(y, n) + y
    w = helper_rebinds(y[1:], n)
    return z, w, y


def argument_then_rebound(x, n):
    y = x * 1.0
    for i in range(n):
        y = helper_rebinds(y, i)
    return y


def conditional_rebinding(x, n):
    y = x * 1.0
    for i in range(n):
        if i % 2 == 0:
            y = y * 2 + i
        y[0] = i
    return y


def break_after_rebinding(x, n):
    y = x * 1.0
    for i in range(n):
        y = y * 2
        if y[0] > 10:
            break
        y = y + 1
    return y


def continue_before_rebinding(x, n):
    y = x * 1.0
    z = y * 0.0
    for i in range(n):
        if i == 1:
            continue
        z = y
        y = y * 2 + z
    return y, z


def rebound_in_while(x):
    y = x * 1.0
    k = 0
    while np.sum(np.abs(y)) < 50:
        y = y * 1.5 + y[::-1]
        k += 1
    return y, k


def inner_function_writes(x):
    y = x * 1.0

    def put(i, v):
        y[i] = v

    put(0, 5.0)
    for i in range(2):
        put(i, y[i] * 2 + y[2])
    return y


def flipped(x, n):
    y = x * 1.0
    for i in range(n):
        y = y[::-1]
        y[0] += 1.0
    return y


def transposed_in_loop(A, n):
    B = A @ A.T
    for i in range(n):
        B = B.T
        B[0, 1] += 1.0 + i
    return B


WEIGHTS = np.array([1.0, 2.0, 3.0])
TABLES = {"a": np.array([4.0, 5.0]), "b": [np.array([6.0]), 2.0]}


def outside(x):
    return WEIGHTS * x, TABLES["a"][0] + TABLES["b"][0] * TABLES["b"][1]


def outside_recursion(x, k):
    if k == 0:
        return x * WEIGHTS[0]
    return outside_recursion(x * WEIGHTS[1], k - 1)


def writes_outside(x):
    local = WEIGHTS
    local = local * 1.0
    local[0] = x
    return local


V = np.array([1.0, -2.0, 3.0])
W = np.array([0.5, 0.25, -1.0])
U = np.array([2.0, 1.0, 0.5])
M = np.arange(6.0).reshape(3, 2) + 1

PROGRAMS = [
    (euler, (V, 3), (V, 0), (np.array(2.0), 3)),
    (euler_in_place_too, (V, 3), (V, 0)),
    (neighbours, (V, 3), (V, 0)),
    (two_names, (V, 3), (V, 1), (V, 0)),
    (rotation, (V, W, U, 4), (V, W, U, 2)),
    (backward_rotation, (V, W, U, 4), (V, W, U, 2)),
    (swapped_parameters, (V, W, 3), (V, W, 2), (V, W, 0)),
    (swapped_once, (V, W)),
    (swap_in_branch, (V, W, 1), (V, W, -1)),
    (swap_in_else, (V, W, 1), (V, W, -1)),
    (swap_with_view, (V, W, 1), (V, W, -1)),
    (chosen, (V, 1), (V, -1)),
    (chosen_and_written, (V, 1), (V, -1)),
    (changed_in_branch, (V, 1), (V, -1)),
    (parameter_changed_in_branch, (V, 1), (V, -1)),
    (parameter_chosen, (V, W, 1), (V, W, -1)),
    (parameter_chosen_and_written, (V, W, 1), (V, W, -1)),
    (parameter_chosen_behind, (V, W, 1), (V, W, -1)),
    (alias_in_branch, (V, 1), (V, -1)),
    (early_array, (V, 5), (V, 2), (V, 0)),
    (returned_parameter, (V, 2), (V, 0)),
    (set_in_loop, (V, 3), (V, 0)),
    (set_in_branch, (V, 3), (V, 0)),
    (shrinking, (V,), (np.zeros(0),)),
    (halving, (V,), (np.arange(11.0),)),
    (row_by_row, (M, 3), (M, 0)),
    (row_written, (M, 3), (M, 0)),
    (growing_shape, (V, 2)),
    (integers_made_float, (0.5, 3), (0.5, 0)),
    (nested, (V, 3), (V, 0)),
    (aliased_work, (V, 3), (V, 0)),
    (aliased_written, (V, 3), (V, 0)),
    (previous_array, (V, 3), (V, 0)),
    (both_names, (V, 3), (V, 0)),
    (same_array_for_both, (V, 3), (V, 0)),
    (same_array_written, (V, 3), (V, 0)),
    (escaping_view, (V, 3), (V, 0)),
    (view_from_last, (V, 3), (V, 0)),
    (list_of_arrays, (V, 3), (V, 1)),
    (swapped_with_row, (M, V[:2], 3), (M, V[:2], 0)),
    (swapped_with_row_and_written, (M, V[:2], 3), (M, V[:2], 0)),
    (turned_then_rebound, (V, W, 3), (V, W, 2), (V, W, 0)),
    (rebound_and_turned, (V, W, 3), (V, W, 2), (V, W, 0)),
    (turned_in_branch_then_rebound, (V, W, 3), (V, W, -2)),
    (list_joined, (V, 3), (V, 0)),
    (list_in_while, (1.0,), (200.0,)),
    (list_if, (V, 3), (V, 0), (V, 2)),
    (list_outer, (5,), (0,)),
    (list_fresh, (5,), (0,)),
    (comprehensions, (V, 4)),
    (list_slices, (V,)),
    (list_ints_then_floats, (1.5, 4), (1.5, 0)),
    (comparing, (V,)),
    (structured, (Body(1.5, V), Pair(2.0, W)), (Body(0.5, V), Pair(2.0, W))),
    (pair_in_loop, (V, 3), (V, 0)),
    (dict_of_arrays, (V, 3), (V, 0)),
    (layers, (V, 3), (V, 0)),
    (calls_writer, (V,)),
    (calls_rebinder, (V,)),
    (rows_of, (M,)),
    (recursion_on_arrays, (np.arange(7.0),), (V,), (V[:1],)),
    (recursive_writer, (V,), (V[:1],)),
    (iterated_and_rebound, (V,)),
    (enumerated_and_rebound, (V,)),
    (zipped_and_written, (V,)),
    (tuple_of_views, (V, 3), (V, 0)),
    (closure_reads_rebound, (V, 3), (V, 0)),
    (dict_item_in_branch, (V, 1), (V, -1)),
    (list_item_in_branch, (V, 1), (V, -1)),
    (append_in_branch, (V, 3), (V, 0)),
    (two_lists, (V, 3), (V, 0)),
    (returned_row, (M, 3), (M, 1)),
    (caller_keeps, (V, 3), (V, 0)),
    (argument_then_rebound, (V, 3), (V, 0)),
    (conditional_rebinding, (V, 3), (V, 0)),
    (break_after_rebinding, (V, 9), (V, 2), (V, 0)),
    (continue_before_rebinding, (V, 4), (V, 0)),
    (rebound_in_while, (V,)),
    (inner_function_writes, (V,)),
    (flipped, (V, 3), (V, 0)),
    (transposed_in_loop, (M, 3), (M, 0)),
    (outside, (1.5,)),
    (outside_recursion, (1.5, 3)),
    (writes_outside, (1.5,)),
]  # fmt: skip

# Where an array would have two names and one of them is bound anew, or its shape changes: an error is right as well.
REFUSED = {
    "parameter_chosen_and_written", "parameter_chosen_behind", "alias_in_branch", "swap_with_view", "growing_shape",
    "aliased_written", "swapped_with_row_and_written", "tuple_of_views", "flipped", "transposed_in_loop", "aliased_work", "escaping_view", "same_array_written", "row_written", "swapped_parameters", "returned_parameter",
}  # fmt: skip
