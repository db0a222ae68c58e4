"""A region drawn by hand: a brush over a picture (``assets/components/region_brush.*``).

By mouse, pen or finger, or by keys. The browser shows a stroke at once and reports it when it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray
from pages.ui.components.component import component
from pages.ui.components.pictures import digest_of, picture_url

_component = component("region_brush")


def region_brush(
    picture: npt.NDArray[np.uint8], drawn: BoolArray | None, *, key: str
) -> BoolArray | None:
    """Draw the picture and its tools; return what is marked after the strokes so far.

    Parameters
    ----------
    picture : uint8 array ``(h, w, 3)``
    drawn : bool array ``(h, w)`` or None
        What is marked where the element shows this picture for the first time.
    key : str

    Returns
    -------
    bool array ``(h, w)`` or None
        None where the browser has reported no stroke on this picture.
    """
    name = digest_of(picture)
    height, width = picture.shape[:2]
    runs = runs_of(np.zeros((height, width), bool) if drawn is None else drawn)

    def nothing() -> None:
        """Streamlit reports a component's state only where there is a callback."""

    result = _component(
        key=key,
        data={"name": name, "size": [width, height], "picture": picture_url(picture), "runs": runs},
        on_drawn_change=nothing,
    )
    return region_of_runs(result.get("drawn"), name, (height, width))


def runs_of(region: BoolArray) -> list[int]:
    """The lengths of a region's runs in reading order, the first of what is not marked."""
    flat = np.concatenate([[False], region.ravel(), [not region.ravel()[-1]]])
    ends = np.flatnonzero(flat[1:] != flat[:-1])
    return [int(length) for length in np.diff(ends, prepend=0)]


def region_of_runs(
    reported: Mapping[str, Any] | None, name: str, size: tuple[int, int]
) -> BoolArray | None:
    """The region ``size`` that the browser reports; None where it is of another picture, or none.

    Parameters
    ----------
    reported : mapping or None
        As the browser sent it: ``name`` of the picture, and ``runs`` as in `runs_of`.
    name : str
    size : (int, int)
        Height and width of the picture.
    """
    if not reported or reported.get("name") != name:
        return None
    runs = reported.get("runs")
    count = size[0] * size[1]
    if not isinstance(runs, list) or len(runs) > count + 1:
        return None
    if not all(isinstance(each, int) and 0 <= each <= count for each in runs) or sum(runs) != count:
        return None
    return np.asarray(np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(size))
