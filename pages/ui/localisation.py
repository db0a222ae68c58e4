"""The grid pointing game: in a mosaic, does each class's map stay inside its own tile?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from attribution_core.images import INPUT, Picture
from attribution_core.localisation import Mosaic, grid_pointing, mosaic
from attribution_core.registry import METHODS, unavailable
from attribution_core.request import ZEROS
from pages.ui.attribution_grid import done_in, names_of, render_maps
from pages.ui.attributions import MapTable, Place, predictions_for, request_for
from pages.ui.downloads import render_downloads
from pages.ui.engine import Engine
from pages.ui.faithfulness_areas import csv_text
from pages.ui.faithfulness_figures import pointing_figure
from pages.ui.gallery import gallery, gallery_picture, pixels_of
from pages.ui.markdown import literal
from pages.ui.page_choices import choice
from pages.ui.progress import WorkSnapshot, follow
from pages.ui.settings import one_of
from pages.ui.sidebar import Scene, visitor
from pages.ui.work import Explain, Predict, Prediction, Work

TILES = 4
DEFAULT: tuple[str, ...] = ("cat", "coffee", "rocket", "cameraman")
CONFIDENT = 0.5

Snapshots = Mapping[Work, WorkSnapshot]


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
        "Four pictures in one. A map of one picture's class should put its red inside that "
        "picture's tile: the share of positive attribution there, by method and layer, against "
        "the quarter that a uniform map has (grid pointing game, Böhle et al. 2021)."
    )
    chosen, at_pixels = _choices(scene)
    if len(chosen) != TILES:
        st.info(f"Choose {TILES} pictures for the mosaic.", icon=":material/grid_view:")
        return
    size = scene.picture.pixels.shape[:2]
    pictures = [pixels_of(each, (size[0], size[1])) for each in chosen]
    made = mosaic([each.pixels for each in pictures])
    whole = Picture.of(made.pixels)
    asked = [Predict(scene.settings.model, each) for each in (*pictures, whole)]
    opening = list(dict.fromkeys([*predictions_for(scene.settings, scene.picture), *asked]))
    found = [engine.jobs.look(each, visitor()).estimate for each in asked]
    known = [each for each in found if isinstance(each, Prediction)]
    if len(known) < len(asked):
        follow(engine, scene, opening, {}, lambda snapshots, finished: None, noun="pictures")
        return
    titles = tuple(gallery_picture(each).title for each in chosen)
    classes = tuple(each.top(1)[0] for each in known[:-1])
    board = _Board(whole, made, titles, classes)
    if len(set(classes)) < TILES:
        st.info(
            "Two of the pictures have the same top class, so a map cannot tell their tiles apart; "
            "choose others.",
            icon=":material/info:",
        )
        return
    layers = tuple(dict.fromkeys([scene.settings.layer, *([INPUT] if at_pixels else [])]))
    table = _table(scene, board, layers)
    on_mosaic = replace(scene, picture=whole, settings=replace(scene.settings, picture="mosaic"))

    def draw(snapshots: Snapshots, finished: bool) -> None:
        _draw_shares(scene, board, table, layers, snapshots, known)
        render_maps(engine, on_mosaic, table, snapshots, key="pointing_maps")
        if finished:
            render_downloads(on_mosaic, table, done_in(table, snapshots))

    follow(engine, scene, opening, names_of(table), draw)


def _choices(scene: Scene) -> tuple[tuple[str, ...], bool]:
    known = tuple(entry.id for entry in gallery())
    chosen = choice(
        "faithfulness-tiles",
        lambda key, value: tuple(
            st.multiselect(
                "Pictures of the mosaic, in reading order",
                known,
                format_func=lambda name: gallery_picture(name).title,
                max_selections=TILES,
                key=key,
            )
        ),
        DEFAULT,
        lambda text: tuple(
            dict.fromkeys(one_of(part, known) for part in text.split(",")[:TILES] if part)
        ),
    )
    at_pixels = False
    if scene.settings.layer != INPUT:
        at_pixels = choice(
            "faithfulness-pixels",
            lambda key, value: st.toggle(
                "At the input's pixels too",
                key=key,
                help="Slower: every evaluation there goes through the whole network.",
            ),
            False,
            lambda text: one_of(text, ("yes", "no")) == "yes",
        )
    return chosen, at_pixels


def _table(scene: Scene, board: _Board, layers: Sequence[str]) -> MapTable:
    """A row a tile, a column for each layer and method."""
    columns = [
        (layer, method)
        for layer in layers
        for method in scene.settings.methods
        if not unavailable(METHODS[method], at_input=layer == INPUT)
    ]
    places = [
        _place(scene, board, layer, method, row, column)
        for row in range(TILES)
        for column, (layer, method) in enumerate(columns)
    ]
    several = len(layers) > 1
    return MapTable(
        rows=tuple(scene.labels[number] for number in board.classes),
        columns=tuple(
            METHODS[method].title + (f" at {layer}" if several else "") for layer, method in columns
        ),
        places=tuple(places),
        row_names=tuple(str(number) for number in board.classes),
        column_names=tuple(f"{layer}_{method}" for layer, method in columns),
    )


def _place(scene: Scene, board: _Board, layer: str, method: str, row: int, column: int) -> Place:
    settings = scene.settings
    reference = settings.reference
    if layer == INPUT and reference == ZEROS:
        reference = "black"
    at_layer = replace(settings, layer=layer, reference=reference)
    target = board.classes[row]
    if settings.score == "contrast" and target == settings.against:
        return Place(
            row, column, None, "This class is the one that the others are contrasted with."
        )
    try:
        request = request_for(at_layer, board.picture, method, target)
    except ValueError as error:
        return Place(row, column, None, str(error))
    return Place(row, column, Explain(settings.model, request))


def _draw_shares(
    scene: Scene,
    board: _Board,
    table: MapTable,
    layers: Sequence[str],
    snapshots: Snapshots,
    known: Sequence[Prediction],
) -> None:
    lines, shares = [], dict[tuple[str, str], list[float]]()
    for (row, _), attribution in done_in(table, snapshots).items():
        request = attribution.request
        share = grid_pointing(attribution.heatmap, board.tiles.tiles, row)
        title = METHODS[request.method].title
        shares.setdefault((title, request.layer), []).append(share)
        lines.append(
            [
                board.titles[row],
                str(request.target),
                scene.labels[request.target],
                title,
                request.layer,
                f"{share:.6g}",
            ]
        )
    if shares:
        st.plotly_chart(
            pointing_figure(shares, layers, 1 / TILES),
            config={"displayModeBar": False},
            key="pointing",
        )
    st.caption(_confidence(scene, board, known))
    if lines:
        st.download_button(
            "Shares as CSV",
            lambda: csv_text(["tile", "class", "label", "method", "layer", "share_inside"], lines),
            f"grid-pointing-{scene.settings.model}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )


def _confidence(scene: Scene, board: _Board, known: Sequence[Prediction]) -> str:
    """How sure the model is of each tile's class alone and in the mosaic."""
    parts = [
        f"{literal(scene.labels[target])} {100 * alone.probabilities[target]:.0f} % → "
        f"{100 * known[-1].probabilities[target]:.1f} %"
        for target, alone in zip(board.classes, known[:-1], strict=True)
    ]
    told = "Probability alone → in the mosaic: " + " · ".join(parts) + "."
    unsure = [
        literal(scene.labels[target])
        for target, alone in zip(board.classes, known[:-1], strict=True)
        if alone.probabilities[target] < CONFIDENT
    ]
    if unsure:
        told += (
            f" The model is not sure of {', '.join(unsure)} even alone: that tile says less of "
            "the methods."
        )
    return told
