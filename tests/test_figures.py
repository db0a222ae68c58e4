"""What can be seen and taken home: colours, captions, the bar chart, and the three downloads."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from attribution_core import Classifier, Contrast, Picture
from attribution_core.attribution import Attribution
from attribution_core.explanation import explain_request
from attribution_core.images import Pixels
from attribution_core.request import Request
from pages.ui.attributions import (
    MapTable,
    caption,
    classes_by_methods,
    drawn_values,
    limits,
    places,
)
from pages.ui.colours import BLUE, RED, grey_of, painted
from pages.ui.downloads import arrays_npz, grid_html, grid_png
from pages.ui.engine import Model
from pages.ui.picture_and_reference import described, top_bars
from pages.ui.settings import Settings
from pages.ui.sidebar import Scene
from pages.ui.work import Explain, Prediction
from tests.conftest import scaled, tiny_network

LABELS = ("ant", "bee", "cat", "dog & “wolf”", "eel")


# --- colours --------------------------------------------------------------------------------------


def test_positive_is_red_negative_is_blue_and_zero_is_nothing() -> None:
    values = np.array([[2.0, -2.0, 0.0, 9.0]])
    np.testing.assert_array_equal(
        painted(values, 2.0, 0.5, None)[0], [RED, BLUE, (255, 255, 255), RED]
    )


def test_over_a_picture_the_strength_is_the_opacity() -> None:
    values = np.array([[0.0, 1.0, -1.0, 0.5]])
    grey = np.full((1, 4), 100.0)
    found = painted(values, 1.0, 0.8, grey)[0]
    red, blue = np.array(RED, float), np.array(BLUE, float)
    np.testing.assert_array_equal(found[0], [100, 100, 100])
    np.testing.assert_allclose(found[1], 0.8 * red + 20, atol=0.5)
    np.testing.assert_allclose(found[2], 0.8 * blue + 20, atol=0.5)
    np.testing.assert_allclose(found[3], 0.4 * red + 60, atol=0.5)


@pytest.mark.parametrize("limit", [0.0, 1e-30, 1e30])
def test_an_extreme_limit_paints_without_warnings(limit: float) -> None:
    with np.errstate(all="raise"):
        found = painted(np.zeros((2, 2)), limit, 1.0, np.full((2, 2), 7.0))
    np.testing.assert_array_equal(found, 7)


def test_grey_is_the_luma() -> None:
    pixels = np.array([[[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.float32)
    np.testing.assert_allclose(grey_of(pixels)[0], [255, 76.245, 149.685, 29.07], rtol=1e-5)


# --- a scene on the tiny network ------------------------------------------------------------------


def scene_of(image: Pixels, classes: tuple[int, ...], **changes: Any) -> Scene:
    settings = replace(
        Settings(model="tiny", layer="top", methods=("gradient", "kernel_shap")), **changes
    )
    return Scene(
        settings=settings,
        model=Model("tiny", "Tiny", "top"),
        picture=Picture.of(image),
        prediction=None,
        classes=classes,
        labels=LABELS,
    )


def table_of(scene: Scene) -> MapTable:
    return classes_by_methods(scene.settings, scene.picture, scene.classes, scene.labels)


def explained(classifier: Classifier, scene: Scene) -> dict[tuple[int, int], Attribution]:
    return {
        (place.row, place.column): explain_request(classifier, place.work.request)
        for place in table_of(scene).places
        if isinstance(place.work, Explain)
    }


def test_places_are_a_row_a_class_and_a_column_a_method(tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (3, 1))
    asked = places(scene.settings, scene.picture, scene.classes, scene.labels)
    found = [
        (p.row, p.column, p.work.request.target, p.work.request.method) for p in asked if p.work
    ]
    assert found == [
        (0, 0, 3, "gradient"),
        (0, 1, 3, "kernel_shap"),
        (1, 0, 1, "gradient"),
        (1, 1, 1, "kernel_shap"),
    ]


def test_an_impossible_place_has_a_reason_and_no_work(tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (1, 3), score="contrast", against=3, methods=("gradient",))
    possible, impossible = places(scene.settings, scene.picture, scene.classes, scene.labels)
    assert possible.work is not None
    assert possible.work.request.score == Contrast(3)
    assert not possible.reason
    assert impossible.work is None
    assert LABELS[3] in impossible.reason


def test_a_map_of_players_shows_each_players_whole_value(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    scene = scene_of(tiny_image, (2,), methods=("kernel_shap",), count=4)
    (attribution,) = explained(tiny_classifier, scene).values()
    assert attribution.player_values is not None
    assert attribution.segments is not None
    drawn = drawn_values(attribution)
    assert drawn.shape == attribution.heatmap.shape
    for player, value in enumerate(attribution.player_values):
        assert (drawn[attribution.segments == player] == value).all()


def test_each_map_has_a_scale_of_its_own_or_its_methods(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    scene = scene_of(tiny_image, (0, 3), clip=80.0)
    maps = explained(tiny_classifier, scene)
    own = limits(maps, scene.settings)
    for place, attribution in maps.items():
        sizes = np.abs(drawn_values(attribution))
        assert own[place] == pytest.approx(np.percentile(sizes, 80))
    assert len(set(own.values())) == 4
    shared = limits(maps, replace(scene.settings, scale="method"))
    for column in (0, 1):
        largest = max(own[0, column], own[1, column])
        assert shared[0, column] == shared[1, column] == largest


def test_a_map_of_zeros_still_has_a_positive_limit(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    scene = scene_of(tiny_image, (0,), methods=("gradient",))
    (attribution,) = explained(tiny_classifier, scene).values()
    nothing = replace(attribution, heatmap=np.zeros_like(attribution.heatmap))
    sparse = np.zeros_like(attribution.heatmap)
    sparse[0, 0] = 3.0
    few = replace(attribution, heatmap=sparse)
    for scale in ("map", "method"):
        settings = replace(scene.settings, scale=scale, clip=50.0)
        assert limits({(0, 0): nothing}, settings)[0, 0] > 0
        # More than half is zero: its percentile would paint nothing.
        assert limits({(0, 0): few}, settings)[0, 0] == 3.0


# --- captions -------------------------------------------------------------------------------------


def an_attribution(tiny_image: Pixels, **changes: Any) -> Attribution:
    values = np.array([[1.0, 2.0], [-0.5, 0.25]], np.float32)
    attribution = Attribution(
        request=Request.of(Picture.of(tiny_image), "integrated_gradients", 1, layer="top"),
        model="tiny",
        model_fingerprint="0" * 64,
        label="bee",
        values=values,
        heatmap=values,
        score=3.5,
        reference_score=0.5,
        completeness_gap=0.25,
        standard_error=None,
        evaluations=64,
        seconds=0.1234,
        segments=None,
        player_values=None,
        done=64,
        planned=64,
        finished=True,
    )
    return replace(attribution, **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("123 ms · 64 evaluations", "sums to 2.75 · should sum to 3 · gap 8.3 %")),
        (
            {"evaluations": 1, "seconds": 2.34, "completeness_gap": None},
            ("2.3 s · 1 evaluation", "sums to 2.75 · f(x) − f(x′) = 3"),
        ),
        (
            {
                "segments": np.array([[0, 1], [2, 2]]),
                "player_values": np.array([1, 2, -0.25], np.float32),
            },
            (
                "3 grid cells · 123 ms · 64 evaluations",
                "sums to 2.75 · should sum to 3 · gap 8.3 %",
            ),
        ),
        (
            {"reference_score": 3.5, "completeness_gap": 2.75},
            ("123 ms · 64 evaluations", "sums to 2.75 · should sum to 0 · gap 2.75"),
        ),
    ],
)
def test_captions_say_the_cost_and_the_sum(
    tiny_image: Pixels, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert caption(an_attribution(tiny_image, **changes)) == expected


# --- the bar chart --------------------------------------------------------------------------------


def a_prediction() -> Prediction:
    logits = np.array([1.0, 3.0, 0.0, 2.0, -1.0], np.float32)
    shares = np.exp(logits.astype(float))
    return Prediction(logits, shares / shares.sum())


def test_bars_are_the_most_probable_classes_with_the_targets_marked() -> None:
    figure = top_bars(a_prediction(), LABELS, (3, 4))
    (bars,) = figure.data
    assert [text.split("  ")[0] for text in bars.text] == ["bee", LABELS[3], "ant", "cat", "eel"]
    assert list(bars.x) == sorted(bars.x, reverse=True)
    assert sum(bars.x) == pytest.approx(100)
    colours = list(bars.marker.color)
    assert colours[1] == colours[4] != colours[0] == colours[2]


def test_bars_in_words() -> None:
    words = described(a_prediction(), LABELS)
    assert words.startswith("bee 63.6 %, dog & “wolf” 23.4 %, ant 8.6 %")


# --- downloads ------------------------------------------------------------------------------------


@pytest.fixture(params=["one of each", "several"])
def taken_home(
    request: pytest.FixtureRequest, tiny_classifier: Classifier, tiny_image: Pixels
) -> tuple[Scene, Mapping[tuple[int, int], Attribution]]:
    if request.param == "one of each":
        scene = scene_of(tiny_image, (3,), methods=("gradient",), view="plain")
    else:
        scene = scene_of(
            tiny_image,
            (3, 0, 1),
            methods=("gradient", "kernel_shap", "grad_cam"),
            score="contrast",
            against=1,
            count=4,
            seed=5,
            options={("kernel_shap", "budget"): 12},
        )
    return scene, explained(tiny_classifier, scene)


def test_the_arrays_are_those_of_the_maps(
    taken_home: tuple[Scene, Mapping[tuple[int, int], Attribution]],
) -> None:
    scene, finished = taken_home
    with np.load(
        io.BytesIO(arrays_npz(scene, table_of(scene), finished)), allow_pickle=False
    ) as archive:
        arrays = dict(archive)
    settings = json.loads(str(arrays["settings"]))
    np.testing.assert_array_equal(arrays["picture"], scene.picture.pixels)
    assert len(settings) == len(finished)
    for entry, attribution in zip(settings, finished.values(), strict=True):
        name, request = entry["name"], attribution.request
        np.testing.assert_array_equal(arrays[f"{name}_values"], attribution.values)
        np.testing.assert_array_equal(arrays[f"{name}_heatmap"], attribution.heatmap)
        assert (f"{name}_player_values" in arrays) == (attribution.player_values is not None)
        assert entry["label"] == LABELS[request.target]
        assert entry["layer"] == request.layer
        assert entry["options"] == dict(request.options)
        assert entry["seed"] == request.seed
        assert entry["picture_sha256"] == scene.picture.digest
        change = entry["score_of_picture"] - entry["score_of_reference"]
        total = float(arrays[f"{name}_values"].sum(dtype=np.float64))
        if entry["completeness_gap"] is not None:
            assert entry["completeness_gap"] == pytest.approx(abs(total - change), abs=1e-4)


def test_arrays_can_be_made_again_from_their_settings(
    taken_home: tuple[Scene, Mapping[tuple[int, int], Attribution]],
) -> None:
    scene, finished = taken_home
    elsewhere = Classifier("tiny", tiny_network(), scaled, LABELS)  # with nothing in its cache
    with np.load(
        io.BytesIO(arrays_npz(scene, table_of(scene), finished)), allow_pickle=False
    ) as archive:
        arrays = dict(archive)
    for entry in json.loads(str(arrays["settings"])):
        score = entry["score"]
        against = re.fullmatch(r"contrast with (\d+)", score)
        request = Request.of(
            Picture.of(arrays["picture"]),
            entry["method"],
            entry["target"],
            layer=entry["layer"],
            reference=entry["reference"],
            score=Contrast(int(against[1])) if against else score,
            segmentation=int(entry["segmentation"]),
            seed=entry["seed"],
            options=entry["options"],
        )
        again = explain_request(elsewhere, request)
        np.testing.assert_allclose(
            again.values, arrays[f"{entry['name']}_values"], rtol=1e-4, atol=1e-5
        )


def test_the_sheet_shows_every_map_in_its_place(
    taken_home: tuple[Scene, Mapping[tuple[int, int], Attribution]],
) -> None:
    scene, finished = taken_home
    with Image.open(io.BytesIO(grid_png(scene, table_of(scene), finished))) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB"), float)
    rows, columns = len(scene.classes), len(scene.settings.methods)
    assert pixels.shape[1] == columns * (320 + 16) + 16
    assert pixels.shape[0] > rows * 320
    saturate = limits(finished, scene.settings)
    grey = grey_of(scene.picture.pixels) if scene.settings.view == "overlay" else None
    row_height = (pixels.shape[0] - 40 - 16) / rows
    for (row, column), attribution in finished.items():
        left, top = 16 + column * 336, round(40 + row * row_height + 34)
        cut = pixels[top : top + 320, left : left + 320]
        drawn = drawn_values(attribution)
        large = np.kron(drawn, np.ones((16 // drawn.shape[0], 16 // drawn.shape[1])))
        limit = saturate[row, column]
        expected = painted(large, limit, scene.settings.opacity, grey)
        np.testing.assert_array_equal(cut[10::20, 10::20], expected)


def test_impossible_places_stay_white(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    scene = scene_of(
        tiny_image, (1, 3), score="contrast", against=3, methods=("gradient",), view="plain"
    )
    finished = explained(tiny_classifier, scene)
    assert len(finished) == 1
    with Image.open(io.BytesIO(grid_png(scene, table_of(scene), finished))) as image:
        pixels = np.asarray(image)
    assert (pixels[-200:-60] == 255).all()
    assert not (pixels[100:300] == 255).all()
    assert "wolf" in grid_html(scene, table_of(scene), finished)


def decoded(array: Any) -> np.ndarray:
    """An array as Plotly writes it."""
    if isinstance(array, dict):
        flat = np.frombuffer(base64.b64decode(array["bdata"]), np.dtype(array["dtype"]))
        return flat.reshape([int(side) for side in str(array["shape"]).split(",")])
    return np.asarray(array)


def test_the_page_has_the_values_and_needs_no_network(
    taken_home: tuple[Scene, Mapping[tuple[int, int], Attribution]],
) -> None:
    scene, finished = taken_home
    page = grid_html(scene, table_of(scene), finished)
    # Plotly is inside, and nothing is loaded from elsewhere.
    assert len(page) > 2_000_000
    tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page)
    assert tags
    assert not [tag for tag in tags if re.search(r"\b(src|href)\s*=", tag)]
    call = page[page.rindex("Plotly.newPlot(") :]
    data = call[call.index("[") :]
    traces, _ = json.JSONDecoder().raw_decode(data)
    assert len(traces) == len(finished)
    saturate = limits(finished, scene.settings)
    for trace, (place, attribution) in zip(traces, finished.items(), strict=True):
        drawn = drawn_values(attribution)
        large = np.kron(drawn, np.ones((16 // drawn.shape[0], 16 // drawn.shape[1])))
        np.testing.assert_allclose(decoded(trace["z"]), large, rtol=1e-6)
        limit = saturate[place]
        assert (trace["zmin"], trace["zmax"]) == pytest.approx((-limit, limit))
        assert trace["colorscale"][0][1] == "rgb" + str(BLUE)
        assert trace["colorscale"][-1][1] == "rgb" + str(RED)


def test_a_label_cannot_close_the_script(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (3,), methods=("gradient",))
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    finished = explained(tiny_classifier, scene)
    evil_scene = replace(scene, labels=(*LABELS[:3], evil, LABELS[4]))
    page = grid_html(evil_scene, table_of(evil_scene), finished)
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
