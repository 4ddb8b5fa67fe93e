"""Emitted programs as text and as modules of their own: ``cr.source`` and ``cr.export``."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import UnsupportedError, message
from . import runtime
from .described import description, original
from .emit import Emitted
from .external import EXTERNALS
from .jit import Compiled, jit
from .listing import Listing

__all__ = ["export", "float_arguments", "source"]

HEADER = '''\
"""{what}

Written by chainrule. It needs {needs}.
"""

import math

import numpy as np
{imports}
{njit}'''

WITH_NUMBA = """
try:
    from numba import njit
except ImportError:

    def njit(**options):
        return lambda function: function
"""


def source(f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Listing:
    """Return the Python that a function, or a derivative of one, is compiled from.

    Parameters
    ----------
    f : callable
        What `jit` takes: a function, or what `grad` and its relatives made of one.
    *args, **kwargs
        Arguments of a call: their types are those that the text is made for. Without any, all are taken as floats.

    Returns
    -------
    Listing
        The text of a module, which notebooks show in colours. The names are those of `f`; comments say which of its
        lines the statements come from.

    See Also
    --------
    jit, export

    Examples
    --------
    >>> import chainrule as cr
    >>> def f(x, y):
    ...     return x * x * y
    >>> print(cr.source(cr.grad(f), 3.0, 4.0))
    def f_grad(x, y):
    ...
    """
    compiled = f if isinstance(f, Compiled) else jit(f)
    if not args and not kwargs:
        args = float_arguments(compiled)
    return Listing(compiled.source(*args, **kwargs))


def float_arguments(f: Any) -> tuple[float, ...]:
    """Return a float for each parameter of a function that must be given."""
    extra, inner = 0, f
    while (described := description(inner)) is not None or isinstance(inner, Compiled):
        if described is not None:
            extra += described[0] == "hvp"
        inner = described[1] if described is not None else inner.__wrapped__
    try:
        parameters = inspect.signature(inner).parameters.values()
    except (TypeError, ValueError):
        parameters = ()  # type: ignore[assignment]
    needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (1.0,) * (len(needed) + extra)


def export(f: Callable[..., Any], /, *args: Any, path: str | os.PathLike[str], **kwargs: Any) -> Path:
    """Write a function, or a derivative of one, as a module that needs NumPy alone, and SciPy if it calls SciPy.

    Parameters
    ----------
    f : callable
        What `jit` takes.
    *args, **kwargs
        Arguments of a call: the module is for arguments of these types, and arrays of any size (but a length of 1
        stays 1). Without any, all are taken as floats.
    path : path
        The file, which is overwritten.

    Returns
    -------
    Path
        The file. Its last function takes the numbers and arrays that the arguments consist of, one by one, and
        returns those that the result consists of. Where Numba is installed it is compiled, unless it calls SciPy.

    Raises
    ------
    UnsupportedError
        If `f` cannot be compiled, or calls what only chainrule has (rules of matrix factorisations).

    Examples
    --------
    >>> import chainrule as cr, tempfile, pathlib
    >>> def f(x, y):
    ...     return x * x * y
    >>> file = cr.export(cr.grad(f), 3.0, 4.0, path=pathlib.Path(tempfile.mkdtemp()) / "derivative.py")
    >>> print(file.name)
    derivative.py
    """
    compiled = f if isinstance(f, Compiled) else jit(f)
    if not args and not kwargs:
        args = float_arguments(compiled)
    emitted = compiled.emitted_for_all(*args, **kwargs)
    file = Path(path)
    file.write_text(standalone(emitted, _title(f)), encoding="utf-8")
    return file


def _title(f: Any) -> str:
    inner = original(f)
    place = getattr(getattr(inner, "__code__", None), "co_filename", None)
    name = getattr(inner, "__name__", "a function")
    return f"Derived from {name}." if place is None else f"Derived from {name}, {Path(place).name}."


def standalone(emitted: Emitted, title: str) -> str:
    """Return the text of a module with the helpers in it."""
    _require_alone(emitted)
    native = not emitted.special and not emitted.externals  # Numba knows nothing of these
    needs = "NumPy and SciPy" if emitted.imports else "NumPy"
    needs += "; with Numba installed it is compiled" if native else ""
    header = HEADER.format(
        what=title, needs=needs, imports="".join([f"{line}\n" for line in emitted.imports]),
        njit=WITH_NUMBA if native else "",
    )  # fmt: skip
    parts = [header.rstrip("\n") + "\n", *[_helper(name, native) for name in emitted.helpers]]
    body = emitted.body
    for name in (*emitted.kernels, *emitted.functions) if native else ():
        body = body.replace(f"def {name}(", f"{_decorator({})}\ndef {name}(", 1)
    text = "\n\n".join([*parts, body])
    if "math." not in text.replace("import math", ""):
        text = text.replace("import math\n\n", "", 1)
    return text


def _require_alone(emitted: Emitted) -> None:
    """Refuse a program that calls what only chainrule has."""
    called = [name for name, key in emitted.externals if EXTERNALS[key].helpers - {"put"}]
    if called:
        what = f"This program calls {', '.join(called)}, for which there is a text in chainrule alone."
        repair = "Use cr.jit, or export a program without that function."
        raise UnsupportedError(message(what, repair, ""))


def _helper(name: str, native: bool) -> str:
    """Return the text of a function of `runtime`, without its types."""
    options = runtime.OPTIONS.get(name, {})
    bare = inspect.getsource(getattr(runtime, name)).replace(": Any", "").replace(" -> Any", "").replace(" -> None", "")
    return f"{_decorator(options)}\n{bare}" if native else bare


def _decorator(options: dict[str, Any]) -> str:
    given = {"cache": True, "error_model": "numpy", **options}
    return f"@njit({', '.join([f'{name}={value!r}' for name, value in given.items()])})"
