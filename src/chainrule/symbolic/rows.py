"""The rows that this package names: those that it simplifies, and those that it treats in a way of their own."""

from __future__ import annotations

import numpy as np

from ..rules import Row, lookup
from ..rules.arithmetic import power_constant
from ..rules.selection import select

ADD: Row = lookup(np.add)
SUBTRACT: Row = lookup(np.subtract)
MULTIPLY: Row = lookup(np.multiply)
DIVIDE: Row = lookup(np.true_divide)
NEGATIVE: Row = lookup(np.negative)
SQUARE: Row = lookup(np.square)
ABSOLUTE: Row = lookup(np.absolute)
MAXIMUM: Row = lookup(np.maximum)
MINIMUM: Row = lookup(np.minimum)

AND: Row = lookup(np.logical_and)
OR: Row = lookup(np.logical_or)
NOT: Row = lookup(np.logical_not)
NOT_EQUAL: Row = lookup(np.not_equal)

LARGEST: Row = lookup(np.max)
SMALLEST: Row = lookup(np.min)

POWER: Row = power_constant
SELECT: Row = select
