"""Cooperative games: coalitions of players, and what each coalition is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray


class Game(Protocol):
    """A value function on coalitions of players.

    ``batch_size`` is the best number of coalitions for one call.
    """

    @property
    def players(self) -> int: ...

    @property
    def batch_size(self) -> int: ...

    def values(self, coalitions: BoolArray) -> FloatArray:
        """Values ``(n,)`` of coalitions ``(n, players)``, True where a player takes part."""
        ...


class FunctionGame:
    """A game given by a function from coalitions ``(n, players)`` to values ``(n,)``."""

    def __init__(
        self, players: int, function: Callable[[BoolArray], FloatArray], batch_size: int = 256
    ) -> None:
        if players < 1:
            raise ValueError(f"A game cannot have {players} players; give at least one.")
        self._players = players
        self._function = function
        self._batch_size = batch_size

    @property
    def players(self) -> int:
        return self._players

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def values(self, coalitions: BoolArray) -> FloatArray:
        values = np.asarray(self._function(coalitions), np.float64)
        if values.shape != (len(coalitions),):
            raise ValueError(
                f"The game gives values of shape {values.shape} for {len(coalitions)} coalitions; "
                f"it should give one per coalition, shape ({len(coalitions)},)."
            )
        return values


def batches(coalitions: BoolArray, size: int) -> Iterator[BoolArray]:
    """The coalitions in order, at most ``size`` at a time."""
    for start in range(0, len(coalitions), size):
        yield coalitions[start : start + size]


def worth_a_look(done: int, looked: int, planned: int) -> bool:
    """Whether there are enough new coalitions since the last solution to solve again cheaply."""
    return done >= 1.25 * looked or done >= planned


def bits(codes: npt.NDArray[np.int64], players: int) -> BoolArray:
    """Coalitions ``(n, players)`` whose player i is bit i of each code."""
    return np.asarray((codes[:, None] >> np.arange(players)) & 1, bool)
