"""The superpixel game: remove players by hand, and see whether the attributions predicted it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.methods.options import OptionValue
from attribution_core.registry import METHODS
from attribution_core.request import Reason, Request
from attribution_core.scores import Score, score_values
from attribution_core.segmentations import counted
from pages.ui.components.stage_strip import StageControl
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.drawing import no_error_bars
from pages.ui.maps.grid import attribution_in, done_in, names_of, render_maps
from pages.ui.maps.staged import methods_on_stage, part_of
from pages.ui.maps.table import MapTable, classes_by_methods
from pages.ui.shell.game_methods import LEADING
from pages.ui.shell.html import draw_html
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import UNFINISHED, Snapshots, ask, follow, plain
from pages.ui.shell.requests import predictions_for, request_for, score_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.shell.settings import EXACT
from pages.ui.stage.controls import offer
from pages.ui.stage.curtain import on_stage
from pages.ui.superpixels.all_pairs import draw_all_pairs, lines_of
from pages.ui.superpixels.changes import (
    Change,
    bars,
    predicted_change,
    probabilities,
    score_changes,
)
from pages.ui.superpixels.coarse_to_fine import ask_for_parts, draw_parts
from pages.ui.superpixels.effort import Effort, offer_more, recall_effort
from pages.ui.superpixels.fewest_parts import ask_for_fewest, draw_fewest
from pages.ui.superpixels.game_board import Board, draw_board, set_up
from pages.ui.superpixels.interaction import Question, ask_about_two, draw_answer
from pages.ui.superpixels.layer_comparison import LayerComparison, ask_to_compare, draw_comparison
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import FindFewest, OpenParts, Play, Prediction, Task


def render_game(engine: Engine, scene: Scene) -> None:
    """Draw the board, the classes' bars and the fitted values, and let the visitor play."""
    classifier = engine.loaded(scene.settings.model)
    opening: list[Task] = [*predictions_for(scene.settings, scene.picture)]
    if classifier is None:
        return
    effort = recall_effort(classifier.layer(scene.settings.layer).multiplications)
    try:
        board = set_up(classifier, scene, effort.most_exact)
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
        return
    fitted, budgets = _fitted(scene, board, effort)
    table = methods_on_stage(classes_by_methods(fitted, scene.classes))
    if on_stage():
        titles = {str(number): scene.labels[number] for number in scene.classes}
        focus = str(board.focus)
        offer(StageControl("class", "Target class", titles, focus, ("superpixels-class",)))
    game = request_for(fitted, LEADING, board.focus)
    if isinstance(game, Reason):
        st.info(game, icon=":material/info:")
        follow(engine, scene, opening, {}, lambda snapshots, finished: None)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="questions"):
        question = ask_about_two(scene, board, game, effort)
        fewest = ask_for_fewest(scene, game)
        parts = ask_for_parts(scene, board, game, effort)
        comparison = ask_to_compare(classifier, fitted, board.focus)
        more = classes_by_methods(_fitted(scene, board, effort.twice())[0], scene.classes)
        offer_more(effort, budgets, engine.jobs.cost(list(names_of(more))))
    _follow_game(
        engine,
        _Game(scene, fitted, board, game, table, question, fewest, parts, comparison),
        opening,
    )


def _fitted(
    scene: Scene, board: Board, effort: Effort
) -> tuple[Scene, dict[tuple[str, str], OptionValue]]:
    """The scene with the game's methods and budgets, and those that no visitor has set."""
    budgets = effort.budgets(board.methods)
    budgets = {each: budgets[each] for each in budgets if each not in scene.settings.options}
    options = {**budgets, **scene.settings.options}
    settings = replace(scene.settings, methods=board.methods, options=options)
    return replace(scene, settings=settings), budgets


@dataclass(frozen=True)
class _Game:
    """Everything on the page: the board, and what else the visitor asked to see.

    Attributes
    ----------
    scene : Scene
    fitted : Scene
        With the methods and options of the game.
    board : Board
    request : Request
        Whose game is played.
    table : MapTable
        The fitted methods' maps.
    question : Question or None
    fewest : tuple of FindFewest
    parts : OpenParts or None
    comparison : LayerComparison or None
    """

    scene: Scene
    fitted: Scene
    board: Board
    request: Request
    table: MapTable
    question: Question | None
    fewest: tuple[FindFewest, ...]
    parts: OpenParts | None
    comparison: LayerComparison | None

    def without(self, absent: tuple[int, ...]) -> Play:
        """The task that predicts with some players taken out."""
        return Play(self.scene.settings.model, self.request, absent)

    @property
    def names(self) -> dict[Task, str]:
        """The tasks whose results the page shows, with names for the progress line."""
        named: dict[Task, str] = {}
        if self.parts is not None:
            named[self.parts] = "Coarse to fine"
        named |= names_of(self.table)
        if self.question is not None:
            named |= dict.fromkeys(self.question.tasks, "Interactions")
        named |= dict.fromkeys(self.fewest, "The fewest parts")
        if self.comparison is not None:
            named |= self.comparison.tasks
        return named


def _follow_game(engine: Engine, game: _Game, opening: Sequence[Task]) -> None:
    """Ask for the results, and draw board, bars and maps as they come."""
    scene, board, table = game.scene, game.board, game.table
    whole, opened = game.without(()), game.without(board.absent)
    names = game.names

    def draw(snapshots: Snapshots, finished: bool) -> None:
        # Above the board, where the question is asked and its parts are shown.
        draw_fewest(game.fitted, board, game.fewest, snapshots)
        known = _attributions(table, snapshots, scene.classes.index(board.focus))
        question = game.question
        lines = lines_of(question.all_pairs, snapshots, question.lines) if question else []
        clicked = draw_board(scene, board, known, lines)
        now = game.without(clicked.absent)
        if now not in snapshots:
            # Answered in this run: redrawing the whole page takes the browser twice as long.
            if not ask(engine, [*opening, whole, now, *names], now):
                return
            snapshots = {**snapshots, now: engine.jobs.look(now, visitor())}
            if snapshots[now].state in UNFINISHED:
                st.rerun()
        _draw_changes(game.fitted, clicked, table, snapshots, now, whole)
        if question is not None:
            draw_answer(game.fitted, board, question, snapshots)
            draw_all_pairs(game.fitted, board, question.all_pairs, snapshots, question.lines)
        if game.parts is not None:
            draw_parts(game.fitted, board, game.parts, snapshots)
        st.markdown("#### The values as maps")
        _draw_fits(scene, board, table, snapshots)
        maps = table
        if on_stage():
            row = scene.classes.index(board.focus)
            maps = part_of(table, [row], range(len(table.columns)))
        render_maps(engine, game.fitted, maps, snapshots, key="game_maps")
        if game.comparison is not None:
            draw_comparison(engine, game.fitted, game.comparison, snapshots)
        if finished:
            render_downloads(game.fitted, table, done_in(table, snapshots))

    follow(
        engine,
        scene,
        [*opening, whole, opened],
        names,
        draw,
        settle=opened,
        noun="results",
        buttons=("Stop", "Continue"),
    )


def _attributions(table: MapTable, snapshots: Snapshots, row: int) -> dict[str, Attribution]:
    """The attributions of one class so far, by the method's name."""
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
            score = Score.of(
                score_for(scene.settings),
                target,
                len(scene.labels),
                link=scene.link,
                logits=before.logits,
            )
        except ValueError:
            continue
        was, is_now = (float(score_values(each.logits[None], score)[0]) for each in (before, after))
        changes.append(
            Change(
                label=scene.labels[target],
                probability_whole=_probability(before, target),
                probability_now=_probability(after, target),
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
    with st.container(horizontal=True, gap="large", key="changes"):
        if before.probabilities is not None:
            with st.container():
                st.markdown("**Probability**")
                draw_html(bars(labels, probabilities(changes), most=100))
        with st.container():
            st.markdown(
                f"**Change of the {scene.settings.score}, and what was predicted**",
                help="An attribution predicts that removing players subtracts their values from "
                "the score. Where the bars differ, the network is not additive in these parts.",
            )
            draw_html(bars(labels, score_changes(changes)))
    st.caption(
        " · ".join(
            f"{literal(change.label)}: {scene.quantity} {written(change.logit_whole)} → "
            f"{written(change.logit_now)}"
            for change in changes
        )
    )


def _probability(prediction: Prediction, target: int) -> float | None:
    shares = prediction.probabilities
    return None if shares is None else float(shares[target])


def _off_by(attribution: Attribution, exact: Attribution | None) -> float | None:
    """The distance of estimated Shapley values from the exact ones, as a share of these."""
    if exact is None or not exact.finished or attribution.request.method != LEADING:
        return None
    estimated, true = attribution.player_values, exact.player_values
    if estimated is None or true is None:
        return None
    size = float(np.linalg.norm(true))
    return float(np.linalg.norm(estimated - true)) / size if size else None


def _draw_fits(scene: Scene, board: Board, table: MapTable, snapshots: Snapshots) -> None:
    """The diagnostics that the literature reports of each fit to the focus class."""
    lines = []
    known = _attributions(table, snapshots, scene.classes.index(board.focus))
    for method, attribution in known.items():
        said = []
        values, error = attribution.player_values, attribution.standard_error
        if values is not None and error is not None:
            share = 100 * float(error.max()) / (float(np.ptp(values)) or 1.0)
            said.append(f"largest standard error {share:.1f} % of the values' range")
        elif (
            values is not None
            and not METHODS[method].every_coalition
            and attribution.evaluations < 2 ** min(board.players, 63)
        ):
            sketch = f"a first sketch from {counted(attribution.evaluations, 'coalition')}"
            told = no_error_bars(attribution)
            said.append(sketch if told else f"{sketch}, too few for error bars")
        said += [
            template.format(attribution.diagnostics[name]).replace(" -", " −")
            for name, template in METHODS[method].diagnostics.items()
            if name in attribution.diagnostics
        ]
        if (off := _off_by(attribution, known.get(EXACT))) is not None:
            said.append(f"off by {off:.2g} of the exact values at {attribution.evaluations}")
        if said:
            lines.append(f"{METHODS[method].title}: {', '.join(said)}")
    if not board.exact:
        lines.append(
            f"Exact Shapley values are added for at most {board.most_exact} players, and for any "
            "number where the head is local: choose fewer superpixels, or a layer near the top, in "
            "the sidebar"
        )
    if lines:
        st.caption(" · ".join(lines))
