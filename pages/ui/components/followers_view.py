"""The page of one who follows a class: its controls are inert (``followers_view.*``)."""

from __future__ import annotations

from pages.ui.components.component import component

_component = component("followers_view")


def make_controls_inert() -> None:
    """Take the controls of the page's part from mouse, keyboard and screen reader alike."""
    _component(key="followers_view", data={})
