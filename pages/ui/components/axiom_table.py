"""Methods by axioms as a table whose cells open (``assets/components/axiom_table.*``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import streamlit as st

from pages.ui.components.component import component

State = Literal["holds", "fails", "none"]
STATES: Mapping[bool | None, State] = {True: "holds", False: "fails", None: "none"}

_component = component("axiom_table")


@dataclass(frozen=True)
class AxiomCase:
    """A line of an opened cell.

    ``show`` is handed back when a visitor asks to see the case; None where it cannot be shown.
    """

    state: State
    formula: str
    finding: str
    show: list[str | float] | None = None


@dataclass(frozen=True)
class AxiomCell:
    """A verdict in a word or two, a few words in small print, and the cases behind it."""

    state: State
    verdict: str
    words: tuple[str, ...]
    cases: tuple[AxiomCase, ...]


def axiom_table(
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[AxiomCell]],
    hint: str,
    key: str,
    on_show: Callable[[object], None] = lambda show: None,
) -> None:
    """Draw the table.

    Parameters
    ----------
    rows, columns : sequence of str
        Titles.
    cells : sequence of sequence of AxiomCell
        A row a row.
    hint : str
        Stands below the table until a cell is opened; its cases then open below its row.
    key : str
    on_show : callable
        Told the ``show`` of a case before the run that asking for it causes. It comes back through
        the browser: check it.
    """

    def asked() -> None:
        show = st.session_state[key].get("show")
        if show is not None:
            on_show(show)

    _component(
        key=key,
        data={
            "rows": list(rows),
            "columns": list(columns),
            "cells": [[asdict(cell) for cell in row] for row in cells],
            "hint": hint,
        },
        on_show_change=asked,
    )
