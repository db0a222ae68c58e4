"""What each part of a picture is worth, from coarse to fine: Owen values of what is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.games.game import FunctionGame, Game
from attribution_core.games.hierarchy import Hierarchy
from attribution_core.methods.owen_values import UNDIVIDED, Tree, owen_values
from attribution_core.request import Request
from attribution_core.segmentations import Segments

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


@dataclass(frozen=True, eq=False)
class OwenParts:
    """The parts that are opened and those in sight, with their Owen values so far.

    Attributes
    ----------
    hierarchy : Hierarchy
        Its parts' numbers are those used here.
    opened : tuple of int
        In the order in which they were opened.
    values : mapping of int to float
        By part, in the order of ``hierarchy.walk(opened)``, in units of the score. The whole has
        v(all) − v(∅), and the two that an opened part was merged from sum to its own.
    segments : int array ``(h, w)``
        The player of each position of the layer.
    undivided : float
        The share 0..1 of what is opened that no coalition has told apart yet, so that both halves
        of it have what their players' number gives them.
    evaluations : int
        Coalitions that the values are based on.
    done, planned : int
        Coalitions.
    """

    hierarchy: Hierarchy
    opened: tuple[int, ...]
    values: Mapping[int, float]
    segments: Segments
    undivided: float
    evaluations: int
    done: int
    planned: int

    @property
    def shown(self) -> tuple[int, ...]:
        """The parts in sight."""
        return self.hierarchy.shown(self.opened)


def owen_parts(
    classifier: Classifier,
    request: Request,
    opened: Sequence[int] = (),
    *,
    budget: int | None = None,
) -> Iterator[OwenParts]:
    """The Owen values of a picture's parts, as fine as they are opened.

    The hierarchy is that of the method ``owen_values``: neighbours that are alike merge first. The
    value of a part needs only the parts that lie beside it and beside those that it lies in; it
    does not change when others are opened, nor when it is opened itself (Winter 1989). A part in d
    others is told apart by 2^d coalitions for each half.

    Parameters
    ----------
    classifier : Classifier
    request : Request
        Its picture, layer, class, score, reference and segmentation are taken. Coalitions come
        from the same table as every other method's.
    opened : sequence of int
        Parts, in an order in which each is in sight when its turn comes; others do not count.
    budget : int, optional
        Coalitions evaluated at most; all that are needed where not given.

    Yields
    ------
    OwenParts
        After each batch. All parts opened, the players have the values of ``owen_values``.

    Raises
    ------
    ValueError
        As `pose` does.
    """
    from attribution_core.explanation import pose

    problem = pose(classifier, request)
    game = problem.game()
    hierarchy = Hierarchy.of(game.segments, problem.point.astype(np.float64))
    yield from parts_of(game, hierarchy, game.segments, opened, budget=budget)


def parts_of(
    game: Game,
    hierarchy: Hierarchy,
    segments: Segments,
    opened: Sequence[int],
    *,
    budget: int | None = None,
) -> Iterator[OwenParts]:
    """`owen_parts` of any game on the hierarchy's players."""
    opened = hierarchy.openable(opened)
    shown = hierarchy.shown(opened)
    members = hierarchy.members(shown)
    of_player = members.argmax(axis=0)
    of_parts = FunctionGame(
        len(shown), lambda there: game.values(there[:, of_player]), game.batch_size
    )
    place = {part: number for number, part in enumerate(shown)}

    def tree_below(part: int) -> Tree:
        if part in place:
            return place[part]
        return tuple(tree_below(half) for half in hierarchy.halves(part))

    for estimate in owen_values.refine(of_parts, tree_below(hierarchy.whole), budget=budget):
        values: dict[int, float] = {}
        for part, _ in reversed(list(hierarchy.walk(opened))):
            own = place.get(part)
            values[part] = (
                sum(values[half] for half in hierarchy.halves(part))
                if own is None
                else float(estimate.values[own])
            )
        yield OwenParts(
            hierarchy=hierarchy,
            opened=opened,
            values=dict(reversed(values.items())),
            segments=segments,
            undivided=estimate.diagnostics[UNDIVIDED],
            evaluations=estimate.evaluations,
            done=estimate.done,
            planned=estimate.planned,
        )
