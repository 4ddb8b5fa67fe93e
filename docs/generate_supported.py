"""Write docs/reference/supported-functions.md from the table of rules.

Run ``python docs/generate_supported.py`` after a change to the table; a test fails while the page is out of date. What
each method can do is found out by trying the example calls of each row, which takes some minutes; ``--new`` does so for
functions that are not on the page yet, and leaves what it says of the others.
"""

from __future__ import annotations

import re
import sys
import textwrap
import warnings
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from chainrule.rules import class_of
from chainrule.rules._classes import refusal_of
from chainrule.rules._table import find
from chainrule.rules.writing import WRITERS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "supported-functions.md"
MODULES = {
    "np": "numpy", "np.linalg": "numpy.linalg", "np.fft": "numpy.fft", "scipy.special": "scipy.special",
    "scipy.linalg": "scipy.linalg",
}  # fmt: skip
METHODS = ("forward", "reverse", "second order", "symbolic", "compiled")
FUNCTIONS = ("differentiable", "constant", "pass-through", "refused", "")
OTHERS = ("type", "module", "value")

HEAD = """\
# Supported functions

<!-- Generated from the table of rules by docs/generate_supported.py: change the rules, not this page. -->

Every public name of these modules is in one class.

- **differentiable**: can be called on values that are being differentiated.
- **constant**: has derivative zero wherever it has one, such as a comparison, a count or an index; can be called too.
- **passes through**: needs no rule, being about shapes, types or settings, or made of other functions.
- **refused**: raises `MissingRuleError` with the reason and what to do instead.
- **no rule**: raises `MissingRuleError`, which names functions with similar names; [add a
  rule](../how-to/add-a-rule.md) says how to supply one.
"""

NOTES = """\
`np.array([x, y])` of values that are being differentiated is refused, since NumPy would take their values alone: use
`np.stack`, or `chainrule.numpy.array`. SciPy's ufuncs (`scipy.special.erf`) take such values as they are; its other
functions do in `chainrule.scipy.special` and `chainrule.scipy.linalg`, and in compiled programs.

Operators (`+ - * / ** @ % //`, `abs`, comparisons), indexing and slicing, writes (`x[i] = v`, `x += v`) and the
methods of arrays (`x.sum()`, `x.T`, `x.reshape(...)`, ...) follow the functions of the same meaning. So do the methods
`reduce`, `accumulate`, `reduceat`, `outer` and `at` of every ufunc, and the arguments `out=`, `where=`, `initial=` and
`dtype=`, and `np.lib.stride_tricks.sliding_window_view`. Functions such as `np.polynomial.polynomial.polyval` with
plain coefficients are differentiated by their argument. `np.isscalar` is false of a number that is being
differentiated: ask `np.ndim(x) == 0`.

In the tables:

- **kind** is how the function is declared in [the table of rules](../explanation/table-of-rules.md). A *write* changes
  its first argument.
- **complex** says whether the rule also holds for complex arguments.
- **forward**, **reverse**, **second order**, **symbolic** and **compiled** (the gradient by `cr.jit`) say which methods
  differentiate the examples of the row, by which it is tested: *yes*, *some* of them, or *no*.

What the derivatives are at kinks, poles and ties is in [Conventions](conventions.md).
"""


def names_of(module: str) -> dict[str, Any]:
    """Return the public names of a module with their values."""
    found = import_module(module)
    names = getattr(found, "__all__", None) if module.startswith("scipy") else None
    with warnings.catch_warnings(action="ignore"):
        return {n: getattr(found, n) for n in sorted(names or dir(found)) if not n.startswith("_")}


def by_class(module: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in names_of(module).items():
        found[class_of(value)][name] = value
    return found


def versions() -> str:
    """Say by which releases the page was written; others have other functions."""
    numpy, scipy = (".".join(metadata.version(name).split(".")[:2]) for name in ("numpy", "scipy"))
    return f"Counted with NumPy {numpy} and SciPy {scipy}:"


def counts() -> str:
    """Return the table that heads the page."""
    lines = [versions(), ""]
    lines += ["| module | differentiable | constant | passes through | refused | no rule | types, modules, values |"]
    lines.append("|" + "---|" * 7)
    for module in MODULES.values():
        classes = by_class(module)
        numbers = [len(classes[c]) for c in FUNCTIONS] + [sum(len(classes[c]) for c in OTHERS)]
        lines.append(f"| `{module}` | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines) + "\n"


def table(prefix: str, functions: dict[str, Any], columns: Callable[[str, Any], tuple[str, ...]]) -> str:
    """Return the table of a module's differentiable functions."""
    lines = [f"| function | kind | complex | {' | '.join(METHODS)} |", "|" + "---|" * (3 + len(METHODS))]
    for name, fn in functions.items():
        full, row = f"{prefix}.{name}", find(fn)
        kind = "write" if row is None else row.kind
        complex_ = "" if row is None else "yes" if row.complex else "no"
        lines.append(f"| `{full}` | {kind} | {complex_} | {' | '.join(columns(full, row or fn))} |")
    return "\n".join(lines) + "\n"


def listing(prefix: str, names: Any) -> str:
    return textwrap.fill(", ".join(f"`{prefix}.{name}`" for name in names), 120, break_on_hyphens=False) + "\n"


def refusals(prefix: str, functions: dict[str, Any]) -> str:
    """Return why functions are refused: those with one reason together."""
    reasons: dict[Any, list[str]] = defaultdict(list)
    for name, fn in functions.items():
        reasons[refusal_of(fn)].append(name)
    lines = ["| refused | because | instead |", "|---|---|---|"]
    for refusal, names in reasons.items():
        listed = ", ".join(f"`{prefix}.{name}`" for name in names)
        lines.append(f"| {listed} | {refusal.reason} | {refusal.instead} |")
    return "\n".join(lines) + "\n"


def section(prefix: str, module: str, columns: Callable[[str, Any], tuple[str, ...]]) -> list[str]:
    classes = by_class(module)
    parts = [f"## {module}\n", table(prefix, classes["differentiable"], columns)]
    for kind, title in (("constant", "Constant"), ("pass-through", "Passing through"), ("", "Without a rule")):
        if classes[kind]:
            parts += [f"{title}:\n", listing(prefix, classes[kind])]
    return [*parts, refusals(prefix, classes["refused"])] if classes["refused"] else parts


def measured() -> Callable[[str, Any], tuple[str, ...]]:
    """Return what fills a function's columns by trying each method on the row's examples."""
    sys.path.insert(0, str(ROOT / "tests"))
    from outcomes import outcomes, outcomes_of_write

    known: dict[Any, tuple[str, ...]] = {}

    def columns(name: str, row: Any) -> tuple[str, ...]:
        if row not in known:
            found = outcomes_of_write(row) if row in WRITERS else outcomes(row)
            known[row] = tuple(found[method] for method in METHODS)
        return known[row]

    return columns


def as_written() -> Callable[[str, Any], tuple[str, ...]]:
    """Return what fills a function's columns from the page as it stands; question marks for a new function."""
    text = PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"^\| `([\w.]+)` \|" + r" ([\w ]*) \|" * (2 + len(METHODS)), text, re.MULTILINE)
    known = {line[0]: line[3:] for line in lines}
    return lambda name, row: known.get(name, ("?",) * len(METHODS))


def completed() -> Callable[[str, Any], tuple[str, ...]]:
    """Return what fills a function's columns from the page, and for a new function by trying."""
    written, tried = as_written(), measured()
    return lambda name, row: found if "?" not in (found := written(name, row)) else tried(name, row)


def page(columns: Callable[[str, Any], tuple[str, ...]]) -> str:
    """Return the whole page."""
    parts = [HEAD, counts(), NOTES]
    for prefix, module in MODULES.items():
        parts += section(prefix, module, columns)
    return "\n".join(parts)


if __name__ == "__main__":
    assert all(class_of(fn) == "differentiable" for fn in WRITERS)
    PAGE.write_text(page(completed() if "--new" in sys.argv else measured()), encoding="utf-8")
