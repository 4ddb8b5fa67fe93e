"""Every method of differentiation side by side: values, errors, counted work, time and memory.

Read `_compare` first, then `_program` (a function and its arguments, flattened and counted), `_methods`, `_measure`,
`_reference` with `_precise` (the program in 60-digit arithmetic), and `_result` with its printers.
"""

from ._compare import compare
from ._plots import plot, plot_costs, plot_errors
from ._program import Program
from ._result import Comparison, Difference, Row, Verdict, Work
from ._series import cost_series, error_series, is_scalable, rosenbrock, run_times
from ._text import error_text, notes

__all__ = [
    "Comparison", "Difference", "Program", "Row", "Verdict", "Work", "compare", "cost_series", "error_series",
    "error_text", "is_scalable", "notes", "plot", "plot_costs", "plot_errors", "rosenbrock", "run_times",
]  # fmt: skip
