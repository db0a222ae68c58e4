"""Tables to download as CSV files."""

from __future__ import annotations

from collections.abc import Callable

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
