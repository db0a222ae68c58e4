"""Why something was refused is said as long as it can be read."""

from __future__ import annotations

import pytest

from pages.ui.shell import refusals
from pages.ui.shell.session import Session


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What runs have said so far."""
    said: list[str] = []
    monkeypatch.setattr(refusals.st, "error", said.append)
    return said


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Session:
    session = Session()
    monkeypatch.setattr(refusals, "session", lambda: session)
    return session


def test_it_stays_while_results_come_and_goes_with_the_next_click(
    visit: Session, said: list[str]
) -> None:
    refusals.refuse("model", "Too large")
    for clicked in (True, False, False):  # the click that brought it, and two results
        visit.clicked = clicked
        refusals.draw_refusal("model")
    assert said == 3 * ["Too large"]
    visit.clicked = True
    refusals.draw_refusal("model")
    assert said == 3 * ["Too large"]
    assert not visit.refusals


def test_the_same_again_is_said_again(visit: Session, said: list[str]) -> None:
    visit.clicked = True
    for _ in range(2):
        refusals.refuse("picture", "No picture")
        refusals.draw_refusal("picture")
    assert said == 2 * ["No picture"]


def test_each_place_says_its_own(visit: Session, said: list[str]) -> None:
    refusals.refuse("picture", "No *picture*")
    refusals.draw_refusal("model")
    assert not said
    refusals.draw_refusal("picture")
    assert said == [r"No \*picture\*"]
