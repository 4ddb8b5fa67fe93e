"""Write the ten programs of the tests and their derivatives into docs/explanation/compiled.md.

``python tests/compiled/snapshots/renew.py`` runs this too; a test fails while the page is out of date.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "compiled.md"
START = "<!-- programs: written by docs/generate_programs.py -->\n<!-- fmt: off -->\n"
END = "<!-- fmt: on -->\n<!-- end of programs -->\n"


def programs() -> str:
    """Return the part of the page that shows the programs."""
    from compiled.snapshots import SNAPSHOTS

    return "\n".join(section(snapshot, number) for number, snapshot in enumerate(SNAPSHOTS, 1))


def section(snapshot: Any, number: int) -> str:
    """Return what the page says of one program."""
    head = f"### {number}. {snapshot.title}\n\n{textwrap.fill(snapshot.about, 120)}\n"
    return "\n".join(
        [head, listing(snapshot.program), f"Value and derivative by {by(snapshot)}:\n", listing(snapshot.derivative)]
    )


def listing(file: Path) -> str:
    return f"```python\n{file.read_text(encoding='utf-8').strip()}\n```\n"


def by(snapshot: Any) -> str:
    """Name the arguments by which a program is differentiated."""
    argnums = snapshot.argnums if isinstance(snapshot.argnums, tuple) else (snapshot.argnums,)
    names = list(inspect.signature(snapshot.function).parameters)
    return " and ".join(f"`{names[k]}`" for k in argnums)


def page() -> str:
    """Return the whole page, with the programs as they are now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{programs()}\n{END}{after}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    PAGE.write_text(page(), encoding="utf-8")
