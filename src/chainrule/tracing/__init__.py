"""What a program did, as data: the evaluation trace, its graph, and where a nan came from.

Read `_run` and `_record` first (the recorder), then `_lines` and `_folds` (calls, loops and lines), `_model` and
`_trace` (the data), `_sweeps` (tangents and adjoints), and `_outline` (what is folded) with its printers. For nans:
`_inspect` (what records), `_compiled` with `_instrument` and `_watch` (what is compiled), and `_origins` (the error).
"""

from ._debug import debug_nans
from ._folds import Fold
from ._model import Input, Node, Operand, Output, Place, Step
from ._run import trace
from ._sweeps import Edge
from ._trace import Trace

__all__ = ["Edge", "Fold", "Input", "Node", "Operand", "Output", "Place", "Step", "Trace", "debug_nans", "trace"]
