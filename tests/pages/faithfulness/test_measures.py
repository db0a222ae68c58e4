"""Methods × measures: the tables of the page, regions, and mosaics of the gallery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from attribution_core import Classifier, Contrast, Mosaic, explain, load_image
from attribution_core.images import Picture
from attribution_core.measures.localisation import mosaic, share_inside
from attribution_core.measures.map_curves import Players
from attribution_core.measures.measure import Effort
from attribution_core.measures.sparseness import gini
from attribution_core.request import granted, request_or_reason
from pages.ui.faithfulness.measure_tasks import Marked, MeasureMaps, PictureMeasures
from pages.ui.faithfulness.measures import _groups, _with_minus
from pages.ui.shell.gallery import gallery, gallery_picture
from tests.conftest import GALLERY
from tests.pages.visits import Visit

CHOICES = {
    "methods": "gradient_times_input,grad_cam",
    "layer": "top_relu",
    "faithfulness-view": "measures",
    "faithfulness-players": "positions",
}


def test_the_table_over_a_kind_of_pictures(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    chosen = {
        "faithfulness-measured": "places",
        "faithfulness-measures": "sparseness,energy_inside",
    }
    page = visit(**CHOICES, **chosen).open("faithfulness")
    page.wait(lambda: "Means over 3 pictures" in page.words)
    # What was chosen and is not in the table does not go without a word.
    assert "the energy inside need a region" in page.words
    wide, one = (each.value for each in page.app.dataframe)
    assert list(wide["Method"]) == ["Gradient × Input", "Grad-CAM"]
    assert list(one["Pictures"]) == [3, 3]
    assert "What it cannot say" in page.words
    places = [entry for entry in gallery() if entry.kind == "places"]
    sizes = []
    for entry in places:
        picture = load_image(GALLERY / entry.file, 224)
        top = int(efficientnet.scores(picture).argmax())
        heatmap = explain(efficientnet, picture, "grad_cam", top, layer="top_relu").heatmap
        sizes.append(gini(heatmap))
    assert wide["sparseness"][1] == pytest.approx(np.mean(sizes), rel=1e-5)
    assert one["Mean"][1] == pytest.approx(np.mean(sizes), rel=1e-5)
    assert one["from"][1] < one["Mean"][1] < one["to"][1]
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names == ["Table as CSV", "Each map as CSV"]


def test_a_table_shows_true_minus_signs_and_is_sorted_by_its_numbers() -> None:
    lines = [
        {"Method": "a-b", "Mean": -0.25, "Pictures": 3},
        {"Method": "c", "Mean": None, "Pictures": 3},
    ]
    table = _with_minus(lines, ".3f")
    words = table.to_string(delimiter="|")
    assert "a-b|−0.250|3\n" in words
    assert "|nan" not in words.lower()
    assert table.data["Mean"][0] == -0.25


def test_energy_in_a_rectangle_of_this_picture(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    chosen = {
        "picture": "cat_coffee",
        "classes": "285",
        "faithfulness-measured": "this",
        "faithfulness-measures": "energy_inside",
    }
    page = visit(**CHOICES, **chosen).open("faithfulness")
    page.wait(lambda: "need a region" in page.words)
    half = {"region": "rectangle", "top": "0", "bottom": "100", "left": "0", "right": "50"}
    edges = {f"faithfulness-{name}": value for name, value in half.items()}
    page = visit(**CHOICES, **chosen, **edges).open("faithfulness")
    page.wait(lambda: "Means over 1 picture**" in page.words)
    picture = load_image(GALLERY / gallery_picture("cat_coffee").file, 224)
    heatmap = explain(efficientnet, picture, "grad_cam", 285, layer="top_relu").heatmap
    region = np.zeros((224, 224), bool)
    region[:, :112] = True
    wide = page.app.dataframe[0].value
    assert wide["energy_inside"][1] == pytest.approx(share_inside(heatmap, region), rel=1e-4)
    wrong = {**edges, "faithfulness-right": "0"}
    page = visit(**CHOICES, **chosen, **wrong).open("faithfulness")
    page.wait(lambda: "need a region" in page.words)
    assert "The rectangle is empty" in " ".join(each.value for each in page.app.error)


def test_mosaics_of_the_gallery() -> None:
    groups = _groups(gallery())
    assert {len(each) for each in groups} == {4}
    every = [entry.id for group in groups for entry in group]
    assert len(every) == len(set(every)) == len(gallery()) // 4 * 4


def steps(task: MeasureMaps, classifier: Classifier) -> list[PictureMeasures]:
    return list(task.steps(classifier))


def tile_task(classifier: Classifier, made: Mosaic, tiles: list[Picture]) -> MeasureMaps:
    request = granted(
        request_or_reason(
            classifier, picture=Picture.of(made.pixels), method="gradient", target=0, layer="top"
        )
    )
    return MeasureMaps(
        *("tiny", "a tile", (request,), Players("top"), ("sparseness", "energy_inside"), Effort()),
        marked=Marked.of(np.asarray(made.tiles == 0)),
        shown=tiles[0],
        beside=tuple(tiles[1:]),
    )


def test_a_tile_is_measured_for_its_own_class(tiny_classifier: Classifier) -> None:
    tiles: dict[int, Picture] = {}
    for seed in range(60):
        noise = np.random.default_rng(seed).uniform(0, 255, (4, 4, 3))
        pixels = np.kron(noise, np.ones((4, 4, 1))).astype(np.float32)
        tiles.setdefault(int(tiny_classifier.scores(pixels).argmax()), Picture.of(pixels))
    assert len(tiles) >= 4
    classes, pictures = list(tiles)[:4], list(tiles.values())[:4]
    made = mosaic([each.pixels for each in pictures])
    task = tile_task(tiny_classifier, made, pictures)
    found = steps(task, tiny_classifier)
    assert [(each.done, each.planned) for each in found] == [(1, 2), (2, 2)]
    assert [each.measure for each in found[-1].found] == ["sparseness", "energy_inside"]
    assert {each.target for each in found[-1].found} == {classes[0]}
    # Where another tile has the same class, a map cannot tell them apart.
    (nothing,) = steps(replace(task, beside=(pictures[0],)), tiny_classifier)
    assert (nothing.found, nothing.done) == ((), nothing.planned)
    assert task.multiplications(tiny_classifier) > 0
    assert hash(task) == hash(tile_task(tiny_classifier, made, pictures))


def test_a_picture_of_the_class_contrasted_with_is_contrasted_with_its_runner_up(
    tiny_classifier: Classifier, tiny_image: np.ndarray
) -> None:
    first, second, third = np.argsort(-tiny_classifier.scores(tiny_image))[:3].tolist()
    picture = Picture.of(tiny_image)

    def measured(against: int, target: int | None) -> float:
        request = request_or_reason(
            tiny_classifier,
            picture=picture,
            method="gradient",
            target=third if target is None else target,
            layer="top",
            score=Contrast(against),
        )
        task = MeasureMaps(
            *("tiny", "a picture", (granted(request),), Players("top"), ("sparseness",), Effort()),
            target=target,
        )
        (found,) = steps(task, tiny_classifier)[-1].found
        assert found.target == first
        return found.value

    assert measured(first, None) == measured(second, None) == measured(second, first)
