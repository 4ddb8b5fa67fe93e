"""The notebooks run, and show what they showed when they were kept.

Run ``python docs/generate_notebooks.py`` if a change is meant. A cell with the tag *varies* shows times, and one with
*drawing* or *formula* what is drawn; of these only the kinds of output are compared.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOKS = sorted((DOCS / "tutorials").glob("*.ipynb"))
LOOSE = {"varies", "drawing", "formula"}


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_notebooks", DOCS / "generate_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_show_what_they_showed(path, generator):
    kept, fresh = nbformat.read(path, as_version=4), generator.executed(path)
    nbformat.validate(kept)
    for before, now in zip(kept.cells, fresh.cells, strict=True):
        if before.cell_type == "code":
            assert kinds(before) == kinds(now), before.source
            if not LOOSE & set(before.metadata.get("tags", [])):
                assert texts(before) == texts(now), before.source


def kinds(cell):
    return [sorted(output.get("data", {"stream": ""})) for output in cell.outputs]


def texts(cell):
    return [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]


def test_notebooks_are_kept_with_their_outputs():
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
        assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
