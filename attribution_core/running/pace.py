"""How fast work goes, as measured, and how long what is left of it takes at that pace."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")

REMEMBERED = 512
"""Kinds of work, and groups of it."""

RECENT_RUNS = 7
RECENT_STEPS = 12
FEWEST_STEPS = 4
SECONDS_MEASURED = 0.5
ALIKE = 1.5
"""A pace is steady where the older and the newer half of the recent steps differ by less."""


@dataclass(frozen=True)
class Work:
    """What a request asks for, as far as its time depends on it.

    Attributes
    ----------
    kind : hashable
        What the speed depends on, such as the model, the layer and the method.
    amount : float
        In any unit that grows with the time; 0 for what is too quick to count, NaN where it cannot
        be told.
    together : hashable
        Equal for requests that are computed in one go: all are there when one of them is. None for
        a request on its own.
    at_most : bool
        Whether it may end before the whole amount is done.
    """

    kind: Hashable
    amount: float
    together: Hashable = None
    at_most: bool = False


@dataclass(frozen=True)
class TimeLeft:
    """How long work will still take, in seconds; ``at_most`` where it may end earlier."""

    seconds: float
    at_most: bool = False


@dataclass(eq=False)
class Group:
    """Works that are computed in one go, and whether one of them has been."""

    done: bool = False


class Paces:
    """The paces of each kind of work, from the latest runs; the oldest kinds are forgotten."""

    def __init__(self) -> None:
        self._paces: OrderedDict[Hashable, deque[float]] = OrderedDict()
        # By their hashes alone: a request holds a picture, which is not to be kept for this.
        self._groups: OrderedDict[int, Group] = OrderedDict()

    def run(self, work: Work) -> Run:
        """A run of some work, not begun."""
        group = Group()
        if work.together is not None:
            name = hash(work.together)
            group = self._groups.setdefault(name, group)
            self._groups.move_to_end(name)
            _forget(self._groups)
        return Run(work, group, self)

    def seconds_for(self, work: Work) -> float | None:
        """How long the whole work takes, in seconds; None where its kind was never measured."""
        if work.amount == 0:
            return 0.0
        measured = self._paces.get(work.kind)
        if not measured or math.isnan(work.amount):
            return None
        return work.amount / median(measured)

    def met(self, kind: Hashable) -> bool:
        """Whether work of this kind has been run before."""
        return kind in self._paces

    def note(self, kind: Hashable, amount: float, seconds: float) -> None:
        """Remember that so much of a kind took so long; of nothing, that the kind has been met."""
        measured = self._paces.setdefault(kind, deque(maxlen=RECENT_RUNS))
        self._paces.move_to_end(kind)
        if amount > 0 and seconds > 0:
            measured.append(amount / seconds)
        _forget(self._paces)


class Run:
    """One run of some work: how far it has come, and how fast.

    The first step of a kind of work prepares the network for all that follow: it is not measured.
    """

    def __init__(self, work: Work, group: Group, paces: Paces) -> None:
        self.work = work
        self.group = group
        self._paces = paces
        self.begin()

    def begin(self, share: float = 0.0) -> None:
        """Start, or start over, where a share 0..1 of the work is done."""
        self._first, self._share = share, share
        self._seconds = 0.0
        self._since_rise = 0.0
        self._steps: deque[tuple[float, float]] = deque(maxlen=RECENT_STEPS)
        self._pace: float | None = None
        self._met = self._paces.met(self.work.kind)
        self._known = self.group.done

    def step(self, share: float, seconds: float) -> None:
        """Note a step that took so many seconds, after which a share 0..1 of the work is done."""
        rise = share - self._share
        self._share = share
        if not self._met:
            self._met, self._first = True, share
            return
        self._seconds += seconds
        self._since_rise += seconds
        if rise > 0:
            self._steps.append((rise, self._since_rise))
            self._since_rise = 0.0
            self._pace = _steady(self._steps)

    def end(self, *, done: bool) -> None:
        """Learn the kind's pace from the run; ``done``: it has come to its own end."""
        # What was known before took no time, and tells nothing of the next.
        told = 0.0 if self._known else self._share - self._first
        self._paces.note(self.work.kind, told * self.work.amount, self._seconds)
        self.group.done = self.group.done or done

    def left(self) -> TimeLeft | None:
        """The time that the rest takes: at this run's own pace once that is steady, until then at
        the kind's; None where neither is known."""
        rest = max(0.0, 1 - self._share)
        if self._pace is not None:
            return TimeLeft(rest / self._pace, self.work.at_most)
        if self.group.done:
            return TimeLeft(0.0)
        whole = self._paces.seconds_for(self.work)
        return None if whole is None else TimeLeft(rest * whole, self.work.at_most)


def _steady(steps: Sequence[tuple[float, float]]) -> float | None:
    """The share of the work done per second, if the steps are enough and go at one pace."""
    rises, seconds = zip(*steps, strict=True)
    if len(steps) < FEWEST_STEPS or sum(seconds) < SECONDS_MEASURED:
        return None
    half = len(steps) // 2
    older, newer = (
        sum(rises[part]) / max(sum(seconds[part]), 1e-9)
        for part in (slice(half), slice(half, None))
    )
    alike = max(older, newer) < ALIKE * min(older, newer)
    return sum(rises) / sum(seconds) if alike else None


def _forget(known: OrderedDict[Key, Kept]) -> None:
    while len(known) > REMEMBERED:
        known.popitem(last=False)
