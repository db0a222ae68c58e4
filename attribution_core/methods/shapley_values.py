"""Exact Shapley values: every coalition evaluated once, or few where the game is local."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.games.game import Game, bits
from attribution_core.games.local_game import LocalGame, MeanParts, NotLocal, of_players
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.method import (
    ALL_PROMISES,
    Method,
    Shapes,
    TwoVariables,
    game_of_variables,
)
from attribution_core.methods.options import bfloat16_option
from attribution_core.scores import score_values

if TYPE_CHECKING:
    from attribution_core.problem import Problem

MOST_PLAYERS, MOST_PLAYERS_AT_INPUT = 20, 16
FEW_PLAYERS = 10
"""Their coalitions are all evaluated even where fewer would do: other methods share them."""


@Estimator
def shapley_values(game: Game) -> Iterator[Estimate]:
    """φᵢ = Σ_{S∌i} |S|!(l−|S|−1)!/l! · (v(S ∪ i) − v(S)) (Shapley 1953; thesis, equation 2.32).

    Equally: the mean over sizes s of the mean marginal contribution to coalitions of size s.
    Coalitions come smallest and largest first, and a partial estimate is the mean over the sizes
    that are complete.

    Parameters
    ----------
    game : Game of at most 20 players

    Yields
    ------
    Estimate
        After each batch from the first complete size on, with values ``(players,)`` that in the
        last one sum to v(all) − v(∅) up to rounding.

    Raises
    ------
    ValueError
        When the game has more than 20 players.
    """
    players = game.players
    if players > MOST_PLAYERS:
        raise ValueError(_too_many(players, MOST_PLAYERS))
    codes = np.arange(2**players, dtype=np.int64)
    sizes = np.bitwise_count(codes).astype(np.int64)
    order = np.argsort(np.minimum(sizes, players - sizes), kind="stable")
    worth = np.full(2**players, np.nan)
    # Sizes s and l − s come together, so one more marginal is known when both are complete.
    completed = np.cumsum(np.bincount(np.minimum(sizes, players - sizes)))
    estimate: Estimate | None = None
    for start in range(0, len(order), game.batch_size):
        chosen = order[start : start + game.batch_size]
        worth[chosen] = game.values(bits(codes[chosen], players))
        done = start + len(chosen)
        if np.any((completed > start) & (completed <= done)):
            marginals = mean_marginals(worth, sizes, players)
            known = ~np.isnan(marginals).any(axis=0)
            if known.any():
                estimate = Estimate(
                    values=marginals[:, known].mean(axis=1),
                    done=done,
                    planned=len(order),
                    evaluations=done,
                )
        if estimate is not None:
            yield replace(estimate, done=done)


def mean_marginals(
    worth: FloatArray, sizes: npt.NDArray[np.int64], players: int
) -> npt.NDArray[np.float64]:
    """Mean of v(S ∪ i) − v(S) over the S of one size without player i, ``(players, sizes)``.

    NaN for a size that has a coalition of unknown worth (NaN) on either side.
    """
    means = np.empty((players, players))
    for player in range(players):
        without = worth.reshape(-1, 2, 2**player)
        marginal = (without[:, 1] - without[:, 0]).ravel()
        size = sizes.reshape(-1, 2, 2**player)[:, 0].ravel()
        means[player] = np.bincount(size, marginal, players) / np.bincount(size, minlength=players)
    return means


def shapley_values_by_locality(game: LocalGame, means: Iterator[MeanParts]) -> Iterator[Estimate]:
    """φᵢ = Σ_p φᵢ(v_p), over the positions p of a local game: exact from 2^colours coalitions.

    A game that is a sum has the sum of the Shapley values, and what a position adds is a game of
    the few players that it sees.

    Parameters
    ----------
    game : LocalGame
    means : iterator of MeanParts
        Of this game.

    Yields
    ------
    Estimate
        As means become known, with values ``(players, outputs)`` that in the last one sum to
        v(all) − v(∅) up to rounding.

    Raises
    ------
    NotLocal
        When a random coalition shows that the game is not local.
    """
    for known in means:
        yield Estimate(
            values=of_players(game, known.shapley),
            done=known.evaluations,
            planned=known.planned,
            evaluations=known.evaluations,
            diagnostics={LOCAL: known.planned},
        )


LOCAL = "local_evaluations"
"""The diagnostic of values that are exact because the head is local: coalitions that suffice."""


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    bfloat16: bool = bfloat16_option()


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    segments = problem.segments_of(None)
    players = int(segments.max()) + 1
    # A probability is no linear function of the logits.
    by_locality = players > FEW_PLAYERS and not problem.score.probability
    local = problem.local_game(segments) if by_locality else None
    if local is not None:
        try:
            for estimate in shapley_values_by_locality(local, local.mean_parts()):
                yield replace(estimate, values=score_values(estimate.values, problem.score))
        except NotLocal:
            _require_few(players, at_input=problem.at_input)
        else:
            return
    yield from shapley_values.refine(problem.play(segments, bfloat16=options.bfloat16))


def _unavailable(shapes: Shapes, options: Options) -> str:
    if shapes.colours is not None or shapes.players is None:
        return ""
    try:
        _require_few(shapes.players, at_input=shapes.at_input)
    except ValueError as error:
        return str(error)
    return ""


def _require_few(players: int, *, at_input: bool) -> None:
    """ValueError where the coalitions of so many players are too many to evaluate them all."""
    most, where = MOST_PLAYERS, ""
    if at_input:
        # A coalition there is a pass through the whole network.
        most, where = MOST_PLAYERS_AT_INPUT, " at the input"
    if players > most:
        raise ValueError(_too_many(players, most, where))


def _too_many(players: int, most: int, where: str = "") -> str:
    return (
        f"Exact Shapley values of {players} players need 2^{players} evaluations, and the head is "
        f"not local, which would make them fewer; give at most {most} players{where}, or use "
        "KernelSHAP."
    )


def _planned(options: Options, shapes: Shapes) -> int:
    players = shapes.players or MOST_PLAYERS_AT_INPUT
    if shapes.colours is not None and players > FEW_PLAYERS:
        return 1 << shapes.colours
    return 1 << min(players, MOST_PLAYERS)


METHOD = Method(
    name="shapley_values",
    title="Shapley values, exact",
    summary="Every player's contribution averaged over all coalitions: each evaluated once, or far "
    "fewer where the head is local.",
    paper="Shapley 1953",
    thesis="equation 2.32",
    options_type=Options,
    run=_run,
    evaluations=_planned,
    needs="game",
    uses_reference=True,
    unavailable=_unavailable,
    splits_change=True,
    promises=ALL_PROMISES,
    of_players=True,
    every_coalition=True,
    former_options=("players",),
    diagnostics={LOCAL: "exact from {:.0f} evaluations, since the head is local"},
    two_variables=TwoVariables(
        lambda function, point, reference: shapley_values(
            game_of_variables(function, point, reference)
        ),
        r"\varphi_1 = \tfrac12\bigl[v(\{1\}) - v(\emptyset)\bigr] + "
        r"\tfrac12\bigl[v(\{1, 2\}) - v(\{2\})\bigr]",
        "For two players.",
    ),
)
