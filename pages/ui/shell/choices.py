"""Choices: each has a widget, survives a change of page, and travels in the link.

In the address bar the names of a page's own choices begin with the page's, as in ``layers-method``;
those that all pages share, which `Settings` holds together, have no hyphen. ``stage`` has none
either: it says whether the maps are on stage, whichever page they are on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import streamlit as st

from pages.ui.shell.classroom import FOLLOW, classes
from pages.ui.shell.navigation import complain
from pages.ui.shell.restart import Reports, has_drawn, keys_of, of_key, reports, with_titles
from pages.ui.shell.session import Choices, session
from pages.ui.shell.settings import complaint_of, text_of

T = TypeVar("T")

STAGE = "stage"
FIRST_PAGE = "explore"
"""What begins the names of the first page's choices; its own name in links is empty."""

ON_SEVERAL_PAGES = ("figure-", "sidebar-", STAGE)
STORY = ("story", "step")
"""Where a story stands: in the link, but no choice."""

_KEYS = "choose_"
_EARLIER = 8
"""Values of each widget that a browser far behind may still report."""

MOST_IN_A_LINK = 32
LONGEST = 2000


def choice(
    name: str,
    draw: Callable[[str, T], T | None],
    default: T,
    read: Callable[[str], T],
    *,
    offered: Collection[Any] | None = None,
    title: Callable[[Any], str] | None = None,
) -> T:
    """Draw a page's widget and return its value.

    Parameters
    ----------
    name : str
        As in the address bar: the page's name, a hyphen, the choice's.
    draw : callable
        Given the widget's key and the value to show; returns the widget's value.
    default : T
        The value until the visitor chooses one; left out of the link.
    read : callable
        The value of a link's text; ValueError says what it should be. A choice that is no longer
        possible, for example with another model, is dropped silently.
    offered : collection, optional
        The options of a widget that has options.
    title : callable, optional
        What the widget calls an option.
    """
    notice(name)
    value = drawn(name, draw, recalled(name, default, read), offered=offered, title=title)
    if notice(name):  # a click that a restart had made the server forget
        value = recalled(name, default, read)
    remember(name, value, default)
    return value


def drawn(
    name: str,
    draw: Callable[[str, T], T | None],
    value: T,
    *,
    offered: Collection[Any] | None = None,
    title: Callable[[Any], str] | None = None,
) -> T:
    """Draw a widget that shows a value, and return the widget's; for the rest see `choice`."""
    choices = _choices()
    # The run may end while the widget is drawn: the value handed over is no visitor's choice then.
    key = widget_key(name)
    _note_handed(name, value)
    choices.handed[name], choices.offered[name] = value, offered
    titles = {} if offered is None or title is None else _titles(offered, title)
    same_titles, choices.titles[name] = titles == choices.titles.get(name), titles
    before = of_key(key, choices.reported)
    if before:
        # After a restart the browser's value may be a click that no run has noticed yet.
        choices.reported = {
            each: said for each, said in choices.reported.items() if each not in before
        }
        if offered is None and before.keys() & reports().keys():
            draw(key, value)
            if not has_drawn(key, before):  # another widget has the key, and its own first value
                choices.handed[name] = st.session_state[key]
            return value
        picked = (
            None if offered is None or title is None else _picked(value, before, offered, title)
        )
        if picked is not None:
            session().resumed = True
            st.session_state[key] = picked
            draw(key, picked)
            return value
    text = text_of(value)
    if not (same_titles and key in st.session_state and choices.shown.get(name) == text):
        st.session_state[key] = value
        choices.sent[name] = text
        choices.shown.pop(name, None)
    said = draw(key, value)
    if said is not None:
        value = said
    choices.handed[name] = value
    return value


def _picked(
    value: T, before: Reports, offered: Collection[Any], title: Callable[[Any], str]
) -> T | None:
    """What was picked from a list, as the browser reports it; None where that is its value."""
    found = with_titles(next(iter(before.values())), offered, title)
    if found is None:
        return None
    picked: Any = found
    if isinstance(value, tuple):
        picked = tuple(found)
    elif not isinstance(value, list):
        picked = found[0] if found else value
    return None if text_of(picked) == text_of(value) else picked


def widget_key(name: str) -> str:
    """The key of a choice's widget."""
    return _KEYS + name


def note_shown() -> None:
    """Note what the browser says that widgets show, at the start of a run.

    A widget that is set to a value shows it when the message comes, whatever was clicked since: a
    click in a slow network would be undone. So a widget is set only where it shows something else,
    or may: Streamlit forgets widgets that the last run has not drawn, and a browser those of
    another page.
    """
    choices, page = _choices(), session().page
    if page != choices.shown_on:
        choices.shown_on = page
        choices.shown.clear()
        choices.sent.clear()
    for key in keys_of(reports()):
        name = key.removeprefix(_KEYS)
        if key == name or name not in choices.titles:
            continue
        said = held(name)
        text = None if said is None else text_of(said)
        if text is not None and (name in choices.shown or choices.sent.get(name) == text):
            choices.shown[name] = text
        else:
            choices.shown.pop(name, None)


def changed(name: str) -> bool:
    """Whether the visitor has changed the widget since it was drawn.

    Streamlit's own answer is not enough: it also counts a widget as changed when its value was
    decided for it in a run that ended before the widget was drawn.
    """
    said, handed = held(name), _choices().handed.get(name)
    return said is not None and handed is not None and text_of(said) != text_of(handed)


def held(name: str) -> Any:
    """What a widget holds; None where that is nothing that the visitor can have chosen there.

    Browsers report options of a list by the titles that they show. A report that crosses a change
    of titles, say of probabilities behind class labels, comes with old ones: it is read by the
    names in them, and is no choice where it says only what the widget was handed earlier.
    """
    said = st.session_state.get(widget_key(name))
    choices = _choices()
    offered = choices.offered.get(name)
    if said is None or offered is None:
        return said if _kind(said) == _kind(choices.handed.get(name)) else None
    parts = said if isinstance(said, list | tuple) else [said]
    if all(part in offered for part in parts):
        return said
    titles = choices.titles[name]
    found = [part if part in offered else _with_title(part, titles) for part in parts]
    if None in found:
        return None
    read = found if isinstance(said, list | tuple) else found[0]
    return None if _parts(read) in choices.earlier.get(name, ()) else read


def _with_title(said: object, titles: Mapping[Any, str]) -> object:
    """The option that a list has shown under a title, or None."""
    found = with_titles([said], titles, titles.__getitem__) if isinstance(said, str) else None
    return found[0] if found else None


def _titles(offered: Collection[Any], title: Callable[[Any], str]) -> dict[Any, str]:
    """Not the function: it may hold on to a network."""
    return {option: title(option) for option in offered}


def _note_handed(name: str, value: object) -> None:
    """Remember what a widget has shown, from before it is handed another value."""
    choices = _choices()
    if name in choices.handed:
        shown, latest = choices.earlier.get(name, ()), _parts(choices.handed[name])
        if latest != _parts(value):
            kept = (each for each in shown if each != latest)
            choices.earlier[name] = (*kept, latest)[-_EARLIER:]


def _parts(value: object) -> frozenset[str]:
    """What is chosen, in whichever order: a list whose options moved is reported in another."""
    return frozenset(map(str, value if isinstance(value, list | tuple) else [value]))


def _kind(value: object) -> type:
    """Of a value, where a whole number and one with a fraction are of one kind."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float if math.isfinite(value) else type(None)
    return type(value)


def notice(name: str) -> bool:
    """Make a widget's value the choice if the visitor has changed it; True if so."""
    if not changed(name):
        return False
    said, choices = held(name), _choices()
    # Who has clicked reports nothing any more of what was shown before.
    choices.earlier.pop(name, None)
    choices.asked.pop(name, None)
    choices.chosen[name], choices.handed[name] = text_of(said), said
    return True


def recalled(name: str, default: T, read: Callable[[str], T]) -> T:
    """The choice in the link, else the remembered one; the default where neither is usable."""
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
    """Keep a choice for later runs and in the link, unless it is the default."""
    chosen = _choices().chosen
    if value == default:
        chosen.pop(name, None)
    else:
        chosen[name] = text_of(value)
    write_link()


def decide(name: str, value: object) -> None:
    """Set a choice from a callback: in the next run the widget shows the value.

    It replaces what a link asked for and no page has read yet. What the browser reports of the
    widget meanwhile is older and does not count.
    """
    _choices().asked.pop(name, None)
    _choices().chosen[name] = text_of(value)
    st.session_state.pop(widget_key(name), None)


def forget(name: str) -> None:
    """Go back to the default, in a callback, as `decide` does."""
    _choices().asked.pop(name, None)
    _choices().chosen.pop(name, None)
    st.session_state.pop(widget_key(name), None)


def is_shared(name: str) -> bool:
    """Whether a choice is one of the settings that all pages share."""
    return "-" not in name and name != STAGE


def is_own_of_a_page(name: str) -> bool:
    """Whether a link's parameter is none of the settings that all pages share."""
    return not is_shared(name) or name in (*STORY, FOLLOW)


def shared() -> dict[str, str]:
    """The choices that all pages share, where they differ from the defaults."""
    return {name: text for name, text in _choices().chosen.items() if is_shared(name)}


def share(chosen: Mapping[str, str]) -> None:
    """Replace the choices that all pages share."""
    choices = _choices()
    own = {name: text for name, text in choices.chosen.items() if not is_shared(name)}
    choices.chosen = own | {**chosen}


def decide_shared(chosen: Mapping[str, str]) -> None:
    """Set all choices that pages share from a callback, as `decide` does."""
    share(chosen)
    for name in [name for name in _choices().handed if is_shared(name)]:
        st.session_state.pop(widget_key(name), None)


def start_over(parameters: Mapping[str, str]) -> None:
    """Replace all choices but the stage by those of a link, from a callback, as `decide` does."""
    choices = _choices()
    for name in choices.handed:
        st.session_state.pop(widget_key(name), None)
    choices.asked = {}
    kept = {name: text for name, text in choices.chosen.items() if name == STAGE}
    choices.chosen = kept | taken_from_link(parameters)


def show_exactly(parameters: Mapping[str, str]) -> None:
    """Show what a class's leader shows, whatever was chosen here, the stage too."""
    _choices().chosen.pop(STAGE, None)
    start_over(parameters)
    session().absent.clear()
    session().told = {name: parameters[name] for name in STORY if name in parameters}


def taken_from_link(parameters: Mapping[str, str]) -> dict[str, str]:
    """Keep the pages' parameters for the pages, at a session's start; returns the others.

    Those of the story that is told are read by then.
    """
    own = {name: text for name, text in parameters.items() if not is_shared(name)}
    _choices().asked.update(
        (name, text[:LONGEST]) for name, text in list(own.items())[:MOST_IN_A_LINK]
    )
    passed = (*own, *STORY, FOLLOW)
    return {name: text for name, text in parameters.items() if name not in passed}


def follow_link(parameters: Mapping[str, str]) -> dict[str, str]:
    """Choose on this page exactly what a link says, as at a session's start; returns the others.

    Widgets show it in this run. What was chosen on other pages stays.
    """
    choices = _choices()
    for name in in_link(session().page):
        choices.asked.pop(name, None)
        choices.chosen.pop(name, None)
    for name in choices.handed:
        st.session_state.pop(widget_key(name), None)
    return taken_from_link(parameters)


def write_link() -> None:
    """Write the shared choices, and those of this page, into the address bar."""
    parameters = parameters_of_screen()
    if session().leading:
        classes().show(session().leading, session().page, parameters)
    if session().following:
        parameters[FOLLOW] = session().following
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


def parameters_of_screen() -> dict[str, str]:
    """All parameters of this screen's link."""
    return shared() | in_link(session().page) | session().told


def in_link(page: str) -> dict[str, str]:
    """The parameters of one page, and those that several have: sidebar, figures, the stage."""
    choices = _choices()
    return {
        name: text
        for name, text in (choices.asked | choices.chosen).items()
        if name.startswith((f"{page or FIRST_PAGE}-", *ON_SEVERAL_PAGES))
    }


def _choices() -> Choices:
    return session().choices
