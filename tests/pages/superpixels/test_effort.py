"""How many coalitions the game's estimates take."""

from __future__ import annotations

import pytest

from attribution_core.registry import METHODS
from pages.ui.superpixels.effort import FIRST_SECONDS, Effort
from pages.ui.worker.engine import INTERACTIVE_MULTIPLICATIONS

BOTH = ("kernel_shap", "lime")
KERNEL_SHAP, LIME = ("kernel_shap", "budget"), ("lime", "samples")


def test_methods_share_the_coalitions() -> None:
    assert Effort(1, 48).budgets(BOTH) == {KERNEL_SHAP: 24, LIME: 24}


def test_no_method_begins_with_more_than_its_default() -> None:
    defaults = {KERNEL_SHAP: 512, LIME: 500}
    assert Effort(1, 10**6).budgets(BOTH) == defaults
    for (name, option), value in defaults.items():
        assert METHODS[name].option_named(option).default == value


@pytest.mark.parametrize("times", [1, 2, 8])
def test_each_request_for_more_doubles_them(times: int) -> None:
    assert Effort(times, 48 * times).budgets(BOTH) == {KERNEL_SHAP: 24 * times, LIME: 24 * times}
    assert Effort(times, 10**6 * times).budgets(BOTH) == {
        KERNEL_SHAP: 512 * times,
        LIME: 500 * times,
    }


def test_no_budget_is_too_small_for_its_method() -> None:
    assert Effort(1, 1).budgets(BOTH) == {KERNEL_SHAP: 4, LIME: 2}


def test_a_method_of_all_coalitions_has_no_budget() -> None:
    assert Effort(1, 48).budgets(("shapley_values",)) == {}


@pytest.mark.parametrize(("coalitions", "players"), [(1, 0), (1023, 9), (1024, 10), (4096, 12)])
def test_exact_values_are_for_as_many_players_as_can_be_evaluated(
    coalitions: int, players: int
) -> None:
    assert Effort(1, coalitions).most_exact == players
    assert 2**players <= coalitions


def test_the_first_estimates_of_vgg16_at_the_pixels_are_few() -> None:
    """A pass takes 15.5 billion multiplications, a third of a second on two cores."""
    first = FIRST_SECONDS * INTERACTIVE_MULTIPLICATIONS / 15.5e9
    budgets = Effort(1, int(first)).budgets(BOTH)
    assert sum(int(count) for count in budgets.values()) * 15.5e9 <= 15 * 50e9
