"""Programs whose lines the tests of folds and places know."""

import numpy as np


def polynomial(x, y):
    return x**2 * y + y + 2


def nested(x, n):
    s = 0.0
    for i in range(n):
        for _ in range(2):
            s = s + x * i
        while s < 3 * i:
            s = s + square(x)
    return s


def square(x):
    return x * x


def one_line(x):
    for _ in range(3): x = np.sin(x)  # noqa: E701  # fmt: skip
    return x


def branching(x):
    for i in range(4):
        if i % 2:  # noqa: SIM108
            x = np.sin(x)
        else:
            x = np.cos(x)
    return x


def recursive(x, n):
    return x if n == 0 else recursive(x * x, n - 1)


def generated(x):
    def powers():
        power = x
        for _ in range(3):
            power = power * x
            yield power

    total = 0.0
    for p in powers():
        total = total + p
    return total


def many_lines(x):
    return np.sum(
        np.exp(
            x,
        )
        * x
    )


def unicode(ä):
    return "α" and np.sin(ä) * ä


def long_loop(x, n):
    s = 0.0
    for i in range(n):
        s = np.sin(s) * x + i
    return s


def long_headers(x):
    for _ in range(
        3,
    ):
        x = np.sin(x)
    while (
        x
        < 5
    ):  # fmt: skip
        x = x * 3
    return x


def skipping(x):
    for i in range(6):
        if i % 2:
            continue
        x = np.sin(x)
    return x


def endless(x):
    while True:
        x = x * 2
        if x > 5:
            break
    return x
