"""The documentation site builds without a warning, its links lead somewhere, and it needs no network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import chainrule as cr

ROOT = Path(__file__).parents[1]
LOADED = {"script": "src", "img": "src", "iframe": "src", "link": "href"}

pytest.importorskip("sphinx", reason="the site needs the packages of chainrule[docs]")


class Page(HTMLParser):
    """The links of a page, what it loads, and the anchors in it."""

    def __init__(self, file: Path):
        super().__init__()
        self.file, self.anchors, self.links, self.loads, self.tags = file, set(), [], [], set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if found.get(LOADED.get(tag)) and found.get("rel", "stylesheet") in ("icon", "preload", "stylesheet"):
            self.loads.append(found[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Build the site with the command of CONTRIBUTING.md: once, by the worker that comes first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site"
    report = folder / "report.txt"
    try:
        folder.mkdir()
    except FileExistsError:
        wait_for(report)
    else:
        (folder / "writing.txt").write_text(build(folder), encoding="utf-8")
        (folder / "writing.txt").replace(report)
    assert report.read_text(encoding="utf-8") == "status 0\n"
    return folder / "html"


def wait_for(file: Path) -> None:
    start = time.monotonic()
    while not file.exists():
        assert time.monotonic() < start + 600, "the site is not built"
        time.sleep(0.2)


def build(folder: Path) -> str:
    """Build the site, and return the status with what was said of errors and warnings."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    command = re.search(r"python -m (sphinx .*) docs/_build/html$", text, re.MULTILINE)[1]
    order = [sys.executable, "-m", *command.split(), "-q", "-d", str(folder / "doctrees"), str(folder / "html")]
    done = subprocess.run(order, cwd=ROOT, capture_output=True, text=True, check=False)
    return f"status {done.returncode}\n{done.stderr}"


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {file: Page(file) for file in site.rglob("*.html")}


@pytest.mark.slow
def test_every_markdown_page_is_on_the_site(site, pages):
    written = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("README*.md")]
    expected = {site / page.relative_to(ROOT).with_suffix(".html") for page in written}
    assert expected <= set(pages)


@pytest.mark.slow
def test_links_lead_to_pages_and_anchors(site, pages):
    broken = {page.file.relative_to(site): lost for page in pages.values() if (lost := lost_links(page, pages))}
    assert not broken


def lost_links(page: Page, pages: dict[Path, Page]) -> list[str]:
    return [link for link in page.links if is_lost(page, link, pages)]


def is_lost(page: Page, link: str, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme in ("http", "https", "mailto"):
        return False
    target = (page.file.parent / unquote(parts.path)).resolve() if parts.path else page.file
    if target not in pages:
        return not target.is_file()
    return parts.fragment not in ("", "#", *pages[target].anchors)


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site, pages):
    loaded = {(page.file, source) for page in pages.values() for source in page.loads}
    assert loaded
    for file, source in loaded:
        parts = urlsplit(source)
        assert parts.scheme in ("", "data"), f"{file} loads {source}"
        assert parts.scheme == "data" or (file.parent / parts.path).resolve().is_file(), f"{file} loads {source}"
    for style in site.rglob("*.css"):
        assert not re.search(r"@import|url\(\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")), style


@pytest.mark.slow
def test_formulas_are_mathml(site, pages):
    assert "math" in pages[site / "docs" / "explanation" / "forward.html"].tags
    assert not [page.file for page in pages.values() if re.search(r"\\(frac|sqrt|dot)\b", shown_text(page.file))]


def shown_text(file: Path) -> str:
    """Return a page without its listings."""
    return re.sub(r"<(pre|code)\b.*?</\1>", "", file.read_text(encoding="utf-8"), flags=re.S)


@pytest.mark.slow
def test_search_finds_pages_without_a_server(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex(")
    for page in ("docs/explanation/reverse", "docs/reference/functional", "docs/how-to/compile"):
        assert f'"{page}"' in index


@pytest.fixture
def tab(browser, site):
    """A tab that looks afterwards whether the pages were quiet, and asked for nothing but files of the site."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme="null")
    found, troubles, asked = context.new_page(), [], []
    found.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    found.on("pageerror", lambda error: troubles.append(str(error)))
    found.on("request", lambda request: asked.append(request.url))
    yield found
    context.close()
    assert not troubles
    assert not [url for url in asked if not url.startswith((site.as_uri(), "data:"))]


@pytest.mark.slow
def test_the_search_box_finds_pages(site, tab):
    tab.goto((site / "index.html").as_uri())
    tab.wait_for_url("**/docs/index.html")
    tab.fill("input.sidebar-search", "jacobian")
    tab.press("input.sidebar-search", "Enter")
    tab.wait_for_selector("#search-results li a")
    assert "Functions that take a function" in tab.inner_text("#search-results")


@pytest.mark.slow
def test_explorer_pages_are_embedded_and_take_the_colours_of_the_site(site, tab):
    tab.goto((site / "docs" / "tutorials" / "see-it-work.html").as_uri())
    assert tab.locator("iframe.explorer").count() == 6
    frame = tab.frame_locator("iframe.explorer").first
    frame.locator("html[data-ready=yes]").wait_for()
    assert "polynomial(x=3, y=4)" in frame.locator("body").inner_text()
    assert background(frame) == background(frame, dark=False, tab=tab)
    assert background(frame, dark=True, tab=tab) != background(frame, dark=False, tab=tab)


def background(frame, dark=None, tab=None):
    """Return the colour behind an embedded page, after the site was switched to light or dark."""
    if dark is not None:
        tab.evaluate("theme => { document.body.dataset.theme = theme }", "dark" if dark else "light")
        tab.wait_for_timeout(500)
    return frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")


def test_every_public_name_has_its_docstring_on_the_page():
    page = (ROOT / "docs" / "reference" / "docstrings.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\.\. auto\w+:: (\w+)", page, re.M))
    modules = {"numeric", "numpy", "rules", "scipy", "symbolic"}
    errors = {name for name in cr.__all__ if name.endswith("Error")}
    assert set(cr.__all__) - modules - errors <= listed
