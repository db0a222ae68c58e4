"""Deletion and insertion curves against closed forms."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from attribution_core import FunctionGame, deletion_curve, insertion_curve, random_curves
from attribution_core.measures.curves import reversed_curve
from attribution_core.scores import Score

WORTHS = arrays.arrays(float, 5, elements=st.integers(-20, 20).map(float))
SIZES = arrays.arrays(float, 5, elements=st.integers(1, 9).map(float))


def additive(worths: np.ndarray, base: float = 0.0) -> FunctionGame:
    return FunctionGame(len(worths), lambda present: present @ worths + base, batch_size=3)


def test_the_area_of_the_true_order_on_an_additive_game() -> None:
    """v(all)=6: 6, 3, 1, 0 at shares 0, ⅓, ⅔, 1."""
    curve = deletion_curve(additive(np.array([1.0, 3.0, 2.0])), [1, 3, 2])
    np.testing.assert_allclose(curve.shares, [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(curve.scores, [6, 3, 1, 0])
    assert curve.area == pytest.approx((4.5 + 2 + 0.5) / 3)
    assert curve.normalised_area == pytest.approx(7 / 18)
    assert list(curve.step_of) == [3, 1, 2]
    insertion = insertion_curve(additive(np.array([1.0, 3.0, 2.0])), [1, 3, 2])
    np.testing.assert_allclose(insertion.scores, [0, 3, 5, 6])
    assert insertion.normalised_area == pytest.approx(11 / 18)


def test_the_area_of_a_perfect_map_of_many_equal_pixels() -> None:
    """k of n pixels hold all the score: the curve is a line down to 0 at k/n, area k/2n."""
    for n, k in ((10, 1), (64, 16)):
        worths = np.zeros(n)
        worths[:k] = 1 / k
        assert deletion_curve(additive(worths), worths).area == pytest.approx(k / n / 2)
        assert insertion_curve(additive(worths), worths).area == pytest.approx(1 - k / n / 2)


@given(WORTHS, SIZES)
def test_no_other_order_deletes_an_additive_game_faster(
    worths: np.ndarray, sizes: np.ndarray
) -> None:
    game = additive(worths, base=4.0)
    best = deletion_curve(game, worths, sizes=sizes).area
    others = [
        deletion_curve(game, np.array(order) * sizes, sizes=sizes).area
        for order in permutations(range(5))
    ]
    assert best <= min(others) + 1e-9
    assert best == pytest.approx(min(others))


@given(WORTHS, WORTHS, SIZES, st.integers(1, 7))
def test_the_reversed_order_read_backwards(
    worths: np.ndarray, values: np.ndarray, sizes: np.ndarray, steps: int
) -> None:
    game = FunctionGame(5, lambda present: np.sin(present @ worths) + present[:, 0])
    insertion = insertion_curve(game, values, sizes=sizes)
    backwards = reversed_curve(deletion_curve(game, -values, sizes=sizes))
    np.testing.assert_allclose(backwards.shares, insertion.shares, atol=1e-12)
    np.testing.assert_allclose(backwards.scores, insertion.scores)
    for point in range(len(insertion.shares)):
        assert np.array_equal(backwards.present(point), insertion.present(point))
    coarse = deletion_curve(game, values, sizes=sizes, steps=steps)
    assert len(coarse.shares) <= steps + 1
    assert coarse.scores[0] == game.values(np.ones((1, 5), bool))[0]
    assert coarse.scores[-1] == game.values(np.zeros((1, 5), bool))[0]


@given(WORTHS)
def test_ties_are_the_mean_over_their_orders(worths: np.ndarray) -> None:
    """Players 1, 2 and 3 are tied: six orders of them, on an additive game."""
    game = additive(worths)
    tied = deletion_curve(game, [9, 5, 5, 5, 1])
    assert len(tied.shares) == 4
    each = [
        deletion_curve(game, [9, *(5 + 0.1 * rank for rank in order), 1]).area
        for order in permutations(range(3))
    ]
    assert tied.area == pytest.approx(np.mean(each), abs=1e-9)


def test_a_map_that_says_nothing_has_half() -> None:
    worths = np.array([1.0, -2.0, 4.0, 0.5])
    curve = deletion_curve(additive(worths, 2.0), 0.1 * np.arange(1, 5), sizes=np.arange(1, 5))
    assert list(curve.shares) == [0, 1]
    assert curve.area == pytest.approx((5.5 + 2) / 2)
    assert curve.normalised_area == pytest.approx(0.5)


def test_normalised_area_of_a_constant_game_is_undefined() -> None:
    assert np.isnan(deletion_curve(additive(np.zeros(3)), [1, 2, 3]).normalised_area)


def test_steps_are_equal_shares_of_the_sizes() -> None:
    curve = deletion_curve(additive(np.ones(100)), np.arange(100), steps=4)
    np.testing.assert_allclose(curve.shares, [0, 0.25, 0.5, 0.75, 1])
    assert np.array_equal(np.bincount(curve.step_of), [0, 25, 25, 25, 25])
    sized = deletion_curve(additive(np.ones(3)), [30, 2, 1], sizes=[8, 1, 1], steps=5)
    np.testing.assert_allclose(sized.shares, [0, 0.8, 1])


def test_random_orders_depend_on_the_seed_alone() -> None:
    game = additive(np.array([5.0, 1, 0, 0, 2, -3]))
    deletion, insertion = random_curves(game, 3)
    again, _ = random_curves(game, 3)
    other, _ = random_curves(game, 4)
    assert np.array_equal(deletion.step_of, again.step_of)
    assert not np.array_equal(deletion.step_of, other.step_of)
    assert insertion.direction == "insertion"
    assert insertion.scores[-1] == deletion.scores[0] == 5
    # Over many orders, an additive game has the line between both ends.
    mean = np.mean([random_curves(game, seed)[0].area for seed in range(400)])
    assert mean == pytest.approx(2.5, abs=0.15)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": [1, 2]}, "one finite number for each of the 3 players"),
        ({"values": [1, 2, np.nan]}, "one finite number"),
        ({"sizes": [1, 0, 1]}, "sizes above 0"),
        ({"steps": 0}, "at least 1"),
    ],
)
def test_wrong_input_gets_a_sentence(changes: dict[str, object], message: str) -> None:
    given = {"values": [1, 2, 3], **changes}
    with pytest.raises(ValueError, match=message):
        deletion_curve(additive(np.ones(3)), **given)


def test_a_curve_with_one_score_cannot_be_read_as_another() -> None:
    with pytest.raises(ValueError, match="one score only"):
        deletion_curve(additive(np.ones(2)), [1, 2]).read_as(Score(0))
