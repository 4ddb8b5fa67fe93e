"""Formulas as MathML, which browsers draw by themselves: no script and no network."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import matplotlib
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")  # for machines that have no font with mathematical letters
PRIME = re.compile(r"<msup>(<mi>\w+</mi>)<mi>(&#x0203[234];)</mi></msup>")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    app.connect("build-finished", copy_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def visit_inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(mathml(node, "inline"))
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="formula">{mathml(node, "block")}</div>\n')
    raise nodes.SkipNode


def mathml(node: nodes.Element, display: str) -> str:
    """Return a formula, with primes as the high signs that they are in fonts: set as exponents they would be specks."""
    return PRIME.sub(r'\1<mo lspace="0" rspace="0">\2</mo>', convert(node.astext(), display=display))


def copy_font(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        for name in ("STIXGeneral.ttf", "LICENSE_STIX"):
            shutil.copy(FONTS / name, Path(app.outdir, "_static", name))
