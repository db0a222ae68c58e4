"""Measures of one map against closed forms, and against Quantus 0.6.0 on the same maps.

Constants of Quantus were printed by its functions of the same names on the maps made here; where
its definition is another one, the test says so.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from attribution_core.games.game import FunctionGame
from attribution_core.measures.agreement import agreement, brought_back, shifted
from attribution_core.measures.infidelity import (
    best_scale,
    infidelity,
    removed_sets,
    scaled_infidelity,
)
from attribution_core.measures.localisation import share_inside
from attribution_core.measures.max_sensitivity import max_sensitivity
from attribution_core.measures.pointing import near, pointing_game
from attribution_core.measures.randomised_parameters import entropy, rise_in_complexity
from attribution_core.measures.relevance_gain import symmetric_relevance_gain
from attribution_core.measures.road import SHARES, painted_over, remove_and_debias
from attribution_core.measures.sparseness import gini

A_MAP = np.random.default_rng(0).standard_normal((6, 7))
REGION = np.zeros((6, 7), bool)
REGION[1:4, 2:6] = True

WORTH = {(): 0, (0,): 2, (1,): 0, (2,): 1, (0, 1): 6, (0, 2): 3, (1, 2): 4, (0, 1, 2): 12}
VALUES = arrays.arrays(float, 4, elements=st.integers(-20, 20).map(float))


def three_players() -> FunctionGame:
    def worth(present: np.ndarray) -> np.ndarray:
        return np.array([float(WORTH[tuple(np.flatnonzero(each).tolist())]) for each in present])

    return FunctionGame(3, worth)


def test_sparseness_of_known_values() -> None:
    assert gini([1, 2, 3, 4]) == pytest.approx(0.25)
    assert gini([[-4, 1], [2, 3]]) == pytest.approx(0.25)
    assert gini([0, 0, -7, 0]) == pytest.approx(3 / 4)
    assert gini(np.full(9, -2.0)) == pytest.approx(0, abs=1e-12)
    assert np.isnan(gini(np.zeros(3)))
    # Half-normal values: Gini's coefficient is √2 − 1.
    normal = np.random.default_rng(3).standard_normal(40_000)
    assert gini(normal) == pytest.approx(np.sqrt(2) - 1, abs=0.005)
    # Quantus adds 1e-7 to every value.
    assert gini(A_MAP) == pytest.approx(0.4096145084296354, abs=1e-6)


def test_relevance_gain_by_hand() -> None:
    """Order 1, 2, 3: insertion (0, 2, 6, 12) has 14/3 below it, deletion (12, 4, 1, 0) has 11/3."""
    gain = symmetric_relevance_gain(three_players(), [14 / 3, 25 / 6, 19 / 6])
    assert gain == pytest.approx(14 / 3 - 11 / 3)


@given(VALUES, VALUES)
def test_the_reverse_order_has_the_gain_with_the_other_sign(
    worths: np.ndarray, values: np.ndarray
) -> None:
    game = FunctionGame(4, lambda present: np.sin(present @ worths) + present[:, 0])
    gain = symmetric_relevance_gain(game, values)
    assert symmetric_relevance_gain(game, -values) == pytest.approx(-gain, abs=1e-9)


def test_random_orders_have_a_gain_of_0_on_average_and_not_each() -> None:
    gains = [symmetric_relevance_gain(three_players(), each) for each in permutations(range(3))]
    assert np.mean(gains) == pytest.approx(0, abs=1e-12)
    assert np.std(gains) > 0.5


def test_infidelity_by_hand() -> None:
    """f = x·y at (1, 2), I in (1, 0), (0, 1), (1, 1): the falls are 2, 1, 2."""
    assert infidelity([2, 1, 3], [2, 1, 2]) == pytest.approx(1 / 3)  # its gradient (2, 1)
    # Sets of parts set to 0, and Integrated Gradients (1, 1): each fall is 2.
    sums, falls = [1.0, 1.0, 2.0], [2.0, 2.0, 2.0]
    assert infidelity(sums, falls) == pytest.approx(2 / 3)
    assert best_scale(sums, falls) == pytest.approx(4 / 3)
    assert infidelity(4 / 3 * np.array(sums), falls) == pytest.approx(4 / 9)
    assert scaled_infidelity(sums, falls) == pytest.approx(4 / 9 / 4)
    assert scaled_infidelity([0, 0, 0], falls) == 1
    assert np.isnan(scaled_infidelity(sums, [0, 0, 0]))


def test_infidelity_as_quantus_has_it() -> None:
    """It removes pixels one after another and puts none back; its black is the least pixel.

    x = (1, 2; .5, 3), φ = (1, .5; .3, −.2), f = x₁x₂ + sin(x₃)x₄, patches of one pixel.
    """
    x, phi = np.array([1.0, 2.0, 0.5, 3.0]), np.array([1.0, 0.5, 0.3, -0.2])

    def f(point: np.ndarray) -> float:
        return float(point[0] * point[1] + np.sin(point[2]) * point[3])

    left = [np.where(np.arange(4) <= last, x.min(), x) for last in range(4)]
    found = infidelity([phi @ (x - each) for each in left], [f(x) - f(each) for each in left])
    assert found == pytest.approx(1.39592075)


@given(VALUES, VALUES, st.floats(0.1, 9))
def test_scaled_infidelity_forgives_the_scale_alone(
    sums: np.ndarray, falls: np.ndarray, factor: float
) -> None:
    share = scaled_infidelity(sums, falls)
    assert np.isnan(share) or -1e-9 <= share <= 1 + 1e-9
    assert scaled_infidelity(factor * sums, falls) == pytest.approx(share, nan_ok=True, abs=1e-9)
    if falls.any():
        assert scaled_infidelity(factor * falls, falls) == pytest.approx(0, abs=1e-9)


def test_removed_sets_have_all_sizes() -> None:
    sets = removed_sets(4, 4000, 0)
    counts = np.bincount(sets.sum(axis=1), minlength=5)
    assert counts[0] == 0
    # Four standard deviations of a binomial count of 4000 with a chance of ¼.
    np.testing.assert_allclose(counts[1:], 1000, atol=4 * np.sqrt(4000 * 0.25 * 0.75))
    np.testing.assert_allclose(sets.mean(axis=0), 2.5 / 4, atol=4 * np.sqrt(0.25 / 4000))


def test_painting_over_by_hand() -> None:
    picture = np.arange(1.0, 10).reshape(3, 3, 1)

    def painted(*places: tuple[int, int]) -> np.ndarray:
        removed = np.zeros((3, 3), bool)
        removed[tuple(np.transpose(places))] = True
        return painted_over(picture, removed)[..., 0]

    assert painted((1, 1))[1, 1] == pytest.approx(5)
    assert painted((0, 0))[0, 0] == pytest.approx(3.4)
    np.testing.assert_allclose(painted((0, 0), (0, 1))[0, :2], 13 / 3, rtol=1e-6)
    assert np.array_equal(painted_over(picture, np.zeros((3, 3), bool)), picture)
    with pytest.raises(ValueError, match="leave at least one"):
        painted_over(picture, np.ones((3, 3), bool))


def test_painting_over_as_quantus_has_it() -> None:
    """Its ``noisy_linear_imputation`` without noise."""
    picture = np.random.default_rng(1).uniform(0, 255, (3, 6, 7)).transpose(1, 2, 0)
    removed = np.zeros(42, bool)
    removed[[0, 1, 7, 10, 11, 17, 18, 19, 24, 25, 26, 34, 40, 41]] = True
    found = painted_over(picture, removed.reshape(6, 7))
    np.testing.assert_allclose(found[0, 0], [103.84579473, 191.97248533, 115.50298509], rtol=1e-6)
    np.testing.assert_allclose(found[2, 4], [115.87926643, 126.21328615, 80.03748573], rtol=1e-6)
    np.testing.assert_allclose(found[5, 6], [144.85029434, 69.76993789, 89.91393954], rtol=1e-6)
    assert found.sum(dtype=float) == pytest.approx(15721.389224429753, rel=1e-6)


def test_pixels_are_removed_in_falling_order_and_tied_ones_of_the_least_value_never() -> None:
    picture = np.full((10, 10, 3), 100.0, np.float32)
    picture[0, 0] = 200
    ramp = np.arange(100.0)[::-1].reshape(10, 10)
    made = remove_and_debias(picture, ramp, 0)
    changed = (made != picture).any(axis=-1).sum(axis=(1, 2))
    np.testing.assert_array_equal(changed, np.round(100 * np.array(SHARES)))
    assert (made[0, 0] != picture[0]).any()
    assert np.array_equal(remove_and_debias(picture, np.ones((10, 10)), 0)[-1], picture)
    # Half of the map says nothing: pixels of value 0 stay, at 90 % too.
    half = np.where(ramp >= 50, ramp, 0)
    kept = (remove_and_debias(picture, half, 0) == picture).all(axis=-1).sum(axis=(1, 2))
    np.testing.assert_array_equal(kept, [90, 70, 50, 50, 50])


def test_max_sensitivity_by_hand() -> None:
    assert max_sensitivity(np.array([3.0, 4.0]), [np.array([3.0, 4.0])]) == 0
    others = [np.array([3.0, 5.0]), np.array([0.0, 0.0]), np.array([3.0, 4.5])]
    assert max_sensitivity(np.array([3.0, 4.0]), others) == pytest.approx(1)
    assert np.isnan(max_sensitivity(np.zeros(2), others))
    # Quantus's difference and Frobenius norms.
    other = np.random.default_rng(2).standard_normal((6, 7))
    assert max_sensitivity(A_MAP, [other]) == pytest.approx(1.55652419)
    assert agreement(np.abs(A_MAP), [np.abs(other)]) == pytest.approx(-0.03946195608135483)


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_a_map_that_moves_with_the_picture_agrees(down: int, right: int) -> None:
    picture = np.random.default_rng(4).uniform(0, 255, (12, 16, 3))
    moved = shifted(picture, down, right)
    own, back = brought_back(picture[..., 0], moved[..., 0], (12, 16), down, right)
    np.testing.assert_allclose(own, back)
    if (down, right) != (0, 0):
        still, stays = brought_back(picture[..., 0], picture[..., 0], (12, 16), down, right)
        assert agreement(still, [stays]) < 0.9


def test_shifted_repeats_the_border() -> None:
    picture = np.arange(6.0).reshape(2, 3, 1)
    assert shifted(picture, 0, 1)[..., 0].tolist() == [[0, 0, 1], [3, 3, 4]]
    assert shifted(picture, -1, 0)[..., 0].tolist() == [[3, 4, 5], [3, 4, 5]]


def test_pointing_at_a_region() -> None:
    peak = np.zeros((6, 7))
    peak[2, 3] = 1
    assert pointing_game(peak, REGION) == 1
    assert pointing_game(-peak, REGION) == pytest.approx((REGION.sum() - 1) / 41)
    outside = np.zeros((6, 7))
    outside[1, 0] = 5
    assert pointing_game(outside, REGION) == 0
    assert pointing_game(outside, REGION, tolerance=1.9) == 0
    assert pointing_game(outside, REGION, tolerance=2) == 1
    # Quantus: the maximum at (5, 6) is no hit.
    assert pointing_game(A_MAP, REGION) == 0
    # One position of a 2 x 2 map stands at its centre.
    tall = np.zeros((8, 8), bool)
    tall[1:3, 5:8] = True
    assert pointing_game(np.array([[0.0, 2.0], [1.0, 0.0]]), tall) == 1
    assert np.isnan(pointing_game(np.zeros((2, 2)), tall))
    with pytest.raises(ValueError, match="The region is empty"):
        pointing_game(peak, np.zeros((6, 7), bool))
    assert near(REGION, 1).sum() == REGION.sum() + 2 * 3 + 2 * 4


def test_energy_inside_a_region() -> None:
    assert share_inside(np.ones((6, 7)), REGION) == pytest.approx(12 / 42)
    assert np.isnan(share_inside(-np.ones((6, 7)), REGION))
    # Quantus's RelevanceMassAccuracy of the positive part.
    assert share_inside(A_MAP, REGION) == pytest.approx(0.22192788)


def test_complexity_by_hand() -> None:
    """Bins with 3 and 1 against 2 and 2 values: (ln 2 − .5623)/.5623."""
    before, after = np.array([0.0, 0, 0, 1]), np.array([0.0, 1, 0, 1])
    assert entropy(before, 2) == pytest.approx(0.75 * np.log(4 / 3) + 0.25 * np.log(4))
    assert rise_in_complexity(before, after, 2) == pytest.approx(0.2326229, abs=1e-6)
    assert rise_in_complexity(after, after, 2) == 0
    assert np.isnan(rise_in_complexity(np.ones(4), after))
    # Quantus's discrete_entropy.
    assert entropy(A_MAP, 10) == pytest.approx(1.8620671409966627)
    assert entropy(-3 * A_MAP, 10) == pytest.approx(1.8620671409966627)
