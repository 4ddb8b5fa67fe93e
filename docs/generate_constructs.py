"""Write docs/reference/compiled-language.md from the examples that the tests try.

Run ``python docs/generate_constructs.py`` after a change of the examples or of what is refused; a test fails while the
page is out of date.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import chainrule as cr

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "compiled-language.md"

HEAD = """\
# The language of compiled mode

<!-- Generated from tests/compiled/constructs.py by docs/generate_constructs.py: change the examples, not this page. -->

`cr.jit` takes plain functions whose source can be read. This is what may stand in them, each with an example that the
tests compile and compare with plain Python, values and derivatives; {count} in all. An example is an expression, or the
body of a function.

- **compiled**: it is, with its derivative.
- **refused**: `UnsupportedError` (or `MissingRuleError`) when the function is first called, with the text that stands
  here, and the line.
- An exception such as **IndexError**: plain and compiled raise it alike, when they run.

Functions of NumPy are compiled as far as [the table of rules](supported-functions.md) lists them, in the forms that
occur here and others; a form that is not there is refused like the rest.
"""

NAMES = """\
## The names in the examples

`a b` are numbers, `n k` integers, `x y` vectors, `A B` matrices of one shape, `S` a definite matrix, `fortran`,
`strided`, `empty`, `zero_d` and `single` arrays of these kinds, `mask` and `index` arrays of bools and integers,
`params` a dict, `line` a `Line`. The rest is this:

<!-- fmt: off -->
```python
{text}
```
<!-- fmt: on -->
"""


def page() -> str:
    """Return the whole page."""
    from compiled import construct_names
    from compiled.constructs import CONSTRUCTS, GROUPS

    tables = [table(title, group) for title, group in GROUPS.items()]
    text = inspect.getsource(construct_names).partition("F401\n\n")[2].strip()
    return "\n".join([HEAD.format(count=len(CONSTRUCTS)), *tables, NAMES.format(text=text)])


def table(title: str, group: list[Any]) -> str:
    return "\n".join([f"## {title}", "", "| construct | example | |", "|---|---|---|", *map(line, group)]) + "\n"


def line(construct: Any) -> str:
    """Return a line of a table."""
    what = construct.what.replace("|", "\\|")
    return f"| {what} | {example(construct.text)} | {status(construct)} |"


def example(text: str) -> str:
    """Return the example for a table: its lines below each other."""
    return "<br>".join(f"`{line}`" for line in text.replace("|", "\\|").splitlines())


def status(construct: Any) -> str:
    if construct.error is not None:
        return construct.error.__name__
    return f"refused: {reason(construct)}" if construct.refused else "compiled"


def reason(construct: Any) -> str:
    """Return the message with which an example is refused: the reason and the repair, without the place."""
    try:
        cr.jit(construct.function()).source(*construct.arguments())
    except (cr.UnsupportedError, cr.MissingRuleError) as error:
        first, *_, last = str(error).splitlines()
        return f"{first} {last}"
    return "it is compiled after all; change its line in tests/compiled/constructs.py"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    PAGE.write_text(page(), encoding="utf-8")
