"""Listings without the empty line at the end that doctest needs in the Markdown."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(TrimListings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class TrimListings(SphinxTransform):
    """Take the empty lines from the end of each listing."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        for block in self.document.findall(nodes.literal_block):
            trimmed = block.astext().rstrip()
            block.rawsource = trimmed
            block[:] = [nodes.Text(trimmed)]
