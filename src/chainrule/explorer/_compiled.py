"""The compiled view: the emitted programs line by line, the user's line of each, and what is saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import functional
from ..comparison import Program
from ..compiled.jit import jit
from ._sources import Sources, highlighted, told

__all__ = ["compiled"]

_COMMENT = re.compile(r"(?P<indent>\s*)# line (?P<line>\d+): (?P<text>.*)")
_KEPT = re.compile(r"^ +(saved_\w+)(?:\[[^=]*\] = (.*)|\.append\((.*)\))$", re.MULTILINE)
_LONGEST = 3000  # lines


def compiled(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], by: Any, sources: Sources
) -> dict[str, Any]:
    """Return the emitted function and gradient, and what the gradient saves; or why they cannot be compiled."""
    found: dict[str, Any] = {"programs": [], "saved": [], "reason": None}
    try:
        program = Program(f, args, kwargs, by)
        given, named = program.given(program.point)
        found["programs"].append(_program("primal", jit(f).source(*given, **named), sources))
        derivative = _derivative(f, program, len(args))
        found["programs"].append(_program(derivative[0], derivative[1].source(*given, **named), sources))
        found["saved"] = _saved(derivative[1].saved(*given, **named), derivative[1].source(*given, **named), sources)
    except Exception as error:  # also of the function itself, which may not take plain numbers
        found["reason"] = told(error)
    return found


def _derivative(f: Callable[..., Any], program: Program, positional: int) -> tuple[str, Any]:
    arguments = list(program.arguments)[:positional]  # those given by name are constants for a trace, too
    positions = tuple(
        dict.fromkeys(arguments.index(leaf.argument) for leaf in program.leaves if leaf.argument in arguments)
    )
    argnums = positions[0] if len(positions) == 1 else positions
    if program.scalar and np.ndim(program.value) == 0:
        return "gradient", jit(functional.grad(f, argnums=argnums))
    return "jacobian", jit(functional.jacobian(f, argnums=argnums))


def _program(kind: str, text: str, sources: Sources) -> dict[str, Any]:
    texts = text.rstrip("\n").split("\n")[:_LONGEST]
    forward, reverse = _sweeps(texts) if kind == "gradient" else (-1, -1)
    places = _places(texts, reverse, sources)
    pairs = zip(highlighted("\n".join(texts)), places, strict=True)
    return {
        "kind": kind,
        "lines": [{"html": html} | ({"at": at} if at else {}) for html, at in pairs],
        "forward": forward,
        "reverse": reverse,
    }


def _places(texts: list[str], reverse: int, sources: Sources) -> list[str | None]:
    """Return the user's line for each emitted one, where that is known.

    It is the line with the same text, or that of the last comment above in a block around it and in the same sweep.
    """
    found: list[str | None] = []
    open_: list[tuple[int, str | None]] = []
    for i, text in enumerate(texts):
        bare = text.strip()
        depth = len(text) - len(text.lstrip())
        open_ = [x for x in open_ if x[0] <= depth or not bare] if i != reverse else []
        if comment := _COMMENT.fullmatch(text):
            open_ = [*[x for x in open_ if x[0] < depth], (depth, sources.find(int(comment["line"]), comment["text"]))]
        above = open_[-1][1] if open_ and bare and not bare.startswith("return") else None
        inside = sources.only if text.startswith(" ") else None
        found.append((sources.alike(bare) if bare else None) or above or inside)
    return found


def _sweeps(texts: list[str]) -> tuple[int, int]:
    """Return the first lines of the two sweeps; the reverse one starts with what sets the first adjoint."""
    start = next((i + 1 for i, text in enumerate(texts) if text.startswith("def ")), -1)
    sets = re.compile(r" +(\w+_bar(_\d+)?)(\[.*\])? \+?= |    return ")
    first = next((i for i, text in enumerate(texts) if i >= start and sets.match(text)), -1)
    if start < 0 or first < 0:
        return -1, -1
    while first > start and not _opens(texts[first]):
        first -= 1
    while first > start and texts[first - 1].startswith("    # line"):
        first -= 1
    return start, first


def _opens(text: str) -> bool:
    """Tell whether a statement of the function itself starts here, not one inside another."""
    return re.match(r"    (?!else:|elif )\S", text) is not None


def _saved(saved: Sequence[Any], text: str, sources: Sources) -> list[dict[str, Any]]:
    """Return what the emitted text saves, by its names there, with the expression that is kept in each."""
    kept = _kept(text)
    names = _emitted_names(saved, kept)
    return [
        {
            "what": s.what if name is None else f"{name} ← {kept[name]}",
            "how": s.how,
            "why": s.why,
            "line": s.place.line if s.place else None,
            "at": sources.find(s.place.line, s.place.text.strip()) if s.place else None,
        }
        for s, name in zip(saved, names, strict=True)
    ]


def _kept(text: str) -> dict[str, str]:
    """Return what is first written into each array or stack; of a temporary what it stands for."""
    found: dict[str, str] = {}
    for match in _KEPT.finditer(text):
        written = match[2] or match[3]
        if re.fullmatch(r"t(_\d+)?", written):
            above = re.findall(rf"^ +{written} = (.*)$", text[: match.start()], re.MULTILINE)
            written = above[-1] if above else written
        found.setdefault(match[1], written)
    return found


def _emitted_names(saved: Sequence[Any], kept: dict[str, str]) -> list[str | None]:
    """Return the emitted name of each thing saved, which is its own with another number, or None if that is unsure."""
    found: list[str | None] = []
    for s in saved:
        base = s.name.partition(".")[0]
        alike = [other for other in saved if other.name.partition(".")[0] == base]
        names = sorted([x for x in kept if re.fullmatch(rf"{base}(_\d+)?", x)], key=lambda x: (len(x), x))
        found.append(names[alike.index(s)] if len(names) == len(alike) else None)
    return found
