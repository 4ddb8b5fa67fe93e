"""``cr.explore``: a function at a point, as a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import __version__, tree
from ..tracing import trace
from ._compiled import compiled
from ._diagnostics import diagnostics
from ._formulas import formulas
from ._methods import methods
from ._page import Page
from ._sources import Sources
from ._steps import columns, groups, steps

__all__ = ["explore"]


def explore(
    f: Callable[..., Any],
    /,
    *args: Any,
    by: Sequence[int | str] | int | str | None = None,
    language: str | None = None,
    **kwargs: Any,
) -> Page:
    """Make a page that steps through a function and its derivative.

    The page is one HTML file that needs no network: the source beside the graph of what ran, walked forwards and
    backwards; the formula, where there is one; the compiled derivative; all methods compared; where a nan came from.

    Parameters
    ----------
    f : callable
        Whatever `grad` takes.
    *args, **kwargs
        Its arguments: numbers and arrays, nested as you like.
    by : str, int, or sequence of them, optional
        Names or positions of the arguments to differentiate by; by default all that consist of numbers.
    language : {"en", "zh", "ja"}, optional
        The language in which the page opens; by default that of the reader's browser.

    Returns
    -------
    Page
        ``.save("page.html")`` writes it, ``.show()`` opens it in a browser, and a notebook displays it.

    Raises
    ------
    DerivativeError
        If no argument is a number, or `f` does not return real numbers.

    Notes
    -----
    The function runs many times: once for the trace, and again for the comparison of the methods, whose times and
    errors are measured now.

    Examples
    --------
    >>> import chainrule as cr
    >>> def f(x, y):
    ...     return x**2 * y + y + 2
    >>> page = cr.explore(f, 3.0, 4.0)
    >>> page
    <page of f(x=3, y=4) = 42: 4 steps, ... kB>
    """
    with np.errstate(all="ignore"):
        return Page({"chainrule": __version__, "language": language} | _gathered(f, args, kwargs, by))


def _gathered(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], by: Any) -> dict[str, Any]:
    """Return all that the page shows."""
    own_args, own_kwargs = tree.map(_copy, (args, kwargs))  # the function may write into them
    ran = trace(f, *own_args, argnums=by, **own_kwargs)
    by = list(dict.fromkeys([x.argument for x in ran.inputs]))  # the same for all parts of the page
    told = ran.as_dict(costs=True)
    sources = Sources(told)
    data = {
        "name": _name(told),
        "call": _call(told),
        "value": told["value"],
        "steps": steps(told, sources),
        "groups": groups(told, sources),
        "outputs": [{"name": x["label"], "node": -1 if x["node"] is None else x["node"]} for x in told["outputs"]],
        **columns(told),
        "diagnostics": diagnostics(told, sources),
        "formula": formulas(f, args, kwargs, by, len(told["steps"])),
        "compiled": compiled(f, args, kwargs, by, sources),
        "methods": methods(f, args, kwargs, by),
    }
    return data | sources.as_dict()


def _copy(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def _call(told: dict[str, Any]) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in told["arguments"].items())
    name = _name(told)
    return f"{name}({arguments})" if name.replace(".", "_").isidentifier() else f"{name} at {arguments}"


def _name(told: dict[str, Any]) -> str:
    name: str = told["function"]
    return "f" if name == "<lambda>" else name
