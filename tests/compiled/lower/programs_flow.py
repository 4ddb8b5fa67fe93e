"""Small programs of control flow, each with arguments to try: what they compute must be what Python computes."""

# ruff: noqa

import math

import numpy as np


def for_else(x, n):
    for i in range(n):
        x = x * 1.5
        if x > 10.0:
            break
    else:
        x = -x
    return x


def while_else(x):
    k = 0
    while x < 10.0:
        x = x * 2
        k += 1
        if k == 3:
            break
    else:
        x = x + 100
    return x * k


def negative_range(n):
    s = 0
    for i in range(n, -3, -2):
        s = s * 2 + i
    return s


def run_time_step(a, b, c):
    s = 0
    for i in range(a, b, c):
        s = 3 * s + i
    return s


def early_returns(x, y):
    if x > y:
        if x > 2 * y:
            return x
        y = y + 1
    elif x < 0:
        return -1
    for i in range(3):
        if y > 5.0:
            return y * i
        y = y * 2
        if y < 0:
            continue
        x = x + y
    return x


def returns_in_while(x):
    while True:
        x = x * 1.7
        if x > 100:
            return x
        if x < -100:
            return -x + 1


def nested_breaks(n):
    s = 0
    for i in range(n):
        for j in range(n):
            if j > i:
                break
            if (i + j) % 3 == 0:
                continue
            s += i * 10 + j
        else:
            s += 1000
        if s > 3000:
            break
    return s, i, j


def maybe_set(x, n):
    for i in range(n):
        if x > i:
            y = x * i
    return y


def maybe_set_in_branch(x):
    if x > 0:
        a = x
        b = (x, 2)
    if x > 1:
        return a * b[0]
    return 0.0


def previous(x, n):
    s = 0.0
    for i in range(n):
        if i > 0:
            s += last * i
        last = x + i
    return s


def pair_state(x, n):
    state = (x, 1)
    for i in range(n):
        state = (state[0] * 0.5 + state[1], state[1] + 1)
    return state


def dict_state(x, n):
    d = {"a": x, "n": 0}
    for i in range(n):
        d["a"] = d["a"] * 1.1
        if d["a"] > 2:
            d["n"] += 1
    return d


def list_state(x, n):
    v = [x, x * 2, 3]
    for i in range(n):
        v[0], v[1] = v[1], v[0] + v[2]
    return v


def branch_list(x):
    if x > 0:
        v = [x, 2.0]
        v[1] = x
    else:
        v = [1.0, x]
    return v[0] * 10 + v[1]


def rebound_list(x, n):
    v = [x, 2]
    for i in range(n):
        v = [v[1], v[0] * 2 + i]
    return v


def int_or_float(x, n):
    k = 1
    for i in range(n):
        if x > i:
            k = k * 2
        else:
            k = k / 2
    return k


def conditions(a, b):
    c = (a > 1 and b < 2) or not a < b
    d = (a or b) * 2 + (a and b)
    e = a if a > b else b
    return c, d, e, 0 < a <= b < 5, a != b, (a > 0) & (b > 0), (a > 0) | (b > 5), (a > 0) ^ (b > 0)


def short_circuit(x, i):
    if i < len(x) and x[i] > 0:
        return x[i]
    return -1.0


def integers(a, b):
    return (
        a // b,
        a % b,
        -a // b,
        a / b,
        divmod(a, b),
        a**2,
        2 ** abs(b),
        a * b - 3,
        -a,
        abs(-a),
        a << 2,
        a >> 1,
        a & b,
        ~a,
    )


def powers(x, n):
    return x**2, x**0.5, 2.0**x, x**n, x**-1, n**2, n**-1, 2**3


def mathematics(x, y):
    return (
        math.sin(x) + math.cos(y), math.tan(x), math.atan2(x, y), math.hypot(x, y), math.exp(-x), math.log(x),
        math.log(x, 2), math.log10(y), math.sqrt(x * y), math.pow(x, 1.5), math.floor(x * 3), math.ceil(y * 3), math.fabs(-x),
        math.pi * x, math.copysign(x, -y), math.tanh(x), math.log1p(y), math.expm1(x), math.trunc(-x), math.fmod(x, y),
        math.degrees(x), math.inf > x, math.isnan(x), math.cbrt(x) if hasattr(math, "cbrt") else 0.0, math.dist((x, y), (1.0, 2.0)),
    )  # fmt: skip


def conversions(x, n):
    return int(x), float(n), bool(n), round(x), int(-x), np.float64(n), np.int64(x), round(2.567, 1), complex_free(x)


def complex_free(x):
    return x.real


def extremes(x, y, n):
    return max(x, y), min(x, y, 0.5), max([x, y, 3.0]), min((n, 2)), max(x, n), sum([x, y, n]), sum((x, y), 1.0)


def quantified(x, n):
    return (
        any(x > i for i in range(n)),
        all(x > i for i in range(n)),
        sum(x * i for i in range(n)),
        max(abs(x - i) for i in range(1, n + 2)),
    )


def silenced(x, n):
    for i in range(n):
        with np.errstate(divide="ignore", invalid="ignore"):
            x = x / (i - 1.5)
            if x > 3:
                break
    return x


def stops_early(x, y):
    return all(x[i] < y[i] for i in range(len(x))), any(v > 2 for v in x)


def rounded(x):
    return round(x, 2), round(x), max(x, float("nan")), min(float("nan"), x)


def swaps(a, b, c):
    a, b, c = c, a, b
    (a, b), c = (b, a), c + 1
    first, *rest = (a, b, c, 4)
    *start, last = rest
    return a, b, c, first, last, start[0], len(rest)


def chained(x):
    a = b = x * 2
    b += 1
    a, b = b, a
    c: float = a
    return a, b, c


def walrus(x):
    if (y := x * 2) > 3:
        return y
    while (x := x + 1) < 5:
        y += x
    return y


def asserting(x):
    assert x > 0, f"not positive: {x}"
    return math.sqrt(x)


def raising(x):
    if x < 0:
        raise ValueError("negative")
    elif x > 10:
        raise KeyError("large")
    return x * 2


def raising_in_loop(x, n):
    for i in range(n):
        if x * i > 5:
            raise ArithmeticError("too large")
    return x


def division_by_zero(a, b):
    return a // b


def inner(x, n):
    def step(y, k=2):
        return y * k + n

    square = lambda t: t * t
    for i in range(3):
        x = step(square(x) * 0.01, k=i)
    return x + step(1.0)


def late_binding(x):
    def f(y):
        return y * factor

    factor = 2.0
    a = f(x)
    factor = x
    return a + f(x)


def arguments(x):
    def f(a, /, b, *rest, c=1.0, **more):
        return a + 2 * b + 3 * sum(rest) + 5 * c + 7 * more.get("d", 0.0)

    values = (x, 1.0)
    return f(x, 2), f(*values, 3, 4, c=x), f(x, b=2, d=x), f(*values, c=2, d=1)


def higher_order(x):
    def twice(f):
        return lambda y: f(f(y))

    return twice(twice(lambda t: t * 1.5 + 1))(x), list(map(lambda t: t + x, (1, 2)))


def nested_tuple(x, n):
    for i, (a, b) in enumerate([(x, 1), (2.0, x), (n, 3)], start=1):
        x = x + a * b * i
    for k, v in {"u": 2, "w": x}.items():
        x = x * v
    for a, b in zip((1, 2, 3), reversed([x, 2.0, n])):
        x = x + a * b
    return x


def zip_ranges(n):
    s = 0
    for i, j in zip(range(n), range(10, 0, -1)):
        s += i * j
    for k, i in enumerate(reversed(range(n))):
        s += k * i * i
    return s


def unrolled_index(x):
    table = (1.0, x, "skip", 3)
    s = 0.0
    for i in range(4):
        if i != 2:
            s += table[i]
    return s


def table_lookup(x, n):
    s = 0.0
    weights = (1.0, 2.5, x)
    for i in range(n):
        s += weights[i % 3] * i
    return s


def static_conditions(x, mode="a", deep=None):
    if mode == "a" and deep is None:
        x = x * 2
    if isinstance(x, float):
        x = x + 1
    if isinstance(x, (int, np.ndarray)):
        x = x + 100
    return x if mode in ("a", "b") else -x


def docstring_and_pass(x):
    """Nothing."""
    for _ in range(2):
        pass
    if x > 0:
        pass
    else:
        pass
    return x


def dead_code(x):
    return x * 2
    return undefined_name  # noqa: F821


def zero_trips(x):
    for i in range(0):
        x = x * 100
    for i in range(5, 2):
        x = i
    while False:
        x = 0.0
    return x


def while_integers(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def float_while(x):
    t, s = 0.0, 0
    while t < x:
        t += 0.3
        s += 1
    return t, s


def returns_none(x):
    if x > 0:
        x = 1


def conditional_chain(x):
    return -1 if x < 0 else 0 if x == 0 else 1


def returns_tuple_in_loop(x, n):
    for i in range(n):
        if x * i > 3:
            return x, i
        x = x + 0.5
    return -x, -1


def returns_mixed(x):
    if x > 1:
        return 1
    return x


def deleted(x):
    y = x * 2
    del y
    y = x
    return y


def formatted(x):
    label = f"{3}-{'a'}"
    return x if label == "3-a" else 0.0


def three_deep(n):
    s = 0.0
    for i in range(n):
        for j in range(i, n):
            for k in range(j):
                s = s + (i - j) * 0.5 + k
    return s


def counter_after(n):
    i = -1
    for i in range(n):
        pass
    j = 5
    for j in range(2, n, 3):
        j += 100
    return i, j


def break_value(x, n):
    found = -1
    for i in range(n):
        if i * x > 2:
            found = i
            break
    return found


def is_prime(n):
    if n < 2:
        return False
    k = 2
    while k * k <= n:
        if n % k == 0:
            return False
        k += 1
    return True


def fibonacci(n):
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def mutual(n):
    return even(n)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def inner_recursion(x, n):
    def go(k, y):
        if k == 0:
            return y
        return go(k - 1, y * x + k)

    return go(n, 1.0) + go(2, x)


def pair_recursion(n, x):
    if n == 0:
        return x, 1
    a, b = pair_recursion(n - 1, x * 0.5)
    return a + b, b * 2


def tree_sum(tree):
    if isinstance(tree, tuple):
        return sum(tree_sum(t) for t in tree)
    return tree * 2


def trees(x, y):
    return tree_sum((x, (y, (1.0, x)), 3))


PROGRAMS = [
    (for_else, (1.0, 3), (3.0, 9), (1.0, 0)),
    (while_else, (1.0,), (4.0,), (20.0,)),
    (negative_range, (7,), (-9,), (0,)),
    (run_time_step, (0, 10, 3), (10, 0, -3), (0, 10, -1), (0, 10, 0), (3, 3, 1)),
    (early_returns, (5.0, 1.0), (1.5, 1.0), (-1.0, 2.0), (1.0, 4.0), (1.0, -4.0), (0.5, 0.6)),
    (returns_in_while, (1.0,), (-3.0,)),
    (nested_breaks, (1,), (5,), (9,)),
    (maybe_set, (2.0, 3), (-1.0, 3), (1.0, 0)),
    (maybe_set_in_branch, (2.0,), (0.5,), (-1.0,)),
    (previous, (1.5, 4), (1.5, 1), (1.5, 0)),
    (pair_state, (2.0, 3), (2.0, 0)),
    (dict_state, (1.5, 6), (1.5, 0)),
    (list_state, (1.5, 5), (1.5, 0)),
    (branch_list, (1.5,), (-1.5,)),
    (rebound_list, (1.5, 4), (1.5, 0)),
    (int_or_float, (2.0, 5), (9.0, 5), (9.0, 0)),
    (conditions, (1.5, 1.7), (0.0, 2.0), (3.0, -1.0), (2, 0)),
    (short_circuit, (np.array([1.0, -2.0]), 0), (np.array([1.0, -2.0]), 1), (np.array([1.0, -2.0]), 2)),
    (integers, (17, 5), (-17, 5), (17, -5), (3, 2)),
    (powers, (1.7, 3), (2.5, -2)),
    (mathematics, (1.2, 0.7), (0.3, 2.5)),
    (conversions, (2.7, 3), (-2.5, 0), (3.5, -1)),
    (extremes, (1.5, 2.5, 2), (2.5, 1.5, 7), (1.0, 1.0, 1)),
    (quantified, (2.5, 4), (2.5, 2), (2.5, 0)),
    (silenced, (2.0, 3), (2.0, 0)),
    (stops_early, (np.array([1.0, 5.0, 2.0]), np.array([2.0, 3.0])), (np.array([1.0, 2.5]), np.array([2.0, 3.0]))),
    (rounded, (2.345,), (-0.5,), (1.5,)),
    (swaps, (1.0, 2.0, 3.0)),
    (chained, (1.5,)),
    (walrus, (1.0,), (2.0,), (-2.0,)),
    (asserting, (4.0,), (-1.0,)),
    (raising, (1.0,), (-1.0,), (11.0,)),
    (raising_in_loop, (1.0, 3), (2.0, 9)),
    (division_by_zero, (1, 0), (7, 2)),
    (inner, (1.5, 2)),
    (late_binding, (1.5,)),
    (arguments, (1.5,)),
    (higher_order, (1.5,)),
    (nested_tuple, (1.5, 2)),
    (zip_ranges, (4,), (15,), (0,)),
    (unrolled_index, (1.5,)),
    (table_lookup, (1.5, 5)),
    (static_conditions, (1.5,), (1.5, "b"), (1.5, "c", 1)),
    (docstring_and_pass, (1.5,)),
    (dead_code, (1.5,)),
    (zero_trips, (1.5,)),
    (while_integers, (7,), (1,)),
    (float_while, (1.0,), (-1.0,)),
    (returns_none, (1.0,)),
    (conditional_chain, (1.0,), (0.0,), (-2.0,)),
    (returns_tuple_in_loop, (1.0, 6), (0.1, 3), (1.0, 0)),
    (returns_mixed, (2.0,), (0.5,)),
    (deleted, (1.5,)),
    (formatted, (1.5,)),
    (three_deep, (4,), (0,)),
    (counter_after, (4,), (0,), (9,)),
    (break_value, (0.7, 9), (0.1, 3)),
    (is_prime, (29,), (35,), (1,)),
    (fibonacci, (10,), (0,)),
    (mutual, (7,), (8,)),
    (ackermann, (2, 3),),
    (inner_recursion, (0.5, 5)),
    (pair_recursion, (4, 1.5)),
    (trees, (1.5, 2.5)),
]  # fmt: skip
