"""The notebook of the documentation runs from its first cell to its last."""

from __future__ import annotations

import ast
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "quickstart.ipynb"


@pytest.mark.network
def test_the_notebook_runs() -> None:
    """Without a process of its own, which would take seconds to load TensorFlow again."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    names: dict[str, Any] = {"__name__": "__main__"}
    said = [
        said_by("".join(cell["source"]), names) for cell in cells if cell["cell_type"] == "code"
    ]
    assert "Egyptian cat" in said[0]
    assert "image/png" in said[1]
    assert "512 evaluations" in said[2]
    assert "image/png" in said[3]
    # Shapley's own example: two thirds for the glove that fits both others.
    assert "0.66666667, 0.16666667, 0.16666667" in said[4]
    assert "shapley_values" in said[5]


def said_by(source: str, names: dict[str, Any]) -> str:
    """What a notebook shows below a cell: texts, and the types of what is no text."""
    parts = ast.parse(source).body
    last = parts.pop() if isinstance(parts[-1], ast.Expr) else None
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(ast.Module(parts, []), str(NOTEBOOK), "exec"), names)
        if last is None:
            return printed.getvalue()
        assert isinstance(last, ast.Expr)
        value = eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)
    shown, _ = DisplayFormatter().format(value)
    return "\n".join([printed.getvalue(), *shown, shown["text/plain"]])
