"""The site's contents, read from docs/index.md: a heading is a caption, and the links of the lists are its pages."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(ContentsFromLists)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class ContentsFromLists(SphinxTransform):
    """Give each section of the root page that has a list of pages a hidden table of contents."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        if self.env.docname != self.config.root_doc:
            return
        for section in self.document.findall(nodes.section):
            if entries := linked_pages(section):
                section.append(self.table(section[0].astext(), entries))

    def table(self, caption: str, entries: list[tuple[str, str]]) -> nodes.compound:
        """Return what the toctree directive makes."""
        toctree = addnodes.toctree(
            "", parent=self.env.docname, entries=entries, includefiles=[page for _, page in entries], caption=caption,
            rawcaption=caption, maxdepth=1, glob=False, hidden=True, includehidden=False, numbered=0, titlesonly=True,
        )  # fmt: skip
        return nodes.compound("", toctree, classes=["toctree-wrapper"])


def linked_pages(section: nodes.section) -> list[tuple[str, str]]:
    """Return the titles and pages that the section's lists link to, by the first link of each item."""
    lists = [child for child in section if isinstance(child, nodes.bullet_list)]
    links = [next(iter(item.findall(addnodes.pending_xref)), None) for listed in lists for item in listed]
    return [(link.astext(), link["reftarget"]) for link in links if link is not None and link["reftype"] == "myst"]
