"""The borders of a partition's parts, as paths of SVG, and their middles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.segmentations import middles
from pages.ui.components.pictures import digest_of


def cached_outlines(segments: npt.NDArray[np.integer]) -> list[str]:
    """As `outlines`, computed once for equal segments."""
    return _cached_outlines(digest_of(segments), segments)


@st.cache_data(max_entries=64, show_spinner=False)
def _cached_outlines(digest: str, _segments: npt.NDArray[np.integer]) -> list[str]:
    return outlines(_segments)


def cached_middles(segments: npt.NDArray[np.integer]) -> list[tuple[float, float]]:
    """As `middles`, computed once for equal segments."""
    return _cached_middles(digest_of(segments), segments)


@st.cache_data(max_entries=64, show_spinner=False)
def _cached_middles(digest: str, _segments: npt.NDArray[np.integer]) -> list[tuple[float, float]]:
    return middles(_segments)


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
