"""The game played by hand: superpixels to remove from a picture, beside a list of their values.

One element, drawn in the browser (``assets/components/player_board.*``). It gets the picture, the
reference and the outlines of the superpixels, and shows who is absent by itself: a click is seen at
once, whatever the network computes meanwhile.
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from attribution_core.painting import Colours
from pages.ui.components.colours import browser_colours
from pages.ui.components.component import component

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
    kind_of_player: str = "superpixel",
    sort_by: int = 0,
    colours: Colours = "red-blue",
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
    kind_of_player : str
        What the board calls each of them; its plural is in -s.
    sort_by : int
        The method whose largest value comes first, until a person clicks on another.
    colours : {"red-blue", "orange-blue", "absolute"}
        Of the bars.
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
        key=key, data={**data, "revision": memory.revision}, on_toggles_change=nothing
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
    board = _digest(segments)
    paths = _cached_outlines(board, segments)
    for method in methods:
        if method.values.size != len(paths):
            raise ValueError(
                f"{method.title} has {method.values.size} values for {len(paths)} players"
            )
    if strays := set(absent) - set(range(len(paths))):
        raise ValueError(f"there are no players {sorted(strays)} among {len(paths)}")
    if reference is not None and reference.shape != picture.shape:
        raise ValueError(f"a reference {reference.shape} for a picture {picture.shape}")
    return {
        "board": board,
        "size": [picture.shape[1], picture.shape[0]],
        "grid": [segments.shape[1], segments.shape[0]],
        "picture": _cached_url(_digest(picture), picture),
        "reference": None if reference is None else _cached_url(_digest(reference), reference),
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


def outlines(segments: npt.NDArray[np.integer]) -> list[str]:
    """The borders of each segment along the edges of its pixels, as SVG paths.

    Neighbours share their borders exactly. An outer border runs clockwise on the screen, that of a
    hole the other way, so that a path's signed area is its number of pixels.

    Parameters
    ----------
    segments : int array ``(h, w)``
        Labels from 0.

    Returns
    -------
    list of str
        For each label up to the largest; empty for one that owns no pixel.
    """
    if segments.ndim != 2 or segments.size == 0 or segments.min() < 0:
        raise ValueError(f"segments are labels (h, w) from 0, not {segments.shape}")
    framed = np.pad(segments.astype(np.int64), 1, constant_values=-1)
    edges: list[dict[tuple[int, int], list[tuple[int, int]]]] = [
        {} for _ in range(int(segments.max()) + 1)
    ]

    above, below = framed[:-1, 1:-1], framed[1:, 1:-1]
    left, right = framed[1:-1, :-1], framed[1:-1, 1:]
    sides = (
        (below, above, (0, 0), (1, 0)),  # along a pixel's upper edge, to the right
        (left, right, (0, 0), (0, 1)),  # down its right edge
        (above, below, (1, 0), (-1, 0)),  # along its lower edge, to the left
        (right, left, (0, 1), (0, -1)),  # up its left edge
    )
    for owners, others, (dx, dy), step in sides:
        rows, columns = np.nonzero((owners != others) & (owners >= 0))
        for y, x, label in zip(
            (rows + dy).tolist(),
            (columns + dx).tolist(),
            owners[rows, columns].tolist(),
            strict=True,
        ):
            edges[label].setdefault((x, y), []).append(step)
    return ["".join(_loops(own)) for own in edges]


def _loops(edges: dict[tuple[int, int], list[tuple[int, int]]]) -> list[str]:
    """Walk along all edges, given by their starts and directions; a path for each closed walk."""
    loops = []
    while edges:
        at = start = next(iter(edges))
        step = edges[start][0]
        parts, run = [f"M{at[0]} {at[1]}"], 0
        while True:
            edges[at].remove(step)
            if not edges[at]:
                del edges[at]
            at, run = (at[0] + step[0], at[1] + step[1]), run + 1
            if at == start:
                break
            # Where two pixels touch at a corner only, two walks meet: turn right, around one pixel.
            right = (-step[1], step[0])
            ahead = right if right in edges[at] else edges[at][0]
            if ahead != step:
                parts.append(_line(step, run))
                step, run = ahead, 0
        loops.append("".join([*parts, "z"]))
    return loops


def _line(heading: tuple[int, int], length: int) -> str:
    return f"h{heading[0] * length}" if heading[0] else f"v{heading[1] * length}"


def _numbers(values: npt.NDArray[np.floating]) -> list[float | None]:
    """Six digits, more than are shown; None for NaN and infinity, which JSON lacks."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values.tolist()]


# The caller computes the digest, because st.cache_data hashes only a sample of a large array; it
# ignores parameters that begin with an underscore.


@st.cache_data(max_entries=64, show_spinner=False)
def _cached_outlines(digest: str, _segments: npt.NDArray[np.integer]) -> list[str]:
    return outlines(_segments)


@st.cache_data(max_entries=64, max_size="16MB", show_spinner=False)
def _cached_url(digest: str, _picture: npt.NDArray[np.uint8]) -> str:
    """A lossless WebP, a quarter smaller than PNG."""
    buffer = io.BytesIO()
    Image.fromarray(_picture).save(buffer, "WEBP", lossless=True, quality=30, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _digest(array: npt.NDArray[Any]) -> str:
    head = f"{array.shape} {array.dtype.str} ".encode()
    return hashlib.blake2b(head + array.tobytes(), digest_size=16).hexdigest()
