"""Tables as CSV text that a spreadsheet shows and does not run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as the text of a CSV file.

    A text that a spreadsheet would take for a formula, such as a class called ``=HYPERLINK(…)``,
    is written behind an apostrophe: labels and file names may come from anyone.

    Parameters
    ----------
    heading : sequence of str
    rows : iterable of sequences
        Of text, numbers or None, as many as the heading has.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: object) -> object:
    if not isinstance(cell, str) or not cell.startswith(_BEGIN_FORMULAS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()
