"""Many attribution maps side by side, with linked zoom, cross-hair and values under the pointer.

One element for all maps, drawn in the browser (``assets/components/heatmap_grid.*``). A chart that
changes while a map refines would be mounted anew and lose its zoom; this element only gets new
numbers. Because it gets numbers, not pictures of them, colours follow the theme and values are
shown without asking the server.
"""

from __future__ import annotations

import base64
import hashlib
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.painting import Colours
from pages.ui.components.colours import browser_colours
from pages.ui.components.component import component

STATUSES = ("done", "running", "queued", "failed", "cancelled", "unavailable")

_LARGEST = np.iinfo(np.int16).max
# Noise hardly compresses, whatever the effort: the fastest level is close to the best.
_EFFORT = 1

grid_component = component("heatmap_grid")


@dataclass(frozen=True)
class Shot:
    """One picture of a film.

    Attributes
    ----------
    label : str
        What is seen; stands beside the scrubber.
    cells : tuple of MapCell
        One for each square of the grid, row by row.
    picture : uint8 ndarray of shape (h, w, 3), or None
        Beneath the maps, where it is not the grid's.
    """

    label: str
    cells: tuple[MapCell, ...]
    picture: npt.NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class FilmReel:
    """A film that a grid plays, as far as it is computed.

    Attributes
    ----------
    name : str
        Its identity: the player stays where it is as long as the name is the same.
    shots : tuple of Shot
    planned : int
        How many there will be.
    seconds : float
        That a shot is seen.
    """

    name: str
    shots: tuple[Shot, ...]
    planned: int
    seconds: float = 0.8


@dataclass(frozen=True)
class MapCell:
    """One square of the grid.

    Parameters
    ----------
    row, column : int
        Counted from 0.
    values : ndarray of shape (h, w), or None
        Signed attributions at their own resolution, stretched over the picture; what is not finite
        is shown as 0. None: nothing yet.
    packed : mapping or None
        The values as `encode_values` packs them, where that was done before.
    limit : float
        The size of a value at which the colour saturates.
    caption : tuple of str
        Short lines under the map.
    status : {"done", "running", "queued", "failed", "cancelled", "unavailable"}
        A failed or unavailable square shows `message` and no map.
    progress : float or None
        The share that is done, 0 to 1, while running; None where it is not known.
    message : str
        What is running, the position in the queue, or a sentence on why there is no map.
    unit : str
        Of the values; stands below the colour bar.
    bars : tuple of (str, float, float or None)
        Instead of a map: names, values and standard errors, drawn as bars with 95 % intervals that
        end at `limit`.
    picture : uint8 ndarray of shape (h, w, 3), or None
        Beneath the map, where it is not the grid's.
    spoken : str
        Said to screen readers after the caption.
    title, help : str
        On a wall (`heatmap_wall`): what stands above the map, and is shown when pointing at that.
    """

    row: int
    column: int
    values: npt.NDArray[np.floating] | None = None
    limit: float = 1.0
    caption: tuple[str, ...] = ()
    status: str = "done"
    progress: float | None = None
    message: str = ""
    packed: Mapping[str, Any] | None = None
    unit: str = ""
    bars: tuple[tuple[str, float, float | None], ...] = ()
    picture: npt.NDArray[np.uint8] | None = None
    spoken: str = ""
    title: str = ""
    help: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r} is none of {', '.join(STATUSES)}")


def encode_values(values: npt.NDArray[np.floating]) -> dict[str, Any]:
    """Pack a map for the browser: 16-bit integers, deflated, in base64.

    The largest value keeps a precision of 1 in 32767; a value a thousandth as large still has one
    digit, and the browser shows no more digits than that.

    Parameters
    ----------
    values : ndarray of shape (h, w)
        What is not finite becomes 0.

    Returns
    -------
    dict
        ``id`` (a hash of the rest), ``kind``, ``shape``, ``scale`` (one integer step), ``data``.
    """
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"a map has the shape (h, w), not {values.shape}")
    finite = np.where(np.isfinite(values), values, 0.0).astype(np.float64)
    largest = float(np.abs(finite).max())
    scale = largest / _LARGEST if largest > 0 else 1.0
    return _packed(np.rint(finite / scale).astype("<i2"), "int16", scale)


def decode_values(packed: Mapping[str, Any]) -> npt.NDArray[np.float32]:
    """Undo `encode_values`, up to half a step. The browser does the same.

    Returns
    -------
    ndarray of shape (h, w)
    """
    steps = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), "<i2")
    return (steps.reshape(packed["shape"]) * float(packed["scale"])).astype(np.float32)


def encode_picture(picture: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """Pack the brightness of a picture for the browser, as `encode_values` does for a map.

    Parameters
    ----------
    picture : uint8 ndarray of shape (h, w, 3)

    Returns
    -------
    dict
        With the keys of `encode_values`.
    """
    if picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(f"a picture has the shape (h, w, 3), not {picture.shape}")
    brightness = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return _packed(np.rint(brightness).clip(0, 255).astype(np.uint8), "uint8", 1.0)


def grid_data(
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[MapCell],
    picture: npt.NDArray[np.uint8] | None,
    overlay: bool,
    opacity: float,
    smooth: bool,
    colours: Colours = "red-blue",
    column_help: Mapping[str, str] | None = None,
    stage: str | None = None,
    film: FilmReel | None = None,
) -> dict[str, Any]:
    """What `render_heatmap_grid` sends to the browser; its arguments are described there.

    Returns
    -------
    dict
        Ready for JSON. It has one entry in ``cells`` for every row and column, row by row.
    """
    placed = {(cell.row, cell.column): cell for cell in cells}
    squares = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    if strays := placed.keys() - set(squares):
        raise ValueError(f"no row and column for the cells at {sorted(strays)}")
    helps = column_help or {}
    return {
        "rows": list(rows),
        "columns": [{"label": name, "help": helps.get(name, "")} for name in columns],
        "cells": [
            cell_data(placed.get(at) or MapCell(*at, status="unavailable")) for at in squares
        ],
        "picture": None if picture is None else _cached_picture(_digest(picture), picture),
        "overlay": overlay,
        "opacity": min(1.0, max(0.0, _finite(opacity))),
        "smooth": smooth,
        "stage": stage,
        "colours": browser_colours(colours),
        "film": None if film is None else _film_data(film),
    }


def _film_data(film: FilmReel) -> dict[str, Any]:
    return {
        "name": film.name,
        "planned": film.planned,
        "complete": len(film.shots) == film.planned,
        "milliseconds": round(1000 * film.seconds),
        "shots": [
            {
                "label": shot.label,
                "cells": [cell_data(cell) for cell in shot.cells],
                "picture": None
                if shot.picture is None
                else _cached_picture(_digest(shot.picture), shot.picture),
            }
            for shot in film.shots
        ],
    }


def render_heatmap_grid(
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[MapCell],
    picture: npt.NDArray[np.uint8] | None,
    overlay: bool = True,
    opacity: float = 0.85,
    smooth: bool = True,
    colours: Colours = "red-blue",
    key: str,
    column_help: Mapping[str, str] | None = None,
    stage: str | None = None,
    film: FilmReel | None = None,
) -> None:
    """Draw the grid. Call it again with other cells, and zoom, cross-hair and scroll position stay.

    Parameters
    ----------
    rows, columns : sequence of str
        The labels: a row a class, a column a method.
    cells : sequence of MapCell
        In any order; a square that is left out stays blank.
    picture : uint8 ndarray of shape (h, w, 3), or None
        Shown in grey beneath the maps. Its shape is that of the squares.
    overlay : bool
        True: maps over the picture, translucent near zero. False, or no picture: plain maps, on
        white in the light theme and on the page's own black in the dark one.
    opacity : float
        Of the colours at the limit, from 0 to 1, over the picture.
    smooth : bool
        Interpolate between the values of a coarse map, instead of showing blocks. The value under
        the pointer is that of the block in either case.
    colours : {"red-blue", "orange-blue", "absolute"}
    key : str
        The grid's identity: zoom lasts as long as it stays the same.
    column_help : mapping of str to str, optional
        A sentence for a column's label, shown when pointing at it.
    stage : str, optional
        Given, the maps fill the screen: this line above them, and each under its own title.
    film : FilmReel, optional
        Played in the squares, with a scrubber below them.
    """
    data = grid_data(
        rows=rows,
        columns=columns,
        cells=cells,
        picture=picture,
        overlay=overlay,
        opacity=opacity,
        smooth=smooth,
        colours=colours,
        column_help=column_help,
        stage=stage,
        film=film,
    )
    grid_component(key=key, data=data)


def cell_data(cell: MapCell) -> dict[str, Any]:
    """One square as it is sent to the browser."""
    packed = None
    if cell.status not in ("failed", "unavailable"):
        packed = cell.packed
        if packed is None and cell.values is not None:
            packed = _cached_values(_digest(cell.values), cell.values)
    return {
        "row": cell.row,
        "column": cell.column,
        "map": packed,
        "limit": _finite(cell.limit),
        "unit": cell.unit,
        "caption": list(cell.caption),
        "spoken": cell.spoken,
        "status": cell.status,
        "progress": None if cell.progress is None else min(1.0, max(0.0, _finite(cell.progress))),
        "message": cell.message,
        "picture": None
        if cell.picture is None
        else _cached_picture(_digest(cell.picture), cell.picture),
        "bars": {"bars": [list(bar) for bar in cell.bars], "limit": _finite(cell.limit)}
        if cell.bars
        else None,
    }


# Most maps do not change between two updates, and several sessions show the same ones. The digest
# is computed here because st.cache_data hashes only a sample of a large array; it ignores
# parameters that begin with an underscore.


@st.cache_data(max_entries=512, max_size="64MB", show_spinner=False)
def _cached_values(digest: str, _values: npt.NDArray[np.floating]) -> dict[str, Any]:
    return encode_values(_values)


@st.cache_data(max_entries=32, max_size="16MB", show_spinner=False)
def _cached_picture(digest: str, _picture: npt.NDArray[np.uint8]) -> dict[str, Any]:
    return encode_picture(_picture)


def _digest(array: npt.NDArray[Any]) -> str:
    head = f"{array.shape} {array.dtype.str} ".encode()
    return hashlib.blake2b(head + array.tobytes(), digest_size=16).hexdigest()


def _packed(pixels: npt.NDArray[Any], kind: str, scale: float) -> dict[str, Any]:
    content = pixels.tobytes()
    identity = f"{kind} {pixels.shape} {scale!r} ".encode() + content
    return {
        "id": hashlib.blake2b(identity, digest_size=12).hexdigest(),
        "kind": kind,
        "shape": list(pixels.shape),
        "scale": scale,
        "data": base64.b64encode(zlib.compress(content, _EFFORT)).decode("ascii"),
    }


def _finite(number: float) -> float:
    """0 for NaN and infinity, which JSON lacks."""
    return float(number) if math.isfinite(number) else 0.0
