"""Deletion and insertion curves: the score while the most attributed players are removed, or added.

Petsiuk et al. 2018, "RISE"; Samek et al. 2017, "Evaluating the visualization of what a deep neural
network has learned". A map whose first parts matter most makes the deletion curve fall early and
the insertion curve rise early: a small area below the one, a large area below the other. The areas
depend on the reference, the players and the score, so they compare methods only where all three are
the same; one number is no evidence by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.game import Game, batches
from attribution_core.scores import Score, score_values

Direction = Literal["deletion", "insertion"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

_ORDER = 2
_EQUAL = 1e-12


@runtime_checkable
class _AllClasses(Protocol):
    """A game that knows the logits of all classes, and how its score is read from them."""

    @property
    def score(self) -> Score: ...

    def logits(self, coalitions: BoolArray) -> npt.NDArray[np.float32]: ...


@dataclass(frozen=True)
class FaithfulnessCurve:
    """Scores while players are removed (deletion) or added (insertion), most attributed first.

    Attributes
    ----------
    direction : {"deletion", "insertion"}
    shares : float64 array ``(n,)``
        Of the players' sizes that are removed or added, from 0 to 1, rising.
    scores : float64 array ``(n,)``
    step_of : int array ``(players,)``
        The point of the curve, 1..n−1, from which on a player is removed or added.
    logits : float32 array ``(n, classes)`` or None
        Of all classes, where the game knows them.
    """

    direction: Direction
    shares: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    step_of: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32] | None = None

    @property
    def area(self) -> float:
        """Below the curve, by the trapezoid rule over shares 0..1, in units of the score."""
        return float(np.trapezoid(self.scores, self.shares))

    @property
    def normalised_area(self) -> float:
        """The area with the scores rescaled so that the reference has 0 and the picture 1.

        NaN where both scores are equal. An order that says nothing about an additive game has ½.
        """
        first, last = float(self.scores[0]), float(self.scores[-1])
        whole, nothing = (first, last) if self.direction == "deletion" else (last, first)
        return (self.area - nothing) / (whole - nothing) if whole != nothing else float("nan")

    def present(self, point: int) -> BoolArray:
        """The players ``(players,)`` that take part at a point of the curve."""
        passed = self.step_of <= point
        return ~passed if self.direction == "deletion" else passed

    def read_as(self, score: Score) -> FaithfulnessCurve:
        """The same coalitions with another score; ValueError where the logits are not known."""
        if self.logits is None:
            raise ValueError(
                "The curve knows one score only; take it on a game that gives logits of all "
                "classes, such as a classifier's."
            )
        return replace(self, scores=score_values(self.logits, score))


def deletion_curve(
    game: Game,
    values: npt.ArrayLike,
    *,
    sizes: npt.ArrayLike | None = None,
    steps: int | None = None,
) -> FaithfulnessCurve:
    """v(all), then without the most attributed players, until none is left.

    Parameters
    ----------
    game : Game
    values : float array ``(players,)``
        Attributions. Players are removed in falling order of value per size: on an additive game
        with its true values no other order has a smaller area (Smith's rule, Smith 1956). Players
        of equal value per size are removed together, and the curve is straight across them, which
        on an additive game is the mean over all their orders.
    sizes : float array ``(players,)``, optional
        Above 0, such as the positions of each player; all equal where not given.
    steps : int, optional
        About this many points after the first, in equal shares of the sizes; one for each player
        where not given. Where a share falls among players of equal value, all of them are removed.

    Returns
    -------
    FaithfulnessCurve

    Raises
    ------
    ValueError
        When values or sizes are not one finite number per player, a size is not above 0, or steps
        is below 1.
    """
    return _curve("deletion", game, values, sizes, steps)


def insertion_curve(
    game: Game,
    values: npt.ArrayLike,
    *,
    sizes: npt.ArrayLike | None = None,
    steps: int | None = None,
) -> FaithfulnessCurve:
    """v(none), then with the most attributed players, until all are there; as `deletion_curve`."""
    return _curve("insertion", game, values, sizes, steps)


def _curve(
    direction: Direction,
    game: Game,
    values: npt.ArrayLike,
    sizes: npt.ArrayLike | None,
    steps: int | None,
) -> FaithfulnessCurve:
    step_of, shares = removal_steps(_one_a_player(game, values), _sizes(game, sizes), steps)
    passed = step_of <= np.arange(len(shares))[:, None]
    coalitions = ~passed if direction == "deletion" else passed
    pieces = list(batches(coalitions, game.batch_size))
    if isinstance(game, _AllClasses):
        logits = np.concatenate([game.logits(piece) for piece in pieces])
        scores = score_values(logits, game.score)
        return FaithfulnessCurve(direction, shares, scores, step_of, logits)
    scores = np.concatenate([np.asarray(game.values(piece), np.float64) for piece in pieces])
    return FaithfulnessCurve(direction, shares, scores, step_of)


def removal_steps(
    values: FloatArray, sizes: FloatArray, steps: int | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """When each player is removed, as in `deletion_curve`.

    Returns
    -------
    step_of : int array ``(players,)``
        1..n−1.
    shares : float64 array ``(n,)``
        Removed at each point, from 0 to 1.
    """
    if steps is not None and steps < 1:
        raise ValueError(f"A curve of {steps} steps cannot be drawn; give at least 1.")
    density = values / sizes
    ranked = np.argsort(-density, kind="stable")
    gone = np.cumsum(sizes[ranked]) / sizes.sum()
    # A point lies only between different values; sums of equal values differ by rounding.
    falls = -np.diff(density[ranked], append=-np.inf)
    ends = np.flatnonzero(falls > _EQUAL * np.abs(density).max())
    if steps is not None:
        wanted = np.arange(1, steps + 1) / steps
        reached = np.searchsorted(gone[ends], wanted - 1e-9)
        ends = ends[np.unique(np.minimum(reached, len(ends) - 1))]
    shares = np.concatenate([[0.0], gone[ends]])
    shares[-1] = 1.0
    step_of = np.empty(len(values), np.int64)
    step_of[ranked] = np.searchsorted(ends, np.arange(len(values))) + 1
    return step_of, shares


def random_values(players: int, seed: int, sizes: npt.ArrayLike | None = None) -> FloatArray:
    """Values ``(players,)`` whose falling order per size is a uniformly random one."""
    # A stream of its own: the methods draw from the seed itself.
    order = np.random.default_rng((seed, _ORDER)).permutation(players).astype(np.float64)
    return order if sizes is None else order * np.asarray(sizes, np.float64)


def random_curves(
    game: Game,
    seed: int,
    *,
    sizes: npt.ArrayLike | None = None,
    steps: int | None = None,
) -> tuple[FaithfulnessCurve, FaithfulnessCurve]:
    """Deletion and insertion in a random order: the baseline of a map without information.

    The insertion is the deletion read backwards: the reverse of a uniformly random order is one.
    """
    values = random_values(game.players, seed, sizes)
    deletion = deletion_curve(game, values, sizes=sizes, steps=steps)
    return deletion, reversed_curve(deletion)


def reversed_curve(curve: FaithfulnessCurve) -> FaithfulnessCurve:
    """The curve read from its end: the other direction, in the reverse order of players."""
    return FaithfulnessCurve(
        "insertion" if curve.direction == "deletion" else "deletion",
        1 - curve.shares[::-1],
        curve.scores[::-1],
        len(curve.shares) - curve.step_of,
        None if curve.logits is None else curve.logits[::-1],
    )


def _one_a_player(game: Game, values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values, np.float64)
    if array.shape != (game.players,) or not np.isfinite(array).all():
        raise ValueError(
            f"The values have shape {array.shape}; they should be one finite number for each of "
            f"the {game.players} players."
        )
    return array


def _sizes(game: Game, sizes: npt.ArrayLike | None) -> FloatArray:
    if sizes is None:
        return np.ones(game.players)
    array = _one_a_player(game, sizes)
    if array.min() <= 0:
        raise ValueError("A player has a size of 0 or less; give sizes above 0.")
    return array
