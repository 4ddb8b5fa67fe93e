"""``chainrule compare``: every method side by side on one function."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from ..errors import ChainruleError
from ._errors import UsageError, one_line, place_of
from ._expression import function_of
from ._functions import bind, is_file, read_function
from ._values import parse_values

__all__ = ["add", "position", "run", "told"]

EXAMPLES = """\
examples:
  chainrule compare "x**2*y + y + 2" --at x=3 y=4
  chainrule compare examples/functions.py:loop100 --at a=0.5 b=0.3
  chainrule compare "x**2*y + y + 2" --at x=3 y=4 --manual "2*x*y, x**2 + 1"
  chainrule compare model.py:loss --at w=weights.npy x=data.csv --by w
  chainrule compare "sum(sin(x))" --at "x=[1,2,3]" --plot costs.png
  chainrule compare model.py:loss --at w=weights.npz:first --json > costs.json
"""


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser = commands.add_parser(
        "compare",
        help="differentiate a function by every method: values, errors, work, time and memory",
        description="Differentiate a function by every method and print the results side by side.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("function", metavar="FUNCTION", help="FILE.py:NAME, or an expression with NumPy's functions")
    parser.add_argument(
        "--at", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
        help="the arguments: numbers, lists, or arrays in .npy, .npz:KEY and .csv files",
    )  # fmt: skip
    parser.add_argument(
        "--by",
        "--argnums",
        nargs="+",
        metavar="NAME",
        help="differentiate by these arguments only",
    )
    parser.add_argument("--manual", metavar="DERIVATIVE", help="a derivative worked out by hand, to be judged")
    parser.add_argument("--plot", metavar="FILE", help="draw errors and costs (.png, .svg, .pdf)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, print, draw."""
    from ..comparison import compare, plot

    if options.plot:
        _check_plot(options.plot)
    values = parse_values(options.at)
    f, path = read_function(options.function, values)
    args, kwargs = bind(f, values)
    extra = {"by": [position(which) for which in options.by] if options.by else None}
    manual = _manual(options.manual, values) if options.manual else None
    with redirect_stdout(io.StringIO()):  # what the function prints, it prints a thousand times
        found = told(f, path, lambda: compare(f, *args, manual=manual, **extra, **kwargs))
    _show(found, options.json)
    if options.plot:
        with redirect_stdout(io.StringIO()):
            told(f, path, lambda: plot(f, tuple(args), options.plot, **extra, **kwargs))
        print(f"wrote {options.plot}", file=sys.stderr)
    return 0


def position(text: str) -> int | str:
    """Return an argument's position or name."""
    return int(text) if text.lstrip("-").isdigit() else text


def _manual(target: str, values: dict[str, Any]) -> Callable[..., Any]:
    """Return the derivative by hand; an expression need not use every argument."""
    if is_file(target):
        return read_function(target, values)[0]
    return function_of(target, values, every=False)


def _check_plot(path: str) -> None:
    """Find out before the work whether a figure can be written."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise UsageError("--plot needs matplotlib: pip install 'chainrule[plot]'")
    suffix = Path(path).suffix.lower()
    if suffix not in (".png", ".svg", ".pdf"):
        raise UsageError(f"--plot writes .png, .svg and .pdf files, and {path!r} is none of these.")
    if not Path(path).resolve().parent.is_dir():
        raise UsageError(f"There is no folder {Path(path).parent} to write {Path(path).name} to.")


def told(f: Callable[..., Any], path: str | None, work: Callable[[], Any]) -> Any:
    """Do something with a function, and tell in one line what goes wrong there."""
    name = getattr(f, "__name__", "the function")
    try:
        return work()
    except ChainruleError as error:
        raise UsageError(one_line(error)) from error
    except (OSError, ImportError) as error:
        raise UsageError(f"{type(error).__name__}: {error}") from error
    except Exception as error:
        at = place_of(error, path)
        raise UsageError(f"{name} raised {type(error).__name__}: {one_line(error)}{at}") from error


def _show(found: Any, json: bool) -> None:
    """Print JSON, a coloured table on a terminal, or plain text."""
    if json:
        print(found.to_json())
        return
    if sys.stdout.isatty():
        try:
            from rich.console import Console
        except ImportError:
            pass
        else:
            Console().print(found)
            return
    _reconfigured()
    print(found)


def _reconfigured() -> None:
    """Let a pipe that cannot take a character have a question mark instead of an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
