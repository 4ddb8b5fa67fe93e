"""What a program did, as data: the evaluation trace, its graph, and where a nan came from.

Read `_record` first (the recorder), then `_lines` and `_folds` (calls, loops and lines), `_model` and `_trace` (the
data), and `_sweeps` (tangents and adjoints).
"""

from ._debug import debug_nans
from ._folds import Fold
from ._model import Input, Node, Operand, Output, Place, Step
from ._sweeps import Edge
from ._trace import Trace, trace

__all__ = ["Edge", "Fold", "Input", "Node", "Operand", "Output", "Place", "Step", "Trace", "debug_nans", "trace"]
