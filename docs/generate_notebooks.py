"""Run the notebooks of the documentation and keep what they show: ``python docs/generate_notebooks.py``.

The outputs are committed, so that a notebook can be read where nothing can be run. A test runs the notebooks and fails
if they show something else.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

DOCS = Path(__file__).parent
NOTEBOOKS = sorted((DOCS / "tutorials").glob("*.ipynb"))


def executed(path: Path) -> nbformat.NotebookNode:
    """Return the notebook with the outputs of a run in a fresh kernel."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False).execute(cwd=path.parent)
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [plainly_named(output) for output in cell.outputs]
    return notebook


def plainly_named(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out what describes the run and not its result."""
    output.pop("metadata", None) if output.output_type == "stream" else output.metadata.clear()
    return output


if __name__ == "__main__":
    for notebook in NOTEBOOKS:
        nbformat.write(executed(notebook), notebook)
