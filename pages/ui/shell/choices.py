"""Choices: each has a widget, survives a change of page, and travels in the link.

In the address bar the names of a page's own choices begin with the page's, as in ``layers-method``;
those that all pages share, which `Settings` holds together, have no hyphen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import streamlit as st

from pages.ui.shell.navigation import complain
from pages.ui.shell.session import Choices, session
from pages.ui.shell.settings import complaint_of, text_of

T = TypeVar("T")

MOST_IN_A_LINK = 32
LONGEST = 2000


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
    notice(name)
    value = drawn(name, draw, recalled(name, default, read))
    remember(name, value, default)
    return value


def drawn(name: str, draw: Callable[[str, T], T | None], value: T) -> T:
    """Draw a widget that shows a value, and return what it says."""
    # Handed over in each run: Streamlit forgets widgets that were not drawn in the last one. The
    # run may end while the widget is drawn: what it was handed is no visitor's choice then.
    st.session_state[widget_key(name)] = _choices().handed[name] = value
    said = draw(widget_key(name), value)
    if said is not None:
        value = said
    _choices().handed[name] = value
    return value


def widget_key(name: str) -> str:
    """The key of a choice's widget."""
    return f"choose_{name}"


def changed(name: str) -> bool:
    """Whether the visitor has changed the widget since it was drawn.

    Streamlit's own word for it is not enough: it also takes a widget for changed whose value was
    decided for it in a run that ended before the widget was drawn.
    """
    held, handed = st.session_state.get(widget_key(name)), _choices().handed.get(name)
    return held is not None and handed is not None and text_of(held) != text_of(handed)


def notice(name: str) -> bool:
    """Make what the visitor has changed in a widget the choice; whether anything was changed."""
    if not changed(name):
        return False
    held = st.session_state[widget_key(name)]
    _choices().chosen[name], _choices().handed[name] = text_of(held), held
    return True


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
    chosen = _choices().chosen
    if value == default:
        chosen.pop(name, None)
    else:
        chosen[name] = text_of(value)
    write_link()


def decide(name: str, value: object) -> None:
    """Choose in the visitor's stead, in a callback: at the next run the widget shows the value.

    What the browser says of the widget meanwhile is older than this and does not count.
    """
    _choices().chosen[name] = text_of(value)
    st.session_state.pop(widget_key(name), None)


def forget(name: str) -> None:
    """Go back to the default, in a callback, as `decide` does."""
    _choices().chosen.pop(name, None)
    st.session_state.pop(widget_key(name), None)


def shared() -> dict[str, str]:
    """What is chosen of the choices that all pages share."""
    return {name: text for name, text in _choices().chosen.items() if "-" not in name}


def share(chosen: Mapping[str, str]) -> None:
    """Replace all that is chosen of the choices that all pages share."""
    choices = _choices()
    choices.chosen = {name: text for name, text in choices.chosen.items() if "-" in name} | {
        **chosen
    }


def decide_shared(chosen: Mapping[str, str]) -> None:
    """Choose all that pages share in the visitor's stead, in a callback, as `decide` does."""
    share(chosen)
    for name in [name for name in _choices().handed if "-" not in name]:
        st.session_state.pop(widget_key(name), None)


def taken_from_link(parameters: Mapping[str, str]) -> dict[str, str]:
    """Keep the pages' parameters for the pages, at a session's start; returns the others."""
    own = {name: text for name, text in parameters.items() if "-" in name}
    _choices().asked.update(
        (name, text[:LONGEST]) for name, text in list(own.items())[:MOST_IN_A_LINK]
    )
    return {name: text for name, text in parameters.items() if name not in own}


def write_link() -> None:
    """Let the address bar say what is chosen, of the shared choices and the page's own."""
    parameters = shared() | in_link(session().page)
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


def in_link(page: str) -> dict[str, str]:
    """The parameters of one page."""
    choices = _choices()
    return {
        name: text
        for name, text in (choices.asked | choices.chosen).items()
        if name.startswith(f"{page}-")
    }


def _choices() -> Choices:
    return session().choices
