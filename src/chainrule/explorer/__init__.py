"""A page that steps through the derivative of any function: made of a trace, formulas, compiled text and measurements.

Read `_explore` first; `_steps`, `_formulas`, `_compiled`, `_methods` and `_diagnostics` gather what the page shows, and
`_page` puts it together with the files in ``page/``.
"""

from ._explore import explore
from ._page import Page

__all__ = ["Page", "explore"]
