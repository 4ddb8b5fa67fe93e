"""What `compare` and `explore` are asked about: a function, the point, and what to differentiate by."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any, NamedTuple

from ..errors import ChainruleError
from ._errors import UsageError, one_line, place_of
from ._functions import bind, read_function
from ._values import parse_values

__all__ = ["Target", "add_arguments", "target_of"]


class Target(NamedTuple):
    """A function, the file that it comes from, its arguments by name and for a call, and those to differentiate by."""

    f: Callable[..., Any]
    file: str | None
    values: dict[str, Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    by: list[int | str] | None

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self.f, "__name__", type(self.f).__name__)

    def told(self, work: Callable[[], Any]) -> Any:
        """Do something with the function, without its prints, and tell in one line what goes wrong there."""
        try:
            with redirect_stdout(io.StringIO()):  # what the function prints, it prints a thousand times
                return work()
        except ChainruleError as error:
            raise UsageError(one_line(error)) from error
        except (OSError, ImportError) as error:
            raise UsageError(f"{type(error).__name__}: {error}") from error
        except Exception as error:
            at = place_of(error, self.file)
            raise UsageError(f"{self.name} raised {type(error).__name__}: {one_line(error)}{at}") from error


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says what it is about to the parser of a command."""
    parser.add_argument("function", metavar="FUNCTION", help="FILE.py:NAME, or an expression with NumPy's functions")
    parser.add_argument(
        "--at", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
        help="the arguments: numbers, lists, or arrays in .npy, .npz:KEY and .csv files",
    )  # fmt: skip
    parser.add_argument("--by", "--argnums", nargs="+", metavar="NAME", help="differentiate by these arguments only")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def target_of(options: argparse.Namespace, floats: bool = False) -> Target:
    """Return what the options are about.

    Parameters
    ----------
    floats : bool
        Whether lists of integers are arrays of floats, unless it is said what to differentiate by.
    """
    by = [_position(which) for which in options.by] if options.by else None
    values = parse_values(options.at, floats and by is None)
    f, file = read_function(options.function, values)
    args, kwargs = bind(f, values)
    return Target(f, file, values, tuple(args), kwargs, by)


def _position(text: str) -> int | str:
    """Return an argument's position or name."""
    return int(text) if text.lstrip("-").isdigit() else text
