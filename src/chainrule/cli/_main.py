"""The command line: what is asked for, one line for each mistake, and no traceback unless wanted."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .. import __version__
from . import _compare, _explore, _source
from ._errors import UsageError

__all__ = ["main"]

COMMANDS = (_compare, _explore, _source)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        0, or 2 if the arguments or the function are at fault.

    Examples
    --------
    >>> main(["--version"])
    chainrule ...
    0
    """
    debug = "--debug" in (sys.argv[1:] if argv is None else argv)
    try:
        options = _parser().parse_args(argv)
        run: Callable[[Any], int] = options.run
        return run(options)
    except UsageError as error:
        if debug:
            traceback.print_exc()
        print(f"chainrule: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe has gone, as with ``| head``
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as done:  # --help
        return int(done.code or 0)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="chainrule", description="Derivatives of ordinary Python, by every classical method.")
    parser.add_argument("--version", action="store_const", dest="run", const=_version, help="print the version")
    parser.set_defaults(run=lambda options: _help(parser))
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        command.add(commands)
    return parser


def _version(options: Any) -> int:
    print(f"chainrule {__version__}")
    return 0


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 0
