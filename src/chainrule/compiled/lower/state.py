"""What a function that is being lowered knows: its names, the lists and dicts it has made, and copies of all that."""

from __future__ import annotations

import ast
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import ir
from ..read import Source
from ..spec import Capture
from .liveness import Flow

__all__ = [
    "UNDEFINED",
    "Captured",
    "Clash",
    "DeadPath",
    "Frame",
    "Heap",
    "Possibly",
    "Signal",
    "State",
    "UserDict",
    "UserList",
]


class Captured(NamedTuple):
    """An array of the surroundings in a program that is being made.

    Attributes
    ----------
    capture : Capture
    array
        What stands for it in the program.
    given : ndarray
        The argument that it becomes.
    value : ndarray
        What was read; kept alive, for it is known by its identity.
    """

    capture: Capture
    array: Any
    given: Any
    value: Any


class Signal(Exception):
    """What one part of the lowering tells another; no error."""


class DeadPath(Signal):
    """The path that is being lowered raises an error of the user's for certain: nothing follows."""


class _Undefined:
    """The value of a name that has not been set."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED = _Undefined()


class Possibly:
    """The value of a name that is set only if a flag is true at run time."""

    __slots__ = ("defined", "value")

    def __init__(self, value: Any, defined: ir.Atom) -> None:
        self.value = value
        self.defined = defined


class Clash:
    """The value of a name that means different things on different paths, and why that is a problem if it is read."""

    __slots__ = ("reason", "repair")

    def __init__(self, reason: str, repair: str = "Use different names.") -> None:
        self.reason = reason
        self.repair = repair


class UserList(list[Any]):
    """A list that the user's code has made.

    Attributes
    ----------
    rows : RunTimeList or None
        Its elements if their number is known at run time only; the list itself is empty then.
    """

    __slots__ = ("__weakref__", "rows")

    def __init__(self, items: Any = ()) -> None:
        super().__init__(items)
        self.rows: Any = None


class UserDict(dict[Any, Any]):
    """A dict that the user's code has made."""

    __slots__ = ("__weakref__",)


class Frame:
    """A call of one of the user's functions.

    Attributes
    ----------
    names : dict
        The values of the local names. Those with a dollar sign are the engine's own: ``$return`` and the like tell
        whether the call has left this way, ``$value`` holds what it returns.
    outer : Frame or None
        The call in which the function was defined, if that is being lowered too.
    cells : dict
        What the function has from an enclosing function that ran before.
    statement : ast.stmt or None
        The statement that runs.
    key
        The function and the types of its arguments, to find recursion.
    call : ast.Call or None
        The call in the text of the caller, if it is made there.
    """

    def __init__(
        self, source: Source, flow: Flow | None, namespace: dict[str, Any], cells: dict[str, Any], outer: Frame | None
    ) -> None:
        self.source = source
        self.flow = flow
        self.namespace = namespace
        self.cells = cells
        self.outer = outer
        self.names: dict[str, Any] = {}
        self.statement: ast.stmt | None = None
        self.key: Any = None
        self.call: ast.Call | None = None

    def live_after(self, statement: ast.stmt | None) -> frozenset[str] | None:
        """Return the names that may be read after a statement; None if that is not known."""
        if self.flow is None or statement is None or statement not in self.flow.after:
            return None
        return self.flow.after[statement] | self.flow.captured


class Heap:
    """The lists and dicts that the user's code has made, and may change."""

    def __init__(self) -> None:
        self.known: dict[int, weakref.ref[Any]] = {}

    def add(self, container: Any) -> Any:
        self.known[id(container)] = weakref.ref(container)
        return container

    def owns(self, container: Any) -> bool:
        reference = self.known.get(id(container))
        return reference is not None and reference() is container

    def __iter__(self) -> Iterator[Any]:
        for key, reference in list(self.known.items()):
            container = reference()
            if container is None:
                del self.known[key]
            else:
                yield container


class State:
    """A copy of what a frame and the heap hold at one moment."""

    def __init__(self, frame: Frame, heap: Heap, place: ir.Place | None) -> None:
        self.frame = frame
        self.place = place
        self.names = dict(frame.names)
        self.contents = [(c, contents(c)) for c in heap]

    def restore(self) -> None:
        self.frame.names = dict(self.names)
        for container, content in self.contents:
            set_contents(container, content)


def contents(container: Any) -> Any:
    """Return a copy of what is in a list or dict."""
    if isinstance(container, UserList):
        return list(container), container.rows
    return dict(container)


def set_contents(container: Any, content: Any) -> None:
    if isinstance(container, UserList):
        container[:], container.rows = content
    else:
        container.clear()
        container.update(content)
