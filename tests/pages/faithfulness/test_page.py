"""The page of faithfulness: curves, the picture at the cursor, the gallery, and grid pointing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from attribution_core import (
    Classifier,
    Players,
    explain,
    faithfulness_curves,
    load_image,
)
from attribution_core.measures.localisation import grid_pointing, mosaic
from attribution_core.scores import Score
from pages.ui.faithfulness.localisation import DEFAULT
from pages.ui.shell.gallery import gallery, gallery_picture, pixels_of
from tests.conftest import GALLERY
from tests.pages.visits import Visit


def areas(page: Visit) -> dict[str, list[str]]:
    table = next(each.value for each in page.app.dataframe)
    return {row[0]: [str(cell) for cell in row[1:]] for row in table.values.tolist()}


def test_curves_beside_random_order_without_a_click(visit: Callable[..., Visit]) -> None:
    choices = {"methods": "gradient_times_input,grad_cam", "layer": "top_relu", "count": "12"}
    page = visit(**choices, **{"faithfulness-steps": "4"}).open("faithfulness")
    page.wait(lambda: "with an area of" in page.words)
    assert page.statuses == ["done", "done"]
    rows = areas(page)
    assert list(rows) == ["Gradient × Input", "Grad-CAM", "Random order, 5 seeds"]
    spreads = [float(cell.split(" ± ")[1]) for cell in rows["Random order, 5 seeds"]]
    assert min(spreads) > 0
    leading = re.search(r"in deletion (.*?) ahead .*?with an area of \*\*(.*?)\*\*", page.words)
    assert leading, page.words
    assert {rows[name][0] for name in re.findall(r"\*\*(.*?)\*\*", leading[1])} == {leading[2]}
    assert leading[2] == min(cells[0] for name, cells in rows.items() if "Random" not in name)
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names == ["Curves as CSV", "Interactive HTML", "Arrays as NPZ"]


def test_the_cursor_shows_what_the_model_says(visit: Callable[..., Visit]) -> None:
    choices = {
        "methods": "gradient_times_input",
        "layer": "top_relu",
        "count": "12",
        "faithfulness-steps": "4",
        "faithfulness-direction": "insertion",
        "faithfulness-share": "100",
    }
    page = visit(**choices).open("faithfulness")
    page.wait(lambda: "with an area of" in page.words)
    assert "100 % inserted" in page.words
    # All inserted is the picture itself.
    prediction = page.scene.prediction
    assert prediction is not None
    top = prediction.top(1)[0]
    assert f"{page.scene.labels[top]}** {100 * prediction.probabilities[top]:.1f} %" in page.words
    page.app.slider(key="choose_faithfulness-share").set_value(0)
    page.run()
    assert "0 % inserted" in page.words
    assert page.link["faithfulness-share"] == "0"


def test_positions_of_a_layer_at_logits(visit: Callable[..., Visit]) -> None:
    choices = {
        "methods": "linear",
        "layer": "top_relu",
        "faithfulness-players": "positions",
        "faithfulness-score": "logit",
        "faithfulness-steps": "4",
    }
    page = visit(**choices).open("faithfulness")
    page.wait(lambda: "with an area of" in page.words)
    assert (
        "The 49 positions of **top_relu** take the activations of the reference: black"
        in page.words
    )
    assert "Faded positions" in page.words
    # The head is an average and a linear layer: linear attribution is exact, and no order is
    # better than its own, so a random one lies between the two areas.
    rows = areas(page)
    (linear,) = (cells for name, cells in rows.items() if "Random" not in name)
    deletion, insertion = linear[1], linear[3]
    random = rows["Random order, 5 seeds"][1].split(" ± ")[0]
    assert float(deletion) < float(random) < float(insertion)
    assert float(deletion) + float(insertion) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("view", ["picture", "gallery", "measures"])
def test_no_method_has_a_map_there(visit: Callable[..., Visit], view: str) -> None:
    choices = {"methods": "grad_cam", "layer": "input", "faithfulness-view": view}
    page = visit(**choices).open("faithfulness")
    page.wait(lambda: "None of the chosen methods" in page.words)
    assert "choose an inner layer" in page.words


def test_a_class_contrasted_with_itself_is_why_there_are_no_measures(
    visit: Callable[..., Visit],
) -> None:
    choices = {"methods": "gradient", "classes": "285", "score": "contrast", "against": "285"}
    measured = {"faithfulness-view": "measures", "faithfulness-measured": "this"}
    page = visit(**choices, **measured).open("faithfulness")
    page.wait(lambda: "None of the chosen methods" in page.words)
    assert "cannot be contrasted with itself" in page.words


def test_a_wrong_link_says_so_and_shows_the_default(visit: Callable[..., Visit]) -> None:
    choices = {"layer": "top_relu", "faithfulness-players": "atoms", "faithfulness-steps": "3"}
    page = visit(**choices).open("faithfulness")
    seen: list[str] = []

    def ready() -> bool:
        seen.append(page.words)
        return "with an area of" in page.words

    page.wait(ready)
    assert any("atoms" in words for words in seen)
    assert "The 50 superpixels take the values of the reference picture" in page.words


def test_every_picture_of_a_kind(visit: Callable[..., Visit], efficientnet: Classifier) -> None:
    choices = {
        "methods": "gradient_times_input",
        "layer": "top_relu",
        "faithfulness-view": "gallery",
        "faithfulness-pictures": "people and things",
        "faithfulness-players": "positions",
        "faithfulness-steps": "4",
    }
    page = visit(**choices).open("faithfulness")
    page.wait(lambda: "Mean normalised areas over 7 pictures" in page.words)
    means, each = (table.value for table in page.app.dataframe)
    assert list(means["Method"]) == ["Gradient × Input", "Random order"]
    assert len(each) == 7
    deletions = [float(cell.split(" / ")[0]) for cell in each["Gradient × Input"]]
    assert float(means["Deletion ↓"][0]) == pytest.approx(np.mean(deletions), abs=0.006)
    # One of them as the core has it, for the picture's own top class.
    things = [entry.id for entry in gallery() if entry.kind == "people and things"]
    coffee = things.index("coffee")
    assert each["Class"][coffee] == "espresso"
    picture = load_image(GALLERY / gallery_picture("coffee").file, 224)
    attribution = explain(efficientnet, picture, "gradient_times_input", 967, layer="top_relu")
    expected = [
        each.read_as(Score(967, probability=True)).normalised_area
        for each in faithfulness_curves(efficientnet, attribution, Players("top_relu"), steps=4)
    ]
    found = [float(part) for part in each["Gradient × Input"][coffee].split(" / ")]
    assert found == pytest.approx(expected, abs=0.006)


def test_grid_pointing_at_two_layers(visit: Callable[..., Visit]) -> None:
    choices = {
        "methods": "gradient,grad_cam",
        "layer": "top_conv",
        "faithfulness-view": "mosaic",
        "faithfulness-layers": "top_conv,top_relu",
        "faithfulness-shown": "top_relu",
    }
    page = visit(**choices).open("faithfulness")
    page.wait(lambda: page.statuses == ["done"] * 8).finish()
    rows, columns = page.labels
    assert columns == ["Gradient", "Grad-CAM"]
    assert rows[1:] == ["espresso", "bubble", "tripod"]
    assert {each.layer for each in page.requests} == {"top_conv", "top_relu"}
    # The figure shows what the core says of the maps that are drawn.
    pictures = [load_image(GALLERY / gallery_picture(each).file, 224) for each in DEFAULT]
    tiles = mosaic(pictures).tiles
    (chart,) = page.app.get("plotly_chart")
    drawn = json.loads(chart.proto.spec)["data"]
    bars = {trace["name"]: trace for trace in drawn if trace["type"] == "bar"}
    for column, method in enumerate(columns):
        shares = [grid_pointing(page.maps[2 * row + column], tiles, row) for row in range(4)]
        place = bars[method]["x"].index("top_relu")
        assert bars[method]["text"][place] == f"{100 * np.mean(shares):.0f} %"
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names[0] == "Shares as CSV"


def test_the_mosaic_needs_four_pictures_of_four_classes(visit: Callable[..., Visit]) -> None:
    choices = {"layer": "top_relu", "faithfulness-view": "mosaic"}
    page = visit(**choices, **{"faithfulness-tiles": "cat,coffee"}).open("faithfulness")
    page.wait(lambda: "Choose 4 pictures" in page.words)
    same = {"faithfulness-tiles": "cat,cat_coffee,coffee,rocket"}
    page = visit(**choices, **same).open("faithfulness")
    page.wait(lambda: "have the same top class" in page.words)


@pytest.mark.parametrize("identifier", DEFAULT)
def test_the_first_mosaic_is_of_gallery_pictures(identifier: str) -> None:
    assert gallery_picture(identifier).id == identifier
    assert pixels_of(identifier, (224, 224)).pixels.shape == (224, 224, 3)
