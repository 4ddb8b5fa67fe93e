"""Take the pictures of explorer pages in docs/images: ``python docs/generate_images.py``, with Chromium and Playwright.

Each picture is a page of `examples/functions.py`, walked to some position.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import chainrule as cr
from chainrule.explorer import Page

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "images"
WALK = "count => { for (let i = 0; i < count; i++) document.getElementById('next').click(); }"


class Picture(NamedTuple):
    """A picture: its file, the function, the part of the page, how many steps to walk, and the colours."""

    name: str
    function: str
    part: str = "steps"
    steps: int = 0
    scheme: str = "light"
    language: str = "en"
    size: tuple[int, int] = (1280, 760)


PICTURES = (
    Picture("explore-reverse.png", "polynomial", steps=8),
    Picture("explore-loop.png", "loop100", steps=900, scheme="dark", size=(1280, 880)),
    Picture("explore-formula.png", "log_ratio", "formula", size=(1280, 640)),
    Picture("explore-compiled.png", "newton_sqrt", "compiled", size=(1280, 960)),
    Picture("explore-methods.png", "collatz", "methods", size=(1280, 860)),
    Picture("explore-diagnostics.png", "roots", "diagnostics", size=(1280, 620)),
)


def roots(x: Any) -> Any:
    """Return a sum of square roots, the last of which are those of negative numbers."""
    total = 0.0
    for i in range(6):
        total = total + np.sqrt(x - i)
    return total


def page(name: str) -> Page:
    """Return the page of a function."""
    if name == "roots":
        return cr.explore(roots, 3.5)
    sys.path.insert(0, str(ROOT / "examples"))
    import functions

    f = getattr(functions, name)
    return cr.explore(f, *functions.POINTS[f].values())


def take(browser: Any, picture: Picture, folder: Path) -> None:
    """Open the page, walk, and write what is seen with few colours."""
    file = page(picture.function).save(folder / "page.html")
    width, height = picture.size
    tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=picture.scheme, locale="en-GB")
    tab.goto(f"{file.as_uri()}#{picture.part}")
    tab.locator("#language").select_option(picture.language)
    tab.evaluate(WALK, picture.steps)
    if picture.part == "compiled":
        tab.locator("#panel-compiled .row[data-at]").last.hover()
    tab.wait_for_timeout(300)
    seen = Image.open(io.BytesIO(tab.screenshot()))
    seen.quantize(64, dither=Image.Dither.NONE).save(FOLDER / picture.name, optimize=True)
    tab.close()


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for picture in PICTURES:
            take(browser, picture, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
