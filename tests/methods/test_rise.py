"""RISE against values by hand, Banzhaf values, and its own standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core import banzhaf_values, rise
from tests.known_games import additive, game_of, random_worth, table_game

THREE = {"0": 2.0, "1": 0.0, "2": 1.0, "01": 6.0, "02": 3.0, "12": 4.0, "012": 12.0}


def test_values_by_hand() -> None:
    """The mean of all eight is 3.5, and the Banzhaf values are 4.5, 4 and 3."""
    game = game_of(3, THREE)
    many = {"samples": 60_000}
    np.testing.assert_allclose(rise(game, **many).values, [4.5, 4, 3], atol=0.1)
    published = rise(game, values="with", **many).values
    np.testing.assert_allclose(published, [3.5 + 2.25, 3.5 + 2, 3.5 + 1.5], atol=0.05)


@pytest.mark.parametrize("values", ["difference", "with"])
def test_means_of_the_coalitions_themselves(values: str) -> None:
    """Counted one by one."""
    asked: list[np.ndarray] = []
    worth = random_worth(5, 3)
    game = table_game(worth, batch_size=7)
    known = game.values

    def listening(coalitions: np.ndarray) -> np.ndarray:
        asked.extend(coalitions)
        return known(coalitions)

    game.values = listening  # type: ignore[method-assign]
    found = rise(game, samples=40, values=values, seed=2)  # type: ignore[arg-type]
    assert len(asked) == 40
    for player, value in enumerate(found.values):
        scores = {True: [], False: []}
        for coalition in asked:
            scores[bool(coalition[player])].append(float(known(coalition[None])[0]))
        without = 0.0 if values == "with" else np.mean(scores[False])
        assert value == pytest.approx(np.mean(scores[True]) - without, rel=1e-12)


@pytest.mark.parametrize("values", ["difference", "with"])
def test_standard_errors_cover_the_truth(values: str) -> None:
    worth = random_worth(10, 1) + 5
    truth = banzhaf_values(table_game(worth)).values
    if values == "with":
        truth = worth.mean() + truth / 2
    game, off = table_game(worth, 2**12), []
    for seed in range(150):
        found = rise(game, samples=128, values=values, seed=seed)  # type: ignore[arg-type]
        assert found.standard_error is not None
        off.append((found.values - truth) / found.standard_error)
    assert 0.85 < np.std(off) < 1.15


def test_a_larger_sample_contains_the_smaller_one() -> None:
    game = table_game(random_worth(8, 5), batch_size=20)
    few, many = rise(game, samples=20), list(rise.refine(game, samples=60))
    np.testing.assert_array_equal(many[0].values, few.values)
    assert [each.done for each in many] == [20, 40, 60]
    assert many[-1].standard_error.max() < few.standard_error.max()  # type: ignore[union-attr]


def test_a_player_that_was_always_there_has_nothing() -> None:
    game = additive(np.array([1.0, 2.0]))
    for seed in range(8):
        found = rise(game, samples=2, seed=seed)
        assert np.isfinite(found.values).all()
        assert found.standard_error is None


def test_what_it_refuses() -> None:
    game = additive(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="1 samples has no mean; give at least 2"):
        rise(game, samples=1)
    with pytest.raises(ValueError, match="use difference or with"):
        rise(game, values="both")  # type: ignore[arg-type]
