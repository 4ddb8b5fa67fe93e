"""Calls of a compiled function that are like an earlier one, without a look at the signature.

For a call with numbers and arrays alone, a small function is written that looks at the type of each argument in turn,
calls the machine code and puts the results together. Anything else takes the long way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import tree
from . import ir
from .signature import LONG, SHORT, Signature
from .spec import Result

if TYPE_CHECKING:
    from .jit import Version

__all__ = ["shortcut"]

DTYPES = ("float64", "float32", "int64", "bool")
GONE = (AttributeError, LookupError, NameError, TypeError, ValueError)  # raised by reading what is there no more
MANY = 24  # arguments, beyond which the look at each is not worth the text


def shortcut(version: Version, signature: Signature, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function for calls like one, of their arguments in a tuple and a dict; others go to `otherwise`."""
    kinds = signature.key[1:]
    plain = tree.flatten((None,) * len(kinds))[1]
    lowered = version.lowered
    if (signature.named or not version.compiled or version.exclusive or signature.converted
            or len(kinds) > MANY or signature.structure != plain or len(signature.values) < len(kinds)):  # fmt: skip
        return otherwise
    names = [f"x{k}" for k in range(len(kinds))]
    functions = [lowered.program.entry, *lowered.program.others.values()]
    layout = any(isinstance(s, ir.Alias) for f in functions for s in ir.walk(f.body))
    tests = [_test(name, kind, layout) for name, kind in zip(names, kinds, strict=True)]
    if lowered.constants:
        tests.append("constants_are_current()")
    reads = {f"read{k}_{m}": read for k, c in enumerate(lowered.captures) for m, read in enumerate(c.reads)}
    for k, c in enumerate(lowered.captures):
        tests += [_test(f"c{k}_0", c.kind, layout), *[f"c{k}_{m} is c{k}_0" for m in range(1, len(c.reads))]]
    namespace: dict[str, Any] = {
        "run": version.run, "otherwise": otherwise, "rebuilt": version.rebuilt,
        "constants_are_current": version.constants_are_current, "ndarray": np.ndarray, "GONE": GONE, **reads,
        **{f"dtype_{n}": np.dtype(n) for n in DTYPES}, **{f"scalar_{n}": np.dtype(n).type for n in DTYPES},
    }  # fmt: skip
    captured = [f"c{k}_0" for k in range(len(lowered.captures))]
    text = "\n".join([
        "def call(args, kwargs):",
        f"    if len(args) == {len(kinds)} and not kwargs:",
        *([f"        {', '.join(names)}, = args"] if names else []),
        *(_reading([*reads]) if reads else []),
        f"        if {' and '.join(tests) or 'True'}:",
        f"            found = run({', '.join([*names, *captured])})",
        f"            return {_result(version)}",
        "    return otherwise(args, kwargs)",
    ])  # fmt: skip
    exec(text, namespace)
    made: Callable[..., Any] = namespace["call"]
    return made


def _reading(reads: list[str]) -> list[str]:
    """Return the lines that read the arrays of the surroundings."""
    return [
        "        try:",
        *[f"            {name.replace('read', 'c')} = {name}()" for name in reads],
        "        except GONE:",
        "            return otherwise(args, kwargs)",
    ]


def _test(name: str, kind: Hashable, layout: bool) -> str:
    if isinstance(kind, type):
        return f"type({name}) is {kind.__name__}"
    if isinstance(kind, str):
        return f"type({name}) is scalar_{kind}"
    assert isinstance(kind, tuple)
    dtype, lengths, contiguous = kind
    tests = [f"type({name}) is ndarray and {name}.dtype is dtype_{dtype} and {name}.ndim == {len(lengths)}"]
    if not any(lengths):
        tests += [f"len({name}) != 1"] if len(lengths) == 1 else [f"1 not in {name}.shape"] if lengths else []
    else:
        tests += [f"{name}.shape[{k}] {f'== {n}' if n else '!= 1'}" for k, n in enumerate(lengths)]
    if len(lengths) > 1 and not lengths[-1]:
        tests.append(f"({name}.shape[-1] > {SHORT} or {name}.size < {LONG} * {name}.shape[-1] ** 2)")
    if layout:
        tests.append(f"{name}.flags.c_contiguous is {contiguous}")
    return " and ".join(tests)


def _result(version: Version) -> str:
    """Return the text that puts the results together, for tuples and single values."""
    kinds = version.lowered.program.entry.results

    def leaf(r: Any) -> str:
        found = "found" if version.single else f"found[{r.index}]"
        is_array = isinstance(kinds[r.index], ir.View)
        return found if is_array or r.weak else f"scalar_{kinds[r.index].dtype}({found})"

    def text(x: Any) -> str | None:
        if isinstance(x, Result):
            return leaf(x)
        if type(x) is not tuple:
            return None
        parts = [text(part) for part in x]
        return None if None in parts else f"({', '.join(map(str, parts))}{',' if len(parts) == 1 else ''})"

    return text(version.lowered.result) or f"rebuilt({'(found,)' if version.single else 'found'})"
