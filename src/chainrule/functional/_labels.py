"""The names of arguments, and of the numbers and arrays within them, as one would write them in Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from .. import tree

__all__ = ["argument_names", "paths"]


def argument_names(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """Return the name of each positional argument, then those given by name."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = []
    for i in range(len(args)):
        parameter = parameters[min(i, len(parameters) - 1)] if parameters else None
        if parameter is None:
            names.append(f"argument{i}")
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL or i >= len(parameters):
            names.append(f"{parameter.name}[{i - parameters.index(parameter)}]")
        else:
            names.append(parameter.name)
    return [*names, *kwargs]


def paths(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield each leaf of an argument with the way to it (``"['w'][0]"``), in the order of `tree.flatten`."""
    leaves, structure = tree.flatten(node)
    if structure is tree.LEAF:
        yield "", node
        return
    for accessor, leaf in zip(structure.accessors(), leaves, strict=True):
        yield accessor.codify(""), leaf
