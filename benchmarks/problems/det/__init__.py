"""A determinant by expansion along the first row: a recursion of ell! steps, and no elimination."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "determinant by minors"
DIFFERENTIATED = "a"
ARGNUMS = 0
SMALL = {"ell": 4}
SIZES = [{"ell": 5}, {"ell": 8}, {"ell": 9}]
HEADLINE = {"ell": 8}
PUBLISHED = {"CoDiPack": 0.60e-3, "ADOL-C": 1.2e-3, "manual": 1.8e-3, "Enzyme": 3.1e-3}
TOLERANCE = 1e-10
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}


def data(ell: int) -> tuple[Any, ...]:
    """A uniform matrix."""
    np.random.seed(31337)
    return (np.random.rand(ell, ell),)


def reference(a: np.ndarray) -> tuple[Any, Any]:
    """The determinant and the cofactors, by elimination."""
    value = np.linalg.det(a)
    return value, value * np.linalg.inv(a).T
