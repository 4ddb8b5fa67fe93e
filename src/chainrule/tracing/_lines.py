"""Where the user's program stands: its calls, the line of each, and the iteration of every loop around that line.

Python tells a trace function (`sys.settrace`) of every call and every line. Where another one is set already (by a
debugger, or for coverage), it is left alone: then the line of each step is known, and calls and iterations are not.
"""

from __future__ import annotations

import contextlib
import functools
import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from ._folds import Fold
from ._loops import Loop, loops_of, loops_of_file
from ._model import Place

__all__ = ["Lines"]

_LIBRARY = str(Path(__file__).parents[1]) + os.sep
_GENERATED = ("<__array_function__", "<short path of ", "<boxed ", "<frozen ")


class _Frame:
    """One call of a function of the user's: the line that it has come to, and how often each loop has begun anew."""

    __slots__ = ("counts", "fold", "frame", "lines", "loops", "outer", "previous")

    def __init__(self, lines: Lines, frame: FrameType, outer: _Frame | None) -> None:
        self.lines, self.frame, self.outer = lines, frame, outer
        self.loops = lines.loops_in(frame.f_code)
        self.counts: dict[Loop, int] = {}
        self.previous = 0
        self.fold: Fold | None = None

    def event(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            if self.loops:
                self._count(frame.f_lineno)
        elif event == "return" and self.lines.stack and self.lines.stack[-1] is self:
            self.lines.stack.pop()
        return self.event

    def _count(self, line: int) -> None:
        for loop in self.loops:
            if loop.head == line:
                if loop.body <= self.previous <= loop.last:
                    self.counts[loop] = self.counts.get(loop, 0) + 1
                elif not loop.first <= self.previous < loop.body:
                    self.counts[loop] = 1
        self.previous = line

    def here(self) -> Fold:
        """Return the fold of the line that runs now."""
        new: list[_Frame] = []
        frame: _Frame | None = self
        while frame is not None and frame.fold is None:  # no recursion: the user's may have come near Python's limit
            new.append(frame)
            frame = frame.outer
        for frame in reversed(new):
            frame._begin(self.lines.root if frame.outer is None else frame.outer._here())
        return self._here()

    def _begin(self, caller: Fold) -> None:
        code = self.frame.f_code
        self.fold = caller.new("call", code.co_name, file=code.co_filename, line=code.co_firstlineno)

    def _here(self) -> Fold:
        assert self.fold is not None
        fold, line = self.fold, self.frame.f_lineno or 0
        for loop in self.loops:
            if loop.first <= line <= loop.last and loop in self.counts:
                fold = fold.child("loop", loop.kind, line=loop.head)
                fold = fold.child("iteration", f"{self.counts[loop]}", iteration=self.counts[loop], line=loop.head)
        return fold.child("line", linecache.getline(self.frame.f_code.co_filename, line).strip(), line=line)


class Lines:
    """Follows the user's program.

    Attributes
    ----------
    root : Fold
        Of everything that was asked for.
    """

    def __init__(self) -> None:
        self.root = Fold(None, "trace", "")
        self.stack: list[_Frame] = []
        self._following = False
        self._loops: dict[CodeType, tuple[Loop, ...]] = {}
        self._files: dict[str, tuple[Loop, ...]] = {}
        self._users: dict[str, bool] = {}
        self._positions: dict[CodeType, list[Any]] = {}

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follow what is called meanwhile."""
        if sys.gettrace() is not None:
            yield
            return
        self._following = True
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(None)

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        if not self._is_users(frame.f_code.co_filename):
            return None
        known = getattr(frame.f_trace, "__self__", None)  # a generator goes on
        if type(known) is not _Frame or known.lines is not self:
            known = _Frame(self, frame, self.stack[-1] if self.stack else None)
        self.stack.append(known)
        return known.event

    def here(self) -> tuple[Place | None, Fold]:
        """Return the user's innermost line, and the fold that it belongs to."""
        if self._following:
            if not self.stack:
                return None, self.root.child("line", "", line=0)
            top = self.stack[-1]
            return self.place(top.frame), top.here()
        frame = self.users_frame()
        if frame is None:
            return None, self.root.child("line", "", line=0)
        place, code = self.place(frame), frame.f_code
        fold = self.root.child("call", code.co_name, file=code.co_filename, line=code.co_firstlineno)
        return place, fold.child("line", place.text, line=place.line)

    def users_frame(self) -> FrameType | None:
        """Return the innermost frame that belongs to neither this library nor NumPy and the like."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self._is_users(frame.f_code.co_filename):
            frame = frame.f_back
        return frame

    def place(self, frame: FrameType) -> Place:
        """Return the expression that a frame runs now."""
        return self.place_at(frame.f_code, frame.f_lasti, frame.f_lineno or frame.f_code.co_firstlineno)

    def place_at(self, code: CodeType, instruction: int, line: int) -> Place:
        """Return the expression that an instruction belongs to."""
        columns: tuple[int | None, int | None] = None, None
        if code not in self._positions:
            self._positions[code] = list(code.co_positions())
        at, positions = instruction // 2, self._positions[code]
        if at < len(positions):
            first, last, start, end = positions[at]
            if first == last == line:
                columns = start, end
        text = linecache.getline(code.co_filename, line).rstrip("\n")
        return Place(code.co_filename, line, code.co_name, text.strip(), *_characters(text, *columns))

    def loops_in(self, code: CodeType) -> tuple[Loop, ...]:
        """Return the loops of a function."""
        if code not in self._loops:
            file = code.co_filename
            if file not in self._files:
                linecache.checkcache(file)
                self._files[file] = loops_of_file(file)
            self._loops[code] = loops_of(code, self._files[file])
        return self._loops[code]

    def _is_users(self, filename: str) -> bool:
        if filename not in self._users:
            self._users[filename] = not filename.startswith((_LIBRARY, *_GENERATED, *_homes()))
        return self._users[filename]


def _characters(text: str, start: int | None, end: int | None) -> tuple[int | None, int | None]:
    """Turn offsets into the bytes of a line into offsets into its text without the indentation."""
    if start is None or end is None:
        return None, None
    raw = text.encode()
    indent = len(text) - len(text.lstrip())
    return len(raw[:start].decode(errors="replace")) - indent, len(raw[:end].decode(errors="replace")) - indent


def _homes() -> list[str]:
    """Return the folders and files whose frames are passed over."""
    packages = [getattr(sys.modules.get(name), "__file__", None) for name in ("numpy", "scipy", "optree")]
    modules = [functools.__file__, contextlib.__file__]
    return [*[str(Path(file).parent) + os.sep for file in packages if file], *modules]
