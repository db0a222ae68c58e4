"""The game played by hand: superpixels to remove from a picture, beside a list of their values.

One element, drawn in the browser (``assets/components/player_board.*``). It gets the picture, the
reference and the outlines of the superpixels, and shows who is absent by itself: a click is seen at
once, whatever the network computes meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.painting import Colours
from pages.ui.components.colours import browser_colours
from pages.ui.components.component import component
from pages.ui.components.outlines import cached_middles, cached_outlines
from pages.ui.components.pictures import digest_of, picture_url

_component = component("player_board")


@dataclass(frozen=True)
class PlayerValues:
    """The values that one method gave to the players.

    Parameters
    ----------
    title : str
    values : float array ``(players,)``
        What is not finite is shown as missing.
    errors : float array ``(players,)`` or None
        Standard errors; drawn as 95 % intervals.
    """

    title: str
    values: npt.NDArray[np.floating]
    errors: npt.NDArray[np.floating] | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 1:
            raise ValueError(f"values have the shape (players,), not {self.values.shape}")
        if self.errors is not None and self.errors.shape != self.values.shape:
            raise ValueError(f"{self.values.size} values have no {self.errors.shape} errors")


@dataclass(frozen=True)
class PlayerPair:
    """Two players that a line on the picture joins.

    Parameters
    ----------
    players : (int, int)
    value : float
        Its sign is the line's colour, its size the width.
    said : str
        What the line is, such as "0.4 more together than apart".
    """

    players: tuple[int, int]
    value: float
    said: str


@dataclass
class _Memory:
    """The last revision of the browser's clicks that was answered; changed in place."""

    revision: int = 0


def player_board(
    *,
    picture: npt.NDArray[np.uint8],
    reference: npt.NDArray[np.uint8] | None,
    segments: npt.NDArray[np.integer],
    absent: Collection[int],
    methods: Sequence[PlayerValues],
    pairs: Sequence[PlayerPair] = (),
    kind_of_player: str = "superpixel",
    sort_by: int = 0,
    colours: Colours = "red-blue",
    read_only: bool = False,
    key: str,
) -> tuple[int, ...] | None:
    """Draw picture and list; return who is absent after the clicks that are new in this run.

    Store what is returned at once, and give it back as `absent` in later runs. The board shows it
    already, so that no extra rerun is needed for it.

    Parameters
    ----------
    picture : uint8 array ``(h, w, 3)``
        Whole: the board itself covers what is absent.
    reference : uint8 array ``(h, w, 3)`` or None
        What is seen of absent players; a hatching where None.
    segments : int array ``(H, W)``
        The player that owns each position, from 0. Of any resolution: stretched over the picture.
    absent : collection of int
    methods : sequence of PlayerValues
        A column each, on one axis.
    pairs : sequence of PlayerPair
        A line each; a click on one takes its two players out and brings all others back.
    kind_of_player : str
        What the board calls each of them; its plural is in -s.
    sort_by : int
        The method whose largest value comes first, until a person clicks on another.
    colours : {"red-blue", "orange-blue", "absolute"}
        Of the bars.
    read_only : bool
        Whether neither the mouse nor keys take players out.
    key : str

    Returns
    -------
    tuple of int, or None
        All absent players, in order. None where nothing was clicked.
    """
    data = board_data(
        picture=picture,
        reference=reference,
        segments=segments,
        absent=absent,
        methods=methods,
        pairs=pairs,
        kind_of_player=kind_of_player,
        sort_by=sort_by,
        colours=colours,
    )
    memory: _Memory = st.session_state.setdefault(f"{key}-answered", _Memory())

    def nothing() -> None:
        """Streamlit reports a component's state only where there is a callback."""

    # The browser repeats a click until its revision is confirmed here. In this run the revision is
    # still the old one: a run that ends before the caller has the click must not confirm it.
    result = _component(
        key=key,
        data={**data, "revision": memory.revision, "read_only": read_only},
        on_toggles_change=nothing,
    )
    clicks = new_clicks(
        result.get("toggles"), data["board"], memory.revision, len(data["outlines"])
    )
    if not clicks:
        return None
    st.session_state.get(key)  # ends the run here if it has to end, not between us and the caller
    memory.revision = clicks[-1][0]
    return after_clicks(absent, clicks)


def board_data(
    *,
    picture: npt.NDArray[np.uint8],
    reference: npt.NDArray[np.uint8] | None,
    segments: npt.NDArray[np.integer],
    absent: Collection[int],
    methods: Sequence[PlayerValues],
    pairs: Sequence[PlayerPair] = (),
    kind_of_player: str = "superpixel",
    sort_by: int = 0,
    colours: Colours = "red-blue",
) -> dict[str, Any]:
    """What `player_board` sends to the browser; its arguments are described there.

    Returns
    -------
    dict
        Ready for JSON.
    """
    board = digest_of(segments)
    paths = cached_outlines(segments)
    for method in methods:
        if method.values.size != len(paths):
            raise ValueError(
                f"{method.title} has {method.values.size} values for {len(paths)} players"
            )
    if strays := set(absent) - set(range(len(paths))):
        raise ValueError(f"there are no players {sorted(strays)} among {len(paths)}")
    middles = cached_middles(segments) if pairs else []
    largest = max((abs(pair.value) for pair in pairs), default=0.0) or 1.0
    if reference is not None and reference.shape != picture.shape:
        raise ValueError(f"a reference {reference.shape} for a picture {picture.shape}")
    return {
        "board": board,
        "size": [picture.shape[1], picture.shape[0]],
        "grid": [segments.shape[1], segments.shape[0]],
        "picture": picture_url(picture),
        "reference": None if reference is None else picture_url(reference),
        "outlines": paths,
        "kind": kind_of_player,
        "absent": sorted(int(player) for player in absent),
        "methods": [
            {
                "title": method.title,
                "values": _numbers(method.values),
                "errors": None if method.errors is None else _numbers(method.errors),
            }
            for method in methods
        ],
        "pairs": [
            {
                "players": sorted(pair.players),
                "ends": [middles[player] for player in sorted(pair.players)],
                "strength": round(pair.value / largest, 3),
                "said": pair.said,
            }
            for pair in pairs
        ],
        "sort_by": sort_by,
        "colours": browser_colours(colours),
    }


def new_clicks(
    reported: Mapping[str, Any] | None, board: str, answered: int, players: int
) -> list[tuple[int, int, bool]]:
    """The browser's clicks on this board that were not answered yet.

    Parameters
    ----------
    reported : mapping or None
        As the browser sent it.
    board : str
        The digest of the superpixels; clicks on others do not count.
    answered : int
        The last revision that was answered.
    players : int

    Returns
    -------
    list of (int, int, bool)
        Revision, player, and whether it is absent now, oldest first.
    """
    if not reported or reported.get("board") != board:
        return []
    clicks = [
        (int(revision), int(player), bool(absent))
        for revision, player, absent in reported["entries"]
    ]
    return sorted(click for click in clicks if click[0] > answered and 0 <= click[1] < players)


def after_clicks(
    absent: Collection[int], clicks: Sequence[tuple[int, int, bool]]
) -> tuple[int, ...]:
    """Who is absent after `clicks`, in order."""
    players = set(absent)
    for _, player, leaves in clicks:
        (players.add if leaves else players.discard)(player)
    return tuple(sorted(int(player) for player in players))


def _numbers(values: npt.NDArray[np.floating]) -> list[float | None]:
    """Six digits, more than are shown; None for NaN and infinity, which JSON lacks."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values.tolist()]
