"""How attributions look in a grid: values, colour limits and captions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Picture
from attribution_core.attribution import Attribution
from attribution_core.images import Pixels
from attribution_core.methods.estimate import TOTAL_ERROR
from attribution_core.methods.kernel_shap import (
    AROUND_PRIOR,
    ERRORS_FROM,
    GRADIENTS,
    TOO_FEW_FOR_ERRORS,
    TOO_MANY,
    WINDOWS,
)
from attribution_core.methods.lrp import IN_SIGNS
from attribution_core.painting import drawn_values
from attribution_core.registry import METHODS
from attribution_core.request import Request, granted, request_or_reason
from pages.ui.maps.drawing import DrawnMap, caption, limits
from tests.made_attributions import of_request
from tests.pages.maps.scenes import explained, scene_of


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


def an_attribution(
    tiny_image: Pixels, *, request: Request | None = None, **changes: Any
) -> Attribution:
    values = np.array([[1.0, 2.0], [-0.5, 0.25]], np.float32)
    asked = request or granted(
        request_or_reason(
            None,
            picture=Picture.of(tiny_image),
            method="integrated_gradients",
            target=1,
            layer="top",
        )
    )
    shown = {
        "model": "tiny",
        "model_fingerprint": "0" * 64,
        "label": "bee",
        "score": 3.5,
        "reference_score": 0.5,
        "completeness_gap": 0.25,
        "evaluations": 64,
        "seconds": 0.1234,
        "done": 64,
        "planned": 64,
    }
    return of_request(asked, values, **{**shown, **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("123 ms · 64 evaluations", "sums to 2.75 · should be 3.00 · gap 8.3 %")),
        (
            {"evaluations": 1, "seconds": 2.34, "completeness_gap": None},
            ("2.3 s · 1 evaluation", "sums to 2.75 · f(x) − f(x′) = 3.00"),
        ),
        (
            {
                "segments": np.array([[0, 1], [2, 2]]),
                "player_values": np.array([1, 2, -0.25], np.float32),
            },
            (
                "3 grid cells · 123 ms · 64 evaluations",
                "sums to 2.75 · should be 3.00 · gap 8.3 %",
            ),
        ),
        (
            {"standard_error": np.array([0.1, 0.25, 0.05], np.float32)},
            (
                "123 ms · estimated from 64 evaluations, ± 0.25",
                "sums to 2.75 · should be 3.00 · gap 8.3 %",
            ),
        ),
        (
            {"standard_error": np.zeros(3, np.float32)},
            ("123 ms · 64 evaluations", "sums to 2.75 · should be 3.00 · gap 8.3 %"),
        ),
        (
            {"diagnostics": {TOTAL_ERROR: 0.125}},
            ("123 ms · 64 evaluations", "sums to 2.75 ± 0.12 · should be 3.00 · gap 8.3 %"),
        ),
        (
            {"reference_score": 3.5, "completeness_gap": 2.75},
            ("123 ms · 64 evaluations", "sums to 2.75 · should be 0 · gap 2.75"),
        ),
    ],
)
def test_captions_say_the_cost_and_the_sum(
    tiny_image: Pixels, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert caption(an_attribution(tiny_image, **changes)) == expected


@pytest.mark.parametrize(
    ("diagnostics", "expected"),
    [
        ({WINDOWS: 1.0, ERRORS_FROM: 296}, "no error bars below 296 evaluations"),
        (
            {WINDOWS: 1.0, TOO_FEW_FOR_ERRORS: 17},
            "no error bars for windows of fewer than 17 players",
        ),
        ({TOO_MANY: 201}, ""),
    ],
)
def test_a_caption_says_why_there_are_no_error_bars(
    tiny_image: Pixels, diagnostics: dict[str, float], expected: str
) -> None:
    request = granted(
        request_or_reason(
            None, picture=Picture.of(tiny_image), method="kernel_shap", target=1, layer="top"
        )
    )
    made = an_attribution(tiny_image, request=request, diagnostics=diagnostics)

    def told(evaluations: str) -> str:
        return f"estimated from {evaluations}, {expected}" if expected else evaluations

    assert caption(made)[0] == f"123 ms · {told('64 evaluations')}"
    around = {AROUND_PRIOR: 0.9, GRADIENTS: 80.0}
    made = an_attribution(tiny_image, request=request, diagnostics=diagnostics | around)
    assert caption(made)[0] == f"123 ms · {told('64 evaluations + 80 gradients')}"


def test_where_the_positive_values_lie_is_said_to_those_who_do_not_see_the_map(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    scene = scene_of(tiny_image, (0,), methods=("gradient",))
    (attribution,) = explained(tiny_classifier, scene).values()

    def said(heatmap: np.ndarray) -> str:
        return DrawnMap(replace(attribution, heatmap=heatmap.astype(np.float32))).where

    nothing = np.zeros_like(attribution.heatmap)
    assert said(nothing) == "no value is positive"
    left = nothing.copy()
    left[:, 0] = 3.0
    left[:, -1] = 1.0
    assert said(left) == "75 % of the positive values in the left half"
    assert said(nothing + 1) == "positive values spread over the picture, 50 % in the left half"


def test_a_caption_says_how_much_is_still_in_groups(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    """Eight coalitions do not divide all groups here; all that are needed do."""
    for budget, told in ((8, True), (20000, False)):
        scene = scene_of(
            tiny_image,
            (2,),
            methods=("owen_values",),
            count=4,
            options={("owen_values", "budget"): budget},
        )
        (attribution,) = explained(tiny_classifier, scene).values()
        assert ("% in groups not divided" in caption(attribution)[0]) is told


@pytest.mark.parametrize(
    ("method", "options", "told"),
    [
        ("class_activation", {}, "LayerCAM"),
        ("class_activation", {"variant": "XGrad-CAM"}, "XGrad-CAM"),
        ("lrp", {}, "ε, z⁺, flat"),
        ("lrp", {"preset": "epsilon_alpha2_beta1"}, "ε, α2β1"),
        ("smoothgrad", {}, "mean of gradient"),
        (
            "smoothgrad",
            {"statistic": "variance", "of": "gradient_times_input"},
            "variance of gradient × input",
        ),
    ],
)
def test_a_caption_begins_with_the_variant(
    tiny_image: Pixels, method: str, options: dict[str, Any], told: str
) -> None:
    made = an_attribution(tiny_image, completeness_gap=None)
    asked = replace(made.request, method=method, options=tuple(options.items()))
    assert caption(replace(made, request=asked))[0] == f"{told} · 123 ms · 64 evaluations"


def test_all_rules_have_signs() -> None:
    (rules,) = METHODS["lrp"].options
    assert set(rules.choices) == set(IN_SIGNS)
