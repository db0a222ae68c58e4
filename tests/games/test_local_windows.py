"""Local windows: never worse than least squares by much, exact where these are, honest errors."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core import FunctionGame, Game, kernel_shap, shapley_values
from attribution_core.arrays import FloatArray
from attribution_core.games import local_windows
from attribution_core.games.gaussian_process import centres_of
from attribution_core.games.window_fits import WindowFits
from attribution_core.methods.kernel_shap import (
    ERRORS_FROM,
    MOST_PLAYERS,
    TOO_FEW_FOR_ERRORS,
    TOO_MANY,
    WINDOWS,
)
from tests.known_games import additive, random_worth, table_game

pytestmark = pytest.mark.thorough

SIDE = 6
CENTRES = centres_of(np.arange(SIDE * SIDE).reshape(SIDE, SIDE))


def neighbours_game(seed: int = 0) -> tuple[FunctionGame, FloatArray]:
    """Slopes and products of three in a row or a column; with its Shapley values."""
    random = np.random.default_rng(seed)
    slopes = random.normal(size=SIDE * SIDE)
    board = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    rows = [board[row, column : column + 3] for row in range(SIDE) for column in range(SIDE - 2)]
    columns = [board[row : row + 3, column] for row in range(SIDE - 2) for column in range(SIDE)]
    threes = np.array(rows + columns)
    worth = random.normal(size=len(threes))
    values = slopes.copy()
    np.add.at(values, threes, worth[:, None] / 3)
    game = FunctionGame(SIDE * SIDE, lambda z: z @ slopes + z[:, threes].all(axis=2) @ worth, 64)
    return game, values


@pytest.mark.parametrize("budget", [72, 256, 512])
def test_neighbours_interactions_are_learnt(budget: int) -> None:
    errors: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(4):
        game, exact = neighbours_game(seed)
        for local in errors:
            found = kernel_shap(
                game, budget=budget, seed=seed, windows=WindowFits(CENTRES) if local else None
            )
            assert (WINDOWS in found.diagnostics) == local
            assert found.values.sum() == pytest.approx(exact.sum(), abs=1e-9)
            errors[local].append(float(np.linalg.norm(found.values - exact)))
    assert np.median(errors[True]) < 0.85 * np.median(errors[False])


@pytest.mark.parametrize("pairs", [False, True])
def test_what_least_squares_do_exactly_stays_exact(pairs: bool) -> None:
    """Additive games, and pairwise interactions, which complementary pairs cancel."""
    random = np.random.default_rng(0)
    slopes = random.normal(size=SIDE * SIDE)
    together = np.triu(random.normal(size=(SIDE * SIDE, SIDE * SIDE)), 1) * pairs
    game = FunctionGame(SIDE * SIDE, lambda z: z @ slopes + ((z @ together) * z).sum(axis=1))
    exact = slopes + (together + together.T).sum(axis=1) / 2
    found = kernel_shap(game, budget=160, windows=WindowFits(CENTRES))
    np.testing.assert_allclose(found.values, exact, atol=1e-9)


def test_symmetric_players_and_players_that_do_nothing() -> None:
    """Four in a square play; their neighbours do nothing."""
    corner = [0, 1, SIDE, SIDE + 1]
    game = FunctionGame(SIDE * SIDE, lambda z: z[:, corner].all(axis=1) * 4.0)
    found = kernel_shap(game, budget=2048, windows=WindowFits(CENTRES)).values
    np.testing.assert_allclose(found[corner], 1, atol=0.1)
    np.testing.assert_allclose(np.delete(found, corner), 0, atol=0.1)
    plain = kernel_shap(game, budget=2048).values
    expected = np.isin(np.arange(SIDE * SIDE), corner)
    assert np.linalg.norm(found - expected) < np.linalg.norm(plain - expected)


def test_a_budget_that_covers_all_gives_exact_values() -> None:
    game = table_game(random_worth(6, 1))
    found = kernel_shap(game, budget=64, windows=WindowFits(CENTRES[:6]))
    np.testing.assert_allclose(found.values, shapley_values(game).values, atol=1e-9)
    assert WINDOWS not in found.diagnostics


@pytest.mark.parametrize("budget", [8, 40, 200, 1024])
def test_a_game_without_neighbours_is_not_harmed(budget: int) -> None:
    """Products of players anywhere on the board."""
    errors: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(6):
        random = np.random.default_rng(seed)
        groups = [random.choice(SIDE * SIDE, 5, replace=False) for _ in range(60)]
        worth = random.normal(size=60)
        exact = np.zeros(SIDE * SIDE)
        for group, amount in zip(groups, worth, strict=True):
            exact[group] += amount / 5
        game = FunctionGame(
            SIDE * SIDE,
            lambda z, of=groups, times=worth: (
                np.stack([z[:, each].all(axis=1) for each in of], axis=1) @ times
            ),
        )
        for local in errors:
            found = kernel_shap(
                game, budget=budget, seed=seed, windows=WindowFits(CENTRES) if local else None
            )
            errors[local].append(float(np.linalg.norm(found.values - exact)))
    assert np.median(errors[True]) <= 1.05 * np.median(errors[False])


@pytest.mark.parametrize("budget", [218, 512, 1024])
def test_standard_errors_cover(budget: int) -> None:
    """68 % of the values within one standard error, 95 % within 1.96."""
    errors = []
    for seed in range(8):
        game, exact = neighbours_game(seed)
        found = kernel_shap(game, budget=budget, seed=seed, windows=WindowFits(CENTRES))
        assert found.standard_error is not None
        errors.append(np.abs(found.values - exact) / found.standard_error)
    assert 0.58 <= np.mean(np.array(errors) < 1) <= 0.8
    assert 0.91 <= np.mean(np.array(errors) < 1.96) <= 0.995


@pytest.mark.parametrize("budget", [72, 160, 216])
def test_below_three_pairs_a_player_there_are_no_standard_errors(budget: int) -> None:
    """The process alone would promise too little or too much; where there will be some is said."""
    game, _ = neighbours_game()
    found = kernel_shap(game, budget=budget, windows=WindowFits(CENTRES))
    assert WINDOWS in found.diagnostics
    assert found.standard_error is None
    assert found.diagnostics[ERRORS_FROM] == 218
    enough = kernel_shap(game, budget=218, windows=WindowFits(CENTRES))
    assert enough.standard_error is not None
    assert ERRORS_FROM not in enough.diagnostics


def test_more_players_than_windows_are_for() -> None:
    players = MOST_PLAYERS + 1
    game, centres = additive(np.ones(players)), np.random.default_rng(0).random((players, 2))
    found, plain = (
        kernel_shap(game, budget=40, windows=each) for each in (WindowFits(centres), None)
    )
    np.testing.assert_array_equal(found.values, plain.values)
    assert found.diagnostics == {TOO_MANY: players}
    assert plain.diagnostics == {}


def test_few_players_need_no_windows() -> None:
    game = table_game(random_worth(12, 3))
    for budget in (40, 600):
        found, plain = (
            kernel_shap(game, budget=budget, windows=each)
            for each in (WindowFits(CENTRES[:12]), None)
        )
        np.testing.assert_array_equal(found.values, plain.values)
        assert found.diagnostics == {}


def test_windows_of_a_few_players_have_no_standard_errors() -> None:
    """They would promise too much; the values are the closer for the windows."""
    centres = np.stack(np.indices((4, 4)).reshape(2, -1), axis=1).astype(float)
    corners = [np.array([i, i + 1, i + 4, i + 5]) for i in (0, 2, 8, 10)]
    game = FunctionGame(16, lambda z: sum(4.0 * z[:, each].all(axis=1) for each in corners))
    exact = np.ones(16)
    found, plain = (
        kernel_shap(game, budget=120, windows=each) for each in (WindowFits(centres), None)
    )
    assert WINDOWS in found.diagnostics
    assert found.standard_error is None
    assert found.diagnostics[TOO_FEW_FOR_ERRORS] == 17
    assert np.linalg.norm(found.values - exact) < np.linalg.norm(plain.values - exact)


def test_where_rounding_breaks_the_process_least_squares_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr(local_windows, "Posterior", broken)
    game, _ = neighbours_game()
    found, plain = (
        kernel_shap(game, budget=300, windows=each) for each in (WindowFits(CENTRES), None)
    )
    np.testing.assert_array_equal(found.values, plain.values)


def test_the_batches_do_not_matter() -> None:
    game, _ = neighbours_game()
    found = [
        kernel_shap(
            FunctionGame(game.players, game.values, size), budget=500, windows=WindowFits(CENTRES)
        )
        for size in (16, 100, 512)
    ]
    for each in found[1:]:
        np.testing.assert_allclose(each.values, found[0].values, atol=1e-9)
        assert each.standard_error is not None
        assert found[0].standard_error is not None
        np.testing.assert_allclose(each.standard_error, found[0].standard_error, atol=1e-9)


def test_pairs_beyond_those_that_are_fitted_sharpen_the_correction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    game, exact = neighbours_game()
    monkeypatch.setattr(local_windows, "MOST_FITTED", 100)
    errors = []
    for budget in (300, 4000):
        estimates = kernel_shap.refine(game, budget=budget, windows=WindowFits(CENTRES))
        last = list(estimates)[-1]
        assert last.values.sum() == pytest.approx(exact.sum(), abs=1e-9)
        errors.append(np.linalg.norm(last.values - exact))
    assert errors[1] < 0.5 * errors[0]


def test_it_stops_at_the_tolerance() -> None:
    game: Game = neighbours_game()[0]
    found = kernel_shap(game, budget=20000, tolerance=0.02, windows=WindowFits(CENTRES))
    assert found.standard_error is not None
    assert found.standard_error.max() < 0.02 * np.ptp(found.values)
    assert found.evaluations < kernel_shap(game, budget=20000, tolerance=0.02).evaluations
