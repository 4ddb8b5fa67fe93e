"""The program."""

from __future__ import annotations

import numpy as np


def objective(x):
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))
