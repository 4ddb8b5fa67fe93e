"""Functions named on the command line: ``FILE.py:FUNCTION``, or an expression."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from ._errors import UsageError, did_you_mean, one_line, place_of
from ._expression import function_of, names_in, unknown_name

__all__ = ["bind", "is_file", "load_function", "read_function"]

_TARGET = re.compile(r"(?P<path>.+\.py)(?::(?P<name>.*))?")
_LIKE_A_TARGET = re.compile(r"(?P<path>[\w./\\-]+):(?P<name>[\w.]+)")


def read_function(target: str, values: dict[str, Any]) -> tuple[Callable[..., Any], str | None]:
    """Return the function that a text names, with its file; the arguments of an expression are those given."""
    if found := _TARGET.fullmatch(target):
        return load_function(found["path"], found["name"]), str(Path(found["path"]).resolve())
    if found := _LIKE_A_TARGET.fullmatch(target):
        raise UsageError(f"{found['path']} is no Python file: write FILE.py:{found['name']}.")
    missing = [name for name in names_in(target) if name not in values]
    if missing:
        raise UsageError(unknown_name(missing[0], values))
    return function_of(target, values), None


def is_file(target: str) -> bool:
    """Tell whether a text names a function of a file, and is no expression."""
    return _TARGET.fullmatch(target) is not None


def load_function(path: str, name: str | None) -> Callable[..., Any]:
    """Load a file and return one of its functions."""
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"There is no file {path}.")
    with _loading(file) as module:
        functions = _functions_of(module)
    listed = f"it has {', '.join(functions)}" if functions else "it has none"
    if not name:
        raise UsageError(f"Name a function of {path}, as in {path}:{next(iter(functions), 'FUNCTION')}; {listed}.")
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise UsageError(f"{path} has no function {name}; {listed}.{did_you_mean(name, functions)}")
    if not callable(found):
        raise UsageError(f"{name} in {path} is no function, it is of type {type(found).__name__}; {listed}.")
    function: Callable[..., Any] = found
    return function


def _functions_of(module: ModuleType) -> list[str]:
    named = vars(module).items()
    return [n for n, f in named if inspect.isfunction(f) and f.__module__ == module.__name__ and not n.startswith("_")]


@contextmanager
def _loading(file: Path) -> Iterator[ModuleType]:
    """Run a file as a module that leaves no trace in ``sys.modules``; what it prints goes to stderr."""
    folder, name = str(file.resolve().parent), file.stem
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = dict(sys.modules)
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.insert(0, folder)
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
        yield module
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        at = place_of(error, str(file.resolve()))
        raise UsageError(f"{file} cannot be loaded: {type(error).__name__}: {one_line(error)}{at}") from error
    finally:
        sys.path.remove(folder)
        _forget(before, name, folder)


def _forget(before: dict[str, ModuleType], name: str, folder: str) -> None:
    """Take out of ``sys.modules`` what came from the file's folder."""
    for new in sys.modules.keys() - before.keys():
        origin = getattr(sys.modules[new], "__file__", None) or ""
        if new == name or origin.startswith(folder):
            del sys.modules[new]
    if name in before:
        sys.modules[name] = before[name]


def bind(f: Callable[..., Any], values: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call, by position as far as possible; those with defaults may be missing."""
    name = getattr(f, "__name__", "the function")
    try:
        parameters = inspect.signature(f).parameters
    except (TypeError, ValueError):
        return list(values.values()), {}
    _check_names(name, parameters, values)
    args, kwargs = [], dict(values)
    for parameter in parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            break
        if parameter.name not in kwargs:
            break
        args.append(kwargs.pop(parameter.name))
    return args, kwargs


def _check_names(name: str, parameters: Any, values: dict[str, Any]) -> None:
    kinds = [p.kind for p in parameters.values()]
    named = [n for n, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    takes = f"its arguments are {', '.join(named)}" if named else "it takes none"
    unknown = [given for given in values if given not in named]
    if unknown and inspect.Parameter.VAR_KEYWORD not in kinds:
        raise UsageError(f"{name} has no argument {unknown[0]}; {takes}.{did_you_mean(unknown[0], named)}")
    missing = [n for n in named if n not in values and parameters[n].default is inspect.Parameter.empty]
    if missing:
        raise UsageError(f"{name} needs a value for {', '.join(missing)}: add --at {missing[0]}=VALUE.")
