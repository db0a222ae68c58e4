"""The page of axioms: functions, points, the table, and the checks on the network."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.pages.visits import Visit
from tests.small_network import CHOSEN


def sent(page: Visit, key: str) -> list[dict[str, Any]]:
    """What components whose data has such a key get to draw."""
    found = [json.loads(part.proto.json) for part in page.app.get("bidi_component")]
    return [data for data in found if key in data]


def bars(page: Visit) -> dict[str, list[float] | None]:
    (plane,) = sent(page, "reach")
    return {
        each["title"]: each["values"] and [round(value, 3) for value in each["values"]]
        for each in plane["methods"]
    }


def cells(page: Visit, number: int = 0) -> dict[tuple[str, str], dict[str, Any]]:
    table = sent(page, "hint")[number]
    return {
        (row, column): cell
        for row, line in zip(table["rows"], table["cells"], strict=True)
        for column, cell in zip(table["columns"], line, strict=True)
    }


OFF = {"axioms-network": "no"}


def test_something_is_there_before_any_click(visit: Callable[..., Visit]) -> None:
    """max(0, x) + y from (−2, −1) to (2, 1): half of the path counts for x."""
    page = visit().open("axioms")
    assert bars(page)["Integrated Gradients"] == [2, 2]
    assert bars(page)["Linear"] == [4, 2]
    (plane,) = sent(page, "reach")
    assert (plane["change"], plane["reach"]) == (4, 4)
    assert plane["picture"].startswith("data:image/png;base64,")
    table = cells(page)
    assert table["Integrated Gradients", "Completeness"]["state"] == "holds"
    assert table["Linear", "Completeness"]["state"] == "fails"
    assert table["Linear", "Completeness"]["words"][0] == "max(0, x) + y at (2, 1) from (−2, −1)"
    assert not page.link.keys() & {"axioms-x", "axioms-function"}


def test_another_function_and_typed_points_go_into_the_link(visit: Callable[..., Visit]) -> None:
    page = visit(**OFF).open("axioms")
    page.choose("selectbox", "axioms-function", "product")
    assert bars(page)["Occlusion"] == [3, 3]
    page.choose("number_input", "axioms-x", 4.0)
    assert bars(page)["Occlusion"] == [6, 6]
    assert page.link["axioms-function"] == "product"
    assert page.link["axioms-x"] == "4"
    page.choose("number_input", "axioms-y0", -7.5)
    assert sent(page, "reach")[0]["reach"] == 10
    # Another function begins at its own points.
    page.choose("selectbox", "axioms-function", "minimum")
    assert bars(page)["Occlusion"] == [1, 1]
    assert "axioms-x" not in page.link


def test_a_link_brings_it_all_back(visit: Callable[..., Visit]) -> None:
    choices = {
        "axioms-function": "own",
        "axioms-formula": "x*y + 1",
        "axioms-x": "3",
        "axioms-y": "-2",
        "axioms-x0": "0",
        "axioms-y0": "0",
        **OFF,
    }
    page = visit(**choices).open("axioms")
    assert bars(page)["Integrated Gradients"] == [-3, -3]
    assert page.link.items() >= choices.items()
    assert cells(page)["Occlusion", "Completeness"]["words"][0].startswith("x * y + 1 at (3, −2)")


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("__import__('os')", "has no meaning here"),
        ("2x", "write products with *"),
        ("(" * 80 + "x" + ")" * 80, "nested more than"),
        ("<script>", "has no meaning here"),
        ("", "The formula is empty"),
    ],
)
def test_a_mistake_is_said_and_the_page_stays(
    visit: Callable[..., Visit], formula: str, words: str
) -> None:
    page = visit(**{"axioms-function": "own", "axioms-formula": "x - y", **OFF}).open("axioms")
    before = bars(page)
    page.choose("text_input", "axioms-formula", formula)
    assert any(words in error.value.replace("\\", "") for error in page.app.error)
    assert bars(page) == before


def test_a_hostile_link_is_only_a_mistake(visit: Callable[..., Visit]) -> None:
    choices = {
        "axioms-function": "own",
        "axioms-formula": "x" * 1500,
        "axioms-x": "nan",
        "axioms-y": "1e999",
        **OFF,
    }
    page = visit(**choices).open("axioms")
    assert bars(page)["Gradient"]
    assert page.words.count("is not usable") == 3


def test_no_value_is_said_in_words(visit: Callable[..., Visit]) -> None:
    page = visit(**{"axioms-function": "own", "axioms-formula": "log(x) + y", **OFF})
    page.open("axioms")
    assert "log(x) has no value at (−1, −1)" in page.words
    assert bars(page)["Shapley values, exact"] is None
    assert bars(page)["Gradient"] == [0.5, 1]
    (plane,) = sent(page, "reach")
    assert plane["change"] is None
    assert "Grey: f has no value there" in page.words
    assert "NaN" not in json.dumps(plane)


def test_all_cases_come_with_the_table(visit: Callable[..., Visit]) -> None:
    page = visit(**OFF).open("axioms")
    cases = cells(page)["Gradient", "Sensitivity"]["cases"]
    assert sum(case["state"] == "fails" for case in cases) == 2
    failed = next(case for case in cases if case["state"] == "fails")
    assert failed["finding"] == "x gets 0, and f changes by 1 because of it alone."
    assert failed["formula"].startswith("1 − relu(1 − x) at (4, 0)")
    assert failed["show"] == ["1 - relu(1 - x)", 4, 0, 0, 0]
    labels = [each.proto.label for each in page.app.get("download_button")]
    assert labels == ["Attributions as CSV", "Axioms as CSV"]


@pytest.mark.thorough
@pytest.mark.usefixtures("small_model")
def test_the_network_is_checked(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(classes="285,967", **CHOSEN, **{"lime.samples": "64"}).open("axioms")

    def labels() -> list[str]:
        return [each.proto.label for each in page.app.get("download_button")]

    page.wait(lambda: "Checks as CSV" in labels())
    table = cells(page, 1)
    # Above its top are an average and a linear layer: even one gradient is complete.
    for method in ("Linear", "Integrated Gradients", "KernelSHAP", "Shapley values, exact"):
        for axiom in ("Completeness", "Dummy", "Linearity", "Implementation invariance"):
            assert table[method, axiom]["state"] == "holds", (method, axiom)
    assert table["Grad-CAM", "Implementation invariance"]["verdict"] == "not possible"
    assert all(cell["cases"] for cell in table.values())


def test_numbers_as_csv() -> None:
    import numpy as np

    from attribution_core.axioms.formula import PlaneFunction
    from attribution_core.axioms.probes import own_probes
    from attribution_core.axioms.two_variables import attribute_plane
    from attribution_core.axioms.verdicts import verdicts
    from pages.ui.axioms.page import Question, attributions_csv, axioms_csv

    function = PlaneFunction("x*y")
    question = Question(function, (2.0, 1.0), (0.0, 0.0))
    found = attribute_plane(function, np.array([2.0, 1.0]), np.zeros(2))
    rows = list(csv.DictReader(io.StringIO(attributions_csv(question, found, 2.0))))
    occlusion = next(row for row in rows if row["method"] == "occlusion")
    assert (occlusion["to_x"], occlusion["sum"], occlusion["change"]) == ("2", "4", "2")
    table = verdicts(own_probes(function, (2.0, 1.0), (0.0, 0.0)))
    lines = list(csv.DictReader(io.StringIO(axioms_csv(table))))
    (line,) = (
        row for row in lines if (row["method"], row["axiom"]) == ("occlusion", "completeness")
    )
    assert (line["holds"], line["error"], line["own"]) == ("no", "2", "yes")
