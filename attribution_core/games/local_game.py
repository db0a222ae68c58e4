"""Games that are local: 2^colours coalitions tell what every coalition is worth.

The worth of a coalition is a linear function of parts a_p(S), one a position p, and what a position
has depends on the players in its window alone. Players are coloured so that no position sees two
of one colour. Then the unions of colours show every position all patterns of its window, and the
Shapley values of the whole game are the sum of the positions' own: exact, where enumeration would
need 2^players coalitions. For 49 players and windows of 3 × 3 there are nine colours and 512
unions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Protocol

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray, IntArray
from attribution_core.games.game import bits

CHECKED_COALITIONS = 16
ADDED_AT_ONCE = 128
LARGEST_DIFFERENCE = 1e-5
"""Of a part from what its window says, as a share of the largest part."""


class NotLocal(ValueError):
    """A game was taken for local, and a random coalition shows that it is not."""


class LocalGame(Protocol):
    """A value function for several outputs at once, such as the logits of all classes."""

    @property
    def sees(self) -> BoolArray:
        """The players in each position's window, ``(positions, players)``."""
        ...

    @property
    def batch_size(self) -> int: ...

    def parts(self, coalitions: BoolArray) -> FloatArray:
        """Parts ``(n, positions, features)`` of coalitions ``(n, players)``."""
        ...

    def parts_of_unions(self, present: BoolArray) -> FloatArray:
        """Parts of unions of colours ``(n, colours)``, in whatever way is quickest; colours as
        `colours_of` gives them."""
        ...

    def outputs(self, parts: FloatArray) -> FloatArray:
        """The linear function of parts ``(n, positions, features)``: ``(n, outputs)``."""
        ...


def colours_of(sees: BoolArray) -> IntArray:
    """A colour for each player, ``(players,)``, such that no position sees two of one colour.

    Each player takes the first colour that is free. For the cells of a grid in the order in which
    one reads, and windows of a × b cells, these are a·b colours, the fewest possible.

    Parameters
    ----------
    sees : bool array ``(positions, players)``
    """
    windows = sees.astype(np.float32)
    meet = windows.T @ windows > 0
    colours = np.zeros(sees.shape[1], np.int64)
    for player in range(len(colours)):
        taken = colours[:player][meet[player, :player]]
        colours[player] = next(each for each in range(player + 1) if each not in taken)
    return colours


@dataclass(frozen=True, eq=False)
class MeanParts:
    """Means of the parts over coalitions of colours, from which all values of players follow.

    Attributes
    ----------
    marginals : float array ``(sizes, colours, positions, features)``
        Mean of a(S ∪ c) − a(S) over the S of each size 0..colours−1 without the colour c.
    interactions : float array ``(pairs, positions, features)``
        Shapley interactions of two colours, in the order of `itertools.combinations`.
    known : bool array ``(sizes,)``
        Sizes of which all coalitions have been evaluated; interactions need all of them.
    evaluations, planned : int
        Coalitions so far and in all.
    """

    marginals: FloatArray
    interactions: FloatArray
    known: BoolArray
    evaluations: int
    planned: int

    def averaged(self, weights: FloatArray) -> FloatArray:
        """Marginals over known sizes, by their weights: values of parts.

        Parameters
        ----------
        weights : float array ``(known sizes,)``
            1 over their number for Shapley values.

        Returns
        -------
        float array ``(colours, positions, features)``
        """
        return np.tensordot(weights.astype(np.float32), self.marginals[self.known], axes=1)


def mean_parts(game: LocalGame, seed: int = 0) -> Iterator[MeanParts]:
    """Evaluate all unions of colours, smallest and largest first.

    Parameters
    ----------
    game : LocalGame
    seed : int
        Of the coalitions that check whether the game is local.

    Yields
    ------
    MeanParts
        After each batch from the first known size on.

    Raises
    ------
    NotLocal
        When a random coalition has a part that differs from what its window says.
    """
    colours = colours_of(game.sees)
    count = int(colours.max()) + 1
    check = _Check(game, colours, seed)
    codes = np.arange(2**count, dtype=np.int64)
    sizes = np.bitwise_count(codes).astype(np.int64)
    outward = np.minimum(sizes, count - sizes)
    order = np.argsort(outward, kind="stable")
    weights = np.concatenate([_marginal_weights(codes, sizes, count), _pair_weights(codes, count)])
    sums: FloatArray | None = None
    # Adding to sums of so many rows takes long; a few batches are added at once.
    at_once = game.batch_size * max(1, ADDED_AT_ONCE // game.batch_size)
    for start in range(0, len(order), at_once):
        chosen = order[start : start + at_once]
        parts = game.parts_of_unions(bits(codes[chosen], count))
        check.compare(codes[chosen], parts)
        added = weights[:, chosen].astype(np.float32) @ parts.reshape(len(chosen), -1)
        sums = added if sums is None else sums + added
        done = start + len(chosen)
        left = np.isin(np.arange(count + 1), sizes[order[done:]])
        known = ~(left[:-1] | left[1:])
        if known.any():
            shaped = sums.reshape(-1, *parts.shape[1:])
            yield MeanParts(
                shaped[: count * count].reshape(count, count, *parts.shape[1:]),
                shaped[count * count :],
                known,
                done,
                len(order),
            )


def of_players(game: LocalGame, of_colours: FloatArray) -> FloatArray:
    """Values of players, ``(players, outputs)``, from those of colours.

    Parameters
    ----------
    game : LocalGame
    of_colours : float array ``(colours, positions, features)``
        As `MeanParts.averaged` gives them.
    """
    colours = colours_of(game.sees)
    each = max(1, game.batch_size)
    found = []
    for first in range(0, len(colours), each):
        chosen = slice(first, first + each)
        seen = game.sees[:, chosen].T[:, :, None]
        found.append(game.outputs(of_colours[colours[chosen]] * seen))
    return np.concatenate(found)


def of_pairs(game: LocalGame, interactions: FloatArray) -> tuple[IntArray, FloatArray]:
    """Pairs of players that some position sees together, ``(pairs, 2)``, and the Shapley
    interaction of each, ``(pairs, outputs)``; all other pairs have none.

    Parameters
    ----------
    game : LocalGame
    interactions : float array ``(pairs of colours, positions, features)``
        As `MeanParts.interactions`.
    """
    colours = colours_of(game.sees)
    number = {pair: rank for rank, pair in enumerate(combinations(range(colours.max() + 1), 2))}
    windows = game.sees.astype(np.float32)
    pairs = np.argwhere(np.triu(windows.T @ windows > 0, 1))
    found = []
    for first in range(0, len(pairs), game.batch_size):
        some = pairs[first : first + game.batch_size]
        ranks = [number[tuple(sorted(colours[pair]))] for pair in some]
        together = (game.sees[:, some[:, 0]] & game.sees[:, some[:, 1]]).T[:, :, None]
        found.append(game.outputs(interactions[ranks] * together))
    return pairs, np.concatenate(found) if found else np.zeros((0, 1))


def _marginal_weights(
    codes: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], colours: int
) -> FloatArray:
    """Weights ``(colours · colours, coalitions)`` of coalitions in the mean marginal contributions
    of each colour (fastest) to those of each size."""
    present = bits(codes, colours).T
    weights = np.zeros((colours, colours, len(codes)))
    for size in range(colours):
        among = comb(colours - 1, size)
        weights[size] = present * (sizes == size + 1) / among - ~present * (sizes == size) / among
    return weights.reshape(-1, len(codes))


def _pair_weights(codes: npt.NDArray[np.int64], colours: int) -> FloatArray:
    """Weights ``(pairs, coalitions)`` in the Shapley interactions of colours.

    (−1)^(2 − |S ∩ ij|) / ((k − 1) · C(k − 2, |S ∖ ij|)): Grabisch and Roubens 1999.
    """
    present = bits(codes, colours)
    rows = []
    for pair in combinations(range(colours), 2):
        inside = present[:, pair].sum(axis=1)
        outside = present.sum(axis=1) - inside
        among = np.array([comb(colours - 2, each) for each in range(colours - 1)])
        rows.append((1 - 2 * (inside % 2)) / ((colours - 1) * among[outside]))
    return np.stack(rows) if rows else np.zeros((0, len(codes)))


class _Check:
    """Parts of random coalitions, each evaluated by itself, to be compared with those of unions."""

    def __init__(self, game: LocalGame, colours: IntArray, seed: int) -> None:
        random = np.random.default_rng(seed)
        coalitions = random.random((CHECKED_COALITIONS, len(colours))) < 0.5
        self._parts = game.parts(coalitions)
        # What a position sees, as the code of the colours present; those it does not see are not.
        shows = (game.sees * 2**colours).astype(np.int64)
        self._codes = coalitions.astype(np.int64) @ shows.T
        self._largest = float(np.abs(self._parts).max())

    def compare(self, codes: npt.NDArray[np.int64], parts: FloatArray) -> None:
        """Check the parts ``(n, positions, features)`` of unions of colours; NotLocal says no."""
        at = {int(code): rank for rank, code in enumerate(codes)}
        for coalition, row in zip(self._parts, self._codes, strict=True):
            ranks = np.array([at.get(int(code), -1) for code in row])
            here = ranks >= 0
            if not here.any():
                continue
            found = parts[ranks[here], np.flatnonzero(here)]
            if np.abs(found - coalition[here]).max() > LARGEST_DIFFERENCE * self._largest:
                raise NotLocal(
                    "The head is not local: what a position has depends on more than its window."
                )
