"""Pin: the maps of earlier settings beside the present ones, where they differ, and how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import numpy as np
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.figures.words import unit
from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.measures.differences import correlation, difference
from attribution_core.painting import percentile_of
from pages.ui.components.heatmap_grid import MapCell, render_heatmap_grid
from pages.ui.components.stage_strip import StageControl
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.drawing import limits
from pages.ui.maps.grid import (
    done_in,
    estimates_in,
    map_cell,
    names_of,
    render_attribution_grid,
)
from pages.ui.maps.staged import heading_of, methods_on_stage, rows_on_stage
from pages.ui.maps.table import MapTable, TableCell, cells_for, classes_by_methods
from pages.ui.shell.choices import decide, forget, recalled, remember
from pages.ui.shell.gallery import gallery, gallery_picture
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import three_digits, written
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene, scene_of
from pages.ui.shell.session import visitor
from pages.ui.shell.settings import UPLOAD, Settings, decode, encode
from pages.ui.stage.controls import offer
from pages.ui.stage.curtain import on_stage
from pages.ui.worker.engine import Engine

PINNED = "explore-pinned"
_ROWS = 3
"""A class's own map, the pinned one, and their difference."""

_KEPT = (
    "model",
    "picture",
    "layer",
    "reference",
    "score",
    "against",
    "segmentation",
    "count",
    "compactness",
    "seed",
    "options",
)
"""The settings that are pinned; classes, methods and colours are those of the page."""

_NAMES = {"layer": "", "against": "against class "}


def render_maps_and_pin(engine: Engine, scene: Scene) -> None:
    """The grid of the page, with the pinned maps in it where there are any."""
    pinned = pinned_scene(engine, scene)
    if on_stage():
        offer(_control(scene))
    if pinned is None:
        render_attribution_grid(engine, scene)
        # Below: on arrival the first row of maps has the room.
        if not on_stage():
            render_pin(scene, None)
        return
    if not on_stage():
        render_pin(scene, pinned)
    table = table_with_pinned(scene, pinned)

    def draw(snapshots: Snapshots, finished: bool) -> None:
        render_with_pinned(engine, scene, table, snapshots, key="pinned_grid")
        if finished:
            render_downloads(scene, table, done_in(table, snapshots))

    opening = predictions_for(scene.settings, scene.picture)
    follow(engine, scene, opening, names_of(table), draw)


def pinned_scene(engine: Engine, scene: Scene) -> Scene | None:
    """The scene of the pinned settings, with the present classes and methods; None where nothing
    is pinned."""
    text = recalled(PINNED, "", lambda text: _checked(engine, text))
    remember(PINNED, text, "")
    if not text:
        return None
    kept = _read(engine, text)
    changes = {name: getattr(kept, name) for name in _KEPT}
    shown = scene.settings
    settings = replace(
        shown, **changes, class_choice="own", classes=scene.classes, methods=shown.methods
    )
    return scene_of(engine, settings, visitor())


def _control(scene: Scene) -> StageControl:
    """The strip's: the present maps are pinned, or what is pinned is let go."""
    pinned = recalled(PINNED, "", str)
    kept = pinned or _written(scene.settings)
    return StageControl("pin", "Pinned", {"": "Nothing", kept: "These maps"}, pinned, (PINNED,))


def render_pin(scene: Scene, pinned: Scene | None) -> None:
    """The buttons that pin the present settings, and let them go."""
    with st.container(horizontal=True, vertical_alignment="center", key="pin"):
        st.button(
            "Pin these maps",
            icon=":material/keep:",
            on_click=decide,
            args=(PINNED, _written(scene.settings)),
            type="tertiary",
            key="pin_maps",
            help="Keeps them beside the next ones: change the layer, the reference, the model or "
            "the picture, and see where the maps differ.",
        )
        if pinned is not None:
            st.button(
                "Unpin",
                icon=":material/keep_off:",
                on_click=forget,
                args=(PINNED,),
                type="tertiary",
                key="unpin_maps",
            )
            differing = differing_settings(scene.settings, pinned.settings)
            said = " · ".join(differing) or "the same settings: change one to compare"
            st.caption(f"Pinned: {literal(said)}")


def differing_settings(present: Settings, pinned: Settings) -> tuple[str, ...]:
    """What of the pinned settings is not as it is now, in words."""
    words = []
    for name in _KEPT:
        value = getattr(pinned, name)
        if value == getattr(present, name):
            continue
        if name == "options":
            words.append("other method options")
        elif name == "picture":
            words.append("your picture" if value == UPLOAD else gallery_picture(value).title)
        elif name == "model":
            words.append(KNOWN_NETWORKS.get(value, "your model"))
        else:
            words.append(f"{_NAMES.get(name, f'{name} ')}{value}")
    return tuple(words)


def table_with_pinned(scene: Scene, pinned: Scene) -> MapTable:
    """Two rows for each class, the present map's and the pinned one's."""
    table = classes_by_methods(scene, scene.classes)
    present, earlier = (
        rows_on_stage(scene, methods_on_stage(each))
        for each in (table, replace(table, cells=_pinned_cells(scene, pinned)))
    )
    said = " · ".join(differing_settings(scene.settings, pinned.settings)) or "the same"
    cells = [_moved(cell, 2 * cell.row) for cell in present.cells]
    cells += [_moved(cell, 2 * cell.row + 1) for cell in earlier.cells]
    return replace(
        present,
        rows=tuple(text for row in present.rows for text in (row, f"{row} · pinned: {said}")),
        cells=tuple(cells),
        row_names=tuple(text for row in present.row_names for text in (row, f"{row}-pinned")),
    )


def _pinned_cells(scene: Scene, pinned: Scene) -> tuple[TableCell, ...]:
    """The pinned maps of the present classes, of those that the pinned network has."""
    known = [each for each in scene.classes if each in pinned.classes]
    cells = [
        _moved(cell, scene.classes.index(known[cell.row])) for cell in cells_for(pinned, known)
    ]
    reason = "The pinned network has no such class."
    cells += [
        TableCell(row, column, None, reason)
        for row, number in enumerate(scene.classes)
        if number not in known
        for column in range(len(scene.settings.methods))
    ]
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))


def render_with_pinned(
    engine: Engine, scene: Scene, table: MapTable, snapshots: Snapshots, *, key: str
) -> None:
    """Draw the maps, the pinned ones below each, and below these the difference."""
    settings = scene.settings
    estimates = estimates_in(table, snapshots)
    saturate = limits(estimates, settings)
    squares = []
    for cell in table.cells:
        at = (cell.row, cell.column)
        placed = (_ROWS * (cell.row // 2) + cell.row % 2, cell.column)
        if cell.task is None:
            squares.append(MapCell(*placed, status="unavailable", message=cell.reason))
        else:
            drawn = map_cell(engine, scene, *at, snapshots[cell.task], saturate.get(at, 1.0))
            squares.append(replace(drawn, row=placed[0]))
    for row in range(0, len(table.rows), 2):
        for column in range(len(table.columns)):
            pair = estimates.get((row, column)), estimates.get((row + 1, column))
            squares.append(_difference(_ROWS * (row // 2) + 2, column, pair, settings.clip))
    render_heatmap_grid(
        rows=_with_differences(table.rows),
        columns=table.columns,
        cells=squares,
        picture=scene.picture.pixels.astype(np.uint8),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        colours=settings.colours,
        column_help=table.column_help,
        key=key,
        stage=heading_of(table, settings.layer, f"{settings.reference} reference")
        if on_stage()
        else None,
    )


def _with_differences(rows: Sequence[str]) -> list[str]:
    found = []
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        found += [first, second, f"{first} · now minus pinned"]
    return found


def _difference(
    row: int, column: int, pair: tuple[Attribution | None, Attribution | None], clip: float
) -> MapCell:
    """The present map minus the pinned one, with their correlation."""
    now, then = pair
    if now is None or then is None or not (now.finished and then.finished):
        return MapCell(row, column, status="unavailable", message="Once both maps are there.")
    values = difference(now.heatmap, then.heatmap)
    alike = correlation(now.heatmap, then.heatmap)
    said = "one of them is constant" if np.isnan(alike) else f"correlation {written(alike, '.2f')}"
    return MapCell(
        row,
        column,
        values=values.astype(np.float32),
        limit=percentile_of(values, clip),
        caption=(said, f"sums to {three_digits(float(values.sum()))}"),
        unit=unit(now),
    )


def _moved(cell: TableCell, row: int) -> TableCell:
    return replace(cell, row=row)


def _written(settings: Settings) -> str:
    """The settings to pin as one parameter of a link."""
    kept = replace(Settings(), **{name: getattr(settings, name) for name in _KEPT})
    return urlencode(encode(kept, Settings()))


def _read(engine: Engine, text: str) -> Settings:
    return _decoded(engine, text)[0]


def _checked(engine: Engine, text: str) -> str:
    """The text, where it is what `_written` makes; ValueError says what is wrong."""
    complaints = _decoded(engine, text)[1]
    if complaints:
        raise ValueError(complaints[0])
    return text


def _decoded(engine: Engine, text: str) -> tuple[Settings, tuple[str, ...]]:
    parameters: Mapping[str, str] = dict(
        parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=64)
    )
    usual = Settings(model=engine.default_model().name)
    models = engine.names(visitor())
    pictures = (*(entry.id for entry in gallery()), UPLOAD)
    return decode(parameters, usual, models, pictures)
