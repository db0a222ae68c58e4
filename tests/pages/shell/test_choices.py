"""A page's own choices: in the link, across pages, and never in the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest


def page_of_choices() -> None:
    import streamlit as st

    from pages.ui.shell.choices import changed, choice, decide, in_link, taken_from_link
    from pages.ui.shell.session import session
    from pages.ui.shell.settings import one_of, whole

    session().page = "demo"
    if "started" not in st.session_state:
        st.session_state["started"] = True
        st.session_state["others"] = taken_from_link(st.query_params.to_dict())
    if st.checkbox("Elsewhere", key="elsewhere"):
        st.write(str(in_link("other")))
        return
    most = 9 if not st.checkbox("Few", key="few") else 3
    usual = "pear" if st.checkbox("Winter", key="winter") else "fig"
    fruit = choice(
        "demo-fruit",
        lambda key, value: st.selectbox("Fruit", ["fig", "pear"], key=key),
        usual,
        lambda text: one_of(text, ("fig", "pear")),
    )
    count = choice(
        "demo-count",
        lambda key, value: int(st.slider("Count", 1, most, key=key)),
        2,
        lambda text: whole(text, 1, most),
    )
    st.session_state["found"] = fruit, count

    def decided_but_not_drawn() -> None:
        """As after a run that ended between the decision and the widget: the browser's old value
        is there again."""
        old = st.session_state["choose_demo-fruit"]
        decide("demo-fruit", "pear")
        st.session_state["choose_demo-fruit"] = old
        st.session_state["changed"] = changed("demo-fruit")

    def picked() -> None:
        st.session_state["changed"] = changed("demo-picked")

    st.button("Decide", on_click=decided_but_not_drawn, key="decide")
    choice(
        "demo-picked",
        lambda key, value: st.selectbox("Picked", ["a", "b"], key=key, on_change=picked),
        "a",
        lambda text: one_of(text, ("a", "b")),
    )
    st.session_state["link"] = in_link("demo")


Visit = Callable[..., AppTest]


@pytest.fixture
def visit() -> Visit:
    def visited(**parameters: str) -> AppTest:
        app = AppTest.from_function(page_of_choices, default_timeout=120)
        for name, text in parameters.items():
            app.query_params[name.replace("_", "-")] = text
        app.run()
        assert not app.exception
        return app

    return visited


def test_nothing_chosen_is_not_in_the_link(visit: Visit) -> None:
    app = visit()
    assert app.session_state["found"] == ("fig", 2)
    assert app.session_state["link"] == {}
    assert not app.query_params


def test_a_choice_goes_into_the_link_and_out_of_it(visit: Visit) -> None:
    app = visit()
    app.slider[0].set_value(7).run()
    assert app.session_state["found"] == ("fig", 7)
    assert app.session_state["link"] == {"demo-count": "7"}
    assert app.query_params["demo-count"] in ("7", ["7"])
    app.slider[0].set_value(2).run()
    assert app.session_state["link"] == {}
    assert "demo-count" not in app.query_params


def test_a_link_brings_choices_back(visit: Visit) -> None:
    app = visit(demo_fruit="pear", demo_count="5", model="x")
    assert app.session_state["found"] == ("pear", 5)
    assert app.session_state["others"] == {"model": "x"}


def test_choices_survive_another_page(visit: Visit) -> None:
    app = visit()
    app.selectbox[0].set_value("pear").run()
    app.checkbox(key="elsewhere").check().run()
    app.run()
    app.checkbox(key="elsewhere").uncheck().run()
    assert app.session_state["found"] == ("pear", 2)


@pytest.mark.parametrize("text", ["99", "x", "", "nan", "<b>", "1" * 5000])
def test_an_unusable_link_gets_a_sentence(visit: Visit, text: str) -> None:
    app = visit(demo_count=text)
    assert app.session_state["found"] == ("fig", 2)
    assert ["count" in toast.value for toast in app.toast] == [True]
    app.run()
    assert not app.toast


def test_what_became_impossible_falls_back(visit: Visit) -> None:
    app = visit(demo_count="8")
    app.checkbox(key="few").check().run()
    assert not app.exception
    assert app.session_state["found"] == ("fig", 2)
    assert not app.toast


def test_a_new_default_holds_where_nobody_chose(visit: Visit) -> None:
    app = visit()
    app.checkbox(key="winter").check().run()
    assert app.session_state["found"] == ("pear", 2)
    assert app.session_state["link"] == {}
    app.selectbox[0].set_value("fig").run()
    app.checkbox(key="winter").uncheck().run()
    app.selectbox[0].set_value("pear").run()
    app.checkbox(key="winter").check().run()
    app.checkbox(key="winter").uncheck().run()
    assert app.session_state["found"] == ("fig", 2)


def page_that_decides() -> None:
    import streamlit as st

    from pages.ui.shell.choices import choice, decide, forget
    from pages.ui.shell.session import session
    from pages.ui.shell.settings import whole

    session().page = "demo"

    def count(key: str, value: int) -> int:
        drawn = int(st.slider("Count", 1, 9, key=key))
        if st.session_state.pop("end_here", False):
            st.stop()
        return drawn

    st.button("Five", on_click=decide, args=("demo-count", 5))
    st.button("Usual", on_click=forget, args=("demo-count",))
    st.session_state["found"] = choice("demo-count", count, 2, lambda text: whole(text, 1, 9))


def test_a_page_decides_in_the_visitors_stead() -> None:
    app = AppTest.from_function(page_that_decides, default_timeout=120).run()
    app.slider[0].set_value(7).run()
    app.button[0].click().run()
    assert app.session_state["found"] == app.slider[0].value == 5
    assert app.query_params["demo-count"] in ("5", ["5"])
    app.button[1].click().run()
    assert app.session_state["found"] == app.slider[0].value == 2
    assert "demo-count" not in app.query_params


def page_that_is_asked_late() -> None:
    import streamlit as st

    from pages.ui.shell.choices import choice, decide, forget, taken_from_link
    from pages.ui.shell.session import session
    from pages.ui.shell.settings import whole

    session().page = "demo"
    if not session().started:
        session().started = True
        taken_from_link(st.query_params.to_dict())
    st.button("Five", on_click=decide, args=("demo-count", 5))
    st.button("Usual", on_click=forget, args=("demo-count",))
    if st.checkbox("Count"):
        st.session_state["found"] = choice(
            "demo-count",
            lambda key, value: int(st.slider("Count", 1, 9, key=key)),
            2,
            lambda text: whole(text, 1, 9),
        )


@pytest.mark.parametrize(("button", "expected"), [(None, 8), (0, 5), (1, 2)])
def test_a_decision_replaces_what_the_link_asked_for(button: int | None, expected: int) -> None:
    app = AppTest.from_function(page_that_is_asked_late, default_timeout=120)
    app.query_params["demo-count"] = "8"
    app.run()
    if button is not None:
        app.button[button].click().run()
    app.checkbox[0].check().run()
    assert app.session_state["found"] == app.slider[0].value == expected


def page_of_controls() -> None:
    import streamlit as st

    from pages.ui.shell.choices import taken_from_link
    from pages.ui.shell.choosers import (
        choose_from_list,
        choose_number,
        choose_one,
        choose_several,
        choose_whether,
        choose_whole,
    )
    from pages.ui.shell.session import session

    session().page = "demo"
    if not session().started:
        session().started = True
        taken_from_link(st.query_params.to_dict())

    def report() -> None:
        key, title = st.session_state["stale"]
        st.session_state[key] = title

    st.button("Report", on_click=report, key="report")
    note = "ripe"
    fruit = {"fig": f"Fig, {note}", "pear": f"Pear, {note}"}
    st.session_state["found"] = {
        "one": choose_one("demo-one", "One", fruit, "fig"),
        "listed": choose_from_list("demo-listed", "Listed", {3: f"Three, {note}", 4: "Four"}, 3),
        "several": choose_several("demo-several", "Several", fruit, ("pear",), most=2),
        "whole": choose_whole("demo-whole", "Whole", 0, 8, 4),
        "number": choose_number("demo-number", "Number", -1.0, 1.0, 0.5, step=0.25),
        "whether": choose_whether("demo-whether", "Whether", True, "Or not."),
    }


USUAL = {
    "one": "fig",
    "listed": 3,
    "several": ("pear",),
    "whole": 4,
    "number": 0.5,
    "whether": True,
}
OTHER = {
    "one": ("pear", "pear"),
    "listed": ("4", 4),
    "several": ("pear,fig", ("pear", "fig")),
    "whole": ("0", 0),
    "number": ("-0.25", -0.25),
    "whether": ("no", False),
}


def test_every_control_is_read_from_the_link_and_written_to_it() -> None:
    app = AppTest.from_function(page_of_controls, default_timeout=120).run()
    assert app.session_state["found"] == USUAL
    assert not app.query_params
    app = AppTest.from_function(page_of_controls, default_timeout=120)
    for name, (text, _) in OTHER.items():
        app.query_params[f"demo-{name}"] = text
    app.run()
    assert app.session_state["found"] == {name: value for name, (_, value) in OTHER.items()}
    app.run()
    found = {name: str(text) for name, text in app.query_params.items()}
    assert found == {f"demo-{name}": text for name, (text, _) in OTHER.items()}


def test_unusable_texts_leave_every_default_and_are_all_told() -> None:
    app = AppTest.from_function(page_of_controls, default_timeout=120)
    for name in OTHER:
        app.query_params[f"demo-{name}"] = "grape"
    app.run()
    assert app.session_state["found"] == USUAL
    assert len(app.toast) == len(OTHER)


@pytest.mark.parametrize(
    ("name", "title"),
    [("one", "Pear, green"), ("listed", "Three, green"), ("several", ["Pear, green"])],
)
def test_a_title_of_an_earlier_list_is_no_choice(name: str, title: object) -> None:
    """The browser reports titles; Streamlit hands on one that it does not know as it came."""
    app = AppTest.from_function(page_of_controls, default_timeout=120)
    for other, (text, _) in OTHER.items():
        app.query_params[f"demo-{other}"] = text
    app.run()
    app.session_state["stale"] = f"choose_demo-{name}", title
    app.button(key="report").click().run()
    assert not app.exception
    assert app.session_state["found"] == {name: value for name, (_, value) in OTHER.items()}


def test_choices_of_the_form_for_figures_travel_with_every_page(visit: Visit) -> None:
    app = visit(figure_width="slide", other_x="1")
    app.slider[0].set_value(7).run()
    assert app.session_state["link"] == {"demo-count": "7", "figure-width": "slide"}


def test_what_the_browser_still_shows_is_no_choice() -> None:
    """A drag reports twice before the widget beside it has heard of the first report."""
    app = AppTest.from_function(page_that_decides, default_timeout=120).run()
    app.slider[0].set_value(7)
    app.button[0].click().run()
    assert app.session_state["found"] == 5


def test_a_run_that_ends_while_the_widget_is_drawn() -> None:
    app = AppTest.from_function(page_that_decides, default_timeout=120).run()
    app.session_state["end_here"] = True
    app.button[0].click().run()
    app.session_state["session"].choices.chosen["demo-count"] = "8"
    app.run()
    assert app.session_state["found"] == app.slider[0].value == 8


def test_what_a_visitor_changed_and_what_was_decided(visit: Visit) -> None:
    app = visit()
    app.selectbox(key="choose_demo-picked").set_value("b").run()
    assert app.session_state["changed"] is True
    app.button(key="decide").click().run()
    assert app.session_state["changed"] is False
    assert app.session_state["found"] == ("pear", 2)
