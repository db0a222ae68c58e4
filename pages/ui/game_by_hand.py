"""The superpixel game: take players out by hand, and see whether the attributions foretold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.estimate import Estimate
from attribution_core.images import Picture
from attribution_core.methods.shapley_interactions import MOST_PLAYERS as MOST_INTERACTING
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS
from attribution_core.scores import Score, score_values
from attribution_core.segmentations import MOST_POSITIONS, Segmentation, segments_of
from pages.ui.attribution_grid import attribution_in, done_in, names_of, render_maps
from pages.ui.attributions import (
    MapTable,
    Place,
    classes_by_methods,
    predictions_for,
    reference_of,
    request_for,
    score_for,
    segmentation_for,
)
from pages.ui.changes import Change, change_bars, predicted_change, probability_bars
from pages.ui.downloads import render_downloads
from pages.ui.engine import Engine
from pages.ui.markdown import literal
from pages.ui.page_choices import choice, recalled, remember
from pages.ui.player_board import PlayerValues, player_board
from pages.ui.progress import WorkSnapshot, follow, plain
from pages.ui.settings import one_of, whole
from pages.ui.sidebar import Scene
from pages.ui.work import Explain, Interact, Play, Prediction, Work

if TYPE_CHECKING:
    from attribution_core.classifier import Classifier

EXACT_AT_INPUT, EXACT_AT_LAYER = 12, 16
"""Exact values are fitted along with the others for games of at most so many players."""

ABSENT = "superpixels-absent"

Snapshots = Mapping[Work, "WorkSnapshot"]


@dataclass(frozen=True)
class Board:
    """The game on the table.

    ``segments`` are labels ``(h, w)``; ``absent`` the players taken out; ``methods`` the names of
    the methods fitted; ``focus`` the class whose values the board shows.
    """

    segments: npt.NDArray[np.int64]
    absent: tuple[int, ...]
    methods: tuple[str, ...]
    focus: int

    @property
    def players(self) -> int:
        return int(self.segments.max()) + 1


def render_game(engine: Engine, scene: Scene) -> None:
    """Draw the board, the classes' bars and the fitted values, and let a person play."""
    classifier = engine.loaded(scene.settings.model)
    opening: list[Work] = [*predictions_for(scene.settings, scene.picture)]
    if classifier is None or not scene.classes:
        follow(engine, scene, opening, {}, lambda snapshots, finished: _empty(scene))
        return
    board = _set_up(classifier, scene)
    fitted = replace(
        scene, settings=replace(scene.settings, methods=board.methods, options=_options(scene))
    )
    table = classes_by_methods(fitted.settings, scene.picture, scene.classes, scene.labels)
    asked = table.places
    maps = names_of(table)
    game = request_for(fitted.settings, scene.picture, "kernel_shap", board.focus)
    now = Play(scene.settings.model, game, board.absent)
    whole = Play(scene.settings.model, game, ())
    pair = _pair(board)
    together: list[Work] = []
    if pair is not None:
        together = (
            [Interact(scene.settings.model, game)]
            if board.players <= MOST_INTERACTING
            else [
                Play(scene.settings.model, game, tuple(sorted(gone)))
                for gone in ({pair[0]}, {pair[1]}, set(pair))
            ]
        )

    compared = _compared(classifier, fitted, board)
    if compared is not None:
        maps.update(names_of(compared))

    def draw(snapshots: Snapshots, finished: bool) -> None:
        _draw_board(scene, board, asked, snapshots)
        _draw_changes(fitted, board, asked, snapshots, now, whole)
        if pair is not None:
            _draw_interaction(fitted, pair, together, snapshots, whole)
        st.markdown("#### The values as maps")
        _draw_fits(board, asked, snapshots)
        render_maps(engine, fitted, table, snapshots, key="game_maps")
        if compared is not None:
            _draw_compared(engine, fitted, compared, snapshots)
        if finished:
            render_downloads(fitted, table, done_in(table, snapshots))

    follow(engine, scene, [*opening, whole, now, *together], maps, draw, settle=now)


def _compared(classifier: Classifier, scene: Scene, board: Board) -> MapTable | None:
    """The thesis's figure 3.2: superpixels of the pixels against positions of the last layer."""
    last = classifier.layers[-1]
    wanted = choice(
        "superpixels-compare",
        lambda key, value: st.toggle(
            f"Compare superpixels at the pixels with the positions of {last}",
            key=key,
            help="KernelSHAP for the same class on both games: the head above the last layer is "
            "all that has to be computed for a coalition there (thesis, figure 3.2).",
        ),
        False,
        lambda text: one_of(text, ("yes", "no")) == "yes",
    )
    if not wanted:
        return None
    settings = scene.settings
    at_input = replace(
        settings,
        layer="input",
        segmentation="superpixels",
        reference="black" if settings.reference == ZEROS else settings.reference,
    )
    at_last = replace(settings, layer=last, count=max(settings.count, MOST_POSITIONS))
    works = (
        Explain(each.model, request_for(each, scene.picture, "kernel_shap", board.focus))
        for each in (at_input, at_last)
    )
    return MapTable(
        rows=(scene.labels[board.focus],),
        columns=("KernelSHAP at input", f"KernelSHAP at {last}"),
        places=tuple(Place(0, column, work) for column, work in enumerate(works)),
        row_names=(str(board.focus),),
        column_names=("input", last),
    )


def _draw_compared(engine: Engine, scene: Scene, table: MapTable, snapshots: Snapshots) -> None:
    st.markdown("#### Superpixels at the pixels, and positions of the last layer")
    render_maps(engine, scene, table, snapshots, key="compared_maps")
    done = done_in(table, snapshots)
    if len(done) == len(table.places):
        each = [attribution.seconds / attribution.evaluations for attribution in done.values()]
        st.caption(
            f"A coalition took {1000 * each[0]:.2g} ms at the pixels and {1000 * each[1]:.2g} ms "
            f"at {literal(table.column_names[1])}, {each[0] / each[1]:.0f} times less. "
            "Coalitions that were known already took no time."
        )


def _empty(scene: Scene) -> None:
    if scene.prediction is not None and not scene.classes:
        st.info("Choose one or more target classes in the sidebar.", icon=":material/arrow_back:")


def _options(scene: Scene) -> dict[tuple[str, str], int | float | str | bool]:
    """The sidebar's options, the exact values playing the same game as the others."""
    return {**scene.settings.options, ("shapley_values", "players"): 0}


def _set_up(classifier: Classifier, scene: Scene) -> Board:
    """The players at the sidebar's layer, and the buttons that take several out at once."""
    settings = scene.settings
    height, width, _ = classifier.layer(settings.layer).shape
    at_input = settings.layer == "input"
    segments = _segments(
        scene.picture, segmentation_for(settings), height, width, at_input=at_input
    )
    players = int(segments.max()) + 1
    limit = EXACT_AT_INPUT if at_input else EXACT_AT_LAYER
    methods = ("kernel_shap", "lime") + (("shapley_values",) if players <= limit else ())
    key = ("absent", scene.picture.digest, settings.layer, repr(segmentation_for(settings)))
    st.session_state["game"] = key
    if "absent" not in st.session_state:
        nobody: tuple[int, ...] = ()
        _set_absent(key, recalled(ABSENT, nobody, lambda text: _players_in(text, players)))
    with st.container(horizontal=True, vertical_alignment="bottom", key="moves"):
        focus = choice(
            "superpixels-class",
            lambda key, value: st.selectbox(
                "Values for the class",
                scene.classes,
                format_func=scene.labels.__getitem__,
                key=key,
                width=220,
            ),
            scene.classes[0],
            lambda text: int(one_of(text, tuple(map(str, scene.classes)))),
        )
        st.button("All in", on_click=_set_absent, args=(key, ()), key="all_in")
        st.button("All out", on_click=_set_absent, args=(key, range(players)), key="all_out")
        inverted = set(range(players)) - set(_absent(key))
        st.button("Invert", on_click=_set_absent, args=(key, inverted), key="invert")
        best = st.number_input("k", 1, players, min(5, players), key="best_count", width=110)
        order = st.session_state.get("game_order", {}).get((key, focus), range(players))
        st.button(
            f"Keep the {best} best",
            on_click=_set_absent,
            args=(key, list(order)[best:]),
            key="keep_best",
            help="By KernelSHAP's values for the class.",
        )
        st.button(
            f"Remove the {best} best",
            on_click=_set_absent,
            args=(key, list(order)[:best]),
            key="remove_best",
            help="By KernelSHAP's values for the class.",
        )
    remember(ABSENT, _absent(key), ())
    return Board(segments, _absent(key), methods, focus)


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs={Picture: lambda it: it.digest})
def _segments(
    picture: Picture, segmentation: Segmentation, height: int, width: int, *, at_input: bool
) -> npt.NDArray[np.int64]:
    return segments_of(segmentation, picture.pixels, height, width, at_input=at_input)


def _players_in(text: str, players: int) -> tuple[int, ...]:
    return tuple(sorted({whole(part, 0, players - 1) for part in text.split(",") if part}))


def _absent(key: tuple[str, ...]) -> tuple[int, ...]:
    found: tuple[int, ...] = st.session_state.setdefault("absent", {}).get(key, ())
    return found


def _set_absent(key: tuple[str, ...], players: Sequence[int] | set[int] | range) -> None:
    st.session_state.setdefault("absent", {})[key] = tuple(sorted(int(each) for each in players))


def _attributions(
    board: Board, asked: Sequence[Place], snapshots: Snapshots, row: int
) -> dict[str, Attribution]:
    """What is known of one class, by the method's title."""
    return {
        METHODS[board.methods[place.column]].title: attribution
        for place in asked
        if place.row == row
        and place.work is not None
        and (attribution := attribution_in(snapshots[place.work])) is not None
    }


def _draw_board(scene: Scene, board: Board, asked: Sequence[Place], snapshots: Snapshots) -> None:
    known = _attributions(board, asked, snapshots, scene.classes.index(board.focus))
    key = st.session_state["game"]
    kernel_shap = known.get(METHODS["kernel_shap"].title)
    if kernel_shap is not None and kernel_shap.player_values is not None:
        st.session_state.setdefault("game_order", {})[key, board.focus] = [
            int(player) for player in np.argsort(-kernel_shap.player_values, kind="stable")
        ]
    reference = reference_of(scene.settings, scene.picture)
    clicked = player_board(
        picture=scene.picture.pixels.astype(np.uint8),
        reference=None if reference is None else reference.pixels.astype(np.uint8),
        segments=board.segments,
        absent=board.absent,
        methods=[
            PlayerValues(title, attribution.player_values, attribution.standard_error)
            for title, attribution in known.items()
            if attribution.player_values is not None
        ],
        key="player_board",
    )
    if clicked is not None:
        _set_absent(key, clicked)
        st.rerun()


def _draw_changes(
    scene: Scene,
    board: Board,
    asked: Sequence[Place],
    snapshots: Snapshots,
    now: Play,
    whole: Play,
) -> None:
    before, after = snapshots[whole].estimate, snapshots[now].estimate
    if not isinstance(before, Prediction) or not isinstance(after, Prediction):
        failed = snapshots[now].error
        st.caption(plain(failed) if failed is not None else "The model is being asked …")
        return
    changes = []
    for row, target in enumerate(scene.classes):
        try:
            score = Score.of(score_for(scene.settings), target, len(scene.labels))
        except ValueError:
            continue
        was, is_now = (float(score_values(each.logits[None], score)[0]) for each in (before, after))
        changes.append(
            Change(
                label=scene.labels[target],
                probability_whole=float(before.probabilities[target]),
                probability_now=float(after.probabilities[target]),
                logit_whole=float(before.logits[target]),
                logit_now=float(after.logits[target]),
                true=is_now - was,
                predicted={
                    title: predicted_change(attribution, board.absent)
                    for title, attribution in _attributions(board, asked, snapshots, row).items()
                },
            )
        )
    with st.container(horizontal=True, gap="large"):
        with st.container(width=430):
            st.markdown("**Probability**")
            st.plotly_chart(
                probability_bars(changes), config={"displayModeBar": False}, key="probabilities"
            )
        with st.container(width=520):
            st.markdown(
                f"**Change of the {scene.settings.score}, and what was predicted**",
                help="An attribution predicts that taking players out takes their values away. "
                "Where the bars differ, the network does not add its parts up.",
            )
            st.plotly_chart(change_bars(changes), config={"displayModeBar": False}, key="changes")
    st.caption(
        " · ".join(
            f"{change.label}: logit {change.logit_whole:.2f} → {change.logit_now:.2f}"
            for change in changes
        )
    )


def _draw_fits(board: Board, asked: Sequence[Place], snapshots: Snapshots) -> None:
    """What the literature reports of each fit to the focus class, where it is not on the map."""
    lines = []
    for place in asked:
        attribution = None if place.work is None else attribution_in(snapshots[place.work])
        if attribution is None or attribution.target != board.focus:
            continue
        if attribution.request.method == "lime":
            lines.append(
                f"LIME: weighted R² {attribution.diagnostics['weighted_r2']:.3f}, "
                f"intercept {attribution.diagnostics['intercept']:.2f}"
            )
        values, error = attribution.player_values, attribution.standard_error
        if attribution.request.method == "kernel_shap" and values is not None and error is not None:
            share = 100 * float(error.max()) / (float(np.ptp(values)) or 1.0)
            lines.append(f"KernelSHAP: largest standard error {share:.1f} % of the values' range")
    if lines:
        st.caption(" · ".join(lines))


def _pair(board: Board) -> tuple[int, int] | None:
    if board.players < 2:
        return None
    with st.expander("Are two parts worth more together?", icon=":material/join_inner:"):
        with st.container(horizontal=True):
            first = st.number_input("Player", 0, board.players - 1, 0, key="pair_first", width=120)
            second = st.number_input(
                "and player", 0, board.players - 1, 1, key="pair_second", width=120
            )
        wanted = st.toggle("Show their interaction", key="pair_wanted")
        if wanted and first == second:
            st.warning("Choose two different players.")
    return (int(first), int(second)) if wanted and first != second else None


def _draw_interaction(
    scene: Scene,
    pair: tuple[int, int],
    works: Sequence[Work],
    snapshots: Snapshots,
    whole: Play,
) -> None:
    results = [snapshots[work].estimate for work in works]
    states = [snapshots[work].state for work in works]
    error = next((snapshots[work].error for work in works if snapshots[work].error), None)
    if error is not None:
        st.warning(plain(error))
        return
    if any(state != "done" for state in states):
        st.caption(f"Players {pair[0]} and {pair[1]}: the coalitions are being evaluated …")
        return
    first = results[0]
    before = snapshots[whole].estimate
    if isinstance(first, Estimate):
        value = float(first.values[pair])
        kind = "Shapley interaction, exact over all coalitions"
    elif isinstance(before, Prediction):
        work = works[0]
        target = work.request.target if isinstance(work, Play) else 0
        score = Score.of(score_for(scene.settings), target, len(scene.labels))
        without_first, without_second, without_both = (
            float(score_values(each.logits[None], score)[0])
            for each in results
            if isinstance(each, Prediction)
        )
        value = (
            float(score_values(before.logits[None], score)[0])
            - without_first
            - without_second
            + without_both
        )
        kind = (
            f"with all others present; the exact Shapley interaction needs at most "
            f"{MOST_INTERACTING} players"
        )
    else:
        return
    words = "more" if value > 0 else "less"
    st.info(
        f"Players {pair[0]} and {pair[1]} are worth **{abs(value):.3g} {words} together than "
        f"apart** ({kind}).",
        icon=":material/join_inner:",
    )
