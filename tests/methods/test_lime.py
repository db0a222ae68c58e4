"""LIME: its weighted least squares, its draws and its standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core import (
    Estimate,
    FunctionGame,
    kernel_shap,
    lime,
)
from attribution_core.arrays import BoolArray, FloatArray
from tests.known_games import additive, random_worth, triples_game


def test_lime_finds_an_additive_game() -> None:
    slopes = np.array([3.0, -1.0, 0.5, 0.0])
    for estimate in lime.refine(additive(slopes, empty=2), samples=200):
        assert estimate.diagnostics["weighted_r2"] == pytest.approx(1)
    np.testing.assert_allclose(estimate.values, slopes, atol=1e-10)
    assert estimate.diagnostics["intercept"] == pytest.approx(2)
    assert estimate.standard_error is not None
    np.testing.assert_allclose(estimate.standard_error, 0, atol=1e-10)
    assert estimate.done == estimate.planned == estimate.evaluations == 200


@pytest.mark.parametrize("kernel_width", [0.25, 0.75, 3.0])
def test_lime_solves_its_own_problem(kernel_width: float) -> None:
    """Against weighted normal equations, and R² and standard errors from their definitions.

    These are White's, draws of a coalition and of its complement being one cluster; where all of a
    size were drawn and it begins anew, so do its clusters.
    """
    players, samples = 6, 80
    worth = random_worth(players, 2)
    seen: list[BoolArray] = []

    def value(coalitions: BoolArray) -> FloatArray:
        seen.append(coalitions)
        return worth[coalitions @ 2 ** np.arange(players)]

    found = lime(
        FunctionGame(players, value, 16), samples=samples, kernel_width=kernel_width, seed=4
    )
    z = np.concatenate(seen)
    targets = worth[z @ 2 ** np.arange(players)]
    weights = np.exp(-((1 - z.astype(float)) ** 2).sum(axis=1) / (kernel_width**2 * players))
    design = np.column_stack([np.ones(samples), z])
    bread = np.linalg.inv(design.T @ (weights[:, None] * design))
    expected = bread @ design.T @ (weights * targets)
    np.testing.assert_allclose(found.values, expected[1:], atol=1e-8)
    assert found.diagnostics["intercept"] == pytest.approx(expected[0])

    residuals = targets - design @ expected
    mean = np.average(targets, weights=weights)
    explained = 1 - (weights @ residuals**2) / (weights @ (targets - mean) ** 2)
    assert found.diagnostics["weighted_r2"] == pytest.approx(explained)

    codes = z @ 2 ** np.arange(players)
    pair = np.minimum(codes, 63 - codes)
    kind = np.where(z.sum(axis=1) == players // 2, pair, codes)
    before = np.array([(kind[:place] == each).sum() for place, each in enumerate(kind)])
    cluster = pair * samples + before
    without = []
    for each in np.unique(cluster):
        kept = cluster != each
        left = design[kept].T * weights[kept]
        without.append(np.linalg.solve(left @ design[kept], left @ targets[kept]))
    errors = np.sqrt(((np.array(without) - expected) ** 2).sum(axis=0))
    assert found.standard_error is not None
    np.testing.assert_allclose(found.standard_error, errors[1:], rtol=1e-6)


def test_lime_draws_coalitions_uniformly() -> None:
    seen: list[BoolArray] = []

    def value(coalitions: BoolArray) -> FloatArray:
        seen.append(coalitions)
        return coalitions.sum(axis=1)

    lime(FunctionGame(4, value), samples=16000)
    counts = np.bincount(np.concatenate(seen) @ 2 ** np.arange(4))
    assert ((counts - 1000) ** 2 / 1000).sum() < 37.7  # χ² with 15 degrees, 0.999


@pytest.mark.parametrize("width", [0.25, 0.75])
def test_lime_standard_errors_cover(width: float) -> None:
    """A smooth game of 14 players, against the weighted fit to all coalitions."""
    slopes = np.random.default_rng(5).normal(size=14)

    def value(z: BoolArray) -> FloatArray:
        return 10 / (1 + np.exp(-2 * (z @ slopes - 1)))

    every = np.asarray((np.arange(2**14)[:, None] >> np.arange(14)) & 1, bool)
    weights = np.exp((every.sum(axis=1) - 14) / (width**2 * 14))
    design = np.column_stack([np.ones(2**14), every])
    system = design.T @ (weights[:, None] * design)
    truth = np.linalg.solve(system, design.T @ (weights * value(every)))[1:]
    game, inside = FunctionGame(14, value, 2**14), []
    for seed in range(200):
        found = lime(game, samples=500, kernel_width=width, seed=seed)
        assert found.standard_error is not None
        inside.append(np.abs(found.values - truth) / found.standard_error)
    assert 0.66 <= np.mean(np.array(inside) < 1) <= 0.76
    assert 0.94 <= np.mean(np.array(inside) < 1.96) <= 0.98


def test_kernel_width_says_how_local_lime_is() -> None:
    """v = |S|² on 6 players: near the full coalition one player is worth 36 − 25 = 11.

    Over all coalitions alike, the slope of Σz_i + Σ_{i≠j} z_i·z_j is 1 + 5·(2·½) = 6.
    """
    game = FunctionGame(6, lambda z: z.sum(axis=1) ** 2)
    near = lime(game, samples=5000, kernel_width=0.12).values
    far = lime(game, samples=5000, kernel_width=10).values
    np.testing.assert_allclose(near, 11, atol=0.1)
    np.testing.assert_allclose(far, 6, atol=0.2)


def test_lime_survives_a_narrow_kernel_and_a_constant_game() -> None:
    narrow = lime(additive(np.ones(200)), samples=100, kernel_width=0.05)
    assert np.isfinite(narrow.values).all()
    constant = lime(FunctionGame(5, lambda z: np.full(len(z), 3.0)), samples=50)
    np.testing.assert_allclose(constant.values, 0, atol=1e-12)
    assert constant.diagnostics["weighted_r2"] == pytest.approx(1)
    # Fewer draws than players leave the intercept free all the same.
    few = lime(FunctionGame(50, lambda z: np.full(len(z), 3.0)), samples=32)
    np.testing.assert_allclose(few.values, 0, atol=1e-12)


def test_lime_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="at least 2 samples"):
        lime(additive(np.ones(3)), samples=1)
    with pytest.raises(ValueError, match="a width above 0"):
        lime(additive(np.ones(3)), kernel_width=0)


def test_the_last_estimate_is_the_result() -> None:
    game = additive(np.arange(5.0))
    result = lime(game, samples=100)
    assert isinstance(result, Estimate)
    *_, last = lime.refine(game, samples=100)
    np.testing.assert_array_equal(result.values, last.values)


def test_sampling_repeats_itself() -> None:
    game, _ = triples_game()
    for method in (
        lambda seed: kernel_shap(game, budget=300, seed=seed),
        lambda seed: lime(game, samples=300, seed=seed),
    ):
        np.testing.assert_array_equal(method(3).values, method(3).values)
        assert (method(3).values != method(4).values).any()
