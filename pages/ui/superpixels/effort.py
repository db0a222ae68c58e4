"""How many coalitions the game's estimates take: few at first, more whenever the visitor asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from attribution_core.methods.options import OptionValue
from attribution_core.registry import METHODS
from attribution_core.running.pace import TimeLeft
from pages.ui.shell.choices import decide, recalled, remember
from pages.ui.shell.settings import whole
from pages.ui.worker.cost import about
from pages.ui.worker.engine import INTERACTIVE_MULTIPLICATIONS

FIRST_SECONDS = 15
"""What the first estimates of all methods take together, at most, on two cores."""

TWICE = "superpixels-effort"
MOST_TIMES = 1024
_BUDGETS = ("budget", "samples")
"""Options that say how many coalitions a method evaluates."""


@dataclass(frozen=True)
class Effort:
    """The coalitions that may be evaluated.

    Attributes
    ----------
    times : int
        1 at first, doubled at each request for more.
    coalitions : int
        For all methods together.
    """

    times: int
    coalitions: int

    def budgets(self, methods: tuple[str, ...]) -> dict[tuple[str, str], OptionValue]:
        """The options, by method and name, with which these methods share the coalitions.

        No method begins with more than its default.
        """
        found: dict[tuple[str, str], OptionValue] = {}
        sampled = [name for name in methods if _budget_of(name)]
        for name in sampled:
            option = METHODS[name].option_named(_budget_of(name))
            first = min(int(option.default), self.coalitions // self.times // len(sampled))
            wanted = max(int(option.minimum or 0), first) * self.times
            found[name, option.name] = min(wanted, int(option.maximum or wanted))
        return found

    def twice(self) -> Effort:
        """The effort with twice as many."""
        return Effort(2 * self.times, 2 * self.coalitions)

    @property
    def most_exact(self) -> int:
        """How many players there may be so that all coalitions of them can be evaluated."""
        return max(0, self.coalitions.bit_length() - 1)


def recall_effort(multiplications: float) -> Effort:
    """The effort that the visitor has asked for.

    Parameters
    ----------
    multiplications : float
        Of one coalition.
    """
    times = recalled(TWICE, 1, lambda text: whole(text, 1, MOST_TIMES))
    remember(TWICE, times, 1)
    first = FIRST_SECONDS * INTERACTIVE_MULTIPLICATIONS / max(multiplications, 1.0)
    return Effort(times, times * max(1, int(min(first, 1e6))))


def offer_more(
    effort: Effort, budgets: Mapping[tuple[str, str], OptionValue], cost: TimeLeft | None
) -> None:
    """A button that doubles the coalitions; it says how many there are, and the cost of more."""
    if not budgets or effort.times >= MOST_TIMES:
        return
    now = ", ".join(f"{METHODS[name].title} {count}" for (name, _), count in budgets.items())
    # The coalitions of the estimates so far need not be evaluated again.
    most = about(None if cost is None else replace(cost, at_most=True))
    st.button(
        f"Twice the coalitions: {most}" if most else "Twice the coalitions",
        icon=":material/more_time:",
        key="twice_the_coalitions",
        on_click=decide,
        args=(TWICE, effort.twice().times),
        help=f"Coalitions now: {now}. More of them take longer and bring the estimates closer to "
        "the truth; a budget that you set under “More” counts instead.",
    )


def _budget_of(method: str) -> str:
    """The name of the option that says how many coalitions a method evaluates, if it has one."""
    return next((each.name for each in METHODS[method].options if each.name in _BUDGETS), "")
