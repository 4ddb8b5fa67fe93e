"""What the examples of constructs have from their surroundings."""

# ruff: noqa: F401

import math
from collections import namedtuple
from dataclasses import dataclass, replace

import numpy as np

import chainrule as cr

Point = namedtuple("Point", "u v")
WEIGHTS = np.array([0.5, 1.0, 1.5, 2.0, 2.5])


@dataclass(frozen=True)
class Line:
    slope: float
    start: float = 1.0

    def at(self, t):
        return self.start + self.slope * t


def square(t):
    return t * t


def power(t, k):
    return 1.0 if k == 0 else t * power(t, k - 1)


def even(t, k):
    return t if k == 0 else odd(2 * t, k - 1)


def odd(t, k):
    return -t if k == 0 else even(3 * t, k - 1)


@cr.custom_jvp
def softplus(t):
    return np.log1p(np.exp(t))


@softplus.defjvp
def _softplus_jvp(primals, tangents):
    (t,), (dt,) = primals, tangents
    return np.log1p(np.exp(t)), dt / (1 + np.exp(-t))
