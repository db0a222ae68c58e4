"""The superpixel game: take players out by hand, and see whether the attributions foretold it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.registry import METHODS
from attribution_core.request import Reason
from attribution_core.scores import Score, score_values
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.grid import attribution_in, done_in, names_of, render_maps
from pages.ui.maps.table import MapTable, classes_by_methods
from pages.ui.shell.game_methods import LEADING, in_common_game
from pages.ui.shell.progress import UNFINISHED, Snapshots, ask, follow, plain
from pages.ui.shell.requests import predictions_for, request_for, score_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.superpixels.changes import (
    Change,
    bars,
    predicted_change,
    probabilities,
    score_changes,
)
from pages.ui.superpixels.game_board import Board, draw_board, set_up
from pages.ui.superpixels.interaction import ask_about_two, draw_answer
from pages.ui.superpixels.layer_comparison import ask_to_compare, draw_comparison
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Play, Prediction, Task


def render_game(engine: Engine, scene: Scene) -> None:
    """Draw the board, the classes' bars and the fitted values, and let a person play."""
    classifier = engine.loaded(scene.settings.model)
    opening: list[Task] = [*predictions_for(scene.settings, scene.picture)]
    if classifier is None:
        return
    try:
        board = set_up(classifier, scene)
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
        return
    model = scene.settings.model
    options = {**scene.settings.options, **in_common_game()}
    fitted = replace(
        scene, settings=replace(scene.settings, methods=board.methods, options=options)
    )
    table = classes_by_methods(fitted, scene.classes)
    game = request_for(fitted, LEADING, board.focus)
    if isinstance(game, Reason):
        st.info(game, icon=":material/info:")
        follow(engine, scene, opening, {}, lambda snapshots, finished: None)
        return
    opened, whole = Play(model, game, board.absent), Play(model, game, ())
    question = ask_about_two(scene, board, game)
    comparison = ask_to_compare(classifier, fitted, board.focus)
    results = names_of(table)
    if question is not None:
        results[question.task] = "Interactions"
    if comparison is not None:
        results |= comparison.tasks

    def draw(snapshots: Snapshots, finished: bool) -> None:
        known = _attributions(table, snapshots, scene.classes.index(board.focus))
        clicked = draw_board(scene, board, known)
        now = Play(model, game, clicked.absent)
        if now not in snapshots:
            # Answered in this run: drawing the whole page anew takes the browser twice as long.
            if not ask(engine, [*opening, whole, now, *results], now):
                return
            snapshots = {**snapshots, now: engine.jobs.look(now, visitor())}
            if snapshots[now].state in UNFINISHED:
                st.rerun()
        _draw_changes(fitted, clicked, table, snapshots, now, whole)
        if question is not None:
            draw_answer(fitted, board, question, snapshots)
        st.markdown("#### The values as maps")
        _draw_fits(scene, board, table, snapshots)
        render_maps(engine, fitted, table, snapshots, key="game_maps")
        if comparison is not None:
            draw_comparison(engine, fitted, comparison, snapshots)
        if finished:
            render_downloads(fitted, table, done_in(table, snapshots))

    follow(
        engine,
        scene,
        [*opening, whole, opened],
        results,
        draw,
        settle=opened,
        noun="results",
        buttons=("Stop", "Continue"),
    )


def _attributions(table: MapTable, snapshots: Snapshots, row: int) -> dict[str, Attribution]:
    """What is known of one class, by the method's name."""
    return {
        table.column_names[cell.column]: attribution
        for cell in table.cells
        if cell.row == row
        and cell.task is not None
        and (attribution := attribution_in(snapshots[cell.task])) is not None
    }


def _draw_changes(
    scene: Scene,
    board: Board,
    table: MapTable,
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
                    METHODS[method].title: predicted_change(attribution, board.absent)
                    for method, attribution in _attributions(table, snapshots, row).items()
                },
            )
        )
    labels = [change.label for change in changes]
    with st.container(horizontal=True, gap="large"):
        with st.container(width=430):
            st.markdown("**Probability**")
            st.html(bars(labels, probabilities(changes), most=100))
        with st.container(width=520):
            st.markdown(
                f"**Change of the {scene.settings.score}, and what was predicted**",
                help="An attribution predicts that taking players out takes their values away. "
                "Where the bars differ, the network does not add its parts up.",
            )
            st.html(bars(labels, score_changes(changes)))
    st.caption(
        " · ".join(
            f"{change.label}: logit {change.logit_whole:.2f} → {change.logit_now:.2f}"
            for change in changes
        )
    )


def _draw_fits(scene: Scene, board: Board, table: MapTable, snapshots: Snapshots) -> None:
    """What the literature reports of each fit to the focus class, where it is not on the map."""
    lines = []
    known = _attributions(table, snapshots, scene.classes.index(board.focus))
    for method, attribution in known.items():
        said = []
        values, error = attribution.player_values, attribution.standard_error
        if values is not None and error is not None:
            share = 100 * float(error.max()) / (float(np.ptp(values)) or 1.0)
            said.append(f"largest standard error {share:.1f} % of the values' range")
        said += [
            template.format(attribution.diagnostics[name])
            for name, template in METHODS[method].diagnostics.items()
        ]
        if said:
            lines.append(f"{METHODS[method].title}: {', '.join(said)}")
    if not board.exact:
        lines.append(
            f"Exact Shapley values join in where there are at most {board.most_exact} players: "
            "take fewer superpixels in the sidebar"
        )
    if lines:
        st.caption(" · ".join(lines))
