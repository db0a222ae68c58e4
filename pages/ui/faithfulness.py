"""Would removing what a map marks change the answer? Deletion and insertion for each method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from attribution_core.faithfulness import FaithfulnessCurve, Players
from attribution_core.images import INPUT
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS
from attribution_core.scores import Score, softmax
from attribution_core.segmentations import Segmentation, Slic
from pages.ui.attribution_grid import done_in, names_of, render_maps
from pages.ui.attributions import (
    MapTable,
    classes_by_methods,
    predictions_for,
    reference_of,
    request_for,
    segmentation_for,
)
from pages.ui.downloads import render_downloads
from pages.ui.engine import Engine
from pages.ui.faithfulness_areas import csv_of_curves, table_of_areas
from pages.ui.faithfulness_figures import COLOURS, curve_figure, picture_at
from pages.ui.faithfulness_gallery import render_gallery_areas
from pages.ui.faithfulness_work import (
    Curves,
    DrawCurves,
    DrawRandomCurves,
    RandomCurves,
)
from pages.ui.localisation import render_localisation
from pages.ui.markdown import literal
from pages.ui.page_choices import choice
from pages.ui.progress import WorkSnapshot, follow
from pages.ui.settings import one_of, whole
from pages.ui.sidebar import Scene
from pages.ui.work import Explain, Work

VIEWS = {"picture": "This picture", "gallery": "The whole gallery", "mosaic": "Grid pointing"}
PLAYERS = ("pixels", "superpixels", "positions")
SCORES = ("probability", "logit", "contrast")
RANDOM_ORDERS = 5
_CHART, _PICTURE = 400, 210

Snapshots = Mapping[Work, WorkSnapshot]


@dataclass(frozen=True)
class Protocol:
    """What the areas depend on besides the map: players, points of a curve, score."""

    players: Players
    points: int
    score: str


@dataclass(frozen=True)
class Cursor:
    """A place on one method's curve: the share of the sizes gone or come, 0..1."""

    method: str
    direction: str
    share: float


def render_faithfulness(engine: Engine, scene: Scene) -> None:
    """Draw the view that the visitor chose."""
    view = choice(
        "faithfulness-view",
        lambda key, value: st.segmented_control(
            "View",
            tuple(VIEWS),
            required=True,
            format_func=VIEWS.__getitem__,
            key=key,
            label_visibility="collapsed",
        ),
        "picture",
        lambda text: one_of(text, tuple(VIEWS)),
    )
    if engine.loaded(scene.settings.model) is None or not scene.classes:
        opening = predictions_for(scene.settings, scene.picture)
        follow(engine, scene, opening, {}, lambda snapshots, finished: _empty(scene))
        return
    if not scene.settings.methods:
        st.info("Choose one or more methods in the sidebar.", icon=":material/arrow_back:")
        return
    if view == "mosaic":
        render_localisation(engine, scene)
        return
    st.caption(
        "The parts that a map marks most are taken out first (deletion) or put in first "
        "(insertion). A faithful map makes the one curve fall early and the other rise early, "
        "well away from random order. The areas change rank with players, reference and score: "
        "one number alone is no evidence."
    )
    if view == "gallery":
        with st.container(horizontal=True, vertical_alignment="bottom"):
            protocol = _protocol(engine, scene)
        render_gallery_areas(engine, scene, protocol.players, protocol.points, protocol.score)
    else:
        _render_picture(engine, scene)


def _empty(scene: Scene) -> None:
    if scene.prediction is not None and not scene.classes:
        st.info("Choose one or more target classes in the sidebar.", icon=":material/arrow_back:")


def _protocol(engine: Engine, scene: Scene) -> Protocol:
    kind = choice(
        "faithfulness-players",
        lambda key, value: st.segmented_control(
            "What is removed",
            PLAYERS,
            required=True,
            format_func={
                "pixels": "Pixels",
                "superpixels": "Superpixels",
                "positions": "Layer positions",
            }.__getitem__,
            key=key,
            help="Pixels and superpixels take the reference picture's values, positions the "
            "reference's activations at the sidebar's layer (the highest one, if that is the "
            "input). A map is brought onto them: bilinear to a finer plane, by means to a coarser "
            "one. Parts of equal value go together.",
        ),
        "pixels",
        lambda text: one_of(text, PLAYERS),
    )
    score = choice(
        "faithfulness-score",
        lambda key, value: st.segmented_control(
            "Score",
            SCORES,
            required=True,
            format_func=str.capitalize,
            key=key,
            help="What the curves show. The maps explain the sidebar's score. Contrast is the lead "
            "over the sidebar's rival class, or over the strongest other class.",
        ),
        "probability",
        lambda text: one_of(text, SCORES),
    )
    points = choice(
        "faithfulness-steps",
        lambda key, value: st.number_input(
            "Steps",
            4,
            100,
            step=4,
            key=key,
            width=120,
            help="Points of a curve, in equal shares of the picture.",
        ),
        16,
        lambda text: whole(text, 4, 100),
    )
    return Protocol(_players(engine, scene, kind), int(points), score)


def _players(engine: Engine, scene: Scene, kind: str) -> Players:
    settings = scene.settings
    if kind == "pixels":
        return Players()
    if kind == "superpixels":
        superpixels: Segmentation = Slic(settings.count, settings.compactness)
        if settings.layer == INPUT:
            superpixels = segmentation_for(settings)
        return Players(INPUT, superpixels)
    classifier = engine.loaded(settings.model)
    layer = settings.layer
    if layer == INPUT and classifier is not None:
        layer = classifier.layers[-1]
    return Players(layer)


def _render_picture(engine: Engine, scene: Scene) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = choice(
            "faithfulness-class",
            lambda key, value: st.selectbox(
                "Class",
                scene.classes,
                format_func=scene.labels.__getitem__,
                key=key,
                width=220,
            ),
            scene.classes[0],
            lambda text: int(one_of(text, tuple(map(str, scene.classes)))),
        )
        protocol = _protocol(engine, scene)
    table = classes_by_methods(scene.settings, scene.picture, (target,), scene.labels)
    works = _curve_works(scene, table, protocol)
    if not works:
        st.info(
            "None of the chosen methods has a map of this class at this layer: "
            + " ".join(dict.fromkeys(literal(place.reason) for place in table.places)),
            icon=":material/info:",
        )
        return
    cursor = _cursor(tuple(works))
    random = DrawRandomCurves(
        scene.settings.model,
        request_for(scene.settings, scene.picture, next(iter(works)), target),
        protocol.players,
        protocol.points,
        RANDOM_ORDERS,
    )
    names = dict(names_of(table))
    names.update({work: f"curves of {METHODS[name].title}" for name, work in works.items()})
    names[random] = "curves of random orders"

    def draw(snapshots: Snapshots, finished: bool) -> None:
        _draw_curves(scene, protocol, target, works, random, cursor, snapshots)
        st.markdown("#### The maps that give the order")
        render_maps(engine, scene, table, snapshots, key="faithfulness_maps")
        if finished:
            render_downloads(scene, table, done_in(table, snapshots))

    opening = predictions_for(scene.settings, scene.picture)
    follow(
        engine,
        scene,
        opening,
        names,
        draw,
        noun="maps and curves",
        caption=_told(scene, protocol),
    )


def _told(scene: Scene, protocol: Protocol) -> str:
    """In words, what replaces what."""
    settings = scene.settings
    if protocol.players.layer != INPUT:
        return (
            f"Positions of **{literal(protocol.players.layer)}** take the activations of the "
            f"reference: {settings.reference}."
        )
    if settings.reference == ZEROS:
        return "Pixels take the reference black: zeros are activations of an inner layer."
    return f"Pixels take the values of the reference picture: {settings.reference}."


def _curve_works(scene: Scene, table: MapTable, protocol: Protocol) -> dict[str, DrawCurves]:
    """By the method's name, where it has a map."""
    return {
        table.column_names[place.column]: DrawCurves(
            place.work.model, place.work.request, protocol.players, protocol.points
        )
        for place in table.places
        if isinstance(place.work, Explain)
    }


def _cursor(methods: tuple[str, ...]) -> Cursor:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choice(
            "faithfulness-method",
            lambda key, value: st.selectbox(
                "Look at the picture of",
                methods,
                format_func=lambda name: METHODS[name].title,
                key=key,
                width=220,
            ),
            methods[0],
            lambda text: one_of(text, methods),
        )
        direction = choice(
            "faithfulness-direction",
            lambda key, value: st.segmented_control(
                "during",
                ("deletion", "insertion"),
                required=True,
                format_func=str.capitalize,
                key=key,
            ),
            "deletion",
            lambda text: one_of(text, ("deletion", "insertion")),
        )
        share = choice(
            "faithfulness-share",
            lambda key, value: st.slider(
                "Share removed or inserted, %", 0, 100, step=5, key=key, width=300
            ),
            25,
            lambda text: whole(text, 0, 100),
        )
    return Cursor(method, direction, share / 100)


def score_of(
    kind: str, target: int, classes: int, logits: np.ndarray, against: int | None
) -> Score:
    """The score that the curves show; a contrast is with the strongest other class by default."""
    if kind != "contrast":
        return Score.of(kind, target, classes)
    if against is None or against == target or against >= classes:
        ranked = np.argsort(-logits, kind="stable")
        against = int(next(number for number in ranked if number != target))
    return Score(target, against=against)


def _draw_curves(
    scene: Scene,
    protocol: Protocol,
    target: int,
    works: Mapping[str, DrawCurves],
    random: DrawRandomCurves,
    cursor: Cursor,
    snapshots: Snapshots,
) -> None:
    known = {
        name: estimate
        for name, work in works.items()
        if isinstance(estimate := snapshots[work].estimate, Curves)
    }
    orders = snapshots[random].estimate
    if not isinstance(orders, RandomCurves):
        orders = RandomCurves((), (), 0, RANDOM_ORDERS)
    if not known or scene.prediction is None:
        st.caption("The curves come with the maps …")
        return
    score = score_of(
        protocol.score,
        target,
        len(scene.labels),
        scene.prediction.logits,
        scene.settings.against if scene.settings.score == "contrast" else None,
    )
    colour_of = {METHODS[name].title: colour for name, colour in zip(works, COLOURS, strict=False)}
    with st.container(horizontal=True, gap="medium"):
        for direction, baseline in (
            ("deletion", orders.deletions),
            ("insertion", orders.insertions),
        ):
            curves = {METHODS[name].title: _of(each, direction) for name, each in known.items()}
            mark = None
            if cursor.direction == direction and cursor.method in known:
                curve = _of(known[cursor.method], direction)
                mark = METHODS[cursor.method].title, point_at(curve, cursor.share)
            with st.container(width=_CHART):
                st.markdown(
                    f"**{direction.capitalize()}**: the {_score_in_words(scene, score)}, "
                    + ("lower is better" if direction == "deletion" else "higher is better")
                )
                st.plotly_chart(
                    curve_figure(curves, colour_of, baseline, score, mark),
                    config={"displayModeBar": False},
                    key=f"{direction}_chart",
                )
        if cursor.method in known:
            with st.container(width=_PICTURE):
                _draw_point(scene, protocol, known[cursor.method], cursor, target)
    rows = {METHODS[name].title: (each.deletion, each.insertion) for name, each in known.items()}
    for number, pair in enumerate(zip(orders.deletions, orders.insertions, strict=True)):
        rows[f"Random order, seed {number + 1}"] = pair
    table_of_areas(
        {name: pair for name, pair in rows.items() if not name.startswith("Random")},
        list(zip(orders.deletions, orders.insertions, strict=True)),
        score,
    )
    st.download_button(
        "Curves as CSV",
        lambda: csv_of_curves(rows, score),
        f"faithfulness-{scene.settings.model}-{scene.settings.picture}-{target}.csv",
        "text/csv",
        icon=":material/table:",
        on_click="ignore",
    )


def _of(curves: Curves, direction: str) -> FaithfulnessCurve:
    return curves.deletion if direction == "deletion" else curves.insertion


def point_at(curve: FaithfulnessCurve, share: float) -> int:
    """The point of a curve that is nearest to a share; of two as near, the first."""
    return int(np.argmin(np.abs(curve.shares - share)))


def _score_in_words(scene: Scene, score: Score) -> str:
    label = literal(scene.labels[score.target])
    if score.against is not None:
        return f"lead of “{label}” over “{literal(scene.labels[score.against])}”"
    return f"{'probability in %' if score.probability else 'logit'} of “{label}”"


def _draw_point(
    scene: Scene, protocol: Protocol, curves: Curves, cursor: Cursor, target: int
) -> None:
    """The picture at the cursor, and what the model says of it."""
    curve = _of(curves, cursor.direction)
    point = point_at(curve, cursor.share)
    passed = curves.step_map <= point
    reference = None
    if protocol.players.layer == INPUT:
        settings = scene.settings
        found = reference_of(settings, scene.picture)
        reference = np.zeros_like(scene.picture.pixels) if found is None else found.pixels
    st.markdown(f"**{100 * curve.shares[point]:.0f} %** {_verb(cursor)}")
    st.image(
        picture_at(
            scene.picture.pixels, reference, ~passed if cursor.direction == "deletion" else passed
        ),
        width=_PICTURE,
        alt=f"The picture with {100 * curve.shares[point]:.0f} % {_verb(cursor)}",
    )
    if curve.logits is None:
        return
    probabilities = softmax(curve.logits[point])
    top = int(np.argmax(probabilities))
    lines = [f"Top class: **{literal(scene.labels[top])}** {100 * probabilities[top]:.1f} %"]
    if top != target:
        lines.append(f"{literal(scene.labels[target])} {100 * probabilities[target]:.1f} %")
    if reference is None:
        lines.append("Paled positions have the reference's activations.")
    st.caption("  \n".join(lines))


def _verb(cursor: Cursor) -> str:
    return "removed" if cursor.direction == "deletion" else "inserted"
