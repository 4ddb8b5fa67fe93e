"""Write the derivatives of the snapshots anew, and the page that shows them.

Run ``python tests/compiled/snapshots/renew.py`` after a change of what is emitted, and read what git says has changed.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def renew() -> None:
    from compiled.snapshots import SNAPSHOTS

    for snapshot in SNAPSHOTS:
        snapshot.derivative.write_text(snapshot.emitted(), encoding="utf-8")
    runpy.run_path(str(ROOT / "docs" / "generate_programs.py"), run_name="__main__")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    renew()
