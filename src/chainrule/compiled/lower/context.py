"""The state of one lowering: the builder, the calls that are open, and where in the user's text we are."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import getitem
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

from ...errors import ChainruleError, Message, UnsupportedError, message
from ...rules import Operand
from .. import ir
from ..build import Builder
from ..errors_at import unsupported
from ..read import place_text
from ..scalar import Scalar
from ..scan import defined
from ..spec import Capture, Constant, Contents
from .state import UNDEFINED, Captured, Clash, DeadPath, Frame, Heap, Possibly, Signal, State

__all__ = ["Context", "known"]

LIBRARIES = ("builtins", "chainrule", "cmath", "math", "numpy", "operator", "scipy")  # whose names do not change
PLAIN_ERRORS = (IndexError, KeyError, ZeroDivisionError, ValueError, OverflowError)


class Context:
    """One lowering.

    Attributes
    ----------
    builder : Builder
    frames : list of Frame
        The calls that are open, the innermost last.
    heap : Heap
    node : ast.AST or None
        The piece of syntax that is being looked at.
    hints : dict
        Names of the user's for scalars.
    captures : list of Capture
    captured : dict
        Arrays of the surroundings, by the identity of what was read.
    constants : dict
        What else was read from the surroundings of functions.
    outsiders : dict
        The objects of the surroundings, by their identity.
    files : dict
        The files of the functions that were read, in order.
    others : dict
        Recursive functions.
    flows : dict
        Where names are alive, for each function that was read.
    loops : list of (Frame, Loop)
        The loops that are open, the innermost last.
    iterated : list of tuple
        What the open loops run over.
    pending : list of Pending
        The recursive functions that are being made, or have been.
    function : Pending or None
        The recursive function whose body is being lowered.
    own_parameters : set of Buffer
        The parameters of recursive functions.
    recurs : dict
        Which functions may call themselves.
    """

    def __init__(self, boundscheck: bool = True) -> None:
        self.builder = self.main = Builder()
        self.builder.notes["boundscheck"] = boundscheck
        self.builder.notes["context"] = self
        self.frames: list[Frame] = []
        self.heap = Heap()
        self.node: ast.AST | None = None
        self.hints: dict[ir.Var | ir.Buffer, str] = {}
        self.captures: list[Capture] = []
        self.captured: dict[int, Captured] = {}
        self.constants: dict[Any, Constant] = {}
        self.outsiders: dict[int, Any] = {}
        self.files: dict[str, None] = {}
        self.others: dict[str, ir.Function] = {}
        self.flows: dict[ast.AST, Any] = {}
        self.loops: list[tuple[Frame, Any]] = []
        self.iterated: list[tuple[Any, ...]] = []
        self.parameters: Any = None
        self.pending: list[Any] = []
        self.function: Any = None
        self.own_parameters: set[ir.Buffer] = set()
        self.recurs: dict[ast.AST, bool] = {}
        self.prelude: list[ir.Statement] = []
        self.custom: dict[Any, Any] = {}

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    # ---- Places and errors

    def place(self) -> str:
        return place_text(self.frame.source, self.node) if self.frames else ""

    def refuse(self, what: str, repair: str, node: ast.AST | None = None) -> NoReturn:
        """Raise an error that shows where we are."""
        if node is not None:
            self.node = node
        raise UnsupportedError(message(what, repair, self.place()))

    def refuse_at(self, what: str, repair: str, place: ir.Place | None) -> NoReturn:
        """Raise an error that shows the line of a statement of the program."""
        try:
            unsupported(what, repair, place)
        except UnsupportedError as error:
            error._placed = True  # type: ignore[attr-defined]
            raise

    def placed(self, error: Exception) -> Exception:
        """Return an error that names the user's line, where it does not do so yet."""
        if isinstance(error, Signal) or getattr(error, "_placed", False):
            return error
        if isinstance(error, ChainruleError):
            text = error.args[0] if error.args else ""
            if isinstance(text, Message) and self.place() not in text:
                error.args = (message(text.what, text.repair, self.place()),)
        elif isinstance(error, TypeError):
            what, repair = f"This cannot be compiled: {error}.", "Write it with what chainrule supports."
            cause = error
            error = UnsupportedError(message(what, repair, self.place()))
            error.__cause__ = cause
        else:
            error.add_note(self.place().rstrip("\n"))
        error._placed = True  # type: ignore[attr-defined]
        return error

    def statement(self, node: ast.stmt) -> None:
        """Take note of the statement whose code comes next."""
        source = self.frame.source
        self.frame.statement = node
        self.node = node
        self.builder.place = ir.Place(source.file, node.lineno, source.line(node.lineno).strip(), source.name)

    def fail(self, error: str, text: str) -> NoReturn:
        """The user's program raises an error on this path."""
        self.builder.check(ir.Const(False, ir.BOOL), error, text)
        raise DeadPath

    @contextmanager
    def user_errors(self) -> Iterator[None]:
        """Turn an error of Python's own into one that the program raises, if a run-time branch decides about it."""
        try:
            yield
        except PLAIN_ERRORS as error:
            if isinstance(error, ChainruleError) or not self.builder.enclosing:
                raise
            self.fail(type(error).__name__, str(error.args[0]) if error.args else "")

    # ---- Values

    @contextmanager
    def at_top(self) -> Iterator[None]:
        """Append to the front of the function for a while."""
        b, inner = self.main, self.builder
        top: list[ir.Statement] = []
        kept = b.block, b.enclosing, b._known, b._facts
        b.block, b.enclosing, b._known, b._facts = top, [], kept[2][:1], kept[3][:1]
        self.builder = b
        try:
            yield
        finally:
            self.builder = inner
            b.block, b.enclosing, b._known, b._facts = kept
            self.prelude.extend(top)
            b.parameters.update([v for s in top for v in defined(s)])

    @contextmanager
    def iterating(self, sources: tuple[Any, ...]) -> Iterator[None]:
        """Take note of what a loop runs over: it is read in each iteration, whatever its name means by then."""
        lists = [(s, s.rows) for s in sources if hasattr(s, "rows")]
        self.iterated.append(sources)
        try:
            yield
        finally:
            self.iterated.pop()
        if any(s.rows is not rows and s.rows.length != rows.length for s, rows in lists):
            self.refuse("A list is made longer while a loop runs over it.", "Loop over a copy of it, list(...).")

    @contextmanager
    def looping(self, loop: Any) -> Iterator[None]:
        """Take note that a loop of the current call is being lowered."""
        depth = len(self.loops)
        self.loops.append((self.frame, loop))
        try:
            yield
        finally:
            del self.loops[depth:]

    def scalar(self, atom: ir.Atom, weak: bool = True) -> Any:
        return known(Scalar(atom, self.builder, weak))

    def state(self) -> State:
        return State(self.frame, self.heap, self.builder.place)

    def read(self, name: str) -> Any:
        """Return the value of a name."""
        frame: Frame | None = self.frame
        while frame is not None:
            if name in frame.names or (frame.flow is not None and name in frame.flow.local):
                return self._inside(frame, self._local(frame, name))
            if name in frame.cells:
                return self.outside(name, partial(getattr, frame.cells[name], "cell_contents"), id(frame.cells[name]))
            if frame.outer is None:
                return self._global(frame.namespace, name)
            frame = frame.outer
        raise NameError(name)

    def _inside(self, frame: Frame, value: Any) -> Any:
        """Return a value that a recursive function may have from outside of it."""
        if self.function is None or (frame in self.frames and self.frames.index(frame) >= self.function.depth):
            return value
        from .joins import parts_of, rebuild
        from .recursion import lifted

        if isinstance(value, Operand):
            return lifted(self, value)
        parts = parts_of(value)
        return rebuild(self, value, [self._inside(frame, p) for p in parts]) if parts else value

    def _local(self, frame: Frame, name: str) -> Any:
        value = frame.names.get(name, UNDEFINED)
        if isinstance(value, Possibly):
            self.builder.check(value.defined, "UnboundLocalError", _unbound(name))
            frame.names[name] = value = value.value
        if isinstance(value, Clash):
            self.refuse(f"The value of {name} cannot be told here: {value.reason}", value.repair)
        if value is UNDEFINED:
            if self.builder.enclosing:
                self.fail("UnboundLocalError", _unbound(name))
            raise UnboundLocalError(_unbound(name))
        return value

    def _global(self, namespace: dict[str, Any], name: str) -> Any:
        if name in namespace:
            return self.outside(name, partial(getitem, namespace, name), (id(namespace), name))
        if hasattr(builtins, name):
            return getattr(builtins, name)
        msg = f"name '{name}' is not defined"
        raise NameError(msg)

    def outside(self, name: str, read: Callable[[], Any], key: Any) -> Any:
        """Return a value that the function reads from its surroundings: an array there becomes an argument."""
        try:
            value = read()
        except ValueError:
            msg = f"cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
            raise NameError(msg) from None
        if not isinstance(value, (np.ndarray, ModuleType)):
            self.constants.setdefault(key, Constant(name, read, value))
        return self.foreign(value, name, read)

    def outside_attribute(self, owner: Any, name: str, value: Any) -> Any:
        """Return an attribute of an object, a constant of the program if the object is from the surroundings."""
        read = partial(getattr, owner, name)
        if id(owner) not in self.outsiders:
            return value if callable(value) else self.foreign(value, name, read)
        if not isinstance(value, (np.ndarray, ModuleType)):
            self.constants.setdefault((id(owner), name), Constant(name, read, value))
        self.notice(value)
        return value if callable(value) else self.foreign(value, name, read)

    def notice(self, value: Any) -> None:
        """Take note of an object of the surroundings: its attributes may change between calls."""
        of_library = isinstance(value, ModuleType) and value.__name__.partition(".")[0] in LIBRARIES
        if not of_library and not isinstance(value, (np.ndarray, np.generic, bool, int, float, str, type(None))):
            self.outsiders[id(value)] = value

    def foreign(self, value: Any, name: str, read: Callable[[], Any]) -> Any:
        """Return a value of the surroundings: arrays become arguments, in containers too."""
        self.notice(value)
        if isinstance(value, np.ndarray):
            return self.capture(value, name, read)
        if isinstance(value, (list, dict)):
            self.constants.setdefault((id(value), "contents"), Constant(name, read, Contents.of(value)))
        if isinstance(value, (list, dict, tuple)):
            return self._container(value, name, read)
        return value

    def _container(self, value: Any, name: str, read: Callable[[], Any]) -> Any:
        """Return a copy of a container in which arrays are replaced by arguments."""
        keys = list(value) if isinstance(value, dict) else range(len(value))
        parts = {k: self.foreign(value[k], name, partial(_item, read, k)) for k in keys}
        if all(parts[k] is value[k] for k in keys):
            return value
        if isinstance(value, dict):
            return parts
        items = list(parts.values())
        return items if isinstance(value, list) else type(value)(*items) if hasattr(value, "_fields") else tuple(items)

    def capture(self, value: Any, name: str, read: Callable[[], Any]) -> Any:
        """Return an array of the function's surroundings, which becomes an argument of the program."""
        from .parameters import captured

        return self._lifted(captured(self, value, name, read))

    def _lifted(self, value: Any) -> Any:
        from .recursion import lifted

        return lifted(self, value)


def _item(read: Callable[[], Any], key: Any) -> Any:
    return read()[key]


def _unbound(name: str) -> str:
    return f"cannot access local variable '{name}' where it is not associated with a value"


def known(value: Any) -> Any:
    """Return a scalar that is a constant as an ordinary number."""
    if isinstance(value, Scalar) and isinstance(value.atom, ir.Const):
        return value.atom.value if value.weak else np.dtype(value.atom.dtype).type(value.atom.value)
    return value
