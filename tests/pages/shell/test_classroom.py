"""Classes: one leads, others see the same, and neither codes nor followers are without bounds."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pages.ui.shell import share
from pages.ui.shell.classroom import (
    CODE_LENGTH,
    IDLE_SECONDS,
    LEFT_SECONDS,
    MOST_CLASSES,
    MOST_FOLLOWERS,
    MOST_WRONG_CODES,
    Classes,
    Refused,
    Shown,
    classes,
)
from pages.ui.worker.engine import engine
from pages.ui.worker.own_model_names import Use
from tests.pages.visits import Visit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def school(clock: Clock) -> Classes:
    return Classes(clock)


def test_followers_see_what_is_shown_with_a_number_that_grows(school: Classes) -> None:
    code = school.lead("layers", {"layer": "top"})
    assert school.look(code, "ann") == Shown("layers", {"layer": "top"}, 0)
    school.show(code, "layers", {"layer": "top"})
    assert school.look(code, "ann").revision == 0
    school.show(code, "", {"layer": "input"})
    assert school.look(code, "ann") == Shown("", {"layer": "input"}, 1)
    assert school.followers(code) == 1


def test_codes_are_long_and_never_the_same(school: Classes) -> None:
    codes = {school.lead("", {}) for _ in range(MOST_CLASSES)}
    assert len(codes) == MOST_CLASSES
    assert {len(code) for code in codes} == {CODE_LENGTH}
    with pytest.raises(Refused, match="classes are being led"):
        school.lead("", {})


def test_a_class_is_over_when_it_is_ended_or_idle(school: Classes, clock: Clock) -> None:
    ended, idle, kept = (school.lead("", {}) for _ in range(3))
    school.end(ended)
    clock.now += IDLE_SECONDS - 1
    school.show(kept, "", {})
    clock.now += 2
    for code in (ended, idle):
        assert school.followers(code) is None
        with pytest.raises(Refused, match="it is over"):
            school.look(code, "ann")
        school.show(code, "", {"layer": "top"})
        assert school.followers(code) is None
    assert school.look(kept, "ann") == Shown("", {}, 0)


def test_followers_are_told_that_the_leader_has_left_and_is_back(
    school: Classes, clock: Clock
) -> None:
    here = True
    code = school.lead("layers", {}, lambda: here)
    assert not school.look(code, "ann").left
    here = False
    clock.now += LEFT_SECONDS - 1
    assert not school.look(code, "ann").left
    clock.now += 2
    assert school.look(code, "ann") == Shown("layers", {}, 0, left=True)
    here = True
    assert not school.look(code, "ann").left
    here = False
    clock.now += LEFT_SECONDS + 1
    school.show(code, "layers", {})
    assert not school.look(code, "ann").left


def test_a_class_is_full_until_followers_are_gone(school: Classes, clock: Clock) -> None:
    code = school.lead("", {})
    for number in range(MOST_FOLLOWERS):
        school.look(code, f"follower {number}")
    with pytest.raises(Refused, match="full"):
        school.look(code, "one more")
    clock.now += 20
    school.look(code, "follower 0")
    clock.now += 20
    school.look(code, "one more")
    assert school.followers(code) == 2


def test_guessing_codes_is_bounded_and_does_not_disturb_who_follows(
    school: Classes, clock: Clock
) -> None:
    code = school.lead("", {})
    school.look(code, "ann")
    for number in range(MOST_WRONG_CODES):
        with pytest.raises(Refused, match="no class"):
            school.look(f"guess{number}", "eve")
    for guess in (code, "another"):
        with pytest.raises(Refused, match="Too many wrong codes"):
            school.look(guess, "eve")
    school.look(code, "ann")
    clock.now += 61
    school.look(code, "eve")


@pytest.fixture
def school_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ATTRIBUTION_CLASSROOM", "yes")
    yield
    classes.clear()


def leads(page: Visit, present: Callable[[], bool] = lambda: True) -> str:
    """Have a visitor lead a class, as the button does; returns the code."""
    session = page.app.session_state["session"]
    session.leading = classes().lead(session.page, page.link, present)
    return str(session.leading)


PARAMETERS = {"model": "own", "class_choice": "own", "classes": "2,1", "layer": "top"}


@pytest.mark.usefixtures("own_model", "school_here")
def test_a_follower_sees_the_leaders_settings_as_they_change(
    any_visit: Callable[..., Visit],
) -> None:
    leader = any_visit(**PARAMETERS).run()
    code = leads(leader)
    follower = any_visit(follow=code).run()
    assert f"Following class {code}" in follower.words
    assert follower.scene.settings == leader.scene.settings
    assert follower.link == {**leader.link, "follow": code}

    leader.choose("selectbox", "reference", "white")
    follower.run()
    assert follower.scene.settings.reference == "white"

    leader.open("layers")
    follower.run()
    assert follower.app.session_state["session"].page == "layers"
    assert follower.scene.settings.layer == leader.scene.settings.layer

    # What a follower does is undone by the same run.
    follower.app.session_state["session"].choices.chosen["reference"] = "mean"
    follower.run()
    assert follower.scene.settings.reference == "white"

    follower.press("leave_class")
    assert "Following" not in follower.words
    assert "follow" not in follower.link
    assert follower.scene.settings.reference == "white"
    follower.choose("selectbox", "reference", "mean")
    assert follower.scene.settings.reference == "mean"
    assert leader.run().scene.settings.reference == "white"


@pytest.mark.usefixtures("own_model", "school_here")
def test_who_follows_a_leader_that_has_left_goes_on_alone_until_the_leader_is_back(
    any_visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = True
    leader = any_visit(**PARAMETERS).run()
    code = leads(leader, lambda: here)
    follower = any_visit(follow=code).run()
    assert "has left" not in follower.words
    here = False
    monkeypatch.setattr("pages.ui.shell.classroom.LEFT_SECONDS", -1.0)
    follower.run()
    assert "The one who leads has left; you may go on by yourself." in follower.words
    follower.choose("selectbox", "reference", "white")
    assert follower.scene.settings.reference == "white"
    assert follower.run().link["follow"] == code
    monkeypatch.setattr("pages.ui.shell.classroom.LEFT_SECONDS", 30.0)
    here = True
    follower.run()
    assert f"Following class {code}" in follower.words
    assert follower.scene.settings == leader.scene.settings


@pytest.mark.usefixtures("own_model", "school_here")
def test_the_leaders_own_picture_stays_with_the_leader(any_visit: Callable[..., Visit]) -> None:
    content = io.BytesIO()
    Image.fromarray(np.full((40, 40, 3), (200, 30, 90), np.uint8)).save(content, "PNG")
    leader = any_visit(**PARAMETERS).run()
    session = leader.app.session_state["session"]
    code = leads(leader)
    session.own_picture = content.getvalue()
    session.choices.chosen["picture"] = "upload"
    leader.run()
    follower = any_visit(follow=code).run()
    assert "the leader's own picture stays with the leader" in follower.words
    assert follower.app.session_state["session"].own_picture is None
    shown = replace(leader.scene.settings, picture="cat_coffee")
    assert follower.scene.settings == shown


@pytest.mark.usefixtures("own_model", "school_here", "built_in_networks")
def test_the_leaders_own_network_stays_with_the_leader(any_visit: Callable[..., Visit]) -> None:
    leader = any_visit(**PARAMETERS).run()
    me = leader.app.session_state["session"].visitor
    path = Path(os.environ["ATTRIBUTION_MODEL"])
    models = engine().own_models
    digest = models.bring(me, "mine.keras", path.read_bytes())
    name = models.use(me, digest, Use("none", ("ant", "bee", "cat", "dog", "eel")))
    code = leads(leader)
    leader.app.session_state["session"].choices.chosen["model"] = name
    leader.run()
    assert leader.scene.settings.model == name
    follower = any_visit(follow=code).run()
    assert "the leader's own network stays with the leader" in follower.words
    assert "mine.keras" not in follower.app.selectbox(key="choose_model").options
    assert follower.scene.settings.model == engine().default_model().name
    models.drop(me)


@pytest.mark.usefixtures("own_model", "school_here")
def test_a_class_that_is_over_leaves_its_screen(any_visit: Callable[..., Visit]) -> None:
    leader = any_visit(**PARAMETERS).run()
    code = leads(leader)
    follower = any_visit(follow=code).run()
    classes().end(code)
    follower.run()
    assert "it is over" in follower.words
    assert follower.scene.settings == leader.scene.settings
    assert "follow" not in follower.link


@pytest.mark.usefixtures("own_model")
def test_nothing_is_followed_where_the_operator_has_not_allowed_it(
    any_visit: Callable[..., Visit],
) -> None:
    code = classes().lead("", {"reference": "white"})
    follower = any_visit(**PARAMETERS, follow=code).run()
    assert "the server's operator has not allowed them" in follower.words
    assert follower.scene.settings.reference == "black"
    assert "follow" not in follower.link
    classes.clear()


def test_whether_the_leader_is_here_is_whether_the_browser_is_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected = {"leader"}
    monkeypatch.setattr(share, "get_script_run_ctx", lambda: SimpleNamespace(session_id="leader"))
    monkeypatch.setattr(
        share.runtime,
        "get_instance",
        lambda: SimpleNamespace(is_active_session=connected.__contains__),
    )
    here = share.page_is_open()
    assert here()
    connected.clear()
    assert not here()
