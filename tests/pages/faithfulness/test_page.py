"""The page of faithfulness: curves, the picture at the cursor, the gallery, and grid pointing."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from attribution_core import (
    Classifier,
    FaithfulnessCurve,
    Players,
    explain,
    faithfulness_curves,
    load_image,
)
from attribution_core.measures.localisation import grid_pointing, mosaic
from attribution_core.scores import Score
from pages.ui.faithfulness.areas import Pair, csv_of_curves, verdict
from pages.ui.faithfulness.cursor import point_at
from pages.ui.faithfulness.figures import picture_at, pointing_figure
from pages.ui.faithfulness.gallery_table import ranked
from pages.ui.faithfulness.localisation import DEFAULT
from pages.ui.faithfulness.protocol import score_of
from pages.ui.faithfulness.tasks import Curves
from pages.ui.shell.gallery import gallery, gallery_picture, pixels_of
from tests.conftest import GALLERY
from tests.pages.visits import Visit

LOGIT = Score(0)


def curve(direction: str, *scores: float) -> FaithfulnessCurve:
    """A curve of a game of two classes whose second logit is 0."""
    shares = np.linspace(0, 1, len(scores))
    logits = np.stack([np.array(scores, np.float32), np.zeros(len(scores), np.float32)], axis=1)
    steps = np.arange(1, len(scores))
    kind = "deletion" if direction == "deletion" else "insertion"
    return FaithfulnessCurve(kind, shares, np.array(scores), steps, logits)


def pair(deletion: tuple[float, ...], insertion: tuple[float, ...]) -> Pair:
    return curve("deletion", *deletion), curve("insertion", *insertion)


def test_the_verdict_names_who_is_ahead_and_whether_chance_is_too() -> None:
    rows = {"First": pair((4, 0, 0), (0, 1, 4)), "Second": pair((4, 2, 0), (0, 4, 4))}
    random = [pair((4, 1, 0), (0, 5, 4)), pair((4, 3, 0), (0, 1, 4))]
    told = verdict(rows, random, LOGIT)
    # By trapezoids over halves: (4 + 0)/4 = 1, and (0 + 8 + 4)/4 = 3.
    assert "in deletion **First** is ahead with an area of **1.000** (2.000 ± 0.707" in told
    assert "in insertion **Second** is ahead with an area of **3.000**" in told
    assert told.count("does as well") == 1
    assert told.index("does as well") > told.index("Second")


def test_the_curves_as_numbers() -> None:
    rows = {"Map": pair((4, 0), (0, 4))}
    read = list(csv.reader(io.StringIO(csv_of_curves(rows, LOGIT))))
    assert read == [
        ["method", "curve", "share", "score", "area", "normalised_area"],
        ["Map", "deletion", "0", "4", "2", "0.5"],
        ["Map", "deletion", "1", "0", "2", "0.5"],
        ["Map", "insertion", "0", "0", "2", "0.5"],
        ["Map", "insertion", "1", "4", "2", "0.5"],
    ]


def test_the_cursor_takes_the_nearest_point() -> None:
    drawn = curve("deletion", 4, 3, 2, 1, 0)
    assert [point_at(drawn, share) for share in (0, 0.1, 0.2, 0.6, 1)] == [0, 0, 1, 2, 4]


def test_what_is_present_at_a_point() -> None:
    """Of two by two positions, the second leaves first, and the first row's other one last."""
    steps = np.array([[3, 1], [2, 2]])
    curves = Curves(curve("deletion", 4, 3, 1, 0), curve("insertion", 0, 1, 3, 4), steps)
    assert curves.present("deletion", 0).all()
    assert curves.present("deletion", 1).tolist() == [[True, False], [True, True]]
    assert curves.present("insertion", 1).tolist() == [[False, True], [False, False]]
    assert curves.present("insertion", 3).all()
    assert curves.of("insertion").direction == "insertion"


def test_the_picture_takes_the_reference_or_pales() -> None:
    picture, reference = np.full((4, 4, 3), 200.0, np.float32), np.zeros((4, 4, 3), np.float32)
    present = np.array([[True, False], [False, True]])
    drawn = picture_at(picture, reference, present)
    assert (drawn[:2, :2] == 200).all()
    assert (drawn[:2, 2:] == 0).all()
    # 0.15 · 200 + 0.85 · 190 = 191.5
    assert set(np.unique(picture_at(picture, None, present))) <= {191, 192, 200}


def test_a_contrast_is_with_the_strongest_other_class() -> None:
    logits = np.array([1.0, 5.0, 3.0])
    assert score_of("contrast", 1, 3, logits, None) == Score(1, against=2)
    assert score_of("contrast", 0, 3, logits, None) == Score(0, against=1)
    assert score_of("contrast", 0, 3, logits, 2) == Score(0, against=2)
    assert score_of("probability", 0, 3, logits, 2) == Score(0, probability=True)


def test_ranks_share_ties_and_the_largest_insertion_is_first() -> None:
    rows = ranked(
        [
            {"gradient": (0.1, 0.9), "lime": (0.3, 0.5), "random": (0.3, 0.7)},
            {"gradient": (0.3, 0.7), "lime": (0.1, 0.5), "random": (0.2, 0.6)},
        ]
    )
    assert [row["Method"] for row in rows] == ["Gradient", "LIME", "Random order"]
    assert [row["mean rank in deletion"] for row in rows] == ["2.0", "1.8", "2.2"]
    assert [row["mean rank in insertion"] for row in rows] == ["1.0", "3.0", "2.0"]
    assert rows[0]["Deletion ↓"] == "0.200"


def test_pointing_bars_are_means_and_dots_the_tiles() -> None:
    shares = {("LIME", "top"): {"cat": 0.2, "cup": 0.6}, ("Gradient", "input"): {"cat": 0.3}}
    figure = pointing_figure(shares, ("input", "top"), ("Gradient", "LIME"), 0.25)
    bars = {trace.name: list(trace.y) for trace in figure.data if trace.type == "bar"}
    assert bars == {"Gradient": [pytest.approx(30)], "LIME": [pytest.approx(40)]}
    dots = [list(trace.y) for trace in figure.data if getattr(trace, "mode", "") == "markers"]
    assert [pytest.approx(60) in each for each in dots] == [False, True]
    assert any("25 %" in (trace.name or "") for trace in figure.data)


def areas(page: Visit) -> dict[str, list[str]]:
    table = next(each.value for each in page.app.dataframe)
    return {row[0]: [str(cell) for cell in row[1:]] for row in table.values.tolist()}


def test_curves_beside_random_order_without_a_click(visit: Callable[..., Visit]) -> None:
    choices = {"methods": "gradient_times_input,grad_cam", "layer": "top_relu", "count": "12"}
    page = visit(**choices, **{"faithfulness-steps": "4"}).open("faithfulness")
    page.wait(lambda: "is ahead" in page.words)
    assert page.statuses == ["done", "done"]
    rows = areas(page)
    assert list(rows) == ["Gradient × Input", "Grad-CAM", "Random order, 5 seeds"]
    spreads = [float(cell.split(" ± ")[1]) for cell in rows["Random order, 5 seeds"]]
    assert min(spreads) > 0
    leading = re.search(
        r"in deletion \*\*(.*?)\*\* is ahead with an area of \*\*(.*?)\*\*", page.words
    )
    assert leading, page.words
    assert rows[leading[1]][0] == leading[2]
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
    page.wait(lambda: "is ahead" in page.words)
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
    page.wait(lambda: "is ahead" in page.words)
    assert (
        "The 49 positions of **top_relu** take the activations of the reference: black"
        in page.words
    )
    assert "Paled positions" in page.words
    # The head is an average and a linear layer: linear attribution is exact, and no order is
    # better than its own, so a random one lies between the two areas.
    rows = areas(page)
    (linear,) = (cells for name, cells in rows.items() if "Random" not in name)
    deletion, insertion = linear[1], linear[3]
    random = rows["Random order, 5 seeds"][1].split(" ± ")[0]
    assert float(deletion) < float(random) < float(insertion)
    assert float(deletion) + float(insertion) == pytest.approx(1, abs=0.1)


def test_no_method_has_a_map_there(visit: Callable[..., Visit]) -> None:
    page = visit(methods="grad_cam", layer="input").open("faithfulness")
    page.wait(lambda: "None of the chosen methods" in page.words)
    assert "choose an inner layer" in page.words


def test_a_wrong_link_says_so_and_shows_the_default(visit: Callable[..., Visit]) -> None:
    choices = {"layer": "top_relu", "faithfulness-players": "atoms", "faithfulness-steps": "3"}
    page = visit(**choices).open("faithfulness")
    seen: list[str] = []

    def ready() -> bool:
        seen.append(page.words)
        return "is ahead" in page.words

    page.wait(ready)
    assert any("atoms" in words for words in seen)
    assert "The 50 superpixels take the values of the reference picture" in page.words


def test_every_picture_of_the_gallery(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    choices = {
        "methods": "gradient_times_input",
        "layer": "top_relu",
        "faithfulness-view": "gallery",
        "faithfulness-players": "positions",
        "faithfulness-steps": "4",
    }
    page = visit(**choices).open("faithfulness")
    page.wait(lambda: "Mean normalised areas over 8 pictures" in page.words)
    means, each = (table.value for table in page.app.dataframe)
    assert list(means["Method"]) == ["Gradient × Input", "Random order"]
    assert len(each) == 8
    deletions = [float(cell.split(" / ")[0]) for cell in each["Gradient × Input"]]
    assert float(means["Deletion ↓"][0]) == pytest.approx(np.mean(deletions), abs=0.006)
    # One of them as the core has it, for the picture's own top class.
    coffee = [entry.id for entry in gallery()].index("coffee")
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
