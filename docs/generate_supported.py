"""Write docs/reference/supported-functions.md from the table of rules.

Run ``python docs/generate_supported.py`` after a change to the table; a test fails while the page is out of date.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from chainrule.errors import MissingRuleError
from chainrule.rules import Row, lookup
from chainrule.rules.writing import WRITERS

PAGE = Path(__file__).parent / "reference" / "supported-functions.md"
NAMESPACES: dict[str, ModuleType] = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft}

# Functions that no derivative can be asked of: whole numbers and bits, dates, texts, files, sets, shapes.
NOT_NUMERIC = {
    "bitwise_and", "bitwise_count", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "invert", "left_shift", "right_shift", "packbits", "unpackbits", "gcd",
    "lcm", "busday_count", "busday_offset", "is_busday", "isnat", "datetime_as_string", "save", "savetxt", "savez",
    "savez_compressed", "intersect1d", "setdiff1d", "setxor1d", "union1d", "unique_all", "unique_counts",
    "unique_inverse", "einsum_path", "ix_", "ravel_multi_index", "unravel_index", "matrix_rank",
}  # fmt: skip

HEAD = """\
# Supported functions

<!-- Generated from the table of rules by docs/generate_supported.py: change the rules, not this page. -->

Every NumPy function below can be called on values that are being differentiated. A function that is not listed raises
`MissingRuleError`, which names functions with similar names; [add a rule](../how-to/add-a-rule.md) says how to supply
one.

- **kind**: how the function is declared in [the table of rules](../explanation/table-of-rules.md). A *constant* has
  derivative zero wherever it has one, such as a comparison or a count. A *write* changes its first argument.
- **complex**: whether the rule also holds for complex arguments.
- **at difficult points**: the derivative of the sum of the result, where calculus leaves a choice or gives infinity:
  `f(0): x → 0` means that at 0 the derivative by `x` is 0. These values are tested exactly.

`np.array([x, y])` of values that are being differentiated is refused, since NumPy would take their values alone: use
`np.stack`, or `chainrule.numpy.array`.

Operators (`+ - * / ** @ % //`, `abs`, comparisons), indexing and slicing, writes (`x[i] = v`, `x += v`) and the methods
of arrays (`x.sum()`, `x.T`, `x.reshape(...)`, ...) follow the functions of the same meaning. So do `np.add.reduce`,
`np.multiply.outer`, `np.add.at` and their like, as far as a function of the same meaning is listed, and the arguments
`out=`, `where=` and `dtype=`.
"""


def functions(namespace: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the names and functions of a NumPy namespace that can be called on recorded values, or could be."""
    for name in sorted(vars(namespace)):
        found = getattr(namespace, name)
        if name.startswith("_") or not callable(found) or isinstance(found, type):
            continue
        dispatched = isinstance(found, np.ufunc) or type(found).__name__ == "_ArrayFunctionDispatcher"
        if dispatched or row_of(found) is not None:
            yield name, found


def row_of(fn: Callable[..., Any]) -> Row | None:
    try:
        return lookup(fn)
    except (MissingRuleError, TypeError):
        return None


def line(name: str, fn: Callable[..., Any], row: Row | None) -> str:
    """Return a function's line of the page's table."""
    if row is None:
        return f"| `{name}` | write | | |"
    numeric = "" if row.kind == "constant" else "yes" if row.complex else "no"
    return f"| `{name}` | {row.kind} | {numeric} | {'; '.join(edges(row, fn.__name__))} |"


def edges(row: Row, name: str) -> Iterator[str]:
    """Yield what the row says about difficult points, of single numbers and short vectors."""
    for edge in row.edges:
        parts = (*edge.args, *edge.gradients.values())
        if all(np.size(part) <= 3 and np.ndim(part) < 2 for part in parts):
            slopes = ", ".join(f"{by} → {number(slope)}" for by, slope in edge.gradients.items())
            yield f"`{name}({', '.join(map(number, edge.args))}): {slopes}`"


def number(x: Any) -> str:
    """Write a number or a vector the way it is written by hand."""
    if isinstance(x, np.ndarray) and x.ndim:
        return f"[{', '.join(map(number, x))}]"
    x = x.item() if isinstance(x, (np.ndarray, np.generic)) else x
    return f"{x:.4g}" if isinstance(x, float) else str(x)


def table(prefix: str, namespace: ModuleType) -> tuple[list[str], list[str]]:
    """Return the lines of a namespace's table, and the names of the functions without a rule."""
    lines, missing = [], []
    for name, fn in functions(namespace):
        row = row_of(fn)
        if row is not None or fn in WRITERS:
            lines.append(line(f"{prefix}.{name}", fn, row))
        elif name not in NOT_NUMERIC:
            missing.append(f"{prefix}.{name}")
    return lines, missing


def page() -> str:
    """Return the whole page."""
    parts, missing = [HEAD], []
    for prefix, namespace in NAMESPACES.items():
        lines, without = table(prefix, namespace)
        missing += without
        if lines:
            head = [
                f"## {namespace.__name__}",
                "",
                "| function | kind | complex | at difficult points |",
                "|---|---|---|---|",
            ]
            parts.append("\n".join([*head, *lines]) + "\n")
    names = textwrap.fill(", ".join(f"`{name}`" for name in missing), 120, break_on_hyphens=False)
    parts.append(f"## Without a rule so far\n\n{names}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
