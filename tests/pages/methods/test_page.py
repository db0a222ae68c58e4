"""The page of all methods: a map of each, what it took and promises, and a page of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attribution_core.measures.class_correlation import class_correlation
from attribution_core.methods.method import QUESTIONS
from attribution_core.registry import METHODS, in_groups
from pages.ui.components import heatmap_wall
from pages.ui.components.heatmap_grid import MapCell, decode_values
from tests.pages.visits import Visit

OWN = {"model": "own", "class_choice": "own", "classes": "1,2", "layer": "joined"}


def by_title(page: Visit) -> dict[str, dict[str, Any]]:
    return {cell["title"]: cell for cell in page.cells}


@pytest.mark.usefixtures("own_model")
def test_every_method_below_its_question(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**OWN).open("methods").finish()
    groups = in_groups()
    assert page.grid["rows"] == [QUESTIONS[question] for question in groups]
    shown = [[cell["title"] for cell in page.cells if cell["row"] == row] for row in range(5)]
    assert shown == [[each.title for each in methods] for methods in groups.values()]
    cells = by_title(page)
    taken, badges, alike = cells["Gradient"]["caption"]
    assert taken.endswith(" · 1 evaluation")
    assert badges == "signed"
    # What is said of two classes' maps is their correlation.
    other = any_visit(**OWN, **{"methods-class": "2", "methods-shown": "sanity_check"})
    other.open("methods").finish()
    both = [decode_values(by_title(each)["Gradient"]["map"]) for each in (page, other)]
    expected = class_correlation(both[0], both[1])
    assert alike == f"r = {expected:.2f} with cat".replace("= -", "= −")
    # Maps are those of Explore: nothing is computed twice.
    explored = any_visit(**OWN, methods="gradient").finish()
    assert explored.requests[0] in page.requests
    np.testing.assert_array_equal(explored.maps[0], both[0])


@pytest.mark.usefixtures("own_model")
def test_what_cannot_be_run_says_why(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**{**OWN, "layer": "input"}, **{"methods-shown": "sanity_check"})
    page.open("methods").finish()
    assert list(by_title(page)) == ["Gradient", "Guided backpropagation", "Deconvnet"]
    page = any_visit(**{**OWN, "layer": "input"}, **{"methods-shown": "first_look"})
    page.open("methods").finish()
    cell = by_title(page)["Grad-CAM"]
    assert (cell["status"], cell["message"]) == ("unavailable", "Not here")
    assert "choose an inner layer" in cell["caption"][0]


@pytest.mark.usefixtures("own_model")
def test_a_set_goes_to_explore(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**OWN, **{"methods-shown": "sanity_check"}).open("methods").finish()
    page.press("compare_on_explore").open("explore").finish()
    assert page.labels[1] == ["Gradient", "Grad-CAM", "Guided backpropagation", "Deconvnet"]
    assert page.link["methods"] == "gradient,grad_cam,guided_backpropagation,deconvnet"


@pytest.mark.usefixtures("own_model")
@pytest.mark.parametrize("name", ["integrated_gradients", "lrp"])
def test_the_page_of_one_method_and_the_way_back(
    any_visit: Callable[..., Visit], name: str
) -> None:
    page = any_visit(**OWN, **{"methods-about": name}).open("methods").finish()
    method = METHODS[name]
    assert [each.value for each in page.app.subheader] == [method.title]
    assert method.summary in page.words
    assert "Every method" not in page.words
    assert f"Asked:** {QUESTIONS[method.question]}" in page.words
    assert page.labels == ([method.title], ["bee", "cat"])
    assert page.statuses == ["done", "done"]
    if method.two_variables is not None:
        assert [each.value for each in page.app.latex] == [
            f"$$\n{method.two_variables.formula}\n$$"
        ]
    page.press("all_methods").finish()
    assert "methods-about" not in page.link
    assert "Every method" in page.words
    assert len(page.cells) == len(METHODS)


@pytest.mark.usefixtures("own_model")
def test_a_link_to_no_method(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**OWN, **{"methods-about": "magic", "methods-shown": "under_a_second"})
    page.open("methods")
    assert "methods-about = “magic” is not usable" in page.words
    assert "Gradient" in by_title(page.finish())


@pytest.mark.usefixtures("own_model")
def test_the_table(any_visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(
        "pages.ui.methods.page.csv_download", lambda label, make, name: made.append(make())
    )
    any_visit(**OWN, **{"methods-shown": "sanity_check"}).open("methods").finish()
    lines = {line["method"]: line for line in csv.DictReader(io.StringIO(made[-1]))}
    assert list(lines) == ["gradient", "grad_cam", "guided_backpropagation", "deconvnet"]
    assert lines["gradient"]["question"] == QUESTIONS["small_change"]
    assert int(lines["gradient"]["evaluations"]) == 1
    assert float(lines["gradient"]["seconds"]) > 0
    assert -1 <= float(lines["deconvnet"]["correlation"]) <= 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [([0, 1], [(0, 1)]), ([0, 7], []), ("no", []), ([[], {}], []), (None, [])],
)
def test_a_click_is_taken_only_for_what_is_drawn(
    monkeypatch: pytest.MonkeyPatch, said: object, expected: list[tuple[int, int]]
) -> None:
    taken: list[tuple[int, int]] = []
    monkeypatch.setattr(heatmap_wall.st, "session_state", {"wall": {"chosen": said}})
    monkeypatch.setattr(heatmap_wall, "grid_component", lambda **given: given["on_chosen_change"]())
    heatmap_wall.render_heatmap_wall(
        groups=["one"],
        cells=[MapCell(0, 0, title="a"), MapCell(0, 1, title="b")],
        picture=np.zeros((4, 4, 3), np.uint8),
        key="wall",
        on_choose=lambda row, at: taken.append((row, at)),
    )
    assert taken == expected
