"""What speaks where: at each place the class that it speaks for most, and regions of one class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray, IntArray
from attribution_core.painting import colours_of_categories
from attribution_core.segmentations import Segments


@dataclass(frozen=True)
class Region:
    """Neighbouring players that speak for one class more than for any other.

    Attributes
    ----------
    target : int
        The class.
    players : tuple of int
    value : float
        What they give to the class's logit together.
    strongest : int
        The one of them that gives it most.
    """

    target: int
    players: tuple[int, ...]
    value: float
    strongest: int


@dataclass(frozen=True, eq=False)
class StrongestClasses:
    """For each player the class that it speaks for most, and the runner-up.

    Attributes
    ----------
    classes : int array ``(players, 2)``
        The two classes with the largest values, the largest first.
    values : float array ``(players, 2)``
        What the player gives to the logits of the two.
    standard_error : float array ``(players, 2)`` or None
        Of the values; None where they are exact.
    segments : int array ``(h, w)``
        The player that each position of the layer belongs to.
    """

    classes: IntArray
    values: FloatArray
    standard_error: FloatArray | None
    segments: Segments

    @property
    def class_map(self) -> IntArray:
        """The strongest class of each position, ``(h, w)``."""
        return np.asarray(self.classes[self.segments, 0])

    @property
    def value_map(self) -> FloatArray:
        """What each position's player gives to that class, ``(h, w)``."""
        return np.asarray(self.values[self.segments, 0])

    @property
    def region_map(self) -> npt.NDArray[np.int64]:
        """The number of each position's region among `regions`, ``(h, w)``; −1 for none."""
        number_of = np.full(len(self.classes), -1, np.int64)
        for number, region in enumerate(self.regions):
            number_of[list(region.players)] = number
        return np.asarray(number_of[self.segments])

    @property
    def ranked(self) -> dict[int, int]:
        """How many players speak for each class of a region; the largest sum of values first."""
        totals: defaultdict[int, float] = defaultdict(float)
        counts: defaultdict[int, int] = defaultdict(int)
        for region in self.regions:
            totals[region.target] += region.value
            counts[region.target] += len(region.players)
        return {target: counts[target] for target in sorted(totals, key=lambda each: -totals[each])}

    @property
    def colours(self) -> dict[int, str]:
        """A colour ``#rrggbb`` for each class of a region; where two meet, theirs differ if they
        can."""
        first = self.classes[:, 0]
        meet = {
            (int(first[one]), int(first[other]))
            for one, other in neighbours(self.segments)
            if first[one] != first[other]
        }
        return colours_of_categories(list(self.ranked), meet)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Neighbours of one class merged, the largest value first.

        A player that speaks for no class, whose largest value is not above 0, is in none.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        first, value = self.classes[:, 0], self.values[:, 0]
        pairs = np.array(sorted(neighbours(self.segments)), np.int64).reshape(-1, 2)
        pairs = pairs[first[pairs[:, 0]] == first[pairs[:, 1]]]
        pairs = pairs[(value[pairs] > 0).all(axis=1)]
        joined = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(first), len(first)))
        _, region = connected_components(joined, directed=False)
        found = []
        for each in np.unique(region[value > 0]):
            players = np.flatnonzero(region == each)
            strongest = int(players[np.argmax(value[players])])
            found.append(
                Region(
                    int(first[strongest]),
                    tuple(players.tolist()),
                    float(value[players].sum()),
                    strongest,
                )
            )
        return tuple(sorted(found, key=lambda each: (-each.value, each.strongest)))


def strongest_classes(
    values: FloatArray,
    segments: Segments,
    among: Sequence[int] | None = None,
    standard_error: FloatArray | None = None,
) -> StrongestClasses:
    """The two classes that each player speaks for most.

    Parameters
    ----------
    values : float array ``(players, classes)``
        What each player gives to each class.
    segments : int array ``(h, w)``
        The player that each position belongs to, 0..players−1.
    among : sequence of int, optional
        The classes that are considered, at least two; all where not given. Of equal values the
        class named first counts as the larger.
    standard_error : float array ``(players, classes)``, optional

    Raises
    ------
    ValueError
        When fewer than two classes are considered, or one of them does not exist.
    """
    count = values.shape[1]
    considered = np.arange(count) if among is None else np.array(list(dict.fromkeys(among)), int)
    if len(considered) < 2:
        raise ValueError(
            "What speaks where compares classes, and there are fewer than two; give two or more."
        )
    if considered.min() < 0 or considered.max() >= count:
        wrong = next(each for each in considered.tolist() if not 0 <= each < count)
        raise ValueError(f"There is no class {wrong}; give numbers between 0 and {count - 1}.")
    order = np.argsort(-values[:, considered], axis=1, kind="stable")[:, :2]
    classes = considered[order]
    return StrongestClasses(
        classes,
        np.take_along_axis(values, classes, axis=1),
        None if standard_error is None else np.take_along_axis(standard_error, classes, axis=1),
        segments,
    )


def neighbours(segments: npt.NDArray[np.integer]) -> set[tuple[int, int]]:
    """Pairs of labels, the lower first, that share an edge in a plane ``(h, w)`` of labels."""
    beside = (segments[:, :-1], segments[:, 1:]), (segments[:-1], segments[1:])
    meet = np.concatenate([np.stack([one.ravel(), other.ravel()], axis=1) for one, other in beside])
    meet = np.sort(meet[meet[:, 0] != meet[:, 1]], axis=1)
    return {(int(one), int(other)) for one, other in np.unique(meet, axis=0)}
