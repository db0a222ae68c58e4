"""What a list's titles say that a browser reports after a restart of the server."""

from __future__ import annotations

import pytest

from pages.ui.shell.restart import with_titles

LABELS = ("tabby", "tiger", "tiger cat", "crane (class 134)", "crane (class 517)")
MEASURED = ("tabby · 12.3 %", "tiger", "tiger cat", "crane (class 134)", "crane (class 517)")


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (["tiger"], [1]),
        (["tabby · 12.3 %", "tiger"], [0, 1]),
        (["tiger cat · 4.0 %"], [2]),
        (["crane (class 517) · 1.0 %"], [4]),
        ([], []),
        (["lion"], None),
        (["tiger", "lion"], None),
    ],
)
@pytest.mark.parametrize("titles", [LABELS, MEASURED])
def test_titles_are_options_whatever_was_measured(
    titles: tuple[str, ...], reported: list[str], expected: list[int] | None
) -> None:
    assert with_titles(reported, range(5), titles.__getitem__) == expected


def test_a_title_of_two_options_is_neither() -> None:
    titles = ("conv · 14×14", "conv · 28×28")
    assert with_titles(["conv · 28×28"], range(2), titles.__getitem__) == [1]
    assert with_titles(["conv · 7×7"], range(2), titles.__getitem__) is None
