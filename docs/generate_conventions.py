"""Write docs/reference/conventions.md from the edges of the table of rules.

Run ``python docs/generate_conventions.py`` after a change to the table; a test fails while the page is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.rules import Row, rows

PAGE = Path(__file__).parent / "reference" / "conventions.md"

HEAD = """\
# Conventions

<!-- Generated from the table of rules by docs/generate_conventions.py: change the rules, not this page. -->

At a kink, a pole, a tie or a branch cut there is no derivative, or it is infinite, or it depends on the side from which
the point is approached. chainrule has one value for each, the same in every method. This page lists them all, from the
rows that say so; each value is tested exactly. [The table of rules](../explanation/table-of-rules.md#difficult-points)
explains the choices, and [Difficult points](../explanation/difficult-points.md) compares them with other libraries.

- At a **kink** the derivative is the middle of the slopes on both sides, and at a minimum 0, so that it stays
  stationary.
- At a **tie** the arguments that are equally large share the derivative evenly; the shares add up to 1.
- At a **pole**, or where the slope is infinite, the derivative is infinite, as calculus says, and not nan.
- A **branch not taken** (`np.where`, `np.select`, `np.piecewise`, `where=`) contributes nothing, not even its nan.
- **nan** in an argument gives nan, except in the functions that leave it out (`np.nansum`, `np.fmax`, ...), where it
  gives 0.

## Complex numbers

For a real function of $z = a + ib$, the gradient is $\\partial f/\\partial a + i\\,\\partial f/\\partial b$: the
direction of steepest ascent. For a holomorphic function it is the *conjugate* of the complex derivative. A pushforward
(`cr.jvp`) multiplies by the derivative itself, unconjugated. Inside of rules, pullbacks are transposes without
conjugation; seeds and results are conjugated once, where a user gives or receives them. This is the convention of
TensorFlow and PyTorch.

```python
>>> import numpy as np
>>> import chainrule as cr
>>> cr.grad(lambda z: np.abs(z) ** 2)(1 + 2j)  # 2 z
(2+4j)
>>> cr.grad(lambda z: np.real(z**2))(1 + 2j)  # the conjugate of 2 z
(2-4j)
>>> cr.jvp(lambda z: z**2, (1 + 2j,), (1 + 0j,))[1]  # 2 z
(2+4j)

```

## Branch cuts

On a branch cut the value is NumPy's, which is continuous from the side that the sign of zero tells, and the derivative
is that of the same side. The derivative below is the complex one, by `cr.jvp`.

| function | at | value | derivative |
|---|---|---|---|
"""

EDGES = """\
## Kinks, poles, ties and zeros

What stands under *derivative* is that of the sum of the result, by each argument. Names in italics are rows of
chainrule's own, of which others are made.

| function | at | derivative |
|---|---|---|
"""

CUTS: list[tuple[Any, complex]] = [
    (np.sqrt, complex(-4.0, 0.0)), (np.sqrt, complex(-4.0, -0.0)), (np.log, complex(-2.0, 0.0)),
    (np.log, complex(-2.0, -0.0)), (np.log1p, complex(-3.0, 0.0)), (np.log1p, complex(-3.0, -0.0)),
    (np.arcsin, complex(2.0, 0.0)), (np.arcsin, complex(2.0, -0.0)), (np.arccos, complex(2.0, 0.0)),
    (np.arccos, complex(2.0, -0.0)), (np.arctan, complex(0.0, 2.0)), (np.arctan, complex(-0.0, 2.0)),
    (np.arcsinh, complex(0.0, 2.0)), (np.arcsinh, complex(-0.0, 2.0)), (np.arccosh, complex(0.5, 0.0)),
    (np.arccosh, complex(0.5, -0.0)), (np.arctanh, complex(2.0, 0.0)), (np.arctanh, complex(2.0, -0.0)),
]  # fmt: skip


def cut(fn: Any, z: complex) -> str:
    """Return the line of a function at a point of its branch cut."""
    value, slope = cr.jvp(fn, (np.complex128(z),), (np.complex128(1),))
    return f"| `{name_of(fn)}` | `{number(z)}` | `{number(complex(value))}` | `{number(complex(slope))}` |"


def name_of(fn: Any) -> str:
    """Return a function's public name; of a row of chainrule's own, none."""
    for prefix, module in (("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft)):
        if getattr(module, fn.__name__, None) is fn:
            return f"{prefix}.{fn.__name__}"
    module = getattr(fn, "__module__", None) or ("scipy.special" if isinstance(fn, np.ufunc) else "")
    top = ".".join(module.split(".")[:2])
    return f"{top}.{fn.__name__}" if top.startswith("scipy.") else ""


def edges(row: Row) -> Iterator[str]:
    """Yield a line for each difficult point of a row."""
    public = name_of(row.fn)
    shown = f"`{public}`" if public else f"*{row.name}*"
    for edge in row.edges:
        slopes = "; ".join(f"by {by} `{number(slope)}`" for by, slope in edge.gradients.items())
        yield f"| {shown} | `{', '.join(map(number, edge.args))}` | {slopes} |"


def number(x: Any) -> str:
    """Write a number or an array the way it is written by hand."""
    if isinstance(x, (list, tuple)) or (isinstance(x, np.ndarray) and x.ndim):
        return f"[{', '.join(map(number, x))}]"
    x = x.item() if isinstance(x, (np.ndarray, np.generic)) else x
    if isinstance(x, complex):
        return f"{_signed(x.real)}{'-' if str(x.imag).startswith('-') else '+'}{_signed(abs(x.imag))}j"
    return f"{x:.4g}" if isinstance(x, float) else getattr(x, "__name__", str(x))


def _signed(x: float) -> str:
    return f"{x:.4g}"


def ordered() -> list[Row]:
    """Return the rows with edges: NumPy's first, then SciPy's, then chainrule's own, each by the alphabet."""

    def place(row: Row) -> tuple[int, str]:
        public = name_of(row.fn)
        return (2 if not public else public.startswith("scipy"), public or row.name)

    return sorted((row for row in rows() if row.edges), key=place)


def page() -> str:
    """Return the whole page."""
    with np.errstate(all="ignore"):
        cuts = "\n".join(cut(fn, z) for fn, z in CUTS)
    lines = "\n".join(line for row in ordered() for line in edges(row))
    return f"{HEAD}{cuts}\n\n{EDGES}{lines}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
