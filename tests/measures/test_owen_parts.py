"""Owen values of parts, opened one by one, against closed forms and all orders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import Classifier, Grid, Picture, explain, owen_parts, request_or_reason
from attribution_core.games.hierarchy import Hierarchy
from attribution_core.images import Pixels
from attribution_core.measures.owen_parts import OwenParts, parts_of
from attribution_core.methods.owen_values import Tree
from attribution_core.request import granted
from tests.known_games import additive, random_worth, table_game
from tests.methods.test_owen_values import by_orders

FOUR = Hierarchy(((1, 2), (3, 4), (0, 5)))
PLANE = np.array([[0, 1], [2, 3]])


def random_hierarchy(players: int, seed: int) -> Hierarchy:
    random = np.random.default_rng(seed)
    left, merges = list(range(players)), []
    for number in range(players, 2 * players - 1):
        one, other = sorted(random.choice(left, 2, replace=False).tolist())
        merges.append((one, other))
        left = [part for part in left if part not in (one, other)] + [number]
    return Hierarchy(tuple(merges))


def tree_to_the_players(hierarchy: Hierarchy, part: int) -> Tree:
    halves = hierarchy.halves(part)
    return tuple(tree_to_the_players(hierarchy, half) for half in halves) if halves else part


def last(found: list[OwenParts]) -> OwenParts:
    return found[-1]


def test_of_an_additive_game_every_part_has_the_sum_of_its_players() -> None:
    slopes = np.array([1.0, 2.0, 4.0, -8.0])
    found = last(list(parts_of(additive(slopes, empty=3), FOUR, PLANE, (6, 5))))
    assert found.shown == (0, 3, 4)
    assert found.values == pytest.approx({6: -1, 0: 1, 5: -2, 3: -8, 4: 6})
    assert list(found.values) == [6, 0, 5, 3, 4]


@settings(max_examples=25)
@given(players=st.integers(2, 6), seed=st.integers(0, 10**6), opens=st.integers(0, 5))
def test_a_part_has_what_its_players_have_over_all_orders_that_keep_parts_together(
    players: int, seed: int, opens: int
) -> None:
    """Whatever is opened: so the value stays when a part is clicked, and its halves sum to it."""
    hierarchy = random_hierarchy(players, seed)
    game = table_game(random_worth(players, seed))
    by_player = by_orders(game, tree_to_the_players(hierarchy, hierarchy.whole))
    opened = hierarchy.openable(range(hierarchy.whole, hierarchy.whole - 1 - opens, -1))
    found = last(list(parts_of(game, hierarchy, np.arange(players)[None], opened)))
    assert set(found.values) == set(opened) | set(found.shown)
    for part, value in found.values.items():
        own = by_player[list(hierarchy.players_of(part))].sum()
        assert value == pytest.approx(own, abs=1e-9)
    assert found.undivided == 0


def test_what_a_click_costs() -> None:
    """Two for the ends, two for the first halves, four for those of one of these."""
    game = table_game(random_worth(4, 1))
    counts = [
        last(list(parts_of(game, FOUR, PLANE, opened))).evaluations
        for opened in ((), (6,), (6, 5), (6, 5, 4))
    ]
    assert counts == [2, 4, 8, 16]


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), budget=st.integers(0, 16))
def test_at_any_budget_the_halves_sum_to_the_part(seed: int, budget: int) -> None:
    worth = random_worth(4, seed)
    for found in parts_of(table_game(worth, 2), FOUR, PLANE, (6, 5, 4), budget=budget):
        assert found.values[6] == pytest.approx(worth[-1] - worth[0])
        for part in found.opened:
            halves = FOUR.halves(part)
            assert sum(found.values[half] for half in halves) == pytest.approx(found.values[part])
        assert found.evaluations <= max(2, budget)
        assert 0 <= found.undivided <= 1


def test_all_opened_they_are_the_methods_values(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    request = granted(
        request_or_reason(
            tiny_classifier,
            picture=Picture.of(tiny_image),
            method="owen_values",
            target=1,
            segmentation=Grid(2, 3),
        )
    )
    whole = last(list(owen_parts(tiny_classifier, request)))
    opened = range(whole.hierarchy.whole, -1, -1)
    found = last(list(owen_parts(tiny_classifier, request, opened)))
    expected = explain(
        tiny_classifier, tiny_image, "owen_values", target=1, superpixels=Grid(2, 3)
    ).player_values
    assert expected is not None
    assert sorted(found.shown) == list(range(6))
    np.testing.assert_allclose([found.values[part] for part in range(6)], expected, atol=1e-5)
