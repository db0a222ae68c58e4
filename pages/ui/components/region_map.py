"""What speaks where, drawn in the browser (``assets/components/region_map.*``).

A picture whose places have the colours of the classes that they speak for most, regions of one
class with its name on them, and a list of these classes. A click, or Enter, chooses a class.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.ui.components.component import component
from pages.ui.components.outlines import cached_outlines
from pages.ui.components.pictures import picture_url

_component = component("region_map")


@dataclass(frozen=True)
class PlaceShown:
    """One place: where it is, its strongest class and the runner-up.

    ``strength`` is its value as a share 0..1 of the largest; errors are standard errors.
    """

    where: str
    target: int
    label: str
    value: float
    runner_up: str
    runner_up_value: float
    strength: float
    error: float | None = None
    runner_up_error: float | None = None


@dataclass(frozen=True)
class RegionShown:
    """Neighbouring places of one class; the name stands on the strongest of them."""

    target: int
    label: str
    players: tuple[int, ...]
    strongest: int
    strength: float


@dataclass(frozen=True)
class ClassShown:
    """A class of the list, with its colour ``#rrggbb`` and what is to be said of it."""

    number: int
    label: str
    colour: str
    about: str
    chosen: bool


def region_map(
    *,
    picture: npt.NDArray[np.uint8],
    segments: npt.NDArray[np.integer],
    places: Sequence[PlaceShown],
    regions: Sequence[RegionShown],
    classes: Sequence[ClassShown],
    listed: int,
    rest: str,
    hint: str,
    unit: str,
    key: str,
    on_choose: Callable[[int], None],
) -> None:
    """Draw picture and list.

    Parameters
    ----------
    picture : uint8 array ``(h, w, 3)``
    segments : int array ``(H, W)``
        The place that each position belongs to, from 0; stretched over the picture.
    places : sequence of PlaceShown
        As many as there are labels.
    regions : sequence of RegionShown
        The most important first: where names would cover one another, the first is seen.
    classes : sequence of ClassShown
        Of all places that have a strength, in the order of the list.
    listed : int
        So many of them are in the list.
    rest : str
        Stands below the list; empty for nothing.
    hint : str
        Stands below the picture while nothing is pointed at.
    unit : str
        A sentence after the values of the place that is pointed at.
    key : str
    on_choose : callable
        Told the number of a class before the run that the click causes. It comes from the browser,
        and is one of the classes that are drawn.
    """
    shown = {each.number for each in classes} | {each.target for each in places}

    def chosen() -> None:
        number = st.session_state[key].get("chosen")
        if isinstance(number, int) and number in shown:
            on_choose(number)

    _component(
        key=key,
        data={
            **region_data(picture, segments, places, regions, classes),
            "listed": listed,
            "rest": rest,
            "hint": hint,
            "unit": unit,
        },
        on_chosen_change=chosen,
    )


def region_data(
    picture: npt.NDArray[np.uint8],
    segments: npt.NDArray[np.integer],
    places: Sequence[PlaceShown],
    regions: Sequence[RegionShown],
    classes: Sequence[ClassShown],
) -> dict[str, Any]:
    """What `region_map` sends to the browser, ready for JSON."""
    paths = cached_outlines(segments)
    if len(paths) != len(places):
        raise ValueError(f"{len(places)} places for {len(paths)} labels")
    number_of = np.zeros(len(places), np.int64)
    for number, region in enumerate(regions, 1):
        number_of[list(region.players)] = number
    borders = cached_outlines(number_of[segments])[1:] if regions else []
    return {
        "board": hashlib.blake2b(json.dumps(paths).encode(), digest_size=16).hexdigest(),
        "size": [picture.shape[1], picture.shape[0]],
        "grid": [segments.shape[1], segments.shape[0]],
        "picture": picture_url(picture),
        "places": [
            {
                "outline": path,
                "where": each.where,
                "class": each.target,
                "label": each.label,
                "value": _number(each.value),
                "error": _number(each.error),
                "next": each.runner_up,
                "next_value": _number(each.runner_up_value),
                "next_error": _number(each.runner_up_error),
                "strength": round(each.strength, 4),
            }
            for path, each in zip(paths, places, strict=True)
        ],
        "regions": [
            {
                "outline": border,
                "class": each.target,
                "label": each.label,
                "at": _middle(segments == each.strongest),
                "strength": round(each.strength, 4),
            }
            for border, each in zip(borders, regions, strict=True)
        ],
        "classes": [
            {
                "number": each.number,
                "label": each.label,
                "colour": each.colour,
                "about": each.about,
                "chosen": each.chosen,
            }
            for each in classes
        ],
    }


def _middle(inside: npt.NDArray[np.bool_]) -> list[float]:
    """The centre ``[x, y]`` of some positions, in positions from the upper left corner."""
    rows, columns = np.nonzero(inside)
    return [round(float(columns.mean()) + 0.5, 2), round(float(rows.mean()) + 0.5, 2)]


def _number(value: float | None) -> float | None:
    """Six digits, more than are shown; None for what JSON lacks."""
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None
