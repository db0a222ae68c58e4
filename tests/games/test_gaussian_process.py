"""The Gaussian process over windows: its closed forms against enumeration, and its symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import FunctionGame, shapley_values
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.game import bits
from attribution_core.games.gaussian_process import (
    Factorisation,
    Hyperparameters,
    Posterior,
    centres_of,
    likeliest,
    shapley_covariance,
    shapley_variances,
    window_covariance,
    windows,
)

PLAYERS = 8
CENTRES = centres_of(np.arange(PLAYERS).reshape(2, 4))
chosen_ones = st.builds(
    Hyperparameters,
    st.sampled_from([0.3, 0.8, 2.0]),
    st.sampled_from([0.5, 1.0, 1.4]),
    st.sampled_from([1.0, 3.0]),
    st.sampled_from([0.01, 0.3]),
)
quick = settings(max_examples=15, deadline=None)


def signs_of(coalitions: BoolArray) -> FloatArray:
    return np.where(coalitions, 1.0, -1.0)


def observed(count: int, seed: int, outputs: int = 2) -> tuple[FloatArray, FloatArray]:
    """All players and then coalitions of which none is another's complement, with values."""
    random = np.random.default_rng(seed)
    codes = random.choice(2 ** (PLAYERS - 1) - 1, count, replace=False)
    signs = np.concatenate([np.ones((1, PLAYERS)), signs_of(bits(codes, PLAYERS))])
    return signs, random.normal(size=(count + 1, outputs))


@quick
@given(chosen=chosen_ones, seed=st.integers(0, 2**31), around=st.booleans())
def test_shapley_values_are_those_of_the_posterior_mean(
    chosen: Hyperparameters, seed: int, around: bool
) -> None:
    """The closed form against an enumeration of all 2⁸ coalitions of the mean function."""
    signs, worth = observed(30, seed)
    known = np.random.default_rng(seed).normal(size=(PLAYERS, 2)) if around else None
    at = Factorisation.of(CENTRES, signs, chosen)
    posterior = Posterior(at, worth, known)

    def mean(coalitions: BoolArray, output: int) -> FloatArray:
        at_these = signs_of(coalitions)
        return posterior.mean(at_these, at.covariance(at_these))[:, output]

    for output in range(2):
        game = FunctionGame(PLAYERS, lambda z, of=output: mean(z, of))
        enumerated = shapley_values(game).values
        np.testing.assert_allclose(posterior.shapley_values[:, output], enumerated, atol=1e-7)


@quick
@given(chosen=chosen_ones)
def test_the_priors_variances_are_those_of_the_enumerated_values(chosen: Hyperparameters) -> None:
    """Shapley values are linear in the game: M k Mᵀ, over all pairs of 2⁸ coalitions."""
    everyone = bits(np.arange(2**PLAYERS), PLAYERS)
    of_each_coalition = np.stack(
        [
            shapley_values(
                FunctionGame(PLAYERS, lambda z, c=code: (z @ 2 ** np.arange(PLAYERS) == c) * 1.0)
            ).values
            for code in range(2**PLAYERS)
        ],
        axis=1,
    )
    signs = signs_of(everyone)
    over = windows(CENTRES, chosen.strength, chosen.width)
    covariance = chosen.slopes**2 * signs @ signs.T / PLAYERS
    covariance += window_covariance(over, signs, signs)
    half = of_each_coalition @ covariance
    np.testing.assert_allclose(shapley_covariance(over, chosen.slopes, signs), half, atol=1e-9)
    np.testing.assert_allclose(
        shapley_variances(over, chosen.slopes),
        np.diag(half @ of_each_coalition.T),
        atol=1e-6,
    )


def test_without_noise_the_mean_is_what_was_observed() -> None:
    signs, worth = observed(20, 3)
    at = Factorisation.of(CENTRES, signs, Hyperparameters(0.8, 1.0, 1.0, 0.0))
    posterior = Posterior(at, worth)
    np.testing.assert_allclose(posterior.mean(signs, at.covariance(signs)), worth, atol=1e-4)
    # Of the odd function, all absent are worth minus all present.
    np.testing.assert_allclose(posterior.shapley_values.sum(axis=0), 2 * worth[0], atol=1e-4)


def test_what_is_left_out_is_what_a_fit_without_it_misses() -> None:
    signs, worth = observed(20, 4)
    chosen = Hyperparameters(0.8, 0.7, 1.0, 0.1)
    left_out = Posterior(Factorisation.of(CENTRES, signs, chosen), worth).left_out
    for place in (1, 7, 20):
        others = np.delete(np.arange(21), place)
        at = Factorisation.of(CENTRES, signs[others], chosen)
        without = Posterior(at, worth[others])
        here = signs[place : place + 1]
        missed = worth[place] - without.mean(here, at.covariance(here))[0]
        # The observation itself has noise, and a trace of jitter.
        np.testing.assert_allclose(left_out[place - 1], missed, atol=1e-6)


@quick
@given(seed=st.integers(0, 2**31), order=st.permutations(range(PLAYERS)))
def test_the_players_names_do_not_matter(seed: int, order: list[int]) -> None:
    signs, worth = observed(25, seed)
    chosen = likeliest(CENTRES, signs, worth)
    renamed = Posterior(Factorisation.of(CENTRES[order], signs[:, order], chosen), worth)
    assert likeliest(CENTRES[order], signs[:, order], worth) == chosen
    np.testing.assert_allclose(
        renamed.shapley_values,
        Posterior(Factorisation.of(CENTRES, signs, chosen), worth).shapley_values[order],
        atol=1e-7,
    )


def test_an_additive_game_known_beforehand_is_found_with_its_scale() -> None:
    """Only its shares are known: how many times, three coalitions tell."""
    known = np.random.default_rng(8).normal(size=(PLAYERS, 2))
    signs, _ = observed(3, 5)
    at = Factorisation.of(CENTRES, signs, Hyperparameters(0.8, 1.0, 1.0, 0.01))
    times = np.array([2.5, -0.5])
    found = Posterior(at, times * (signs @ known) / 2, known)
    np.testing.assert_allclose(found.known_times, times, atol=1e-9)
    np.testing.assert_allclose(found.shapley_values, times * known, atol=1e-9)
    np.testing.assert_allclose(found.standard_errors, 0, atol=1e-6)


def test_windows_hold_neighbours_only() -> None:
    over = windows(centres_of(np.arange(49).reshape(7, 7)), 0.8, 0.5)
    np.testing.assert_allclose(np.diag(over), 0.8)
    assert over[24, 25] == pytest.approx(0.8 * np.exp(-2))
    assert over[24, 32] == pytest.approx(0.8 * np.exp(-4))
    assert over[24, 26] == 0
    np.testing.assert_array_equal(over, over.T)


def test_centres_are_centroids_in_sides_of_a_players_mean_area() -> None:
    segments = np.repeat(np.repeat([[0, 1], [2, 3]], 5, axis=0), 5, axis=1)
    np.testing.assert_allclose(
        centres_of(segments) * 5, [[2, 2], [2, 7], [7, 2], [7, 7]], atol=1e-12
    )


def test_games_of_no_worth_have_hyperparameters_too() -> None:
    signs, worth = observed(25, 1)
    chosen = likeliest(CENTRES, signs, 0 * worth)
    posterior = Posterior(Factorisation.of(CENTRES, signs, chosen), 0 * worth)
    np.testing.assert_array_equal(posterior.shapley_values, 0)
    np.testing.assert_array_equal(posterior.standard_errors, 0)
