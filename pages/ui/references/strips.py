"""Strips of pictures: the references with the model's answers, and those along a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape

import numpy as np

from attribution_core.images import Picture
from pages.ui.maps.picture_and_reference import as_url
from pages.ui.shell.html import draw_html
from pages.ui.shell.progress import Snapshots
from pages.ui.shell.requests import without_picture
from pages.ui.shell.scene import Scene
from pages.ui.shell.waiting import instead_of
from pages.ui.worker.tasks import Predict, Prediction

ANSWERS = 5
FRAMES = 9


def draw_references(
    scene: Scene,
    pictures: Mapping[str, Picture | None],
    asked: Mapping[str, Predict],
    snapshots: Snapshots,
) -> None:
    """Each reference with the model's most probable classes for it."""
    parts = []
    for kind, picture in pictures.items():
        if picture is None:
            shown = escape(without_picture(replace(scene.settings, reference=kind)))
        else:
            prediction = snapshots[asked[kind]].estimate
            shown = _image(picture, f"The {kind} reference")
            if isinstance(prediction, Prediction):
                shown += "".join(_answers(prediction, scene))
            else:
                shown += escape(instead_of([snapshots[asked[kind]]], "The model is being asked …"))
        parts.append(f"<div><b>{kind.capitalize()}</b>{shown}</div>")
    draw_html(
        f'<div class="reference-strip" style="--columns: {len(parts)}">{"".join(parts)}</div>'
    )


def draw_path(reference: Picture, picture: Picture, alpha: float) -> None:
    """The picture at a place of the path, and at some places all along it."""
    start, end = reference.pixels, picture.pixels
    places = [alpha, *np.linspace(0, 1, FRAMES).tolist()]
    names = [f"α = {alpha:.2f}", *(f"{place:g}" for place in places[1:])]
    parts = [
        f"<div>{_image(Picture.of(start + np.float32(place) * (end - start)), alt)}{name}</div>"
        for place, name in zip(places, names, strict=True)
        for alt in [f"The picture at α = {place:.2f}"]
    ]
    draw_html(f'<div class="path-strip" style="--frames: {FRAMES}">{"".join(parts)}</div>')


def _image(picture: Picture, alt: str) -> str:
    return f'<img src="{as_url(picture)}" alt="{alt}">'


def _answers(prediction: Prediction, scene: Scene) -> list[str]:
    return [
        f'<div class="answer" title="{label}"><span>{label}</span>'
        f"<span>{prediction.said(number)}</span></div>"
        for number in prediction.top(ANSWERS)
        for label in [escape(scene.labels[number])]
    ]
