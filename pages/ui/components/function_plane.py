"""A function's plane with a point and a reference to drag, and the methods' attributions as bars.

One element, drawn in the browser (``assets/components/function_plane.*``). It shows a drag by
itself, and reports it a few times a second.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image
from skimage.measure import find_contours

from attribution_core.axioms.formula import PlaneFunction
from attribution_core.axioms.two_variables import PlaneAttribution
from attribution_core.painting import COLOUR_SCALES, Colours
from pages.ui.components.component import component

Coordinates = tuple[float, float]

FARTHEST = 60.0
"""The largest coordinate of a point."""
REACHES = (4.0, 10.0, FARTHEST)
"""The plane goes from −reach to reach; the smallest that holds both points is drawn."""
RESOLUTION = 161
_CONTOURS = 10

_component = component("function_plane")


@dataclass
class _Memory:
    """The last revision of the browser's drags that was answered; changed in place."""

    revision: int = 0


@dataclass(frozen=True)
class Landscape:
    """The picture of a function: colours as a URL, contours as SVG paths, labels ``(x, y, text)``.

    Paths and labels are in shares of the picture from its upper left corner. ``undefined`` is the
    share of the positions without a value.
    """

    picture: str
    contours: tuple[str, ...]
    labels: tuple[tuple[float, float, str], ...]
    undefined: float


def function_plane(
    *,
    function: PlaneFunction,
    point: Coordinates,
    reference: Coordinates,
    attributions: Sequence[PlaneAttribution],
    notes: Mapping[str, str],
    change: float | None,
    on_move: Callable[[Coordinates, Coordinates], None],
    colours: Colours = "red-blue",
    key: str,
) -> Landscape:
    """Draw plane and bars.

    Parameters
    ----------
    function : PlaneFunction
    point, reference : (x, y) in −60..60
    attributions : sequence of PlaneAttribution
        A row each.
    notes : mapping of method to str
        A few words below the method's title.
    change : float or None
        f(x) − f(x′); None where one of them has no value.
    on_move : callable
        Told the new point and reference before the run that a drag causes.
    colours : {"red-blue", "orange-blue", "absolute"}
        Where f is above and below its value at the reference.
    key : str
    """
    reach = reach_of(point, reference)
    drawn = landscape(function, reach, reference, colours)
    memory: _Memory = st.session_state.setdefault(f"{key}-answered", _Memory())

    def moved() -> None:
        moved_to = new_coordinates(st.session_state[key].get("coordinates"), memory.revision)
        if moved_to is not None:
            memory.revision, *pair = moved_to
            on_move(*pair)

    _component(
        key=key,
        data={
            "revision": memory.revision,
            "reach": reach,
            "picture": drawn.picture,
            "contours": drawn.contours,
            "labels": drawn.labels,
            "point": point,
            "reference": reference,
            "change": change,
            "methods": [
                {
                    "title": each.method.title,
                    "note": notes.get(each.method.name, ""),
                    "values": None if each.values is None else [float(v) for v in each.values],
                    "problem": each.problem,
                }
                for each in attributions
            ],
        },
        on_coordinates_change=moved,
    )
    return drawn


def new_coordinates(
    reported: Mapping[str, Any] | None, answered: int
) -> tuple[int, Coordinates, Coordinates] | None:
    """Revision, point and reference that the browser reports; None where they are not new.

    A browser can send anything: coordinates are limited to −60..60, and anything but a
    report gives None.
    """
    try:
        revision = int((reported or {})["revision"])
        pairs = [
            [float(value) for value in (reported or {})[name]] for name in ("point", "reference")
        ]
    except (KeyError, TypeError, ValueError):
        return None
    if revision <= answered:
        return None
    if any(len(pair) != 2 or not all(map(math.isfinite, pair)) for pair in pairs):
        return None
    point, reference = ((_within(pair[0]), _within(pair[1])) for pair in pairs)
    return revision, point, reference


def _within(value: float) -> float:
    return round(min(FARTHEST, max(-FARTHEST, value)), 2) + 0.0


def reach_of(*points: Coordinates) -> float:
    """The smallest of `REACHES` that holds all points."""
    farthest = max(abs(value) for point in points for value in point)
    return next((reach for reach in REACHES if farthest <= reach), FARTHEST)


@st.cache_data(max_entries=64, show_spinner=False)
def _landscape(formula: str, reach: float, reference: Coordinates, colours: Colours) -> Landscape:
    function = PlaneFunction(formula)
    line = np.linspace(-reach, reach, RESOLUTION)
    x, y = np.meshgrid(line, -line)
    values = function.values_or_nan(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
    known = np.isfinite(values)
    if not known.any():
        return Landscape(_url(np.full((*x.shape, 4), _UNDEFINED, np.uint8)), (), (), 1.0)
    ground = float(function.values_or_nan(np.array([reference], float))[0])
    if not math.isfinite(ground):
        ground = float(np.median(values[known]))
    levels = levels_of(values[known])
    contours, labels = [], []
    find: Any = find_contours
    for level in levels:
        found: list[npt.NDArray[np.float64]] = find(values, level)
        steps = [
            "M"
            + "L".join(f"{c / (RESOLUTION - 1):.4f} {r / (RESOLUTION - 1):.4f}" for r, c in each)
            for each in found
        ]
        contours.append("".join(steps))
        position = _label_position(found)
        if position is not None:
            labels.append((*position, f"{level:g}".replace("-", "−")))
    return Landscape(
        _url(_coloured(values, ground, colours)),
        tuple(contours),
        tuple(labels),
        float(1 - known.mean()),
    )


def landscape(
    function: PlaneFunction, reach: float, reference: Coordinates, colours: Colours = "red-blue"
) -> Landscape:
    """f over the plane, in colours where it is above or below f(x′), grey where it has no value."""
    return _landscape(str(function), reach, reference, colours)


def levels_of(values: npt.NDArray[np.float64]) -> list[float]:
    """About ten round levels between the 1st and the 99th percentile of the values."""
    low, high = np.percentile(values, [1, 99])
    if high - low <= 1e-9 * max(1.0, abs(high)):
        return []
    rough = (high - low) / _CONTOURS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


_UNDEFINED = (128, 128, 128, 90)


def _coloured(
    values: npt.NDArray[np.float64], ground: float, name: Colours
) -> npt.NDArray[np.uint8]:
    """RGBA: transparent at the ground, so that it suits light and dark pages."""
    known = np.isfinite(values)
    above = np.where(known, values - ground, 0)
    limit = float(np.percentile(np.abs(above[known]), 97)) or 1.0
    strength = np.clip(above / limit, -1, 1)
    colours = np.empty((*values.shape, 4))
    palette = COLOUR_SCALES[name].themes["light"]
    above_zero = strength[..., None] > 0
    colours[..., :3] = np.where(above_zero, palette.positive[-1], palette.negative[-1])
    colours[..., 3] = 190 * np.abs(strength)
    colours[~known] = _UNDEFINED
    return np.rint(colours).astype(np.uint8)


def _label_position(contours: Sequence[npt.NDArray[np.float64]]) -> tuple[float, float] | None:
    """The middle of the longest contour, if that is not at the edge."""
    if not contours:
        return None
    longest = max(contours, key=len)
    row, column = longest[len(longest) // 2] / (RESOLUTION - 1)
    inside = 0.04 < row < 0.96 and 0.05 < column < 0.95
    return (float(column), float(row)) if inside and len(longest) > 12 else None


def _url(colours: npt.NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(colours, "RGBA").save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
