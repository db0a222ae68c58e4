"""The operator's page: for whoever has the token, and for nobody where there is none."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.operator.access import Access
from pages.ui.operator.operations import operations
from pages.ui.operator.page import duration, size

TOKEN = "correct-horse-battery"


def page() -> None:
    from pages.ui.operator.page import render_operator

    render_operator()


@pytest.fixture
def with_token(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ATTRIBUTION_OPERATOR", TOKEN)
    operations.clear()
    yield
    operations.clear()


def numbers(app: AppTest) -> str:
    """What is shown of the server; empty where nothing is."""
    bodies = [str(each.proto.body) for each in app.get("html")]
    return "".join(body for body in bodies if 'class="operator"' in body)


@pytest.mark.usefixtures("with_token")
def test_only_the_token_opens_it(caplog: pytest.LogCaptureFixture) -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert not numbers(app)
    app.text_input[0].set_value("a wrong one, of any length").run()
    assert [each.value for each in app.error] == ["This is not the operator's token."]
    assert not numbers(app)
    assert "A wrong token" in caplog.text
    assert "of any length" not in caplog.text
    app.text_input[0].set_value(f" {TOKEN} ").run()
    assert not app.exception
    assert not app.text_input
    shown = numbers(app)
    for title in ("Work", "Memory", "Results", "Networks", "Warnings and errors"):
        assert f"<h4>{title}</h4>" in shown
    assert TOKEN not in caplog.text + str(app)


def test_there_is_none_unless_asked_for() -> None:
    assert not Access.of({}).offered
    assert not Access.of({}).admits("")
    assert not Access.of({}).complaint


def test_a_token_that_can_be_guessed_is_none(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    access = Access.of({"ATTRIBUTION_OPERATOR": "short"})
    assert not access.offered
    assert not access.admits("short")
    assert "at least 16 characters" in access.complaint
    assert "short" not in access.complaint + caplog.text


def test_sizes_and_times_are_short() -> None:
    assert [size(each) for each in (None, 0, 4_400_000, 1_250_000_000)] == [
        "",
        "0 MB",
        "4 MB",
        "1.25 GB",
    ]
    assert [duration(each) for each in (5.9, 61, 3700, 90_000)] == [
        "5 s",
        "1 min 1 s",
        "1 h 1 min",
        "1 d 1 h",
    ]
