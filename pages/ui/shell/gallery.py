"""The pictures that come with the app."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import streamlit as st
from PIL import Image, ImageOps

from attribution_core.assets import ASSETS
from attribution_core.images import Picture, load_image
from pages.ui.components.component import component

_FOLDER = ASSETS / "gallery"
_THUMBNAIL = 80

KINDS = {
    "several": "Two or more classes",
    "animals": "Animals",
    "people and things": "People and things",
    "places": "Places",
    "watermarks": "With a watermark added",
}
"""The kinds of pictures and their titles, in the gallery's order."""

SHORT_KINDS = {
    "several": "Several classes",
    "animals": "Animals",
    "people and things": "People, things",
    "places": "Places",
    "watermarks": "Watermarks",
}
"""The same for a label 85 pixels long."""

_component = component("gallery")


@dataclass(frozen=True)
class GalleryPicture:
    """A picture with where it comes from, and the ImageNet classes worth comparing on it, if any.

    ``kind`` is one of those in `KINDS`; a composite's ``author`` and ``source`` name those of each
    part.
    """

    id: str
    title: str
    kind: str
    file: str
    author: str
    licence: str
    source: str
    classes: tuple[int, ...] = ()

    @property
    def origin(self) -> str:
        """Licence, author and source in one line."""
        return f"{self.licence}, {self.author}; {self.source}"


@cache
def gallery() -> tuple[GalleryPicture, ...]:
    """The pictures in the order of ``assets/gallery/gallery.json``."""
    entries = json.loads((_FOLDER / "gallery.json").read_text("utf-8"))
    return tuple(
        GalleryPicture(**{**entry, "classes": tuple(entry.get("classes", ()))}) for entry in entries
    )


def gallery_picture(identifier: str) -> GalleryPicture:
    """A picture by its identifier; the first one if the identifier is unknown."""
    return next((entry for entry in gallery() if entry.id == identifier), gallery()[0])


def file_of(identifier: str) -> bytes:
    """A gallery picture's file."""
    return (_FOLDER / gallery_picture(identifier).file).read_bytes()


@cache
def pixels_of(identifier: str, size: tuple[int, int]) -> Picture:
    """A gallery picture at a network's input size."""
    return Picture.of(load_image(_FOLDER / gallery_picture(identifier).file, size))


@cache
def _thumbnails() -> list[dict[str, str]]:
    listed = []
    for entry in gallery():
        with Image.open(_FOLDER / entry.file) as image:
            small = ImageOps.fit(image.convert("RGB"), (_THUMBNAIL, _THUMBNAIL))
        buffer = io.BytesIO()
        small.save(buffer, "WEBP", quality=70)
        encoded = base64.b64encode(buffer.getvalue()).decode()
        url = f"data:image/webp;base64,{encoded}"
        listed.append(
            {
                "id": entry.id,
                "title": entry.title,
                "kind": SHORT_KINDS[entry.kind],
                "origin": entry.origin,
                "image": url,
            }
        )
    return listed


def pick_from_gallery(
    chosen: str,
    *,
    key: str,
    on_pick: Callable[[str], None],
    on_paste: Callable[[object], None],
) -> None:
    """Draw the thumbnails; a click calls ``on_pick`` with the picture before the next run.

    ``on_paste`` is called with what the browser sends when a picture is pasted anywhere on the
    page: ``{"content": base64}``, or its size alone where it is too large, ``{"bytes": n}``.
    """

    def picked() -> None:
        identifier = st.session_state[key].get("picked")
        if identifier in [entry.id for entry in gallery()]:
            on_pick(identifier)

    def pasted() -> None:
        on_paste(st.session_state[key].get("pasted"))

    _component(
        key=key,
        data={"pictures": _thumbnails(), "chosen": chosen},
        on_picked_change=picked,
        on_pasted_change=pasted,
    )
