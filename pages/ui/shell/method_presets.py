"""Sets of methods, offered beside the list of all."""

from __future__ import annotations

import streamlit as st

from attribution_core.methods.presets import PRESETS, Preset
from attribution_core.registry import METHODS
from pages.ui.shell.costs import Costs
from pages.ui.shell.scene import choose_methods
from pages.ui.shell.settings import Settings


def render_presets(costs: Costs) -> None:
    """Draw a button that opens the sets, each a click."""
    with (
        st.popover("Sets", type="tertiary", key="presets"),
        st.container(gap="small", key="preset_list"),
    ):
        for preset in PRESETS.values():
            names = runnable(preset, costs)
            with st.container(gap=None):
                st.button(
                    preset.title[:1].upper() + preset.title[1:],
                    key=f"preset_{preset.title.replace(' ', '_')}",
                    help=preset.help,
                    on_click=choose_methods,
                    args=(names,),
                    type="tertiary",
                )
                st.caption(", ".join(METHODS[name].title for name in names))


def runnable(preset: Preset, costs: Costs) -> tuple[str, ...]:
    """A set's methods that can be run at the scene's settings; all where none can."""
    names = preset.names(METHODS, costs.seconds)
    if names == Settings().methods:  # one gives way to another where it cannot be run
        return names
    return tuple(name for name in names if name in costs.able) or names
