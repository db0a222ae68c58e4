"""What a browser still knows of a visit that a restart has made the server forget."""

from __future__ import annotations

from datetime import timedelta

from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.shell.fragments import draw_fragment


def ask_anew_after_a_restart() -> None:
    """Make the browser ask for the page as soon as a server that was restarted answers again.

    It does so for pages that run by themselves, and this one does, once a day. Otherwise the first
    click would be the first that the new server hears of the visitor.
    """
    draw_fragment(_nothing, run_every=timedelta(days=1))


def _nothing() -> None:
    """What is drawn: that it is asked for is all."""


def reported_widgets() -> frozenset[str]:
    """Streamlit's identifiers of the widgets whose values came with this run from the browser."""
    context = get_script_run_ctx()
    if context is None:
        return frozenset()
    return frozenset(state.id for state in context.session_state.get_widget_states())


def has_drawn(key: str, identifiers: frozenset[str]) -> bool:
    """Whether the widget of a key that this run has drawn is one of some identifiers."""
    context = get_script_run_ctx()
    if context is None:
        return False
    drawn = context.shared.widget_ids_this_run.snapshot()
    return any(each.endswith(f"-{key}") for each in identifiers & drawn)
