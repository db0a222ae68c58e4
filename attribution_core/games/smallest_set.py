"""The smallest coalition that is worth more than 0: found greedily, then proven by trying all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray

Worth = Callable[[BoolArray], FloatArray]
"""From coalitions ``(n, players)`` to what they are worth ``(n,)``."""


@dataclass(frozen=True, eq=False)
class SmallestSet:
    """The smallest coalition found so far.

    Attributes
    ----------
    members : bool array ``(players,)`` or None
        None where none was found.
    at_least : int
        No coalition of fewer members will do: all of them were tried.
    evaluations : int
        Coalitions asked about, those that are asked about twice counted twice.
    """

    members: BoolArray | None
    at_least: int
    evaluations: int

    @property
    def size(self) -> int | None:
        return None if self.members is None else int(self.members.sum())

    @property
    def proven(self) -> bool:
        """Whether no smaller coalition will do; where there is none, whether none will at all."""
        size = self.size
        return self.at_least >= size if size is not None else self.at_least > _NO_PLAYERS


_NO_PLAYERS = 2**30
"""``at_least`` where every coalition was tried in vain is above this."""


def smallest_set(
    players: int, worth: Worth, *, budget: int = 4096, batch_size: int = 64
) -> Iterator[SmallestSet]:
    """Find the smallest coalition whose worth is above 0, however the worth depends on it.

    First greedily: the player that raises the worth most joins, again and again, until the worth is
    above 0; then members leave as long as it stays there. After that all smaller coalitions are
    tried, the smallest first, as far as the budget goes: what is found is then proven, or it is
    known from which size on a smaller one could be.

    Parameters
    ----------
    players : int
        At least 1.
    worth : callable
    budget : int
        Evaluations at most; the greedy search alone takes up to l (l + 1) / 2 + 2 of l players.
    batch_size : int

    Yields
    ------
    SmallestSet
        After each step; the last one is what was found.

    Raises
    ------
    ValueError
        When there is no player, or the budget is below 1.
    """
    if players < 1 or budget < 1:
        raise ValueError(
            f"The smallest of {players} players' coalitions cannot be found with {budget} "
            "evaluations; give at least 1 of each."
        )
    search = _Search(worth, players, budget, batch_size)
    yield from search.greedily()
    yield from search.by_trying_all()


class _Search:
    """The best coalition so far, and the evaluations that are left."""

    def __init__(self, worth: Worth, players: int, budget: int, batch_size: int) -> None:
        self._worth, self._players = worth, players
        self._budget, self._batch_size = budget, batch_size
        self._used = self._at_least = 0
        self._best: BoolArray | None = None

    def found(self) -> SmallestSet:
        return SmallestSet(self._best, self._at_least, self._used)

    def _ask(self, coalitions: BoolArray) -> FloatArray:
        """What the first of them are worth, as many as the budget allows."""
        allowed = coalitions[: self._budget - self._used]
        self._used += len(allowed)
        pieces = [
            self._worth(allowed[start : start + self._batch_size])
            for start in range(0, len(allowed), self._batch_size)
        ]
        return np.concatenate(pieces) if pieces else np.empty(0)

    def greedily(self) -> Iterator[SmallestSet]:
        """Players join until the worth is above 0, then leave while it is."""
        members = np.zeros(self._players, bool)
        worth = self._ask(members[None])
        while len(worth) and worth.max() <= 0 and not members.all():
            tried = members | np.eye(self._players, dtype=bool)[~members]
            worth = self._ask(tried)
            if len(worth) < len(tried):
                yield self.found()
                return
            members = tried[int(np.argmax(worth))]
            yield self.found()
        if not len(worth) or worth.max() <= 0:
            return
        self._best = members
        yield self.found()
        yield from self._leaving()

    def _leaving(self) -> Iterator[SmallestSet]:
        while self._best is not None and self._best.any():
            tried = self._best & ~np.eye(self._players, dtype=bool)[self._best]
            worth = self._ask(tried)
            if len(worth) < len(tried) or worth.max() <= 0:
                return
            self._best = tried[int(np.argmax(worth))]
            yield self.found()

    def by_trying_all(self) -> Iterator[SmallestSet]:
        """All coalitions by size, until one is worth more than 0 or the budget is used up."""
        while self._at_least < (self._players + 1 if self._best is None else self._best.sum()):
            size = self._at_least
            if comb(self._players, size) > self._budget - self._used:
                break
            every = combinations(range(self._players), size)
            while chosen := list(islice(every, self._batch_size)):
                tried = np.zeros((len(chosen), self._players), bool)
                np.put_along_axis(
                    tried, np.array(chosen, np.int64).reshape(len(chosen), size), True, axis=1
                )
                worth = self._ask(tried)
                if worth.max() > 0:
                    self._best = tried[int(np.argmax(worth))]
                    yield self.found()
                    return
                yield self.found()
            self._at_least += 1
        if self._best is None and self._at_least > self._players:
            self._at_least = _NO_PLAYERS + 1
        yield self.found()
