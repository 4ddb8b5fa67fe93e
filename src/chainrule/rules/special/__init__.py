"""The rows of ``scipy.special``, a module for each family of functions.

They are imported only where SciPy is: see `chainrule.rules._table`.
"""

from . import error as error
