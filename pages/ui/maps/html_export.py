"""A grid of maps as one HTML file: the app's own grid with its data, and no network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Mapping
from datetime import date
from string import Template
from typing import Any

import numpy as np

from attribution_core.attribution import Attribution
from attribution_core.figures.words import unit
from attribution_core.methods.options import OptionValue
from attribution_core.painting import COLOUR_SCALES
from attribution_core.registry import METHODS
from attribution_core.request import Request
from attribution_core.scores import FINER, FINER_TITLE, Contrast
from attribution_core.version import VERSION
from pages.ui.components.component import FOLDER, code_of
from pages.ui.components.heatmap_grid import MapCell, grid_data
from pages.ui.maps.drawing import drawn_map, limits, picture_beneath
from pages.ui.maps.table import MapTable
from pages.ui.shell.gallery import gallery_picture
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import UPLOAD


def maps_html(
    scene: Scene,
    table: MapTable,
    finished: Mapping[tuple[int, int], Attribution],
    made: date | None = None,
) -> str:
    """The grid as a page of its own, with linked zoom, values on hover, and a light and dark theme.

    Values are rounded to 1 in 32767 of a map's largest. Labels come from model files and links:
    they are text wherever they stand, and the page forbids itself every other script and address.

    Parameters
    ----------
    scene : Scene
    table : MapTable
    finished : mapping of (row, column) to Attribution
        At least one; the other squares stay blank.
    made : date, optional
        The day written in the heading; today if not given.

    Raises
    ------
    ValueError
        When there is no finished map.
    """
    if not finished:
        raise ValueError("There is no finished map to export; wait for one.")
    requests = [attribution.request for attribution in finished.values()]
    script = f"{code_of('heatmap_grid')}{_asset('html_export.js')}"
    digest = hashlib.sha256(f"\n{script}".encode()).digest()
    return Template(_asset("html_export.html")).substitute(
        title=html.escape(f"Attributions · {scene.model.title}"),
        facts=_definitions(_facts(scene, requests, made or date.today())),
        legend=html.escape(_legend(scene)),
        methods=_definitions(_methods(requests)),
        data=_json(_data(scene, table, finished)),
        page_css=_asset("html_export.css"),
        grid_css=_asset("heatmap_grid.css"),
        grid_html=_asset("heatmap_grid.html"),
        script=script,
        script_hash=f"sha256-{base64.b64encode(digest).decode('ascii')}",
    )


def _asset(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def _definitions(entries: Iterable[tuple[str, str]]) -> str:
    return "\n".join(
        f"<div><dt>{html.escape(term)}</dt><dd>{html.escape(text)}</dd></div>"
        for term, text in entries
    )


def _json(data: Any) -> str:
    """JSON that can stand in a script element, whatever texts are in it."""
    text = json.dumps(data, allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _data(
    scene: Scene, table: MapTable, finished: Mapping[tuple[int, int], Attribution]
) -> dict[str, Any]:
    """What the grid draws, as the app's page hands it over."""
    settings = scene.settings
    saturate = limits(finished, settings)
    reasons = {(cell.row, cell.column): cell.reason for cell in table.cells}
    cells = [
        MapCell(*at, status="unavailable", message=reason)
        for at, reason in reasons.items()
        if at not in finished
    ]
    for at, attribution in finished.items():
        drawn = drawn_map(attribution)
        cells.append(
            MapCell(
                *at,
                values=drawn.values,
                limit=saturate[at],
                caption=drawn.caption,
                message=attribution.blank,
                unit=unit(attribution),
                picture=picture_beneath(scene.picture, attribution),
                spoken=drawn.where,
            )
        )
    return grid_data(
        rows=table.rows,
        columns=table.columns,
        cells=cells,
        picture=scene.picture.pixels.astype(np.uint8),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        colours=settings.colours,
        column_help=table.column_help,
    )


def _facts(scene: Scene, requests: list[Request], made: date) -> list[tuple[str, str]]:
    """What all maps share; where they differ, all values in the order of the maps."""
    settings = scene.settings
    picture = "uploaded" if settings.picture == UPLOAD else gallery_picture(settings.picture).title
    return [
        ("Layer", _together(request.layer for request in requests)),
        ("Reference", _together(request.reference for request in requests)),
        ("Score", _together(_score(scene, request) for request in requests)),
        ("Picture", picture),
        ("Seed", _together(str(request.seed) for request in requests)),
        ("Made on", f"{made:%d %B %Y}".lstrip("0")),
        ("Made by", f"Attribution Explorer {VERSION}"),
    ]


def _together(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def _score(scene: Scene, request: Request) -> str:
    if isinstance(request.score, Contrast):
        return f"{request.score.of} minus that of {scene.labels[request.score.against]}"
    return FINER_TITLE if request.score == FINER else request.score


def _legend(scene: Scene) -> str:
    settings = scene.settings
    scale = "each map on its own scale" if settings.scale == "map" else "one scale a column"
    largest = (
        "at the largest |value|"
        if settings.clip == 100
        else f"at percentile {settings.clip:g} of the |values|"
    )
    said = COLOUR_SCALES[settings.colours].said("the row's class")
    return (
        f"{said}. "
        f"Colours saturate {largest}, {scale}. "
        "The value under the pointer is the map's own, to 1 in 32767 of its largest."
    )


def _methods(requests: list[Request]) -> list[tuple[str, str]]:
    """Every method with its options, once for each choice of them."""
    distinct = dict.fromkeys((request.method, request.options) for request in requests)
    return [
        (METHODS[method].title, " · ".join(_options(method, dict(chosen))) or "no options")
        for method, chosen in distinct
    ]


def _options(method: str, chosen: Mapping[str, OptionValue]) -> Iterable[str]:
    for option in METHODS[method].options:
        value = chosen[option.name]
        if isinstance(value, bool):
            text = "yes" if value else "no"
        else:
            text = value.replace("_", " ") if isinstance(value, str) else f"{value:g}"
        yield f"{option.label}: {text}"
