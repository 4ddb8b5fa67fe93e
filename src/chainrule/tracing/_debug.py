"""``cr.debug_nans``: find the operation that first made a nan or an infinity."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ..eager.state import close_recorder, open_recorder, reveal
from . import _slow_calls
from ._inspect import Inspector

__all__ = ["debug_nans"]


@contextmanager
def debug_nans() -> Iterator[None]:
    """Raise an error where a derivative that is computed inside the block meets a nan or an infinity.

    The error names the operation that first made it, forwards or on the way back, and its line.

    Raises
    ------
    NotFiniteError
        At the operation itself if a value is not finite; if a derivative is not, at the end of its sweep. A value that
        is made where ``np.errstate`` ignores it raises only if it reaches a result, as does one in a compiled function.

    Notes
    -----
    It holds for what records (`grad`, `jvp`, `GradientTape` and the like), and for functions compiled by `jit`: these
    run at full speed, and only if their result is not finite are they run again in slow steps, which find the line.
    A plain call of a plain function is not seen: use ``np.errstate(all="raise")`` for that.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def f(x):
    ...     return np.sqrt(np.sum(x**2))
    >>> with cr.debug_nans():
    ...     cr.grad(f)(np.zeros(2))
    Traceback (most recent call last):
        ...
    chainrule.errors.NotFiniteError: The derivative of sqrt(0) made inf, on the way back: its partial there is inf. ...
    """
    inspector = Inspector()
    with np.errstate(all="call", call=_ignore):
        open_recorder(inspector)
        try:
            with _slow_calls.checking():
                yield
        except BaseException as error:
            reveal(error)
            raise
        finally:
            close_recorder(inspector)


def _ignore(kind: str, flag: int) -> None:
    """Take the place of NumPy's warnings, which would come before the error."""
