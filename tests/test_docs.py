"""The documentation is up to date and its links lead somewhere. (Its examples are run by doctest.)"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("generate_supported")


def script(name: str) -> ModuleType:
    """Load a script of the documentation."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page):
    missing = [link for link in links(page) if not resolves(page, link)]
    assert not missing, f"{page.relative_to(ROOT)} links to {missing}"


def links(page: Path) -> list[str]:
    found = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def resolves(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or target.suffix != ".md" or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ +(.*)$", re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.S | re.M), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_index():
    seen, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.exists():
            seen.add(page)
            targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
            waiting += [target for target in targets if target.suffix == ".md" and DOCS in target.parents]
    assert seen >= set(DOCS.rglob("*.md"))


def test_supported_functions_are_up_to_date(generator):
    """Run ``python docs/generate_supported.py`` if this fails. Functions of other versions of NumPy are left aside."""
    expected, written = (parse(text) for text in (generator.page(), generator.PAGE.read_text(encoding="utf-8")))
    there = {name: line for name, line in written.items() if exists(name)}
    assert set(expected) <= set(written)
    assert expected == there


def test_supported_functions_say_why_they_are_there(generator):
    listed = parse(generator.page())
    assert "elementwise" in listed["np.tanh"]
    assert "absolute(0): x → 0" in listed["np.absolute"]
    assert "write" in listed["np.copyto"]
    assert listed["np.roots"] == "without a rule"
    assert generator.page().startswith(generator.HEAD)
    assert generator.PAGE.read_text(encoding="utf-8").startswith(generator.HEAD)


def test_programs_and_their_derivatives_are_up_to_date():
    """Run ``python tests/compiled/snapshots/renew.py`` if this fails and the change is meant."""
    programs = script("generate_programs")
    assert programs.PAGE.read_text(encoding="utf-8") == programs.page()


def test_constructs_of_compiled_mode_are_up_to_date():
    """Run ``python docs/generate_constructs.py`` if this fails."""
    constructs = script("generate_constructs")
    assert constructs.PAGE.read_text(encoding="utf-8") == constructs.page()


def parse(page: str) -> dict[str, str]:
    """Return each function of the page with its line."""
    table = {m[1]: m[0] for m in re.finditer(r"^\| `([\w.]+)` .*$", page, re.MULTILINE)}
    missing = re.findall(r"`([\w.]+)`", page.partition("## Without a rule so far")[2])
    return table | dict.fromkeys(missing, "without a rule")


def exists(name: str) -> bool:
    value = np
    for part in name.split(".")[1:]:
        value = getattr(value, part, None)
    return value is not None
