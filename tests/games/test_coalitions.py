"""How KernelSHAP and LIME draw their coalitions."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core.arrays import BoolArray
from attribution_core.games.coalitions import draw_pairs, draw_uniform, first_of_size


@pytest.mark.thorough
@given(players=st.integers(1, 30), pairs=st.integers(0, 400), seed=st.integers(0, 2**31))
def test_pairs_are_distinct_and_within_bounds(players: int, pairs: int, seed: int) -> None:
    drawn = draw_pairs(players, pairs, seed)
    all_pairs = 2 ** (players - 1) - 1
    assert len(drawn) == min(pairs, all_pairs)
    assert drawn.members.shape == (len(drawn), players)
    rows = {row.tobytes() for row in drawn.members}
    complements = {row.tobytes() for row in ~drawn.members}
    assert len(rows) == len(drawn)
    assert not rows & complements
    assert ((drawn.sizes >= 1) & (2 * drawn.sizes <= players)).all()
    counts = np.bincount(drawn.sizes, minlength=players // 2 + 1)
    assert (counts <= drawn.available).all()
    for size in range(1, players // 2 + 1):
        halved = 2 if 2 * size == players else 1
        assert drawn.available[size] == comb(players, size) // halved


@pytest.mark.parametrize("players", [2, 5, 8])
def test_all_pairs_where_they_fit(players: int) -> None:
    drawn = draw_pairs(players, 10**6, seed=0)
    assert len(drawn) == 2 ** (players - 1) - 1
    np.testing.assert_array_equal(
        np.bincount(drawn.sizes, minlength=players // 2 + 1), drawn.available
    )


def test_sizes_follow_the_geometric_mean_of_kernel_and_leverage() -> None:
    """1/√(s(l − s)) for each of the sizes s and l − s, for l/2 only once; size 1 is taken whole."""
    drawn = draw_pairs(20, 1000, seed=0)
    counts = np.bincount(drawn.sizes)
    sizes = np.arange(2, 11)
    shares = np.where(sizes == 10, 1, 2) / np.sqrt(sizes * (20 - sizes))
    assert counts[1] == 20
    np.testing.assert_allclose(counts[2:], shares / shares.sum() * 980, atol=1)


def test_any_leading_part_has_the_sizes_in_the_same_shares() -> None:
    drawn = draw_pairs(49, 1000, seed=3)
    whole = np.bincount(drawn.sizes)
    for part in (100, 333, 500):
        np.testing.assert_allclose(
            np.bincount(drawn.sizes[:part], minlength=len(whole)), whole * part / 1000, atol=1.5
        )


def test_every_player_is_drawn_alike() -> None:
    """At half the players only sets without the last one are drawn: complements have it."""
    present = np.zeros(7)
    for seed in range(200):
        drawn = draw_pairs(7, 30, seed)
        present += drawn.members[drawn.sizes == 3].mean(axis=0)
    np.testing.assert_allclose(present / 200, 3 / 7, atol=0.03)
    drawn = draw_pairs(8, 10**6, seed=0)
    assert not drawn.members[drawn.sizes == 4, -1].any()


def test_many_players() -> None:
    drawn = draw_pairs(300, 500, seed=0)
    assert len({row.tobytes() for row in drawn.members}) == 500
    assert drawn.available.min() == 0
    assert (drawn.available[1:] > 0).all()


def test_the_seed_decides() -> None:
    first, second, other = (draw_pairs(30, 100, seed).members for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


@given(players=st.integers(1, 60), seed=st.integers(0, 2**31), data=st.data())
def test_a_smaller_count_gives_a_leading_part(players: int, seed: int, data: st.DataObject) -> None:
    """Sizes of few coalitions and of many are put in order in different ways."""
    size = data.draw(st.integers(0, players // 2))
    most = min(200, comb(players - (2 * size == players), size))
    more = first_of_size(players, size, most, seed)
    fewer = data.draw(st.integers(0, most))
    np.testing.assert_array_equal(first_of_size(players, size, fewer, seed), more[:fewer])
    assert (more.sum(axis=1) == size).all()
    assert len({row.tobytes() for row in more}) == most


def test_a_larger_budget_contains_the_smaller() -> None:
    """Shares are rounded to whole numbers, which may move one pair of a size."""
    small, large = (codes(draw_pairs(49, pairs, seed=4).members) for pairs in (255, 511))
    assert len(small - large) <= 1
    half, whole = (draw_uniform(49, draws, seed=4) for draws in (300, 600))
    np.testing.assert_array_equal(half.members, whole.members[:300])


@pytest.mark.thorough
@pytest.mark.parametrize("players", [5, 6])
def test_draws_are_uniform_one_by_one(players: int) -> None:
    """The last of 20 draws, over many seeds; χ² with 2^l − 1 degrees, 0.999."""
    last = [draw_uniform(players, 20, seed).members[-1] for seed in range(1600)]
    counts = np.bincount(np.array(last) @ 2 ** np.arange(players), minlength=2**players)
    expected = 1600 / 2**players
    assert ((counts - expected) ** 2 / expected).sum() < {5: 61.1, 6: 103.5}[players]


def test_draws_repeat_nothing_before_all_of_a_size_are_there() -> None:
    drawn = draw_uniform(6, 1000, seed=2)
    counts = np.bincount(drawn.members @ 2 ** np.arange(6), minlength=64)
    sizes = np.array([bin(code).count("1") for code in range(64)])
    for size in range(7):
        assert np.ptp(counts[sizes == size]) <= 1
    numbers = drawn.members @ 2 ** np.arange(6)
    pairs = np.minimum(numbers, 63 - numbers)
    # A number stands for one coalition and its complement, each drawn once.
    together = list(zip(drawn.pair.tolist(), numbers.tolist(), strict=True))
    assert len(set(together)) == len(together) == 1000
    named = set(zip(drawn.pair.tolist(), pairs.tolist(), strict=True))
    assert len(named) == len(set(drawn.pair.tolist())) < 1000


def test_both_methods_follow_one_order() -> None:
    """Of each size, the one that takes fewer takes nothing that the other does not have."""
    pairs = draw_pairs(49, 255, seed=7).members
    kernel_shap = codes(np.concatenate([pairs, ~pairs]))
    lime = codes(draw_uniform(49, 500, seed=7).members)
    both = kernel_shap & lime
    for size in range(1, 49):
        of_size = [{code for code in each if len(code) == size} for each in (kernel_shap, lime)]
        shared = sum(len(code) == size for code in both)
        assert shared == min(map(len, of_size))


def codes(members: BoolArray) -> set[tuple[int, ...]]:
    """Each coalition as its members."""
    return {tuple(np.flatnonzero(row).tolist()) for row in members}
