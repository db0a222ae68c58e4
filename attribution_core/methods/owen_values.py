"""Owen values: the score shared out among groups of players, then within each, and so on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray, IntArray
from attribution_core.games.game import Game, batches
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.method import Method, Promise, TwoVariables, game_of_variables
from attribution_core.methods.options import bfloat16_option, option
from attribution_core.region_merging import merging_order

if TYPE_CHECKING:
    from attribution_core.problem import Problem

Tree = int | tuple["Tree", ...]
"""A player, or a group of two or more players and groups."""

UNDIVIDED = "undivided"
"""The diagnostic of what is still in groups."""

MOST_PARTS = 10
"""Of one group: each of its divisions takes 2^parts coalitions."""


@Estimator
def owen_values(game: Game, tree: Tree, *, budget: int | None = None) -> Iterator[Estimate]:
    """The mean of v(S ∪ i) − v(S) over all orders in which every group of the tree stays together.

    S has the players before i. A group comes as one player among its siblings, and shares what it
    adds out to its parts in the same way, once for each set of players that may be there already
    (Owen 1977; of groups within groups, Winter 1989). Of a tree of pairs, as deep for every player,
    that takes 2 (l² − 1) / 3 + 2 coalitions, and not 2^l. With fewer, what matters most is divided
    first, and players of a group that is still undivided somewhere have equal parts of what it adds
    there: the values sum to v(all) − v(∅) at any budget.

    Parameters
    ----------
    game : Game
    tree : int, or nested tuples of int
        Of players, every one once; at most ten parts a group. With one flat group, these are the
        Shapley values.
    budget : int, optional
        Coalitions evaluated at most, but never fewer than 2; all that are needed where not given.

    Yields
    ------
    Estimate
        After each batch, with values ``(players,)`` and the diagnostic ``undivided``: the share of
        |v(S ∪ group) − v(S)|, weighted as in the values, that is in groups not divided there.

    Raises
    ------
    ValueError
        When the tree does not have every player once, or a group has one part or more than ten.
    """
    groups = _Groups.of(tree, game.players)
    ends = np.stack([np.zeros(game.players, bool), np.ones(game.players, bool)])
    nothing, everything = game.values(ends)
    state = _Divisions(groups, float(nothing), float(everything))
    most = math.inf if budget is None else budget
    used = 2
    yield state.estimate(used, budget)
    while batch := state.most_important(most - used, game.batch_size):
        asked = np.concatenate([groups.coalitions(each.group, each.there) for each in batch])
        worth = np.concatenate([game.values(piece) for piece in batches(asked, game.batch_size)])
        used += len(asked)
        for each in batch:
            count = groups.evaluations(each.group)
            state.divide(each, worth[:count])
            worth = worth[count:]
        yield state.estimate(used, budget)


@dataclass(frozen=True)
class _Groups:
    """The groups of a tree by number, the root first.

    Attributes
    ----------
    members : list of bool arrays ``(players,)``
    parts : list of tuples of int
        Numbers of each group's parts; none where it is a player.
    """

    members: list[BoolArray] = field(default_factory=list)
    parts: list[tuple[int, ...]] = field(default_factory=list)

    @classmethod
    def of(cls, tree: Tree, players: int) -> _Groups:
        groups = cls()
        if sorted(_players_of(tree)) != list(range(players)):
            raise ValueError(
                f"The tree should have each of the players 0 to {players - 1} once, and has "
                f"{sorted(_players_of(tree))}."
            )
        groups._add(tree, players)
        return groups

    def _add(self, tree: Tree, players: int) -> int:
        number = len(self.members)
        members = np.zeros(players, bool)
        members[_players_of(tree)] = True
        self.members.append(members)
        self.parts.append(())
        if isinstance(tree, tuple):
            if not 2 <= len(tree) <= MOST_PARTS:
                raise ValueError(
                    f"A group of the tree has {len(tree)} parts; give it 2 to {MOST_PARTS}."
                )
            self.parts[number] = tuple(self._add(part, players) for part in tree)
        return number

    def evaluations(self, group: int) -> int:
        """Coalitions that a division takes: some of the parts, but neither none nor all."""
        return int(2 ** len(self.parts[group])) - 2

    def all_evaluations(self) -> int:
        """What dividing every group takes, once for each set of players that may be there."""
        times = [1] * len(self.parts)
        # A group stands before its parts.
        for group, parts in enumerate(self.parts):
            for part in parts:
                times[part] = times[group] * 2 ** (len(parts) - 1)
        return sum(
            number * self.evaluations(group)
            for group, number in enumerate(times)
            if self.parts[group]
        )

    def coalitions(self, group: int, there: BoolArray) -> BoolArray:
        """Players that are there, with some of the group's parts ``(evaluations, players)``."""
        members = np.stack([self.members[part] for part in self.parts[group]])
        with_part = _subsets(len(members))[1:-1]
        return np.asarray(there | (with_part[:, :, None] & members).any(axis=1))


def _players_of(tree: Tree) -> list[int]:
    return [tree] if isinstance(tree, int) else [i for part in tree for i in _players_of(part)]


def _subsets(parts: int) -> BoolArray:
    """All of them ``(2^parts, parts)``; the number of each has its members as bits."""
    return np.asarray(np.arange(2**parts)[:, None] >> np.arange(parts) & 1 == 1)


@dataclass(frozen=True, order=True)
class _Share:
    """What a group adds to players that are there, which is still to be divided."""

    rank: float
    number: int
    group: int = field(compare=False)
    there: BoolArray = field(compare=False)
    weight: float = field(compare=False)
    without: float = field(compare=False)
    adds: float = field(compare=False)


class _Divisions:
    """Values of the players so far, and the shares of groups, the largest first."""

    def __init__(self, groups: _Groups, nothing: float, everything: float) -> None:
        self._groups = groups
        self._planned = 2 + groups.all_evaluations()
        players = len(groups.members[0])
        self._values = np.zeros(players)
        self._undivided: list[_Share] = []
        self._divided = 0.0
        self._made = 0
        self._put(0, np.zeros(players, bool), 1.0, nothing, everything)

    def _put(
        self, group: int, there: BoolArray, weight: float, without: float, together: float
    ) -> None:
        members = self._groups.members[group]
        adds = together - without
        self._values[members] += weight * adds / members.sum()
        if not self._groups.parts[group]:
            self._divided += abs(weight * adds)
            return
        share = _Share(-abs(weight * adds), self._made, group, there, weight, without, adds)
        heappush(self._undivided, share)
        self._made += 1

    def most_important(self, evaluations: float, at_once: int) -> list[_Share]:
        """Shares taken out that fit a batch, at least one, and what is left; none where none is."""
        batch: list[_Share] = []
        taken = 0
        while self._undivided:
            cost = self._groups.evaluations(self._undivided[0].group)
            if taken + cost > evaluations or (batch and taken + cost > at_once):
                break
            batch.append(heappop(self._undivided))
            taken += cost
        return batch

    def divide(self, share: _Share, worth: FloatArray) -> None:
        """Share what a group adds out to its parts: the Shapley values of their game."""
        members = self._groups.members[share.group]
        self._values[members] -= share.weight * share.adds / members.sum()
        parts = self._groups.parts[share.group]
        subsets = _subsets(len(parts))
        together = np.concatenate([[share.without], worth, [share.without + share.adds]])
        there = np.stack([self._groups.members[part] for part in parts])
        there = share.there | (subsets[:, :, None] & there).any(axis=1)
        for bit, part in enumerate(parts):
            for code in np.flatnonzero(~subsets[:, bit]):
                orders = len(parts) * math.comb(len(parts) - 1, int(subsets[code].sum()))
                with_part = together[code | 1 << bit]
                self._put(part, there[code], share.weight / orders, together[code], with_part)

    def estimate(self, used: int, budget: int | None) -> Estimate:
        undivided = -sum(share.rank for share in self._undivided)
        total = undivided + self._divided
        planned = self._planned if budget is None else max(2, min(budget, self._planned))
        return Estimate(
            values=self._values.copy(),
            done=used,
            planned=planned,
            evaluations=used,
            diagnostics={UNDIVIDED: undivided / total if total else 0.0},
        )


def tree_of(order: IntArray) -> Tree:
    """Pairs within pairs, from the rows of `region_merging.merging_order`."""
    trees: list[Tree] = list(range(len(order) + 1))
    for one, other in order.tolist():
        trees.append((trees[one], trees[other]))
    return trees[-1]


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    budget: int = option(
        512,
        "Budget",
        "Coalitions evaluated at most. Where they do not suffice, groups that matter least stay "
        "undivided, and their players have equal values.",
        2,
        20000,
        step=64,
    )
    bfloat16: bool = bfloat16_option()


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    game = problem.game(bfloat16=options.bfloat16)
    if game.players == 1:
        tree: Tree = 0
    else:
        tree = tree_of(merging_order(game.segments, problem.point.astype(np.float64)))
    return owen_values.refine(game, tree, budget=options.budget)


PROMISES: tuple[Promise, ...] = (
    "completeness",
    "dummy",
    "sensitivity",
    "linearity",
    "monotonicity",
    "implementation_invariance",
)
"""Those of Shapley values but symmetry, which holds among the parts of a group alone."""

METHOD = Method(
    name="owen_values",
    title="Owen values",
    summary="What each group of alike neighbours adds, shared out within the group, down to single "
    "players: far fewer coalitions than Shapley values need.",
    paper="Owen 1977; Winter 1989",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.budget,
    stops_early=lambda options: True,
    needs="game",
    uses_reference=True,
    splits_change=True,
    promises=PROMISES,
    of_players=True,
    diagnostics={UNDIVIDED: "{:.0%} in groups not divided"},
    quick=Options(budget=16),
    two_variables=TwoVariables(
        lambda function, point, reference: owen_values(
            game_of_variables(function, point, reference), (0, 1)
        ),
        r"\varphi_1 = \tfrac12\bigl[v(\{1\}) - v(\emptyset)\bigr] + "
        r"\tfrac12\bigl[v(\{1, 2\}) - v(\{2\})\bigr]",
        "Two variables are one group, whose Owen values are the Shapley values; two of three or "
        "more, in different groups, need not have equal values where their roles are equal.",
    ),
)
