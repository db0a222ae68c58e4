"""Where the sidebar's picture shows the class: a rectangle, a drawing, or a mask file."""

from __future__ import annotations

import numpy as np
import streamlit as st

from attribution_core.images.limited import decode_limited
from attribution_core.images.picture import digest
from attribution_core.measures.pointing import Region, region_of
from pages.ui.components.region_brush import region_brush
from pages.ui.faithfulness.figures import picture_at
from pages.ui.faithfulness.kept_regions import forget, keep, kept, of_this_picture
from pages.ui.faithfulness.measure_tasks import Marked
from pages.ui.shell.choosers import choose_one, choose_whole
from pages.ui.shell.markdown import literal
from pages.ui.shell.own_picture import NOT_HERE
from pages.ui.shell.scene import Scene
from pages.ui.worker.housekeeping import MASKS

KINDS = {"none": "None", "rectangle": "Rectangle", "drawing": "Drawing", "mask": "Mask file"}
_MOST_MEGABYTES = 5
_SIDES = {"top": 25, "bottom": 75, "left": 25, "right": 75}
_SHOWN = 180
_MASK = "faithfulness_mask"


def choose_region(scene: Scene) -> Marked | None:
    """Draw the controls, and the picture with what is outside paled; None without a region."""
    with st.container(horizontal=True, vertical_alignment="top"):
        kind = choose_one(
            "faithfulness-region",
            "Where the class is",
            KINDS,
            "none",
            help="For the pointing game and the energy inside: a rectangle, what you paint over "
            "the picture, or a picture file of your own that is bright where the class is and is "
            "cut and scaled as the picture was. The last two are kept for this picture until you "
            "leave.",
        )
        if kind == "none":
            return None
        try:
            region = {"rectangle": _rectangle, "drawing": _drawn, "mask": _uploaded}[kind](scene)
        except ValueError as error:
            st.error(literal(str(error)), icon=":material/error:")
            return None
        if region is None:
            return None
        if kind != "drawing":  # which is shown as it is drawn
            shown = picture_at(scene.picture.pixels, None, region)
            st.image(shown, width=_SHOWN, alt="The picture, paled outside the region")
        return Marked.of(region)


def _rectangle(scene: Scene) -> Region:
    """Between four edges in per cent of the picture; ValueError where nothing lies between."""
    top, bottom, left, right = (
        choose_whole(f"faithfulness-{side}", f"{side.capitalize()}, %", 0, 100, first, width=100)
        for side, first in _SIDES.items()
    )
    if top >= bottom or left >= right:
        raise ValueError("The rectangle is empty; its top and left should be the smaller numbers.")
    return rectangle(scene.picture.pixels.shape[:2], (top, bottom, left, right))


def rectangle(size: tuple[int, ...], edges: tuple[int, int, int, int]) -> Region:
    """The pixels of a picture ``size`` whose centres lie between top, bottom, left and right, in
    per cent."""
    height, width = size
    top, bottom, left, right = edges
    down = 100 * (np.arange(height) + 0.5) / height
    along = 100 * (np.arange(width) + 0.5) / width
    inside = ((top < down) & (down < bottom))[:, None] & (left < along) & (along < right)
    return np.asarray(inside)


def _drawn(scene: Scene) -> Region | None:
    """What is painted over; ValueError where that is all of the picture."""
    before = kept(scene, "drawing")
    drawn = region_brush(
        scene.picture.pixels.round().astype(np.uint8),
        None if before is None else before.region,
        key="faithfulness_drawing",
    )
    if drawn is not None:
        keep(scene, "drawing", drawn)
    region = drawn if drawn is not None or before is None else before.region
    if region is None or not region.any():
        return None
    if region.all():
        raise ValueError("All of the picture is marked; leave out what does not show the class.")
    return region


def _uploaded(scene: Scene) -> Region | None:
    """The bright part of the uploaded mask; ValueError where it is no picture, or of one
    brightness."""
    key = f"faithfulness_mask_file_{of_this_picture(scene)}"

    def changed() -> None:
        if st.session_state[key] is None:
            forget(scene, "mask")

    file = st.file_uploader(
        "Mask",
        type=MASKS,
        max_upload_size=_MOST_MEGABYTES,
        key=key,
        on_change=changed,
        help="Bright where the class is. It is kept for this session alone.",
    )
    if file is None:
        if st.session_state[key] is not None:
            raise ValueError(NOT_HERE)
        return _kept_mask(scene)
    height, width = scene.picture.pixels.shape[:2]
    content = file.getvalue()
    digested = (digest(np.frombuffer(content, np.uint8)), height, width)
    known = st.session_state.get(_MASK)
    if known is None or known[0] != digested:
        # What cannot be read is not read again, either: that may take seconds.
        known = st.session_state[_MASK] = (digested, _region_or_reason(content, (height, width)))
    if isinstance(known[1], str):
        forget(scene, "mask")
        raise ValueError(known[1])
    keep(scene, "mask", known[1], file.name)
    return np.asarray(known[1])


def _kept_mask(scene: Scene) -> Region | None:
    """That of a file which was uploaded before the visitor went to another page or picture."""
    before = kept(scene, "mask")
    if before is None:
        return None
    with st.container(width="content", gap="small"):
        st.caption(f"The mask of **{literal(before.file)}** is still here for this picture.")
        st.button("Remove it", on_click=forget, args=(scene, "mask"), key="faithfulness_forget")
    return before.region


def _region_or_reason(content: bytes, size: tuple[int, int]) -> Region | str:
    try:
        return region_of(decode_limited(content, size).pixels)
    except ValueError as error:
        return str(error)
