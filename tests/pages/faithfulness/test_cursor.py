"""The cursor on a curve."""

from __future__ import annotations

from pages.ui.faithfulness.cursor import point_at
from tests.pages.faithfulness.made_curves import curve


def test_the_cursor_takes_the_nearest_point() -> None:
    drawn = curve("deletion", 4, 3, 2, 1, 0)
    assert [point_at(drawn, share) for share in (0, 0.1, 0.2, 0.6, 1)] == [0, 0, 1, 2, 4]
