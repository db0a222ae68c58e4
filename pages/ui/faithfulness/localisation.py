"""The grid pointing game: in a mosaic, does each class's map stay inside its own tile?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from attribution_core.images import Picture
from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.localisation import Mosaic, grid_pointing, mosaic
from attribution_core.registry import METHODS
from attribution_core.segmentations import counted
from pages.ui.faithfulness.figures import pointing_figure
from pages.ui.maps.charts import show
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.grid import done_in, names_of, render_maps
from pages.ui.maps.picture_and_reference import as_url
from pages.ui.maps.table import MapTable, cell_for
from pages.ui.shell.choosers import choose_from_list, choose_several
from pages.ui.shell.colours import legend
from pages.ui.shell.gallery import gallery, gallery_picture, pixels_of
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots, follow, score_name
from pages.ui.shell.requests import predictions_for, request_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.shell.settings import UPLOAD
from pages.ui.shell.waiting import instead_of
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Predict, Prediction, Task

TILES = 4
DEFAULT: tuple[str, ...] = ("cat", "coffee", "clock", "cameraman")
CONFIDENT = 0.5
MOST_MAPS = 160
_MOSAIC = 260


@dataclass(frozen=True)
class _Board:
    """The mosaic, and the class of each of its tiles: its picture's top class."""

    picture: Picture
    tiles: Mosaic
    titles: tuple[str, ...]
    classes: tuple[int, ...]


def render_localisation(engine: Engine, scene: Scene) -> None:
    """Draw the mosaic, the maps of its tiles' classes, and the shares inside the tiles."""
    st.caption(
        "Four pictures in one. A map of one picture's class should put what speaks for it inside "
        "that picture's tile: the share of positive attribution there, by method and layer (grid "
        "pointing game, Böhle et al. 2021). A map that is the same for all four classes, be it "
        "uniform, centred or the picture's edges, has a mean share of one quarter."
    )
    chosen, layers = _choices(engine, scene)
    if len(chosen) != TILES:
        st.info(f"Choose {TILES} pictures for the mosaic.", icon=":material/grid_view:")
        return
    if not layers:
        st.info("Choose one or more layers.", icon=":material/layers:")
        return
    pictures = _pictures(scene, chosen)
    made = mosaic([each.pixels for each in pictures])
    whole = Picture.of(made.pixels)
    asked = [Predict(scene.settings.model, each) for each in (*pictures, whole)]
    opening = list(dict.fromkeys([*predictions_for(scene.settings, scene.picture), *asked]))
    found = [engine.jobs.look(each, visitor()).estimate for each in asked]
    known = [each for each in found if isinstance(each, Prediction)]
    if len(known) < len(asked):
        follow(engine, scene, opening, {}, lambda snapshots, finished: None, noun="pictures")
        return
    classes = tuple(each.top(1)[0] for each in known[:-1])
    if len(set(classes)) < TILES:
        st.info(
            "Two of the pictures have the same top class, so a map cannot tell their tiles apart; "
            "choose others.",
            icon=":material/info:",
        )
        return
    board = _Board(whole, made, tuple(_title(each) for each in chosen), classes)
    _follow_maps(engine, scene, board, layers, opening, known)


def _pictures(scene: Scene, chosen: Sequence[str]) -> list[Picture]:
    """The tiles' pictures, at the size of the sidebar's."""
    height, width = scene.picture.pixels.shape[:2]
    return [
        scene.picture if each == UPLOAD else pixels_of(each, (height, width)) for each in chosen
    ]


def _follow_maps(
    engine: Engine,
    scene: Scene,
    board: _Board,
    layers: tuple[str, ...],
    opening: Sequence[Task],
    known: Sequence[Prediction],
) -> None:
    """Ask for the maps at all layers, and draw shares and maps as they come."""
    tables = {layer: _table(scene, board, layer) for layer in layers}
    names: dict[Task, str] = {}
    for layer, table in tables.items():
        names.update({task: f"{name} at {layer}" for task, name in names_of(table).items()})
    on_mosaic = replace(
        scene, picture=board.picture, settings=replace(scene.settings, picture="mosaic")
    )

    def draw(snapshots: Snapshots, finished: bool) -> None:
        _draw_shares(scene, board, tables, snapshots, known)
        shown = _shown_layer(layers)
        table = tables[shown]
        render_maps(engine, on_mosaic, table, snapshots, key="pointing_maps")
        if finished:
            at_shown = replace(on_mosaic, settings=replace(on_mosaic.settings, layer=shown))
            render_downloads(at_shown, table, done_in(table, snapshots))

    follow(
        engine,
        scene,
        opening,
        names,
        draw,
        caption=f"Attributions of the {score_name(scene)}. {legend(scene.settings)}",
    )


def _title(picture: str) -> str:
    return "Your own picture" if picture == UPLOAD else gallery_picture(picture).title


def _choices(engine: Engine, scene: Scene) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tiles' pictures and the layers."""
    known = tuple(entry.id for entry in gallery())
    if scene.settings.picture == UPLOAD:
        known = (UPLOAD, *known)
    chosen = choose_several(
        "faithfulness-tiles",
        "Pictures of the mosaic, in reading order",
        {each: _title(each) for each in known},
        DEFAULT,
        most=TILES,
    )
    classifier = engine.loaded(scene.settings.model)
    offered = () if classifier is None else classifier.main_layers
    if scene.settings.layer not in offered:
        offered = (*offered, scene.settings.layer)
    most = max(1, MOST_MAPS // (TILES * len(scene.settings.methods)))
    layers = choose_several(
        "faithfulness-layers",
        "Layers",
        {layer: layer for layer in offered},
        tuple(dict.fromkeys([scene.settings.layer, *offered[-1:]]))[:most],
        most=most,
        help="Higher layers are faster: an evaluation at the input passes through the whole "
        f"network. With {counted(len(scene.settings.methods), 'method')}, at most "
        f"{counted(most, 'layer')}.",
    )
    return chosen, layers


def _shown_layer(layers: tuple[str, ...]) -> str:
    """The layer whose maps are drawn."""
    if len(layers) == 1:
        return layers[0]
    return choose_from_list(
        "faithfulness-shown", "Maps at", {layer: layer for layer in layers}, layers[0], width=260
    )


def _table(scene: Scene, board: _Board, layer: str) -> MapTable:
    """A row a tile, a column a method."""
    methods = scene.settings.methods
    here = replace(scene, picture=board.picture, settings=scene.settings.at(layer))
    return MapTable(
        rows=tuple(scene.labels[number] for number in board.classes),
        columns=tuple(METHODS[method].title for method in methods),
        cells=tuple(
            cell_for(scene, row, column, request_for(here, method, target))
            for row, target in enumerate(board.classes)
            for column, method in enumerate(methods)
        ),
        row_names=tuple(str(number) for number in board.classes),
        column_names=tuple(f"{layer}_{method}" for method in methods),
    )


def _draw_shares(
    scene: Scene,
    board: _Board,
    tables: Mapping[str, MapTable],
    snapshots: Snapshots,
    known: Sequence[Prediction],
) -> None:
    lines, shares = [], dict[tuple[str, str], dict[str, float]]()
    for layer, table in tables.items():
        for (row, _), attribution in done_in(table, snapshots).items():
            request = attribution.request
            share = grid_pointing(attribution.heatmap, board.tiles.tiles, row)
            title = METHODS[request.method].title
            label = scene.labels[request.target]
            shares.setdefault((title, layer), {})[label] = share
            numbers = [str(request.target), label, title, layer, f"{share:.6g}"]
            lines.append([board.titles[row], *numbers])
    with st.container(horizontal=True, gap="small", key="charts_pointing"):
        with st.container():
            st.image(as_url(board.picture), width=_MOSAIC, alt="The mosaic")
        with st.container():
            if shares:
                titles = [METHODS[name].title for name in scene.settings.methods]
                show(pointing_figure(shares, tuple(tables), titles, 1 / TILES), "pointing")
            else:
                st.caption(instead_of(snapshots.values(), "The shares come with the maps …"))
    st.caption(_confidence(scene, board, known))
    if lines:
        csv_download(
            "Shares as CSV",
            lambda: csv_text(["tile", "class", "label", "method", "layer", "share_inside"], lines),
            f"grid-pointing-{scene.settings.model}",
        )


def _confidence(scene: Scene, board: _Board, known: Sequence[Prediction]) -> str:
    """The probability of each tile's class, alone and in the mosaic."""
    parts = [
        f"{literal(scene.labels[target])} {alone.said(target, 0)} → {known[-1].said(target)}"
        for target, alone in zip(board.classes, known[:-1], strict=True)
    ]
    what = "Output" if known[-1].probabilities is None else "Probability"
    words = f"{what} alone → in the mosaic: " + " · ".join(parts) + "."
    unsure = [
        literal(scene.labels[target])
        for target, alone in zip(board.classes, known[:-1], strict=True)
        if alone.probabilities is not None and alone.probabilities[target] < CONFIDENT
    ]
    if unsure:
        words += (
            f" The model is not sure of {', '.join(unsure)} even alone: that tile is weaker "
            "evidence about the methods."
        )
    return words
