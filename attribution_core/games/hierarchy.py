"""A picture's parts from coarse to fine: the whole, what it was merged from, and so on down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray
from attribution_core.region_merging import Features, Labels, merging_order


@dataclass(frozen=True)
class Hierarchy:
    """Players, groups of two of them, groups of two of these, up to the whole.

    Parts are numbered: the players first, from 0, then every group as it was merged; the last part
    is the whole. Which parts are *opened* says how fine one looks: an opened part is seen as the
    two that it was merged from, and the whole is seen until it is opened.

    Attributes
    ----------
    merges : tuple of (int, int)
        The two parts of each group; as many groups as players less one.
    """

    merges: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, segments: Labels, features: Features) -> Hierarchy:
        """The order in which alike neighbours merge, as `region_merging.merging_order` has it.

        Parameters
        ----------
        segments : int array ``(h, w)``
            The player of each position, 0..n−1.
        features : float array ``(h, w, d)``
            What neighbours are alike in.
        """
        if not segments.any():
            return cls(())
        return cls(tuple((one, other) for one, other in merging_order(segments, features).tolist()))

    @property
    def players(self) -> int:
        return len(self.merges) + 1

    @property
    def whole(self) -> int:
        """The number of the part that has every player."""
        return 2 * len(self.merges)

    def halves(self, part: int) -> tuple[int, ...]:
        """The two that a part was merged from; none of a player."""
        return self.merges[part - self.players] if part >= self.players else ()

    def players_of(self, part: int) -> tuple[int, ...]:
        """In order."""
        halves = self.halves(part)
        if not halves:
            return (part,)
        return tuple(sorted(player for half in halves for player in self.players_of(half)))

    def openable(self, asked: Sequence[int]) -> tuple[int, ...]:
        """Of the parts asked for, in their order, those that are in sight when their turn comes."""
        seen, opened = {self.whole}, []
        for part in asked:
            if part in seen and self.halves(part):
                seen.remove(part)
                seen.update(self.halves(part))
                opened.append(part)
        return tuple(opened)

    def joined(self, opened: Sequence[int], part: int) -> tuple[int, ...]:
        """What stays open when a part is seen as one again."""
        return self.openable([each for each in opened if each != part])

    def walk(self, opened: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The whole, and all that opening has brought to light, each before its halves.

        Yields
        ------
        (int, int)
            A part, and how many opened ones it lies in.
        """
        waiting = [(self.whole, 0)]
        while waiting:
            part, depth = waiting.pop()
            yield part, depth
            if part in opened:
                one, other = self.halves(part)
                waiting += [(other, depth + 1), (one, depth + 1)]

    def shown(self, opened: Sequence[int]) -> tuple[int, ...]:
        """The parts in sight, in the order of `walk`: every player is in one of them."""
        return tuple(part for part, _ in self.walk(opened) if part not in opened)

    def members(self, parts: Sequence[int]) -> BoolArray:
        """Which players each part has ``(parts, players)``."""
        members = np.zeros((len(parts), self.players), bool)
        for row, part in enumerate(parts):
            members[row, list(self.players_of(part))] = True
        return members

    def labels(self, segments: Labels, opened: Sequence[int]) -> npt.NDArray[np.int64]:
        """The place in `shown` of each position's part, shaped as ``segments``."""
        of_player = self.members(self.shown(opened)).argmax(axis=0)
        return np.asarray(of_player[segments], np.int64)
