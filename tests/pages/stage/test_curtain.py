"""On stage and back: what stays, what is restored, what a link says, and what is passed over."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.patience import UNCHANGED


def page_with_a_stage() -> None:
    import streamlit as st

    from pages.ui.components.stage_strip import Said, StageControl
    from pages.ui.shell.choices import choice, shared, taken_from_link, write_link
    from pages.ui.shell.session import session
    from pages.ui.shell.settings import whole
    from pages.ui.stage.controls import offer
    from pages.ui.stage.curtain import on_stage
    from pages.ui.stage.strip import obey, set_the_stage, take_offers

    session().page = "layers"
    if not session().started:
        session().started = True
        taken_from_link(st.query_params.to_dict())
    set_the_stage()
    count = choice(
        "layers-count",
        lambda key, value: int(st.slider("Count", 1, 9, key=key)),
        2,
        lambda text: whole(text, 1, 9),
    )
    counts = {str(number): str(number) for number in range(1, 10)}
    offer(StageControl("count", "Count", counts, str(count), ("layers-count",)))
    take_offers()
    for label, said in {
        "up": Said("up", {}),
        "play": Said("play", {}),
        "down": Said("down", {}),
        "back": Said("back", {}),
        "five": Said("", {"count": "5"}),
        "six and down": Said("down", {"count": "6"}),
        "not offered": Said("", {"count": "10"}),
        "no control": Said("", {"depth": "1"}),
    }.items():
        st.button(label, on_click=obey, args=(said,), key=label)
    st.button("absent", on_click=lambda: session().absent.update({("a",): (1,)}), key="absent")
    write_link()
    st.session_state["seen"] = on_stage(), count, dict(session().absent), shared()


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(page_with_a_stage, default_timeout=UNCHANGED)


def press(page: AppTest, *buttons: str) -> tuple[bool, int]:
    for button in buttons:
        page.button(key=button).click().run()
        assert not page.exception, page.exception
    on, count, _, shared = page.session_state["seen"]
    assert shared == {}  # the stage is none of the settings that pages share
    return on, count


def test_escape_restores_exactly_what_was_before(page: AppTest) -> None:
    page.run().slider[0].set_value(3).run()
    before = page.query_params.copy()
    assert press(page, "up", "five", "absent") == (True, 5)
    assert page.query_params == {"layers-count": "5", "stage": "1"}
    assert press(page, "back") == (False, 3)
    assert page.query_params == before
    assert page.session_state["seen"][2] == {}
    assert page.slider[0].value == 3


def test_f_leaves_with_what_was_chosen_on_stage(page: AppTest) -> None:
    page.run()
    assert press(page, "up", "five") == (True, 5)
    assert press(page, "six and down") == (False, 6)
    assert page.query_params == {"layers-count": "6"}


def test_a_link_opens_on_stage_and_escape_leads_to_the_page_behind_it(page: AppTest) -> None:
    page.query_params["stage"] = "1"
    page.query_params["layers-count"] = "4"
    page.run()
    assert page.session_state["seen"][:2] == (True, 4)
    assert press(page, "five") == (True, 5)
    assert press(page, "back") == (False, 4)
    assert page.query_params == {"layers-count": "4"}


def test_a_link_to_no_stage_is_complained_about(page: AppTest) -> None:
    page.query_params["stage"] = "<b>2</b>"
    page.run()
    assert page.session_state["seen"][0] is False
    said = page.toast[0].value.replace("\\", "")
    assert said == "The link's stage = “<b>2</b>” is not usable: it should be one of 1."
    assert page.query_params == {}


def test_the_button_of_films_goes_on_stage_with_the_first_one(page: AppTest) -> None:
    page.run()
    assert press(page, "play") == (True, 2)
    assert page.query_params == {"stage": "1", "stage-film": "layers"}
    assert press(page, "down") == (False, 2)
    assert page.query_params == {}


def test_what_is_not_on_offer_is_passed_over(page: AppTest) -> None:
    page.run()
    assert press(page, "up", "not offered", "no control") == (True, 2)
    # Going up twice does not forget what was before.
    assert press(page, "five", "up", "back") == (False, 2)
