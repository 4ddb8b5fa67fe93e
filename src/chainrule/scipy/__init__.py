"""SciPy's modules for recorded values.

``scipy.special``'s element-by-element functions can be called directly on recorded values. Its other functions, and all
of ``scipy.linalg``, give their arguments no say; here they accept recorded values as well. Every other name is SciPy's
own. `numerically` differentiates by an argument for which there is no rule.

Examples
--------
>>> import numpy as np
>>> import chainrule as cr
>>> cr.grad(cr.scipy.special.erf)(0.0)
1.1283792
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import linalg, special
    from .differences import numerically

__all__ = ["linalg", "numerically", "special"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}"
        raise AttributeError(msg)
    if name == "numerically":
        return import_module(".differences", __name__).numerically
    return import_module(f".{name}", __name__)


def __dir__() -> list[str]:
    return sorted(__all__)
