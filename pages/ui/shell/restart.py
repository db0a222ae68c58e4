"""What a browser still knows of a visit that a restart has made the server forget."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import TypeVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.shell.fragments import draw_fragment

Option = TypeVar("Option")

Reports = Mapping[str, tuple[str, ...]]
"""What a browser says of widgets, by Streamlit's identifiers: of lists, the titles of what is
chosen in them; of others, nothing."""


def ask_anew_after_a_restart() -> None:
    """Make the browser ask for the page as soon as a server that was restarted answers again.

    It does so for pages that run by themselves, and this one does, once a day. Otherwise the first
    click would be the first that the new server hears of the visitor.
    """
    draw_fragment(_nothing, run_every=timedelta(days=1))


def _nothing() -> None:
    """What is drawn: that it is asked for is all."""


def reports() -> Reports:
    """What came with this run from the browser."""
    context = get_script_run_ctx()
    if context is None:
        return {}
    return {
        state.id: (
            (state.string_value,)
            if state.WhichOneof("value") == "string_value"
            else tuple(state.string_array_value.data)
        )
        for state in context.session_state.get_widget_states()
    }


def of_key(key: str, reported: Reports) -> Reports:
    """The reports of the widget of a key."""
    return {each: titles for each, titles in reported.items() if each.endswith(f"-{key}")}


def keys_of(reported: Reports) -> list[str]:
    """The keys of the widgets that have one: an identifier ends in "-" and the key."""
    parts = (each.split("-", 2) for each in reported)  # "$$ID", a digest, the key
    return [each[2] for each in parts if len(each) == 3]


def with_titles(
    titles: Collection[str], options: Collection[Option], title: Callable[[Option], str]
) -> list[Option] | None:
    """The options that a list shows under these titles; None unless each is that of one.

    What follows " · " need not be the same: it is measured, and the new server may have measured
    nothing yet.
    """
    found = []
    for each in titles:
        exact = [option for option in options if title(option) == each]
        alike = exact or [option for option in options if _name(title(option)) == _name(each)]
        if len(alike) != 1:
            return None
        found += alike
    return found


def _name(title: str) -> str:
    return title.split(" · ")[0]


def has_drawn(key: str, identifiers: Collection[str]) -> bool:
    """Whether the widget of a key that this run has drawn is one of some identifiers."""
    context = get_script_run_ctx()
    if context is None:
        return False
    drawn = context.shared.widget_ids_this_run.snapshot()
    return any(each.endswith(f"-{key}") for each in identifiers if each in drawn)
