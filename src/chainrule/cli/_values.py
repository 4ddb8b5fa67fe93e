"""Values from the command line: ``x=3.0``, ``w=[1,2,3]``, ``w=data.npy``, ``w=data.npz:key``, ``w=data.csv``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ._errors import UsageError, did_you_mean
from ._expression import evaluate

__all__ = ["parse_values"]

_FILE = re.compile(r"(?P<path>.+\.(?P<suffix>npy|npz|csv))(?::(?P<key>\w+))?", re.IGNORECASE)


def parse_values(texts: Iterable[str], floats: bool = False) -> dict[str, Any]:
    """Return the values by name.

    Parameters
    ----------
    texts : iterable of str
        ``NAME=VALUE``.
    floats : bool
        Whether a list of integers is an array of floats, which can be differentiated by.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"--at takes NAME=VALUE, and {text!r} is not of that form.")
        if name in values:
            raise UsageError(f"--at gives {name} twice.")
        values[name] = _value(name, value, floats)
    return values


def _value(name: str, text: str, floats: bool) -> Any:
    if found := _FILE.fullmatch(text):
        array = _loaded(Path(found["path"]), found["suffix"].lower(), found["key"])
        if array.dtype.kind not in "iuf":
            raise UsageError(f"{text} holds {array.dtype}, and {name} is to be real numbers.")
        return array[()] if not array.ndim else array
    try:
        value = evaluate(text, {})
        return _as_array(value, floats) if isinstance(value, (list, tuple)) else value
    except UsageError as error:
        raise UsageError(f"The value of {name} cannot be understood: {error}") from error
    except (ArithmeticError, TypeError, ValueError) as error:
        raise UsageError(f"The value of {name}, {text!r}, cannot be understood: {error}.") from error


def _as_array(value: Any, floats: bool) -> Any:
    try:
        array = np.array(value)
    except ValueError:
        msg = "its rows are not of one length"
        raise ValueError(msg) from None
    if array.dtype.kind not in "iuf":
        msg = "a list holds numbers only"
        raise ValueError(msg)
    return array.astype(np.float64) if floats else array


def _loaded(path: Path, suffix: str, key: str | None) -> Any:
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    try:
        if suffix == "csv":
            return _table(path)
        found = np.load(path, allow_pickle=False)
        return found if suffix == "npy" else _member(found, path, key)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from error


def _member(archive: Any, path: Path, key: str | None) -> Any:
    with archive:
        names = list(archive)
        if key is None and len(names) == 1:
            key = names[0]
        if key is None:
            raise UsageError(f"{path} holds {', '.join(names)}: say which, as in {path}:{names[0]}.")
        if key not in names:
            raise UsageError(f"{path} has no {key}; it holds {', '.join(names)}.{did_you_mean(key, names)}")
        return archive[key]


def _table(path: Path) -> Any:
    """Read numbers separated by commas; a first line of names is passed over; one row or column is a vector."""
    lines = path.read_text().splitlines()
    numbers = re.compile(r"[\s,;]*([-+]?(\d|\.\d|nan|inf)[^,]*[\s,;]*)+", re.IGNORECASE)
    skip = 0 if not lines or numbers.fullmatch(lines[0]) else 1
    array = np.loadtxt(lines, delimiter=",", skiprows=skip, ndmin=2)
    return array.ravel() if 1 in array.shape else array
