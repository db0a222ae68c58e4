"""Where the positive values of maps lie, against shares known by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attribution_core.measures.whereabouts import PARTS, Part, share_within, whereabouts

NAMED = {part.name: part for part in PARTS}


def split(left: float, size: int = 8) -> np.ndarray:
    """A map with a share of its positive values left, evenly spread on either side."""
    values = np.empty((size, size))
    values[:, : size // 2] = left
    values[:, size // 2 :] = 1 - left
    return values


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
@pytest.mark.parametrize("shape", [(8, 8), (7, 5), (1, 1), (224, 224)])
def test_of_a_flat_map_each_part_holds_its_area(part: Part, shape: tuple[int, int]) -> None:
    assert share_within(np.full(shape, 3.0), part) == pytest.approx(part.area)


def test_only_positive_values_count() -> None:
    values = np.full((4, 4), -5.0)
    values[0, 0], values[3, 3] = 3.0, 1.0
    assert share_within(values, NAMED["the left half"]) == pytest.approx(0.75)
    assert share_within(values, NAMED["the lower right quarter"]) == pytest.approx(0.25)
    assert share_within(values, NAMED["the middle"]) == 0


def test_a_position_on_the_border_counts_by_its_area() -> None:
    values = np.zeros((1, 3))
    values[0, 1] = 1.0  # the middle third: half of it lies in either half
    assert share_within(values, NAMED["the left half"]) == pytest.approx(0.5)
    # The middle part covers half of the height, and the whole of the third.
    assert share_within(values, NAMED["the middle"]) == pytest.approx(0.5)


def test_what_is_not_positive_has_no_share() -> None:
    assert math.isnan(share_within(np.zeros((3, 3)), PARTS[0]))
    found = whereabouts([-np.ones((3, 3)), np.full((2, 2), np.nan)])
    assert found.part is None
    assert all(math.isnan(share) for share in found.shares)


@pytest.mark.parametrize(
    ("left", "expected"), [(0.86, "the left half"), (0.09, "the right half"), (0.5, None)]
)
def test_a_half_is_named(left: float, expected: str | None) -> None:
    found = whereabouts([split(left)])
    assert found.part is not None
    assert found.spread == (expected is None)
    assert found.part.name == (expected or "the left half")
    assert found.shares == pytest.approx((max(left, 1 - left),))


def test_a_half_is_named_from_66_percent_on() -> None:
    """0.66 log 1.32 + 0.34 log 0.68 = 0.0521, of 65 % it is 0.0457."""
    assert not whereabouts([split(0.66)]).spread
    assert whereabouts([split(0.65)]).spread


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_that_holds_all_of_them_evenly_is_named_exactly(part: Part) -> None:
    values = np.zeros((16, 16))
    rows = slice(int(16 * part.top), int(16 * part.bottom))
    values[rows, int(16 * part.left) : int(16 * part.right)] = 1.0
    found = whereabouts([values])
    assert found.part == part
    assert found.shares == pytest.approx((1.0,))


def test_a_quarter_is_named_only_where_it_holds_half_of_them() -> None:
    """A quarter with 0.48 tells more than a half with 0.7, but it is not where most of them lie."""
    values = np.zeros((2, 2))
    values[0] = (0.15, 0.48)
    values[1] = (0.15, 0.22)
    assert whereabouts([values]).part is NAMED["the right half"]
    values[0] = (0.15, 0.55)
    values[1] = (0.15, 0.15)
    assert whereabouts([values]).part is NAMED["the upper right quarter"]


def test_several_maps_are_told_together() -> None:
    found = whereabouts([split(0.8), split(0.9, size=14), -np.ones((2, 2))])
    assert found.part is NAMED["the left half"]
    assert found.shares[:2] == pytest.approx((0.8, 0.9))
    assert math.isnan(found.shares[2])
    assert found.agreed


def test_maps_that_disagree_are_said_to() -> None:
    found = whereabouts([split(0.99), split(0.99), split(0.3)])
    assert found.part is NAMED["the left half"]
    assert not found.agreed


def test_without_maps_there_is_nothing_to_say() -> None:
    with pytest.raises(ValueError, match="at least one"):
        whereabouts([])
