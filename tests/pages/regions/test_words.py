"""What is said of regions."""

from __future__ import annotations

import pytest

from pages.ui.regions.words import guess


@pytest.mark.parametrize(
    ("rank", "said"),
    [
        (1, "first guess"),
        (2, "2nd guess"),
        (3, "3rd guess"),
        (4, "4th guess"),
        (11, "11th guess"),
        (12, "12th guess"),
        (47, "47th guess"),
        (101, "101st guess"),
        (113, "113th guess"),
        (922, "922nd guess"),
    ],
)
def test_a_rank_as_people_say_it(rank: int, said: str) -> None:
    assert guess(rank) == said
