"""Maps of rounding errors alone are blank, and say so; all others are shown as they are."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import keras
import numpy as np
import pytest

from attribution_core import Classifier, explain, figure
from attribution_core.attribution import Attribution
from attribution_core.images import Pixels
from attribution_core.painting import drawn_values
from attribution_core.saved_maps.files import load, save
from tests.made_attributions import attribution

QUICK: dict[str, dict[str, Any]] = {
    "occlusion": {"window": 6, "stride": 4},
    "lime": {"samples": 40},
    "kernel_shap": {"budget": 40},
    "shapley_values": {"superpixels": 6},
    "banzhaf_values": {"superpixels": 6},
}


def network(bias: float, slope: float = 1e-3) -> Classifier:
    """Logits that are the mean of the red values, times a slope, and its negative plus a bias."""
    entry = keras.Input((16, 16, 3))
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(1, 1)(entry))
    model = keras.Model(entry, keras.layers.Dense(2)(mean))
    kernel = np.zeros((1, 1, 3, 1))
    kernel[0, 0, 0] = slope
    model.set_weights([kernel, np.zeros(1), np.array([[1.0, -1.0]]), np.array([bias, 0.0])])
    return Classifier("mean of red", model, lambda points: points, ["red", "not red"])


@pytest.mark.parametrize("method", QUICK)
@pytest.mark.parametrize("layer", ["input", "pooled"])
def test_a_picture_that_is_its_own_reference(
    tiny_classifier: Classifier, method: str, layer: str
) -> None:
    white = np.full((16, 16, 3), 255, np.float32)
    found = explain(
        tiny_classifier, white, method, 1, layer=layer, reference="white", **QUICK[method]
    )
    assert found.size <= found.rounding < 1e-3
    assert found.blank in ("No effect beyond rounding", "All values are 0")
    assert not drawn_values(found).any()


@pytest.mark.parametrize("method", [*QUICK, "gradient", "gradient_times_input"])
def test_what_a_network_does_is_shown(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str
) -> None:
    """However small: a thousandth of the largest logit is far above rounding."""
    for classifier, image in ((tiny_classifier, tiny_image), (network(0.0, 1e-9), tiny_image)):
        found = explain(classifier, image, method, 0, **QUICK.get(method, {}))
        assert found.size > 10 * found.rounding > 0
        assert not found.blank
        assert np.abs(drawn_values(found)).max() > 0


@pytest.mark.parametrize("method", [*QUICK, "gradient", "gradient_times_input"])
@pytest.mark.parametrize(("bias", "end"), [(60.0, "1"), (-60.0, "0")])
def test_a_saturated_probability_gives_advice(
    tiny_image: Pixels, method: str, bias: float, end: str
) -> None:
    classifier, options = network(bias), QUICK.get(method, {})
    found = explain(classifier, tiny_image, method, 0, score="probability", **options)
    assert found.blank.endswith(f"the probability is as good as {end}, so explain the logit")
    assert not drawn_values(found).any()
    by_logit = explain(classifier, tiny_image, method, 0, **options)
    assert not by_logit.blank
    half = explain(network(0.0), tiny_image, method, 0, score="probability", **options)
    assert not half.blank


def test_zero_and_rounding_are_told_apart(tiny_image: Pixels) -> None:
    assert explain(network(2.0, 0.0), tiny_image, "gradient", 0).blank == "All values are 0"
    found = explain(network(2.0, 1e-8), tiny_image, "occlusion", 0, window=8, stride=8)
    assert found.size > 0
    assert found.blank == "No effect beyond rounding"


def of_size(size: float, rounding: float) -> Attribution:
    values = np.full((6, 6), size / 36, np.float32)
    return replace(attribution(), values=values, heatmap=values, rounding=rounding)


def test_files_and_figures_say_it_too() -> None:
    blank, shown = of_size(1e-6, 1e-5), of_size(1e-4, 1e-5)
    assert (blank.blank, shown.blank) == ("No effect beyond rounding", "")
    file = io.BytesIO()
    save(file, [blank], made=datetime.now(UTC))
    (again,) = load(io.BytesIO(file.getvalue())).attributions
    assert again.rounding == 1e-5
    said = [text.get_text() for text in figure(blank).axes[0].texts]
    assert "no effect beyond rounding" in said
    assert not drawn_values(blank).any()


def test_coarser_numbers_have_larger_errors(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    exact, rounded = (
        explain(tiny_classifier, tiny_image, "kernel_shap", 0, budget=40, bfloat16=bfloat16)
        for bfloat16 in (False, True)
    )
    assert rounded.rounding / exact.rounding == pytest.approx(2**-8 / (64 * 2**-24))
