"""A story told in the app: its steps, its link, and the way out of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pages.ui.stories.shelf import shelf
from pages.ui.worker.engine import engine
from tests.pages.visits import Visit

pytestmark = pytest.mark.thorough

NAME = "7_complete_and_still_wrong"
STORIES = [story.name for story in shelf(engine()).stories.values()]


def buttons(page: Visit) -> list[str]:
    return [button.key for button in page.app.button if str(button.key).startswith("story_")]


def test_next_and_back_set_page_and_controls(visit: Callable[..., Visit]) -> None:
    page = visit().open("stories")
    page.press(f"begin_{NAME}")
    assert page.link["story"] == NAME
    assert page.link["axioms-function"] == "saturated"
    assert "1 of 3" in page.words
    assert page.app.button(key="story_back").disabled
    page.press("story_next").press("story_next")
    assert (page.link["step"], page.link["axioms-x"]) == ("3", "3")
    assert "story_next" not in buttons(page)
    page.press("story_back")
    assert page.link["step"] == "2"
    assert "axioms-x" not in page.link
    page.press("story_leave")
    assert "story" not in page.link
    assert not buttons(page)


def test_opened_first_the_page_loads_the_network_whose_layers_the_sidebar_offers(
    visit: Callable[..., Visit],
) -> None:
    page = visit().open("stories").finish()
    [layer] = [box for box in page.app.sidebar.selectbox if box.label == "Layer"]
    assert not layer.disabled
    assert len(layer.options) > 1


def test_a_change_on_the_way_is_undone_by_the_next_step(visit: Callable[..., Visit]) -> None:
    page = visit(story=NAME, step="1").run()
    # The link named a class, so the page that it named is shown and not the step's.
    page.press("story_again")
    page.app.selectbox(key="choose_axioms-function").set_value("product")
    page.run()
    assert page.link["axioms-function"] == "product"
    page.press("story_next")
    assert page.link["axioms-function"] == "minimum"


def test_a_bare_link_opens_the_steps_page(any_visit: Callable[..., Visit]) -> None:
    page = any_visit()
    page.app.query_params.clear()
    page.app.query_params.update({"story": NAME, "step": "2"})
    page.run()
    assert page.app.selectbox(key="choose_axioms-function").value == "minimum"
    assert not page.app.toast


def test_what_else_the_link_names_stands_above_the_step(visit: Callable[..., Visit]) -> None:
    changed = {"model": "vgg16_cam", "classes": "967", "methods": "grad_cam"}
    page = visit(story="1_alike_at_the_pixels", step="1", **changed).run()
    assert page.link.items() >= {**changed, "picture": "dog_cat", "layer": "input"}.items()


@pytest.mark.parametrize(
    ("story", "step", "sentence"),
    [
        ("no_such", "1", "is not among those here"),
        (NAME, "9", "has 3 steps; the link names another"),
        (NAME, "−1", "has 3 steps"),
        (NAME, "9" * 5000, "has 3 steps"),
        ("<b>" * 100, "1", "is not among those here"),
    ],
)
def test_a_link_to_no_step(
    visit: Callable[..., Visit], story: str, step: str, sentence: str
) -> None:
    page = visit(story=story, step=step).run()
    assert sentence in page.words
    assert not buttons(page)
    assert "story" not in page.link


@pytest.mark.parametrize("name", STORIES)
def test_every_step_opens_without_a_complaint(any_visit: Callable[..., Visit], name: str) -> None:
    """Its page accepts its settings; what it computes is not waited for."""
    story = shelf(engine()).stories[name]
    page = any_visit().open("stories").press(f"begin_{name}")
    for number in range(1, len(story.steps) + 1):
        assert f"{number} of {len(story.steps)}" in page.words
        assert not page.app.toast
        assert page.link["step"] == str(number)
        if number < len(story.steps):
            page.press("story_next")
