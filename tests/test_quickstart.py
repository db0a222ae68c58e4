"""The notebook of the documentation runs from its first cell to its last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.patience import UNCHANGED

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.network
def test_the_notebook_runs() -> None:
    notebook = nbformat.read(ROOT / "docs" / "quickstart.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=int(UNCHANGED), resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    said = [said_by(cell) for cell in notebook.cells if cell.cell_type == "code"]
    assert "Egyptian cat" in said[0]
    assert "image/png" in said[1]
    assert "512 evaluations" in said[2]
    assert "image/png" in said[3]
    # Shapley's own example: two thirds for the glove that fits both others.
    assert "0.66666667, 0.16666667, 0.16666667" in said[4]
    assert "shapley_values" in said[5]


def said_by(cell: Any) -> str:
    """Everything that a cell shows: texts, and the types of what is no text."""
    parts = []
    for output in cell.outputs:
        if output.get("name") != "stderr":
            parts += [output.get("text", ""), *output.get("data", {}), plain(output)]
    return "\n".join(parts)


def plain(output: Any) -> str:
    return str(output.get("data", {}).get("text/plain", ""))
