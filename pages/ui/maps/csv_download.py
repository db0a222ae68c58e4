"""Tables as CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import streamlit as st


def csv_download(label: str, make: Callable[[], str], name: str) -> None:
    """A button that makes and downloads the file ``name``.csv."""
    st.download_button(
        label,
        make,
        f"{name}.csv",
        "text/csv",
        icon=":material/table:",
        on_click="ignore",
    )


def csv_text(heading: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Rows as the text of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows(lines)
    return text.getvalue()
