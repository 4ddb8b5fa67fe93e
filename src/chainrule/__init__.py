"""Derivatives of ordinary Python and NumPy programs.

Four methods answer what is differentiated: numeric (samples), symbolic (an expression), forward (dual numbers) and
reverse (a record walked back). All read one table of rules.

Examples
--------
>>> import numpy as np, chainrule as cr
>>> def f(x, y):
...     return x**2 * y + y + 2
>>> cr.grad(f, argnums=(0, 1))(3.0, 4.0)
(24.0, 10.0)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as _numpy  # noqa: F401  the one dependency that every program needs

if TYPE_CHECKING:
    from . import numeric, numpy, rules, scipy, symbolic
    from .check import check_grads
    from .comparison import compare
    from .compiled.export import export, source
    from .compiled.jit import jit
    from .eager import Dual, Tape, Tensor, value
    from .errors import (
        ChainruleError,
        DerivativeError,
        EscapeError,
        MissingRuleError,
        NotFiniteError,
        RecorderError,
        SymbolicError,
        UnsupportedError,
    )
    from .explorer import explore
    from .functional import (
        custom_jvp,
        custom_vjp,
        elementwise_grad,
        grad,
        hessian,
        hvp,
        jacfwd,
        jacobian,
        jacrev,
        jvp,
        stop_gradient,
        value_and_grad,
        vjp,
        vmap,
    )
    from .gradient_tape import (
        ForwardAccumulator,
        GradientTape,
        Variable,
        constant,
        convert_to_tensor,
        custom_gradient,
    )
    from .tracing import debug_nans, trace

__version__ = "0.1.0"

__all__ = [
    "ChainruleError", "DerivativeError", "Dual", "EscapeError", "ForwardAccumulator", "GradientTape",
    "MissingRuleError", "NotFiniteError", "RecorderError", "SymbolicError", "Tape", "Tensor", "UnsupportedError",
    "Variable", "check_grads", "compare", "constant", "convert_to_tensor", "custom_gradient", "custom_jvp",
    "custom_vjp", "debug_nans", "elementwise_grad", "explore", "export", "grad", "hessian", "hvp", "jacfwd", "jacobian",
    "jacrev", "jit", "jvp", "numeric", "numpy", "rules", "scipy", "source", "stop_gradient", "symbolic", "trace",
    "value", "value_and_grad", "vjp", "vmap",
]  # fmt: skip

_PLACES = {
    "check": ("check_grads",),
    "comparison": ("compare",),
    "compiled.export": ("export", "source"),
    "compiled.jit": ("jit",),
    "eager": ("Dual", "Tape", "Tensor", "value"),
    "errors": (
        "ChainruleError", "DerivativeError", "EscapeError", "MissingRuleError", "NotFiniteError", "RecorderError",
        "SymbolicError", "UnsupportedError",
    ),
    "explorer": ("explore",),
    "functional": (
        "custom_jvp", "custom_vjp", "elementwise_grad", "grad", "hessian", "hvp", "jacfwd", "jacobian", "jacrev", "jvp",
        "stop_gradient", "value_and_grad", "vjp", "vmap",
    ),
    "gradient_tape": (
        "ForwardAccumulator", "GradientTape", "Variable", "constant", "convert_to_tensor", "custom_gradient",
    ),
    "tracing": ("debug_nans", "trace"),
}  # fmt: skip
_LAZY = {name: place for place, names in _PLACES.items() for name in names}
_MODULES = ("gradient_tape", "numeric", "numpy", "rules", "scipy", "symbolic")


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: the import itself costs NumPy and no more."""
    if name in _LAZY:
        found = getattr(import_module(f".{_LAZY[name]}", __name__), name)
    elif name in _MODULES:
        found = import_module(f".{name}", __name__)
    else:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
