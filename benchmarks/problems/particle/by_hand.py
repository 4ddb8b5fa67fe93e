"""By hand: the force in closed form, and its slope along the one number that is sought."""

from __future__ import annotations

import math

import numba

SETTINGS = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}}


@numba.njit(**SETTINGS)
def landing(w):
    """Where the charge crosses the axis, squared."""
    x, y, vx, vy = 0.0, 8.0, 0.75, 0.0
    while y + 0.1 * vy > 0.0:
        left, first, second = 10.0 - x, 10.0 - w - y, -y
        a, b = 1.0 / (left * left + first * first), 1.0 / (left * left + second * second)
        near, far = a * math.sqrt(a), b * math.sqrt(b)
        x, y = x + 0.1 * vx, y + 0.1 * vy
        vx, vy = vx - 0.1 * left * (near + far), vy - 0.1 * (first * near + second * far)
    return (x - y / vy * vx) ** 2


@numba.njit(**SETTINGS)
def slope(w):
    """The derivative, carried along."""
    x, y, vx, vy = 0.0, 8.0, 0.75, 0.0
    dx, dy, dvx, dvy = 0.0, 0.0, 0.0, 0.0
    while y + 0.1 * vy > 0.0:
        left, first, second = 10.0 - x, 10.0 - w - y, -y
        a, b = 1.0 / (left * left + first * first), 1.0 / (left * left + second * second)
        near, far = a * math.sqrt(a), b * math.sqrt(b)
        dnear = 3.0 * near * a * (left * dx + first * (1.0 + dy))
        dfar = 3.0 * far * b * (left * dx + second * dy)
        dax = -dx * (near + far) + left * (dnear + dfar)
        day = -(1.0 + dy) * near + first * dnear - dy * far + second * dfar
        x, y, dx, dy = x + 0.1 * vx, y + 0.1 * vy, dx + 0.1 * dvx, dy + 0.1 * dvy
        vx, vy = vx - 0.1 * left * (near + far), vy - 0.1 * (first * near + second * far)
        dvx, dvy = dvx - 0.1 * dax, dvy - 0.1 * day
    end, time = x - y / vy * vx, y / vy
    return 2.0 * end * (dx - time * dvx - (dy - time * dvy) / vy * vx)


@numba.njit(**SETTINGS)
def minimise(w):
    value, down = landing(w), slope(w)
    rate, successes = 1e-5, 0
    while abs(down) > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        tried = w - rate * down
        if abs(tried - w) <= 1e-5:
            break
        there = landing(tried)
        if there < value:
            w, value, down, successes = tried, there, slope(tried), successes + 1
        else:
            rate, successes = rate / 2.0, 0
    return w


def prepare(data):
    return None, lambda: minimise(*data)
