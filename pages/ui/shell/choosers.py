"""Widgets that several pages have: a method, a class, and yes or no, each kept by `choice`."""

from __future__ import annotations

import streamlit as st

from attribution_core.registry import METHODS
from pages.ui.shell.choices import choice
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import one_of


def choose_method(name: str, default: str) -> str:
    """One of all methods; ``name`` as in `choice`."""
    return choice(
        name,
        lambda key, value: st.selectbox(
            "Method",
            tuple(METHODS),
            format_func=lambda method: METHODS[method].title,
            key=key,
            width=240,
        ),
        default,
        lambda text: one_of(text, tuple(METHODS)),
    )


def choose_class(name: str, label: str, scene: Scene) -> int:
    """One of the sidebar's target classes, at first the first."""
    return choice(
        name,
        lambda key, value: st.selectbox(
            label, scene.classes, format_func=scene.labels.__getitem__, key=key, width=220
        ),
        scene.classes[0],
        lambda text: int(one_of(text, tuple(map(str, scene.classes)))),
    )


def choose_whether(name: str, label: str, default: bool, help: str) -> bool:
    """Yes or no."""
    return choice(
        name,
        lambda key, value: st.toggle(label, key=key, help=help),
        default,
        lambda text: one_of(text, ("yes", "no")) == "yes",
    )
