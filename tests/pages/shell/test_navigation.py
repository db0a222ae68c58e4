"""Notices about links: none takes the place of another, which a browser would then lose."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.shell import navigation

FOUND = [["no model", "no layer"], [], ["no class"]]
"""What is found to be wrong in each run: something only once the network has been loaded."""


def _page() -> None:
    import streamlit as st

    from pages.ui.shell.navigation import complain

    st.html("<style></style>")  # stands among the notices
    for sentence in st.session_state["found"]:
        complain(sentence)


def runs() -> list[list[object]]:
    app = AppTest.from_function(_page, default_timeout=300)
    ended: list[list[object]] = []
    for found in FOUND:
        app.session_state["found"] = found
        ended.append([toast.value for toast in app.run().toast])
    ended.append(list(app.session_state["session"].notices))
    return ended


def test_a_notice_of_a_later_run_leaves_the_earlier_ones() -> None:
    first, second, third, places = runs()
    assert first == ["no model", "no layer"]
    assert second == []
    assert third == ["no model", "no layer", "no class"]
    assert len(set(places)) == 3


def test_what_was_said_long_ago_and_may_be_closed_is_not_said_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(navigation, "SAID_AGAIN_FOR_SECONDS", -1.0)
    *_, third, places = runs()
    assert third == ["no class"]
    assert len(set(places)) == 3
