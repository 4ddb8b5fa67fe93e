"""``chainrule source``: the Python that a function, or a derivative of it, is compiled from."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import ChainruleError
from ._errors import UsageError, did_you_mean, one_line
from ._functions import bind, is_file, read_function
from ._values import parse_values

__all__ = ["add", "run"]

EXAMPLES = """\
examples:
  chainrule source examples/functions.py:loop100 --grad --at a=0.5 b=0.3
  chainrule source model.py:loss --value-and-grad --argnums w --at w=weights.npy x=data.csv -o loss_grad.py
  chainrule source model.py:loss --grad --at w=weights.npy --explain
"""
TRANSFORMS = ("grad", "value-and-grad", "jacobian", "hessian", "elementwise-grad")


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser = commands.add_parser(
        "source",
        help="print the Python that a function or its derivative is compiled from",
        description="Print the Python that a function, or a derivative of it, is compiled from.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("function", metavar="FILE.py:NAME", help="a function in a file")
    group = parser.add_mutually_exclusive_group()
    for name in TRANSFORMS:
        group.add_argument(f"--{name}", dest="transform", action="store_const", const=name, help=f"of its {name}")
    parser.add_argument(
        "--at", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
        help="arguments of the types that the text is made for; by default all are floats",
    )  # fmt: skip
    parser.add_argument("--argnums", "--by", nargs="+", metavar="NAME", help="differentiate by these arguments")
    parser.add_argument("--explain", action="store_true", help="print the stages between as well")
    parser.add_argument("-o", "--output", metavar="FILE", help="write a module that needs NumPy alone")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print or write the text."""
    from .. import export, jit, source
    from ..compiled.export import float_arguments

    if not is_file(options.function):
        raise UsageError("chainrule source reads a function in a file: FILE.py:NAME.")
    values = parse_values(options.at)
    f, _ = read_function(options.function, values)
    args, kwargs = bind(f, values) if values else ([], {})
    try:
        chosen = _transformed(f, options)
        if options.output:
            file = export(chosen, *args, path=options.output, **kwargs)
            print(f"wrote {file}")
        elif options.explain:
            print(jit(chosen).explain(*(args or float_arguments(chosen)), **kwargs))
        else:
            print(source(chosen, *args, **kwargs), end="")
    except ChainruleError as error:
        raise UsageError(one_line(error)) from error
    except OSError as error:
        raise UsageError(f"{Path(options.output).name} cannot be written: {error.strerror}.") from error
    return 0


def _transformed(f: Callable[..., Any], options: argparse.Namespace) -> Callable[..., Any]:
    from .. import functional

    if options.transform is None:
        if options.argnums:
            raise UsageError("--argnums needs a derivative: --grad, --value-and-grad, --jacobian or --hessian.")
        return f
    positions = tuple([_position(f, name) for name in options.argnums or ["0"]])
    transform = getattr(functional, options.transform.replace("-", "_"))
    made: Callable[..., Any] = transform(f, argnums=positions[0] if len(positions) == 1 else positions)
    return made


def _position(f: Callable[..., Any], name: str) -> int:
    import inspect

    if name.lstrip("-").isdigit():
        return int(name)
    names = list(inspect.signature(f).parameters)
    if name not in names:
        raise UsageError(f"{f.__name__} has no argument {name}.{did_you_mean(name, names)}")
    return names.index(name)
