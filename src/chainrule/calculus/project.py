"""Where shapes and dtypes of tangents and cotangents are settled, so that no rule needs to."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DerivativeError, message
from ..rules import Spec

__all__ = ["fit", "project"]


def project(cotangent: Any, spec: Spec) -> Any:
    """Bring a cotangent to the shape and dtype of its value.

    Axes along which the value was broadcast are summed; a real value keeps the real part of a complex cotangent;
    float32 stays float32.

    Examples
    --------
    >>> from chainrule.rules import Spec
    >>> project(np.ones((2, 3)), Spec((3,), np.dtype(float)))
    array([2., 2., 2.])
    """
    if cotangent.shape != spec.shape:
        cotangent = _sum_to(cotangent, spec.shape)
    return cotangent if cotangent.dtype == spec.dtype else _cast(cotangent, spec.dtype)


def fit(tangent: Any, value: Any) -> Any:
    """Bring a tangent to the shape and dtype of the result it belongs to: broadcast, and cast as in `project`."""
    shape = getattr(value, "shape", None)
    if shape is None:
        text = message(f"A {type(value).__name__} of Python objects has no derivative.", "Use arrays of numbers.")
        raise DerivativeError(text)
    if np.shape(tangent) != shape:
        tangent = np.broadcast_to(tangent, shape)
    dtype = value.dtype
    if getattr(tangent, "dtype", None) == dtype or dtype.kind not in "fc":
        return tangent
    return _cast(tangent if hasattr(tangent, "dtype") else np.asarray(tangent), dtype)


def _sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    extra = g.ndim - len(shape)
    if extra < 0:  # a value of shape (1, 3) that was written into one of shape (3,)
        g, extra = np.reshape(g, (1,) * -extra + g.shape), 0
    stretched = (axis for axis in range(extra, g.ndim) if shape[axis - extra] == 1 and g.shape[axis] != 1)
    axes = (*range(extra), *stretched)
    return np.reshape(np.sum(g, axis=axes), shape) if axes else np.broadcast_to(g, shape)


def _cast(g: Any, dtype: Any) -> Any:
    if g.dtype.kind == "c" and dtype.kind != "c":
        g = np.real(g)
    return g if g.dtype == dtype else g.astype(dtype)
