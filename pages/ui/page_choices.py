"""Choices that belong to one page: they survive a change of page, and travel in the link.

In the address bar their names begin with the page's, as in ``layers-method``; the sidebar's have
no hyphen.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st

from pages.ui.navigation import complain
from pages.ui.settings import complaint_of, text_of

T = TypeVar("T")

MOST_IN_A_LINK = 32
LONGEST = 2000


@dataclass
class _Choices:
    """This session's: what the link asked for and no page has read yet, what is chosen, and what
    the widgets showed last."""

    asked: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    handed: dict[str, object] = field(default_factory=dict)


def choice(
    name: str,
    draw: Callable[[str, T], T | None],
    default: T,
    read: Callable[[str], T],
) -> T:
    """Draw a page's widget and return what it says.

    Parameters
    ----------
    name : str
        As in the address bar: the page's name, a hyphen, the choice's.
    draw : callable
        Given the widget's key and the value it has; returns the widget's.
    default : T
        Where nobody chose; left out of the link.
    read : callable
        The value of a link's text; ValueError says what it should be. A choice that became
        impossible, say by another model, is forgotten without a word.
    """
    choices, key = _choices(), f"choose_{name}"
    value = recalled(name, default, read)
    if changed(name):
        # Options may have changed since.
        with contextlib.suppress(ValueError):
            value = read(text_of(st.session_state[key]))
    # Handed over anew in each run: Streamlit forgets widgets that were not drawn in the last one.
    # The run may end while the widget is drawn: what it was handed is no visitor's choice then.
    st.session_state[key] = choices.handed[name] = value
    drawn = draw(key, value)
    if drawn is not None:
        value = drawn
    choices.handed[name] = value
    remember(name, value, default)
    return value


def changed(name: str) -> bool:
    """Whether the visitor has changed the widget, in a callback or before it is drawn.

    Streamlit's own word for it is not enough: it also takes a widget for changed whose value was
    decided for it in a run that ended before the widget was drawn.
    """
    held = st.session_state.get(f"choose_{name}")
    return held is not None and held != _choices().handed.get(name, held)


def recalled(name: str, default: T, read: Callable[[str], T]) -> T:
    """What the link asks for, or what `remember` was told; the default where neither is usable."""
    choices = _choices()
    asked = choices.asked.pop(name, None)
    text = asked if asked is not None else choices.chosen.get(name)
    if text is None:
        return default
    try:
        return read(text)
    except ValueError as error:
        if asked is not None:
            complain(complaint_of(name, text, error))
        return default


def remember(name: str, value: T, default: T) -> None:
    """Keep a choice for later runs and in the link; the default goes without saying."""
    choices = _choices()
    if value == default:
        choices.chosen.pop(name, None)
        st.query_params.pop(name, None)
        return
    choices.chosen[name] = text_of(value)
    if st.query_params.get(name) != choices.chosen[name]:
        st.query_params[name] = choices.chosen[name]


def decide(name: str, value: object) -> None:
    """Choose in the widget's stead, in a callback: at the next run it shows the value.

    What the browser says of the widget meanwhile is older than this and does not count.
    """
    _choices().chosen[name] = text_of(value)
    st.session_state.pop(f"choose_{name}", None)


def forget(name: str) -> None:
    """Go back to the default, in a callback, as `decide` does."""
    _choices().chosen.pop(name, None)
    st.query_params.pop(name, None)
    st.session_state.pop(f"choose_{name}", None)


def taken_from_link(parameters: Mapping[str, str]) -> dict[str, str]:
    """Keep the pages' parameters for the pages, at a session's start; returns the others."""
    own = {name: text for name, text in parameters.items() if "-" in name}
    _choices().asked.update(
        (name, text[:LONGEST]) for name, text in list(own.items())[:MOST_IN_A_LINK]
    )
    return {name: text for name, text in parameters.items() if name not in own}


def in_link(page: str) -> dict[str, str]:
    """The parameters of one page."""
    choices = _choices()
    return {
        name: text
        for name, text in (choices.asked | choices.chosen).items()
        if name.startswith(f"{page}-")
    }


def _choices() -> _Choices:
    found: _Choices = st.session_state.setdefault("page_choices", _Choices())
    return found
