"""Tables that a spreadsheet shows and does not run."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from attribution_core.measures.csv_tables import csv_text


@pytest.mark.parametrize(
    "cell",
    ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "- 1", "--1"],
)
def test_a_formula_is_text(cell: str) -> None:
    text = csv_text(["label", "value"], [[cell, 1.5]])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["label", "value"],
        [f"'{cell}", "1.5"],
    ]


@pytest.mark.parametrize(
    "cell", ["-0.25", "+3", "-1e-05", "−2", "tabby", "", "a=b", None, -3, -0.5]
)
def test_everything_else_stays(cell: object) -> None:
    text = csv_text(["cell", "end"], [[cell, "end"]])
    (_, (found, _)) = csv.reader(io.StringIO(text, newline=""))
    assert found == ("" if cell is None else str(cell))


def test_every_table_is_written_so() -> None:
    root = Path(__file__).resolve().parents[2]
    files = [*root.glob("attribution_core/**/*.py"), *root.glob("pages/**/*.py")]
    writing = [file.stem for file in files if "csv.writer" in file.read_text("utf-8")]
    assert writing == ["csv_tables"]
