"""The chain rule itself: the only readers of a row's kind.

`pushforward` carries tangents through one call, `Pull` carries a cotangent back through it, and `project` and `fit`
are the two places where shapes and dtypes are settled.
"""

from .engine import engine, provide
from .kinds import is_composite, is_constant, is_elementwise, is_linear, plain_call
from .project import fit, project
from .pullback import Pull, Transpose, pulls
from .pushforward import pushforward, slope
from .transpose import transpose
from .zero import is_zero, zero

__all__ = [
    "Pull", "Transpose", "engine", "fit", "is_composite", "is_constant", "is_elementwise", "is_linear", "is_zero",
    "plain_call", "project", "provide", "pulls", "pushforward", "slope", "transpose", "zero",
]  # fmt: skip
