"""Semivalues: a player's marginal contributions, averaged over coalitions by weights of their size.

Shapley and Banzhaf values are two of them (Dubey, Neyman and Weber 1981). Both follow from the mean
marginal contributions to the coalitions of each size: exact, from every coalition evaluated once,
or from far fewer where the game is local.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.games.game import Game, bits
from attribution_core.games.local_game import LocalGame, MeanParts, NotLocal, of_players
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.method import Shapes
from attribution_core.methods.options import bfloat16_option
from attribution_core.scores import score_values

if TYPE_CHECKING:
    from attribution_core.problem import Problem

MOST_PLAYERS, MOST_PLAYERS_AT_INPUT = 20, 16
FEW_PLAYERS = 10
"""Their coalitions are all evaluated even where fewer would do: other methods share them."""
LOCAL = "local_evaluations"
"""The diagnostic of values that are exact because the head is local: coalitions that suffice."""


@dataclass(frozen=True)
class Semivalue:
    """Which one.

    Attributes
    ----------
    title : str
        Such as ``Shapley values``.
    weights : callable
        From how many players there are to the weights ``(players,)`` of the sizes 0..players−1,
        which sum to 1. Players that add nothing, and join, must not change the others' values.
    instead : str
        What else there is where the players are too many: the end of a sentence.
    """

    title: str
    weights: Callable[[int], FloatArray]
    instead: str

    def over(self, known: npt.NDArray[np.bool_]) -> FloatArray:
        """The weights of the known sizes ``(players,)``, of all sizes once all are known."""
        weights = self.weights(len(known))[known]
        return np.asarray(weights / weights.sum())


def of_all_coalitions(game: Game, semivalue: Semivalue) -> Iterator[Estimate]:
    """Evaluate every coalition once, smallest and largest first.

    A partial estimate averages over the sizes that are complete.

    Parameters
    ----------
    game : Game of at most 20 players
    semivalue : Semivalue

    Yields
    ------
    Estimate
        After each batch from the first complete size on, with values ``(players,)``.

    Raises
    ------
    ValueError
        When the game has more than 20 players.
    """
    players = game.players
    if players > MOST_PLAYERS:
        raise ValueError(_too_many(semivalue, players, MOST_PLAYERS))
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
            known = np.asarray(~np.isnan(marginals).any(axis=0))
            if known.any():
                estimate = Estimate(
                    values=marginals[:, known] @ semivalue.over(known),
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


def by_locality(
    game: LocalGame, means: Iterator[MeanParts], semivalue: Semivalue
) -> Iterator[Estimate]:
    """φᵢ = Σ_p φᵢ(v_p), over the positions p of a local game: exact from 2^colours coalitions.

    A game that is a sum has the sum of the values, and what a position adds is a game of the few
    players that it sees.

    Parameters
    ----------
    game : LocalGame
    means : iterator of MeanParts
        Of this game.
    semivalue : Semivalue

    Yields
    ------
    Estimate
        As means become known, with values ``(players, outputs)``.

    Raises
    ------
    NotLocal
        When a random coalition shows that the game is not local.
    """
    for known in means:
        yield Estimate(
            values=of_players(game, known.averaged(semivalue.over(known.known))),
            done=known.evaluations,
            planned=known.planned,
            evaluations=known.evaluations,
            diagnostics={LOCAL: known.planned},
        )


@dataclass(frozen=True)
class Options:
    """The options of a method that gives semivalues exactly."""

    bfloat16: bool = bfloat16_option()


def exact(problem: Problem, options: Options, semivalue: Semivalue) -> Iterator[Estimate]:
    """Of a problem's players, by locality where the head is local.

    ValueError where it is not and there are too many players.
    """
    segments = problem.segments_of(None)
    players = int(segments.max()) + 1
    # A probability is no linear function of the logits.
    wanted = players > FEW_PLAYERS and not problem.score.probability
    local = problem.local_game(segments) if wanted else None
    if local is not None:
        try:
            for estimate in by_locality(local, local.mean_parts(), semivalue):
                yield replace(estimate, values=score_values(estimate.values, problem.score))
        except NotLocal:
            _require_few(semivalue, players, at_input=problem.at_input)
        else:
            return
    game = problem.play(segments, bfloat16=options.bfloat16)
    yield from of_all_coalitions(game, semivalue)


def unavailable(semivalue: Semivalue, shapes: Shapes) -> str:
    """Why the values cannot be had; empty where they can."""
    if shapes.colours is not None or shapes.players is None:
        return ""
    try:
        _require_few(semivalue, shapes.players, at_input=shapes.at_input)
    except ValueError as error:
        return str(error)
    return ""


def _require_few(semivalue: Semivalue, players: int, *, at_input: bool) -> None:
    """ValueError where the coalitions of so many players are too many to evaluate them all."""
    most, where = MOST_PLAYERS, ""
    if at_input:
        # A coalition there is a pass through the whole network.
        most, where = MOST_PLAYERS_AT_INPUT, " at the input"
    if players > most:
        raise ValueError(_too_many(semivalue, players, most, where))


def _too_many(semivalue: Semivalue, players: int, most: int, where: str = "") -> str:
    return (
        f"Exact {semivalue.title} of {players} players need 2^{players} evaluations, and the head "
        f"is not local, which would make them fewer; give at most {most} players{where}, or "
        f"{semivalue.instead}."
    )


def planned(options: Options, shapes: Shapes) -> int:
    """How many coalitions are evaluated."""
    players = shapes.players or MOST_PLAYERS_AT_INPUT
    if shapes.colours is not None and players > FEW_PLAYERS:
        return 1 << shapes.colours
    return 1 << min(players, MOST_PLAYERS)


SHOWN = {LOCAL: "exact from {:.0f} evaluations, since the head is local"}
"""The diagnostics, as pages show them."""
