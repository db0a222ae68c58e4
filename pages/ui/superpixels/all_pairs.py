"""The Shapley interactions of all pairs of players: lines on the picture, a matrix, a CSV file."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from attribution_core.measures.pair_files import pairs_csv
from attribution_core.measures.pair_interactions import ROUNDING
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.shapley_interactions import (
    CONFIDENCE,
    evaluations_a_context,
    strongest_pairs,
)
from attribution_core.painting import COLOUR_SCALES, Colours, Theme
from attribution_core.request import Request
from attribution_core.segmentations import counted
from pages.ui.components.player_board import PlayerPair
from pages.ui.maps.charts import framed, show
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import Snapshots, plain, score_name
from pages.ui.shell.scene import Scene
from pages.ui.superpixels.effort import Effort
from pages.ui.superpixels.game_board import Board
from pages.ui.worker.tasks import Interact

FEWEST_CONTEXTS, MOST_CONTEXTS = 2, 16
"""Random coalitions around which all pairs are tried at first."""

COALITIONS_AS_OFTEN = 4
"""As many times the coalitions of the other estimates are spent, before the visitor asks again."""

SIDE = 460
"""Pixels of the matrix."""


def ask_for_all_pairs(scene: Scene, board: Board, game: Request, effort: Effort) -> Interact:
    """The task, exact where the board's values are."""
    model, players = scene.settings.model, board.players
    if board.exact:
        return Interact(model, game, players, FEWEST_CONTEXTS, 2 ** min(players, board.most_exact))
    each = evaluations_a_context(players)
    affordable = COALITIONS_AS_OFTEN * effort.coalitions // each
    contexts = max(FEWEST_CONTEXTS, min(affordable, MOST_CONTEXTS * effort.times))
    return Interact(model, game, 0, contexts, contexts * each)


def lines_of(task: Interact, snapshots: Snapshots, most: int) -> list[PlayerPair]:
    """The strongest pairs that are told apart from nothing, for the picture."""
    estimate = snapshots[task].estimate
    if not isinstance(estimate, Estimate):
        return []
    return [
        PlayerPair(pair, float(estimate.values[pair]), together(estimate, pair))
        for pair in strongest_pairs(estimate, most, ROUNDING)
    ]


def together(estimate: Estimate, pair: tuple[int, int]) -> str:
    """One pair's interaction in words, with its 95 % interval where it has one."""
    value = float(estimate.values[pair])
    error = estimate.standard_error
    within = "" if error is None else f" ± {written(CONFIDENCE * float(error[pair]), '.2g')}"
    if abs(value) < ROUNDING and not within:
        return "nothing"
    return f"{written(value, '+.2g')}{within}"


def draw_all_pairs(
    scene: Scene, board: Board, task: Interact, snapshots: Snapshots, shown: int
) -> None:
    """The matrix, with what it is made of and how sure it is, and the CSV file."""
    snapshot = snapshots[task]
    if snapshot.state == "failed":
        st.warning(plain(snapshot.error))
        return
    estimate = snapshot.estimate
    if not isinstance(estimate, Estimate):
        return
    if snapshot.state == "done" and np.abs(estimate.values).max() < ROUNDING:
        st.caption("No two parts are worth more or less together than apart: they only add up.")
        return
    if not estimate.values.any():
        return
    st.markdown(
        "#### What pairs are worth together",
        help="The Shapley interaction index of Grabisch and Roubens: what two parts add together "
        "beyond what each adds alone, averaged over coalitions of the others as Shapley values "
        "are. It is 0 for all pairs where the network only adds parts up.",
    )
    with st.container(horizontal=True, gap="large", key="charts_pairs"):
        show(
            _matrix(estimate, scene.settings.colours),
            "pairs",
            alt=f"Interactions of {counted(board.players, board.kind_of_player)}, pair by pair",
        )
        with st.container():
            st.markdown(_said(scene, board, estimate, shown))
            st.download_button(
                "Pairs as CSV",
                lambda: pairs_csv(estimate.values, estimate.standard_error),
                f"pairs-{scene.settings.model}-{scene.settings.picture}.csv",
                "text/csv",
                icon=":material/table:",
                on_click="ignore",
            )


def _said(scene: Scene, board: Board, estimate: Estimate, shown: int) -> str:
    scale = COLOUR_SCALES[scene.settings.colours]
    meaning = (
        f"{scale.positive.capitalize()}: worth more together than apart; {scale.negative}: less, "
        "as where one part would do."
        if scale.signed
        else f"The stronger the {scale.positive}, the more or less two parts are worth together."
    )
    found = len(strongest_pairs(estimate, board.players**2, ROUNDING))
    every = board.players * (board.players - 1) // 2
    if estimate.standard_error is not None:
        error = float(estimate.standard_error.max())
        sure = f"estimated, standard errors up to {written(error, '.2g')}"
        apart = f"{found} of {every} pairs are told apart from nothing"
    elif board.exact:
        sure, apart = "exact", f"{found} of {every} pairs are not 0"
    else:
        sure = "a first sketch, too few coalitions for error bars"
        apart = f"of {every} pairs"
    lines = f" The picture above shows the {min(shown, found)} strongest." if shown else ""
    return (
        f"{meaning}\n\nFor “{literal(scene.labels[board.focus])}” ({score_name(scene)}), {apart}: "
        f"{sure}, from {counted(estimate.evaluations, 'evaluation')}.{lines}"
    )


def _matrix(estimate: Estimate, colours: Colours) -> go.Figure:
    """Players by players; the diagonal is empty."""
    values = estimate.values.copy()
    np.fill_diagonal(values, np.nan)
    players = len(values)
    limit = float(np.nanmax(np.abs(values))) or 1.0
    ticks = [share * limit for share in (-1, -0.5, 0, 0.5, 1)]
    said = [[_cell(estimate, row, column) for column in range(players)] for row in range(players)]
    figure = go.Figure(
        go.Heatmap(
            z=values.astype(np.float32),
            zmin=-limit,
            zmax=limit,
            colorscale=_colour_scale(colours),
            text=said,
            hovertemplate="%{text}<extra></extra>",
            hoverongaps=False,
            colorbar={
                "thickness": 12,
                "outlinewidth": 0,
                "tickvals": ticks,
                "ticktext": [written(tick, "+.2g") if tick else "0" for tick in ticks],
            },
            xgap=1 if players <= 60 else 0,
            ygap=1 if players <= 60 else 0,
        )
    )
    framed(figure, SIDE, x="Player", y="Player")
    # Few labels, each the number of a player; squares, as many as there are.
    axis = {"nticks": 12, "tickformat": "d", "showgrid": False, "zeroline": False}
    ends = (-0.5, players - 0.5)
    figure.update_xaxes(**axis, range=ends, constrain="domain")
    figure.update_yaxes(**axis, range=ends[::-1], constrain="domain", scaleanchor="x")
    return figure


def _cell(estimate: Estimate, row: int, column: int) -> str:
    if row == column:
        return ""
    return f"Players {row} and {column}: {together(estimate, (row, column))}"


def _colour_scale(colours: Colours) -> list[tuple[float, str]]:
    """From the colour against to the colour for, through nothing at all."""
    theme: Theme = "dark" if st.context.theme.type == "dark" else "light"
    palette = COLOUR_SCALES[colours].themes[theme]
    against, speaks = (
        ",".join(map(str, colour)) for colour in (palette.negative_over, palette.positive_over)
    )
    return [
        (0.0, f"rgba({against},1)"),
        (0.5, f"rgba({against},0)"),
        (0.5, f"rgba({speaks},0)"),
        (1.0, f"rgba({speaks},1)"),
    ]
