"""Pages that show files of the repository, for every link from the documentation to a Python file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(LinksToSources)
    app.connect("env-purge-doc", forget)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": False, "parallel_write_safe": True}


class LinksToSources(SphinxTransform):
    """Turn links that would download a Python file into links to the page that shows it."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        for link in list(self.document.findall(addnodes.download_reference)):
            if link["reftarget"].endswith(".py"):
                shown(self.env).setdefault(self.env.docname, set()).add(path := self.path(link["reftarget"]))
                uri = self.app.builder.get_relative_uri(self.env.docname, path)
                link.replace_self(nodes.reference("", "", *link.children, refuri=uri, internal=True))

    def path(self, target: str) -> str:
        """Return the path of a file from the root of the repository."""
        return self.env.relfn2path(target, self.env.docname)[0]


def shown(env: BuildEnvironment) -> dict[str, set[str]]:
    """Return the files that each document links to."""
    if not hasattr(env, "shown_sources"):
        env.shown_sources = {}
    return env.shown_sources


def forget(_: Sphinx, env: BuildEnvironment, docname: str) -> None:
    shown(env).pop(docname, None)


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    for path in sorted(set().union(*shown(app.env).values())):
        text = Path(app.srcdir, path).read_text(encoding="utf-8")
        listing = app.builder.highlighter.highlight_block(text, "python", linenos="inline")
        title = PurePosixPath(path).name
        yield path, {"title": title, "body": f"<h1>{title}</h1><p><code>{path}</code></p>{listing}"}, "page.html"
