"""The documentation is up to date and its links lead somewhere. (Its examples are run by doctest.)"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import chainrule as cr

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]
TRANSLATIONS = sorted(ROOT.glob("README.*.md"))
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


@pytest.mark.parametrize("page", TRANSLATIONS, ids=lambda page: page.name)
def test_translations_give_the_commands_of_the_readme(page):
    assert set(commands(page)) == {"main-command", "test-command"}
    assert commands(page) == commands(ROOT / "README.md")


def commands(page: Path) -> dict[str, str]:
    """Return the commands of a page by the names in the comments above them."""
    return dict(re.findall(r"^<!-- ([\w-]+) -->\n```sh\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE))


def test_the_site_is_built_by_one_command():
    assert commands(ROOT / "CONTRIBUTING.md")["site-command"].strip() in (ROOT / "README.md").read_text("utf-8")


def test_every_error_is_explained():
    explained = set(re.findall(r"^## `(\w+)`", (DOCS / "reference" / "errors.md").read_text("utf-8"), re.MULTILINE))
    assert {name for name in cr.__all__ if name.endswith("Error")} - {"ChainruleError"} <= explained


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
    """Run ``python docs/generate_supported.py`` if this fails. Functions of other versions of NumPy are left aside.

    What the methods can do is taken from the page as it stands; the slow test below tries them.
    """
    expected = parse(generator.page(generator.as_written()))
    written = parse(generator.PAGE.read_text(encoding="utf-8"))
    if not same_releases(generator):
        names = {name for name in {*expected} & {*written} if name.startswith("np.")}
        expected, written = ({name: lines[name] for name in names} for lines in (expected, written))
    assert "?" not in "".join(expected.values())
    assert expected == written


def same_releases(generator):
    """Tell whether the pages were written with the releases of NumPy and SciPy that are installed."""
    return generator.versions() in generator.PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("start", range(2))
def test_what_each_method_can_do_is_up_to_date(generator, start):
    """Try every sixteenth function, of all of which ``python docs/generate_supported.py`` tries the methods."""
    measured, written = generator.measured(), generator.as_written()
    listed = [
        (f"{prefix}.{name}", fn)
        for prefix, module in generator.MODULES.items()
        for name, fn in generator.by_class(module)["differentiable"].items()
    ]
    for name, fn in listed[8 * start :: 16]:
        row = generator.find(fn) or fn
        assert measured(name, row) == written(name, row), name


def test_supported_functions_say_why_they_are_there(generator):
    listed = parse(generator.PAGE.read_text(encoding="utf-8"))
    assert "elementwise" in listed["np.tanh"]
    assert "write" in listed["np.copyto"]
    assert listed["np.floor"] == "Constant"
    assert listed["np.isscalar"] == "Passing through"
    assert "it writes a file" in listed["np.save"]
    assert generator.PAGE.read_text(encoding="utf-8").startswith(generator.HEAD)


def test_conventions_are_up_to_date(generator):
    """Run ``python docs/generate_conventions.py`` if this fails."""
    conventions = script("generate_conventions")
    expected, written = page_of_a_new_process("generate_conventions"), conventions.PAGE.read_text(encoding="utf-8")
    if not same_releases(generator):
        expected, written = (re.findall(r"^\| `np\.\w+` .*$", page, re.MULTILINE) for page in (expected, written))
    assert expected == written


def page_of_a_new_process(name: str) -> str:
    """Return a page as it is written where no test or example has added rules of its own to the table."""
    write = f"import sys, {name}; sys.stdout.buffer.write({name}.page().encode())"
    return subprocess.run([sys.executable, "-c", write], cwd=DOCS, capture_output=True, check=True).stdout.decode()


def test_programs_and_their_derivatives_are_up_to_date():
    """Run ``python tests/compiled/snapshots/renew.py`` if this fails and the change is meant."""
    programs = script("generate_programs")
    assert programs.PAGE.read_text(encoding="utf-8") == programs.page()


def test_constructs_of_compiled_mode_are_up_to_date():
    """Run ``python docs/generate_constructs.py`` if this fails."""
    constructs = script("generate_constructs")
    assert constructs.PAGE.read_text(encoding="utf-8") == constructs.page()


def parse(page: str) -> dict[str, str]:
    """Return each function of the page with its line, or with the title of the list that it is in."""
    found = {m[1]: m[0] for m in re.finditer(r"^\| `([\w.]+\.\w+)` \|.*$", page, re.MULTILINE)}
    for title, names in re.findall(r"^(Constant|Passing through|Without a rule):\n\n(.*?)\n\n", page, re.DOTALL | re.M):
        found.update(dict.fromkeys(re.findall(r"`([\w.]+)`", names), title))
    for names, reason in re.findall(r"^\| (`[^|]*`) \| (it [^|]*) \|", page, re.MULTILINE):
        found.update(dict.fromkeys(re.findall(r"`([\w.]+)`", names), reason))
    return {name: line for name, line in found.items() if not re.fullmatch(r"(numpy|scipy)(\.\w+)?", name)}
