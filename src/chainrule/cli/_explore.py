"""``chainrule explore``: a page that steps through a function and its derivative."""

from __future__ import annotations

import argparse
import io
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from ._compare import position, told
from ._errors import UsageError
from ._functions import bind, read_function
from ._values import parse_values

__all__ = ["add", "run"]

EXAMPLES = """\
examples:
  chainrule explore "x**2*y + y + 2" --at x=3 y=4 -o page.html
  chainrule explore examples/functions.py:loop100 --at a=0.5 b=0.3 -o loop100.html
  chainrule explore model.py:loss --at w=weights.npy x=data.csv --by w -o loss.html --language ja
"""


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser = commands.add_parser(
        "explore",
        help="make a page that steps through a function and its derivative",
        description="Make one HTML file that steps through a function and its derivative; it needs no network.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("function", metavar="FUNCTION", help="FILE.py:NAME, or an expression with NumPy's functions")
    parser.add_argument(
        "--at", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
        help="the arguments: numbers, lists, or arrays in .npy, .npz:KEY and .csv files",
    )  # fmt: skip
    parser.add_argument("--by", "--argnums", nargs="+", metavar="NAME", help="differentiate by these arguments only")
    parser.add_argument("--language", choices=("en", "zh", "ja"), help="the language in which the page opens")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it (by default NAME.html)")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the page and write it."""
    from ..explorer import explore

    values = parse_values(options.at)
    f, path = read_function(options.function, values)
    args, kwargs = bind(f, values)
    name = f.__name__ if f.__name__.isidentifier() else "page"
    file = Path(options.output or f"{name}.html")
    if not file.resolve().parent.is_dir():
        raise UsageError(f"There is no folder {file.parent} to write {file.name} to.")
    by = [position(which) for which in options.by] if options.by else None
    with redirect_stdout(io.StringIO()):  # what the function prints, it prints a thousand times
        page = told(f, path, lambda: explore(f, *args, by=by, language=options.language, **kwargs))
    told(f, path, lambda: page.save(file))
    print(f"wrote {file}", file=sys.stderr)
    return 0
