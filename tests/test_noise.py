"""Whether players can be told from noise, and by how many evaluations: against many seeds."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from attribution_core import kernel_shap
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.attribution import Attribution
from attribution_core.games.game import FunctionGame
from tests.made_attributions import attribution

PLAYERS = 16


def game() -> FunctionGame:
    """Values of each player's own, and of every coalition something of its own besides."""
    random = np.random.default_rng(2)
    own, besides = random.normal(size=PLAYERS) * 0.2, random.normal(size=2**PLAYERS)

    def worth(coalitions: BoolArray) -> FloatArray:
        return coalitions @ own + besides[coalitions @ 2 ** np.arange(PLAYERS)]

    return FunctionGame(PLAYERS, worth)


def found(budget: int, seed: int) -> Attribution:
    values = kernel_shap(game(), budget=budget, seed=seed)
    assert values.standard_error is not None
    return replace(
        attribution("kernel_shap"),
        player_values=values.values.astype(np.float32),
        standard_error=values.standard_error.astype(np.float32),
        evaluations=values.evaluations,
    )


def alike(maps: list[Attribution]) -> float:
    """The mean correlation of two seeds."""
    pairs = combinations([each.player_values for each in maps], 2)
    return float(np.mean([np.corrcoef(*pair)[0, 1] for pair in pairs]))


def test_what_is_said_holds_over_many_seeds() -> None:
    few = [found(120, seed) for seed in range(12)]
    said = [each.noise for each in few]
    measured = alike(few)
    assert measured < 0.5
    assert sum(map(bool, said)) >= 9
    promised = [each for each in said if "would correlate" in each]
    correlations = [float(each.split("about ")[1].split(";")[0]) for each in promised]
    assert np.median(correlations) == pytest.approx(measured, abs=0.15)
    enough = [int(each.split("some ")[1].split()[0].replace(",", "")) for each in promised]
    many = [found(int(np.median(enough)), seed) for seed in range(12)]
    assert alike(many) > 0.75
    assert not any(each.noise for each in many)


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert not attribution("kernel_shap").noise
    assert not attribution("gradient").noise
    pure = replace(found(120, 0), player_values=np.ones(PLAYERS, np.float32))
    assert pure.noise.startswith("All differences")
    exact = replace(found(120, 0), standard_error=np.zeros(PLAYERS, np.float32))
    assert not exact.noise
