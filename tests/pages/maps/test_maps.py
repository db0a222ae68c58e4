"""What can be seen and taken home: captions, the bar chart, and the downloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Contrast, Picture
from attribution_core.attribution import Attribution
from attribution_core.explanation import explain_request
from attribution_core.images import Pixels
from attribution_core.painting import drawn_values
from attribution_core.request import granted, request_or_reason
from attribution_core.saved_maps.files import load
from pages.ui.maps.downloads import arrays_npz
from pages.ui.maps.drawing import caption, limits
from pages.ui.maps.picture_and_reference import described, top_bars
from pages.ui.maps.table import MapTable, cells_for, classes_by_methods
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings
from pages.ui.worker.engine import Model
from pages.ui.worker.tasks import Explain, Prediction
from tests.conftest import scaled, tiny_network

LABELS = ("ant", "bee", "cat", "dog & “wolf”", "eel")


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
    return classes_by_methods(scene, scene.classes)


def explained(classifier: Classifier, scene: Scene) -> dict[tuple[int, int], Attribution]:
    return {
        (cell.row, cell.column): explain_request(classifier, cell.task.request)
        for cell in table_of(scene).cells
        if isinstance(cell.task, Explain)
    }


def test_places_are_a_row_a_class_and_a_column_a_method(tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (3, 1))
    asked = cells_for(scene, scene.classes)
    found = [
        (p.row, p.column, p.task.request.target, p.task.request.method) for p in asked if p.task
    ]
    assert found == [
        (0, 0, 3, "gradient"),
        (0, 1, 3, "kernel_shap"),
        (1, 0, 1, "gradient"),
        (1, 1, 1, "kernel_shap"),
    ]


def test_an_impossible_place_has_a_reason_and_no_work(tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (1, 3), score="contrast", against=3, methods=("gradient",))
    possible, impossible = cells_for(scene, scene.classes)
    assert possible.task is not None
    assert possible.task.request.score == Contrast(3)
    assert not possible.reason
    assert impossible.task is None
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
        request=granted(
            request_or_reason(
                None,
                picture=Picture.of(tiny_image),
                method="integrated_gradients",
                target=1,
                layer="top",
            )
        ),
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


MADE = datetime(2026, 11, 26, 18, 40, 57, tzinfo=UTC)


def test_the_arrays_are_those_of_the_maps(
    taken_home: tuple[Scene, Mapping[tuple[int, int], Attribution]],
) -> None:
    _, finished = taken_home
    saved = load(arrays_npz(finished, MADE))
    assert saved.made == MADE
    for found, expected in zip(saved.attributions, finished.values(), strict=True):
        assert found.request == expected.request
        np.testing.assert_array_equal(found.values, expected.values)
        np.testing.assert_array_equal(found.heatmap, expected.heatmap)
        assert found.label == expected.label
        assert (found.player_values is None) == (expected.player_values is None)


def test_arrays_can_be_made_again_from_their_settings(
    taken_home: tuple[Scene, Mapping[tuple[int, int], Attribution]],
) -> None:
    _, finished = taken_home
    elsewhere = Classifier("tiny", tiny_network(), scaled, LABELS)  # with nothing in its cache
    for saved in load(arrays_npz(finished, MADE)).attributions:
        again = explain_request(elsewhere, saved.request)
        np.testing.assert_allclose(again.values, saved.values, rtol=1e-4, atol=1e-5)
