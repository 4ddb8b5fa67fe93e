"""``chainrule explore``: a page that steps through a function and its derivative."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ._errors import UsageError
from ._target import add_arguments, target_of

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
    add_arguments(parser)
    parser.add_argument("--language", choices=("en", "zh", "ja"), help="the language in which the page opens")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it (by default NAME.html)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the page and write it."""
    from ..explorer import explore

    target = target_of(options, floats=True)
    name = target.name if target.name.isidentifier() else "page"
    file = Path(options.output or f"{name}.html")
    if not file.resolve().parent.is_dir():
        raise UsageError(f"There is no folder {file.parent} to write {file.name} to.")
    if file.is_dir():
        raise UsageError(f"{file} is a folder: say what to call the page, as in -o {file / name}.html.")
    settings = {"by": target.by, "language": options.language}
    page = target.told(lambda: explore(target.f, *target.args, **settings, **target.kwargs))
    target.told(lambda: page.save(file))
    print(f"wrote {file}", file=sys.stderr)
    return 0
