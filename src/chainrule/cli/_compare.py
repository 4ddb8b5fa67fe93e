"""``chainrule compare``: every method side by side on one function."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ._errors import UsageError
from ._expression import function_of
from ._functions import is_file, read_function
from ._target import Target, add_arguments, target_of

__all__ = ["add", "run"]

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
    add_arguments(parser)
    parser.add_argument("--manual", metavar="DERIVATIVE", help="a derivative worked out by hand, to be judged")
    parser.add_argument("--plot", metavar="FILE", help="draw errors and costs (.png, .svg, .pdf)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, print, draw."""
    from ..comparison import compare, plot

    if options.plot:
        _check_plot(options.plot)
    target = target_of(options)
    manual = _manual(options.manual, target) if options.manual else None
    found = target.told(lambda: compare(target.f, *target.args, manual=manual, by=target.by, **target.kwargs))
    _show(found, options.json)
    if options.plot:
        target.told(lambda: plot(target.f, target.args, options.plot, by=target.by, **target.kwargs))
        print(f"wrote {options.plot}", file=sys.stderr)
    return 0


def _manual(text: str, target: Target) -> Callable[..., Any]:
    """Return the derivative by hand; an expression need not use every argument."""
    return read_function(text, target.values)[0] if is_file(text) else function_of(text, target.values, every=False)


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
