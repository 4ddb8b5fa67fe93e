"""Pages of ``chainrule explore``, made while the site is built and shown below what makes them.

The comment ``<!-- explorer: NAME.html -->`` stands before a listing. That is either the command, or examples that leave
the page in a variable of the name ``page``. Both are run from the root of the repository.
"""

from __future__ import annotations

import doctest
import io
import re
import shlex
from contextlib import chdir, redirect_stderr
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util.osutil import relative_uri

from chainrule.cli import main

MARK = re.compile(r"<!-- explorer: (\w+\.html) -->")
FOLDER = "explorer"
CODE = {".css", ".html", ".js", ".json", ".py"}  # of what pages are made: they are made anew when it changes
FRAME = """<iframe class="explorer" src="{page}" title="{name}" loading="lazy"></iframe>
<p class="explorer-link"><a href="{page}">Open this page by itself</a></p>"""
AS_IN_THE_TESTS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(FramesBelowListings)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", make_pages)
    return {"parallel_read_safe": False, "parallel_write_safe": True}


class FramesBelowListings(SphinxTransform):
    """Put a frame with the page below each listing that makes one."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        for node in list(self.document.findall(nodes.raw)):
            if mark := MARK.fullmatch(node.astext().strip()):
                self.add_frame(mark[1], node.next_node(nodes.literal_block, descend=False, siblings=True))

    def add_frame(self, name: str, listing: nodes.literal_block) -> None:
        wanted(self.env).setdefault(self.env.docname, {})[name] = listing.astext()
        page = relative_uri(self.app.builder.get_target_uri(self.env.docname), f"{FOLDER}/{name}")
        frame = nodes.raw("", FRAME.format(page=page, name=name), format="html")
        listing.parent.insert(listing.parent.index(listing) + 1, frame)


def wanted(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Return the listings of each document by the names of the pages that they make."""
    if not hasattr(env, "explorer_pages"):
        env.explorer_pages = {}
    return env.explorer_pages


def forget(_: Sphinx, env: BuildEnvironment, docname: str) -> None:
    wanted(env).pop(docname, None)


def make_pages(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    code = [file for place in ("examples", "src") for file in Path(app.srcdir, place).rglob("*") if file.suffix in CODE]
    changed = max(file.stat().st_mtime for file in code)
    with chdir(app.srcdir):
        for document, listings in wanted(app.env).items():
            written = Path(app.env.doc2path(document)).stat().st_mtime
            for name, listing in listings.items():
                if not is_newer(folder / name, max(changed, written)):
                    make = run_examples if listing.startswith(">>>") else run_command
                    make(listing, folder / name)


def is_newer(file: Path, time: float) -> bool:
    return file.exists() and file.stat().st_mtime > time


def run_command(listing: str, file: Path) -> None:
    """Run a command of this program, and write to another place."""
    _, *arguments, option, name = shlex.split(listing)
    if (option, name) != ("-o", file.name):
        raise ExtensionError(f"The command that makes {file.name} must end with -o {file.name}: {listing}")
    with redirect_stderr(io.StringIO()) as said:
        status = main([*arguments, option, str(file)])
    if status != 0:
        raise ExtensionError(f"{listing}\n{said.getvalue()}")


def run_examples(listing: str, file: Path) -> None:
    """Run examples as the tests do, and save the page that they leave."""
    test = doctest.DocTestParser().get_doctest(f"{listing}\n", {}, file.name, str(file), 0)
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=AS_IN_THE_TESTS)
    if runner.run(test, out=said.append, clear_globs=False).failed:
        raise ExtensionError("".join(said))
    test.globs["page"].save(file)
