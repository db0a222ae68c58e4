"""The controls that pages are made of, each kept in the link by `choice`: a line for each use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

import streamlit as st

from attribution_core.registry import METHODS
from pages.ui.shell.choices import choice
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import number, one_of, whole
from pages.ui.shell.whole_numbers import whole_number_input

Option = TypeVar("Option", bound=str | int)
"""What can be chosen; its text stands in the link."""


def choose_one(
    name: str,
    label: str,
    titles: Mapping[Option, str],
    default: Option,
    *,
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> Option:
    """One of a few options, all of them on view; ``name`` as in `choice`."""
    return choice(
        name,
        lambda key, value: st.segmented_control(
            label,
            tuple(titles),
            required=True,
            format_func=titles.__getitem__,
            key=key,
            help=help,
            label_visibility=label_visibility,
        ),
        default,
        lambda text: _option(text, titles),
        offered=titles,
        title=titles.__getitem__,
    )


def choose_from_list(
    name: str,
    label: str,
    titles: Mapping[Option, str],
    default: Option,
    *,
    width: int | Literal["stretch"] = "stretch",
    on_change: Callable[[], None] | None = None,
) -> Option:
    """One of the options in a list that opens."""
    return choice(
        name,
        lambda key, value: st.selectbox(
            label,
            tuple(titles),
            format_func=titles.__getitem__,
            key=key,
            width=width,
            on_change=on_change,
        ),
        default,
        lambda text: _option(text, titles),
        offered=titles,
        title=titles.__getitem__,
    )


def choose_several(
    name: str,
    label: str,
    titles: Mapping[str, str],
    default: tuple[str, ...],
    *,
    most: int,
    help: str | None = None,
) -> tuple[str, ...]:
    """Several of the options, in the order in which they were chosen."""
    return choice(
        name,
        lambda key, value: tuple(
            st.multiselect(
                label,
                tuple(titles),
                format_func=titles.__getitem__,
                max_selections=most,
                key=key,
                help=help,
            )
        ),
        default,
        lambda text: tuple(
            dict.fromkeys(_option(part, titles) for part in text.split(",") if part)
        )[:most],
        offered=titles,
        title=titles.__getitem__,
    )


def choose_whole(
    name: str,
    label: str,
    low: int,
    high: int,
    default: int,
    *,
    step: int = 1,
    help: str | None = None,
    width: int = 120,
) -> int:
    """A whole number from ``low`` to ``high``."""
    return choice(
        name,
        lambda key, value: whole_number_input(
            label, low, high, step=step, key=key, help=help, width=width
        ),
        default,
        lambda text: whole(text, low, high),
    )


def choose_number(
    name: str,
    label: str,
    low: float,
    high: float,
    default: float,
    *,
    step: float,
    help: str | None = None,
    width: int = 120,
) -> float:
    """A number from ``low`` to ``high``, with two decimals."""
    return choice(
        name,
        lambda key, value: st.number_input(
            label, low, high, step=step, format="%.2f", key=key, help=help, width=width
        ),
        default,
        lambda text: number(text, low, high) + 0.0,
    )


def choose_whether(name: str, label: str, default: bool, help: str) -> bool:
    """Yes or no."""
    return choice(
        name,
        lambda key, value: st.toggle(label, key=key, help=help),
        default,
        lambda text: one_of(text, ("yes", "no")) == "yes",
    )


def choose_method(name: str, default: str) -> str:
    """One of all methods."""
    titles = {method: entry.title for method, entry in METHODS.items()}
    return choose_from_list(name, "Method", titles, default, width=220)


def choose_class(name: str, label: str, scene: Scene, *, width: int = 220) -> int:
    """One of the sidebar's target classes, at first the first."""
    titles = {number: scene.labels[number] for number in scene.classes}
    return choose_from_list(name, label, titles, scene.classes[0], width=width)


def _option(text: str, titles: Mapping[Option, str]) -> Option:
    options = {str(option): option for option in titles}
    return options[one_of(text, tuple(options))]
