"""Values that record: the user's Python runs as it is, and every operation is offered to the active recorders."""

from . import fast as fast
from .dual import Dual
from .forward import Accumulator
from .tape import Tape
from .tensor import Tensor, alias, is_watched, raw_of, value
from .work import Work, counting

__all__ = ["Accumulator", "Dual", "Tape", "Tensor", "Work", "alias", "counting", "is_watched", "raw_of", "value"]
