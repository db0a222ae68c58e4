"""Shapley values, KernelSHAP, LIME and occlusion on games small enough to know the answer."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import (
    Estimate,
    FunctionGame,
    kernel_shap,
    lime,
    occlusion,
    shapley_values,
    sliding_squares,
)
from attribution_core.coalitions import draw_pairs
from attribution_core.estimate import BoolArray, FloatArray
from attribution_core.methods.kernel_shap import solve

quick = settings(max_examples=40)
few_players = st.integers(1, 6)
seeds = st.integers(0, 2**31)


def table_game(worth: FloatArray, batch_size: int = 256) -> FunctionGame:
    """The game that gives ``worth[code]`` to the coalition whose player i is bit i of the code."""
    players = int(np.log2(len(worth)))
    return FunctionGame(
        players, lambda coalitions: worth[coalitions @ 2 ** np.arange(players)], batch_size
    )


def random_worth(players: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).normal(size=2**players)


def game_of(players: int, worth: dict[str, float], default: float = 0) -> FunctionGame:
    """A game written down as {"02": value of the coalition of players 0 and 2}."""
    table = np.full(2**players, default)
    for members, value in worth.items():
        table[sum(2 ** int(member) for member in members)] = value
    return table_game(table)


def additive(slopes: FloatArray, empty: float = 0) -> FunctionGame:
    return FunctionGame(len(slopes), lambda coalitions: empty + coalitions @ slopes, 32)


def by_orders(worth: FloatArray) -> FloatArray:
    """Shapley values as the mean over all orders in which the players can arrive."""
    players = int(np.log2(len(worth)))
    values = np.zeros(players)
    for order in permutations(range(players)):
        code = 0
        for player in order:
            values[player] += worth[code | 1 << player] - worth[code]
            code |= 1 << player
    return values / factorial(players)


def rectifiers(x: FloatArray) -> FloatArray:
    s = x.sum(axis=-1)
    return np.maximum(s - 10, 0) + 3 * np.maximum(s + 1, 0) - 1


COOKING = {"": 10, "0": 4, "1": 3, "2": 2, "01": 9, "02": 8, "12": 7, "012": 15}
POINT = np.array([20.0, 50.0, 30.0])
KNOWN = [
    pytest.param(
        FunctionGame(3, lambda coalitions: rectifiers(coalitions * POINT)),
        [76.6667, 196.6667, 116.6667],
        id="rectifiers",
    ),
    pytest.param(
        FunctionGame(2, lambda coalitions: rectifiers(coalitions[:, [0, 0, 1]] * POINT)),
        [275, 115],
        id="rectifiers, the first two as one player",
    ),
    pytest.param(
        FunctionGame(5, lambda z: z.sum(axis=1) / 5 + (z[:, 1] & z[:, 2])),
        [0.2, 0.7, 0.7, 0.2, 0.2],
        id="five players",
    ),
    pytest.param(game_of(3, COOKING), [2.6667, 1.6667, 0.6667], id="cooking"),
    pytest.param(game_of(3, COOKING | {"": 0}), [6, 5, 4], id="cooking from nothing"),
    pytest.param(
        FunctionGame(
            5,
            lambda z: (
                z @ np.array([0, 0.2, -0.1, -0.9, 0])
                + 0.4 * (z[:, 0] & z[:, 1])
                + 0.3 * (z[:, 1] & z[:, 3])
                + (z[:, 2] & z[:, 4])
            ),
        ),
        [0.2, 0.55, 0.4, -0.75, 0.5],
        id="singles and pairs",
    ),
]


@pytest.mark.parametrize(("game", "expected"), KNOWN)
def test_known_shapley_values(game: FunctionGame, expected: list[float]) -> None:
    np.testing.assert_allclose(shapley_values(game).values, expected, atol=1e-4)
    np.testing.assert_allclose(
        kernel_shap(game, budget=2**game.players).values, expected, atol=1e-4
    )


@quick
@given(players=st.integers(1, 5), seed=seeds)
def test_shapley_values_are_the_mean_over_all_orders(players: int, seed: int) -> None:
    worth = random_worth(players, seed)
    np.testing.assert_allclose(
        shapley_values(table_game(worth)).values, by_orders(worth), atol=1e-12
    )


@quick
@given(players=few_players, seed=seeds)
def test_efficiency(players: int, seed: int) -> None:
    worth = random_worth(players, seed)
    total = shapley_values(table_game(worth)).values.sum()
    assert total == pytest.approx(worth[-1] - worth[0], abs=1e-12)


@quick
@given(players=st.integers(2, 6), seed=seeds)
def test_symmetry(players: int, seed: int) -> None:
    """Players 0 and 1 change places without anybody noticing."""
    worth = random_worth(players, seed)
    codes = np.arange(2**players)
    swapped = (codes & ~3) | (codes & 1) << 1 | (codes & 2) >> 1
    values = shapley_values(table_game(worth + worth[swapped])).values
    assert values[0] == pytest.approx(values[1], abs=1e-12)


@quick
@given(players=st.integers(2, 6), seed=seeds, worth_alone=st.floats(-5, 5))
def test_dummy(players: int, seed: int, worth_alone: float) -> None:
    """Player 0 adds the same to every coalition, and gets just that."""
    others = random_worth(players - 1, seed)
    worth = np.repeat(others, 2)
    worth[1::2] += worth_alone
    values = shapley_values(table_game(worth)).values
    assert values[0] == pytest.approx(worth_alone, abs=1e-12)
    np.testing.assert_allclose(values[1:], shapley_values(table_game(others)).values, atol=1e-12)


@quick
@given(players=few_players, seed=seeds, factor=st.floats(-3, 3))
def test_linearity(players: int, seed: int, factor: float) -> None:
    first, second = random_worth(players, seed), random_worth(players, seed + 1)
    together = shapley_values(table_game(first + factor * second)).values
    apart = [shapley_values(table_game(worth)).values for worth in (first, second)]
    np.testing.assert_allclose(together, apart[0] + factor * apart[1], atol=1e-11)


def test_shapley_values_evaluate_every_coalition_once() -> None:
    seen: list[bytes] = []

    def value(coalitions: BoolArray) -> FloatArray:
        assert len(coalitions) <= 8
        seen.extend(row.tobytes() for row in coalitions)
        return coalitions.sum(axis=1)

    estimates = list(shapley_values.refine(FunctionGame(6, value, batch_size=8)))
    assert len(seen) == len(set(seen)) == 64
    assert estimates[-1].done == estimates[-1].planned == estimates[-1].evaluations == 64
    assert [estimate.done for estimate in estimates] == list(range(16, 65, 8))


def test_partial_shapley_values_rest_on_complete_sizes() -> None:
    """After the sizes 0, 1, 5 and 6, the marginals of sizes 0 and 5 are known: their mean."""
    worth = random_worth(6, 0)
    first = next(shapley_values.refine(table_game(worth, batch_size=14)))
    alone = [worth[1 << player] - worth[0] for player in range(6)]
    last = [worth[63] - worth[63 ^ 1 << player] for player in range(6)]
    np.testing.assert_allclose(first.values, np.mean([alone, last], axis=0), atol=1e-12)
    assert first.evaluations == 14


def test_too_many_players_for_exact_values() -> None:
    with pytest.raises(ValueError, match=r"2\^21 evaluations"):
        shapley_values(additive(np.ones(21)))


@quick
@given(players=few_players, seed=seeds, spare=st.integers(0, 10))
def test_kernel_shap_is_exact_where_the_budget_covers_all(
    players: int, seed: int, spare: int
) -> None:
    game = table_game(random_worth(players, seed))
    exact = shapley_values(game).values
    found = kernel_shap(game, budget=max(4, 2**players) + spare, seed=seed)
    np.testing.assert_allclose(found.values, exact, atol=1e-9)
    assert found.evaluations == max(2, 2**players)
    if players > 1:
        assert found.standard_error is not None
        np.testing.assert_allclose(found.standard_error, 0, atol=1e-9)


@quick
@given(players=st.integers(1, 12), budget=st.integers(4, 300), seed=seeds)
def test_kernel_shap_is_efficient_at_every_budget(players: int, budget: int, seed: int) -> None:
    worth = random_worth(players, seed)
    for estimate in kernel_shap.refine(table_game(worth, batch_size=20), budget=budget, seed=seed):
        assert estimate.values.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-9)
        assert estimate.done <= estimate.planned <= budget
    assert estimate.done == estimate.planned


@pytest.mark.parametrize(("players", "pairs"), [(6, 20), (7, 30), (10, 60)])
def test_kernel_shap_solves_its_own_problem(players: int, pairs: int) -> None:
    """Against the textbook's way: weighted normal equations with a Lagrange multiplier.

    Both coalitions of a pair are rows z with the value v(z) − v(∅), weighing the Shapley kernel
    k(s) = (l − 1)/(C(l, s)·s·(l − s)) over the share of size s that was drawn.
    """
    worth = random_worth(players, 5)
    drawn = draw_pairs(players, pairs, seed=1)
    codes = drawn.members @ 2 ** np.arange(players)
    last = 2**players - 1
    total = worth[last] - worth[0]
    values, _ = solve(drawn, worth[codes] - worth[last - codes], total)

    members = np.concatenate([drawn.members, ~drawn.members]).astype(float)
    sizes = np.tile(drawn.sizes, 2)
    # 1/C(l, s) over drawn/available; at half the players there are C(l, s)/2 pairs.
    shares = np.bincount(drawn.sizes)[sizes] * np.where(2 * sizes == players, 2, 1)
    weights = (players - 1) / (shares * sizes * (players - sizes))
    targets = worth[np.concatenate([codes, last - codes])] - worth[0]
    system = np.zeros((players + 1, players + 1))
    system[:-1, :-1] = members.T @ (weights[:, None] * members)
    system[-1, :-1] = system[:-1, -1] = 1
    right = np.append(members.T @ (weights * targets), total)
    np.testing.assert_allclose(values, np.linalg.solve(system, right)[:-1], atol=1e-9)


def test_kernel_shap_is_exact_on_pairwise_interactions() -> None:
    """Complementary pairs cancel all interactions of two players."""
    random = np.random.default_rng(0)
    slopes, pairwise = random.normal(size=30), np.triu(random.normal(size=(30, 30)), 1)
    game = FunctionGame(30, lambda z: z @ slopes + ((z @ pairwise) * z).sum(axis=1))
    expected = slopes + (pairwise + pairwise.T).sum(axis=1) / 2
    found = kernel_shap(game, budget=200)
    np.testing.assert_allclose(found.values, expected, atol=1e-9)
    assert found.standard_error is not None
    assert found.standard_error.max() < 1e-9


@pytest.mark.parametrize(("players", "budget"), [(8, 220), (10, 500), (12, 1000)])
def test_kernel_shap_is_exact_on_interactions_of_four(players: int, budget: int) -> None:
    """Products of three are fitted in small games, and pairs cancel those of four."""
    random = np.random.default_rng(3)
    members = [random.choice(players, size, replace=False) for size in (1, 2, 3, 4) * 12]
    worth = random.normal(size=len(members))
    expected = np.zeros(players)
    for group, coefficient in zip(members, worth, strict=True):
        expected[group] += coefficient / len(group)
    game = FunctionGame(
        players,
        lambda z: np.stack([z[:, group].all(axis=1) for group in members], axis=1) @ worth,
    )
    found = kernel_shap(game, budget=budget)
    assert found.evaluations < 2**players
    np.testing.assert_allclose(found.values, expected, atol=1e-9)
    assert found.standard_error is not None
    assert found.standard_error.max() < 1e-9


def test_standard_errors_cover_where_triples_are_fitted() -> None:
    """A smooth game of 14 players, against full enumeration."""
    weights = np.random.default_rng(5).normal(size=14)
    game = FunctionGame(14, lambda z: 10 / (1 + np.exp(-2 * (z @ weights - 1))), batch_size=2**14)
    exact = shapley_values(game).values
    for budget in (1300, 4000):
        inside, errors, without = [], [], []
        for seed in range(40):
            found = kernel_shap(game, budget=budget, seed=seed)
            assert found.standard_error is not None
            inside.append(np.abs(found.values - exact) < 1.96 * found.standard_error)
            errors.append(np.linalg.norm(found.values - exact))
            few = kernel_shap(game, budget=1100, seed=seed)
            without.append(np.linalg.norm(few.values - exact))
        assert 0.90 <= np.mean(inside) <= 0.995
        assert np.median(errors) < 0.7 * np.median(without)


def triples_game(players: int = 50, terms: int = 300) -> tuple[FunctionGame, FloatArray]:
    """Singles and products of three players, each product's Shapley value being a third each."""
    random = np.random.default_rng(11)
    slopes = random.normal(size=players)
    members = np.array([random.choice(players, 3, replace=False) for _ in range(terms)])
    sizes = random.normal(size=terms)
    exact = slopes.copy()
    np.add.at(exact, members, sizes[:, None] / 3)
    game = FunctionGame(
        players,
        lambda z: z @ slopes + z[:, members].all(axis=2) @ sizes,
        batch_size=2**14,
    )
    return game, exact


@pytest.mark.parametrize(("budget", "runs"), [(512, 200), (1024, 40), (2048, 40)])
def test_kernel_shap_standard_errors_cover(budget: int, runs: int) -> None:
    """About 95 % of all values lie within 1.96 standard errors of the truth."""
    game, exact = triples_game()
    inside = []
    for seed in range(runs):
        found = kernel_shap(game, budget=budget, seed=seed)
        assert found.standard_error is not None
        inside.append(np.abs(found.values - exact) < 1.96 * found.standard_error)
    assert 0.90 <= np.mean(inside) <= 0.99


def test_kernel_shap_stops_at_the_tolerance() -> None:
    game, exact = triples_game()
    patient = kernel_shap(game, budget=20000)
    found = kernel_shap(FunctionGame(50, game.values, batch_size=128), budget=20000, tolerance=0.02)
    assert found.standard_error is not None
    assert found.standard_error.max() < 0.02 * np.ptp(found.values)
    assert found.evaluations < patient.evaluations / 2
    assert np.abs(found.values - exact).max() < 0.1 * np.ptp(exact)


def test_kernel_shap_gets_better_while_it_works() -> None:
    game, exact = triples_game()
    estimates = list(kernel_shap.refine(FunctionGame(50, game.values, batch_size=64), budget=4096))
    errors = [np.linalg.norm(estimate.values - exact) for estimate in estimates]
    assert errors[-1] < 0.2 * errors[3]
    assert [estimate.done for estimate in estimates] == [*range(66, 4096, 64), 4096]
    assert all(estimate.evaluations <= estimate.done for estimate in estimates)
    assert estimates[-1].evaluations == 4096


def test_sampling_repeats_itself() -> None:
    game, _ = triples_game()
    for method in (
        lambda seed: kernel_shap(game, budget=300, seed=seed),
        lambda seed: lime(game, samples=300, seed=seed),
    ):
        np.testing.assert_array_equal(method(3).values, method(3).values)
        assert (method(3).values != method(4).values).any()


def test_too_small_a_budget() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        kernel_shap(additive(np.ones(3)), budget=3)


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
    scores = (weights * residuals)[:, None] * design
    together = np.array([scores[cluster == each].sum(axis=0) for each in np.unique(cluster)])
    meat = together.T @ together
    errors = np.sqrt(np.diag(bread @ meat @ bread) * samples / (samples - players - 1))
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


def test_lime_standard_errors_cover() -> None:
    """A smooth game of 14 players, against the weighted fit to all coalitions."""
    slopes = np.random.default_rng(5).normal(size=14)

    def value(z: BoolArray) -> FloatArray:
        return 10 / (1 + np.exp(-2 * (z @ slopes - 1)))

    every = np.asarray((np.arange(2**14)[:, None] >> np.arange(14)) & 1, bool)
    weights = np.exp((every.sum(axis=1) - 14) / (0.75**2 * 14))
    design = np.column_stack([np.ones(2**14), every])
    system = design.T @ (weights[:, None] * design)
    truth = np.linalg.solve(system, design.T @ (weights * value(every)))[1:]
    inside = []
    for seed in range(200):
        found = lime(FunctionGame(14, value, 2**14), samples=500, seed=seed)
        assert found.standard_error is not None
        inside.append(np.abs(found.values - truth) < 1.96 * found.standard_error)
    assert 0.92 <= np.mean(inside) <= 0.98


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


def test_lime_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="at least 2 samples"):
        lime(additive(np.ones(3)), samples=1)
    with pytest.raises(ValueError, match="a width above 0"):
        lime(additive(np.ones(3)), kernel_width=0)


def test_occlusion_of_single_players_is_leaving_one_out() -> None:
    worth = random_worth(4, 1)
    expected = [worth[15] - worth[15 ^ 1 << player] for player in range(4)]
    found = occlusion(table_game(worth))
    np.testing.assert_allclose(found.values, expected)
    assert found.done == found.planned == found.evaluations == 5


def test_occlusion_averages_over_the_squares_that_hide_a_player() -> None:
    """On an additive game a square's drop is the sum of what it hides."""
    slopes = np.array([1.0, 2, 4, 8])
    squares = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool)
    found = occlusion(additive(slopes), squares)
    np.testing.assert_allclose(found.values, [3, (3 + 6) / 2, (6 + 12) / 2, 12])


def test_occlusion_refuses_squares_of_another_game() -> None:
    with pytest.raises(ValueError, match=r"shape \(squares, 3\)"):
        occlusion(additive(np.ones(3)), np.ones((2, 4), bool))
    with pytest.raises(ValueError, match=r"shape \(squares, 3\)"):
        occlusion(additive(np.ones(3)), np.ones((0, 3), bool))


@given(
    height=st.integers(1, 20), width=st.integers(1, 20), window=st.integers(1, 20), data=st.data()
)
def test_sliding_squares(height: int, width: int, window: int, data: st.DataObject) -> None:
    """Of full size, as far apart as asked, and together all of the plane."""
    window = min(window, height, width)
    stride = data.draw(st.integers(1, window))
    segments, squares = sliding_squares(height, width, window, stride)
    assert segments.shape == (height, width)
    np.testing.assert_array_equal(np.unique(segments), np.arange(squares.shape[1]))
    hidden = squares[:, segments]
    assert (hidden.sum(axis=(1, 2)) == window**2).all()
    corners = {tuple(np.argwhere(square)[0].tolist()) for square in hidden}
    tops = sorted({*range(0, height - window + 1, stride), height - window})
    lefts = sorted({*range(0, width - window + 1, stride), width - window})
    assert corners == {(top, left) for top in tops for left in lefts}
    assert hidden.any(axis=0).all()
    for top, left in corners:
        assert hidden[:, top : top + window, left : left + window].all(axis=(1, 2)).any()


@pytest.mark.parametrize(("window", "stride"), [(0, 1), (9, 1), (3, 0), (3, 4)])
def test_squares_that_do_not_fit(window: int, stride: int) -> None:
    with pytest.raises(ValueError, match="should be between 1 and"):
        sliding_squares(8, 10, window, stride)


def test_a_game_must_give_one_value_a_coalition() -> None:
    with pytest.raises(ValueError, match="one a coalition"):
        kernel_shap(FunctionGame(3, lambda z: z))
    with pytest.raises(ValueError, match="at least one"):
        FunctionGame(0, lambda z: z)


def test_the_last_estimate_is_the_result() -> None:
    game = additive(np.arange(5.0))
    result = lime(game, samples=100)
    assert isinstance(result, Estimate)
    *_, last = lime.refine(game, samples=100)
    np.testing.assert_array_equal(result.values, last.values)


def bent_game(players: int = 30) -> tuple[FunctionGame, np.ndarray]:
    """Slopes and threes; with its Shapley values."""
    random = np.random.default_rng(5)
    slopes = random.normal(size=players)
    threes = [random.choice(players, 3, replace=False) for _ in range(60)]
    worth = random.normal(size=60)
    values = slopes.copy()
    for three, amount in zip(threes, worth, strict=True):
        values[three] += amount / 3

    def play(coalitions: np.ndarray) -> np.ndarray:
        whole = np.stack([coalitions[:, three].all(axis=1) for three in threes], axis=1)
        return np.asarray(coalitions @ slopes + whole @ worth)

    return FunctionGame(players, play), values


@pytest.mark.parametrize("budget", [8, 24, 60, 120])
def test_a_good_prior_helps_small_budgets_and_the_sum_holds(budget: int) -> None:
    game, truth = bent_game()
    near = truth + 0.1 * np.random.default_rng(6).normal(size=30)
    errors = []
    for prior in (None, lambda: near):
        found = [kernel_shap(game, budget=budget, seed=seed, prior=prior) for seed in range(5)]
        for each in found:
            assert each.values.sum() == pytest.approx(truth.sum(), abs=1e-9)
            assert prior is None or each.standard_error is None
        errors.append(np.median([np.linalg.norm(each.values - truth) for each in found]))
    assert errors[1] < 0.7 * errors[0]


def test_a_prior_plays_no_part_in_large_budgets_or_small_games() -> None:
    game, truth = bent_game()
    asked = []

    def prior() -> np.ndarray:
        asked.append(1)
        return -100 * truth

    plain, given = (kernel_shap(game, budget=200, prior=each) for each in (None, prior))
    np.testing.assert_array_equal(plain.values, given.values)
    assert given.standard_error is not None
    small = FunctionGame(4, lambda z: z.sum(axis=1) ** 2.0)
    exact = kernel_shap(small, budget=16, prior=lambda: np.array([9.0, 0, 0, 0]))
    np.testing.assert_allclose(exact.values, np.full(4, 4.0))
    assert asked == []


def test_a_wrong_prior_is_mostly_ignored() -> None:
    game, truth = bent_game()
    wrong = np.random.default_rng(7).normal(size=30) * 10
    found = kernel_shap(game, budget=170, prior=lambda: wrong)
    assert np.linalg.norm(found.values - truth) < 0.2 * np.linalg.norm(wrong - truth)
