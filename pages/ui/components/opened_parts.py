"""Parts of a picture from coarse to fine, drawn in the browser (``components/opened_parts.*``).

A picture whose parts have the colours of their values, and a list of them below those that they lie
in. A click, or Enter, opens a part, or joins one that is opened already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.painting import Colours
from pages.ui.components.colours import browser_colours
from pages.ui.components.component import component
from pages.ui.components.outlines import cached_middles, cached_outlines
from pages.ui.components.pictures import picture_url

_component = component("opened_parts")

Step = Literal["open", "join"]


@dataclass(frozen=True)
class PartShown:
    """A part of the list.

    Parameters
    ----------
    number : int
    name : str
        Such as "14 superpixels".
    value : float
    inside : tuple of int
        The opened parts that it lies in, the smallest first.
    opened : bool
        Whether its halves are in the list, and on the picture, in its place.
    halves : bool
        Whether it has any.
    """

    number: int
    name: str
    value: float
    inside: tuple[int, ...]
    opened: bool
    halves: bool


def opened_parts(
    *,
    picture: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer],
    parts: Sequence[PartShown],
    hint: str,
    colours: Colours = "red-blue",
    read_only: bool = False,
    key: str,
    on_choose: Callable[[Step, int], None],
) -> None:
    """Draw picture and list.

    Parameters
    ----------
    picture : uint8 array ``(h, w, 3)``
    labels : int array ``(H, W)``
        At each position, the place of its part among those of ``parts`` that are not opened;
        stretched over the picture.
    parts : sequence of PartShown
        Each below the one that it lies in.
    hint : str
        Stands below the picture while nothing is pointed at.
    colours : {"red-blue", "orange-blue", "absolute"}
    read_only : bool
        Whether neither the mouse nor keys do anything.
    key : str
    on_choose : callable
        Told what to do with which part before the run that a click causes. Both come from the
        browser, and are possible with the parts that are drawn.
    """
    possible = {("join" if each.opened else "open", each.number) for each in parts if each.halves}

    def chosen() -> None:
        said = st.session_state[key].get("chosen")
        if isinstance(said, list | tuple) and len(said) == 2 and tuple(said) in possible:
            on_choose(said[0], said[1])

    _component(
        key=key,
        data={
            **parts_data(picture, labels, parts, colours),
            "hint": hint,
            "read_only": read_only,
        },
        on_chosen_change=chosen,
    )


def parts_data(
    picture: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer],
    parts: Sequence[PartShown],
    colours: Colours,
) -> dict[str, Any]:
    """What `opened_parts` sends to the browser, ready for JSON."""
    shown = [each for each in parts if not each.opened]
    paths, middles = cached_outlines(labels), cached_middles(labels)
    if len(paths) != len(shown):
        raise ValueError(f"{len(shown)} parts in sight for {len(paths)} labels")
    place = {each.number: number for number, each in enumerate(shown)}
    return {
        "size": [picture.shape[1], picture.shape[0]],
        "grid": [labels.shape[1], labels.shape[0]],
        "picture": picture_url(picture),
        "largest": _number(max(abs(each.value) for each in parts)),
        "colours": browser_colours(colours),
        "parts": [
            {
                "number": each.number,
                "name": each.name,
                "value": _number(each.value),
                "inside": list(each.inside),
                "opened": each.opened,
                "halves": each.halves,
                "outline": "" if each.opened else paths[place[each.number]],
                "at": [0, 0] if each.opened else list(middles[place[each.number]]),
            }
            for each in parts
        ],
    }


def _number(value: float) -> float:
    """Six digits, more than are shown."""
    return float(f"{value:.6g}")
