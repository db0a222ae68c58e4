"""Every measure of maps of a small network, and its baseline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attribution_core import Classifier, explain
from attribution_core.images import Pixels
from attribution_core.measures.known_measures import MEASURES, QUICK, measure_named
from attribution_core.measures.map_curves import Players
from attribution_core.measures.measure import Effort, Measurement, Subject
from attribution_core.segmentations import Grid

FEW = Effort(steps=4, coalitions=24, others=2, randoms=3)


def map_of(
    classifier: Classifier, picture: Pixels, method: str, layer: str, **more: int
) -> Subject:
    region = np.zeros((16, 16), bool)
    region[:, 8:] = True
    return Subject(
        classifier,
        explain(classifier, picture, method, 2, layer=layer, **more),
        Players(layer),
        FEW,
        region,
    )


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_and_its_baseline(
    tiny_classifier: Classifier, tiny_image: Pixels, name: str
) -> None:
    before = tiny_classifier.scores(tiny_image)
    subject = map_of(tiny_classifier, tiny_image, "gradient_times_input", "joined")
    measure = measure_named(name)
    assert not measure.unavailable(subject)
    found = measure.of(subject)
    assert np.isfinite([found.value, *found.random]).all()
    assert len(found.random) in (1, FEW.randoms)
    assert measure.of(subject) == found
    assert np.array_equal(tiny_classifier.scores(tiny_image), before)


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_says_what_it_is(name: str) -> None:
    measure = MEASURES[name]
    for text in (measure.summary, measure.cannot_say):
        assert text.endswith(".")
        assert text.count(". ") == 0
    assert measure.paper[-4:].isdigit()
    assert measure.cannot_say in measure.help


def test_measures_by_name() -> None:
    assert set(QUICK) <= set(MEASURES)
    with pytest.raises(ValueError, match="'speed' is not known; use relevance_gain, road"):
        measure_named("speed")


def test_a_map_that_adds_up_is_not_infidel(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    """Above ``top`` the logit is linear, and Linear its exact parts."""
    exact = map_of(tiny_classifier, tiny_image, "linear", "top")
    found = MEASURES["infidelity"].of(exact)
    assert found.value == pytest.approx(0, abs=1e-6)
    assert min(found.random) > 0.01


def test_the_true_order_gains_more_than_random_ones(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    exact = map_of(tiny_classifier, tiny_image, "linear", "top")
    gain = MEASURES["relevance_gain"].of(exact)
    assert gain.value > max(gain.random)
    assert len(set(gain.random)) == FEW.randoms
    assert 0 not in gain.random


def test_baselines_of_orders_are_those_of_the_plane(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    first = map_of(tiny_classifier, tiny_image, "gradient", "joined")
    second = map_of(tiny_classifier, tiny_image, "gradient_times_input", "joined")
    for name in ("relevance_gain", "road"):
        assert MEASURES[name].of(first).random == MEASURES[name].of(second).random


def test_methods_that_draw_nothing_agree_between_seeds(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    agreement = MEASURES["seed_agreement"]
    still = agreement.of(map_of(tiny_classifier, tiny_image, "gradient", "input"))
    assert still.value == pytest.approx(1)
    assert max(np.abs(still.random)) < 0.3
    drawn = map_of(tiny_classifier, tiny_image, "smoothgrad", "input", samples=2)
    assert agreement.of(drawn).value < 0.99


def test_a_measure_of_a_region_needs_one(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    without = replace(map_of(tiny_classifier, tiny_image, "gradient", "input"), region=None)
    for name in ("pointing_game", "energy_inside"):
        assert "mark or upload" in MEASURES[name].unavailable(without)
        with pytest.raises(ValueError, match="It needs a region"):
            MEASURES[name].of(without)
    with_region = replace(without, region=np.ones((16, 16), bool))
    assert MEASURES["pointing_game"].of(with_region) == Measurement(1.0, (1.0,))


def test_players_values_are_dealt_to_players(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    attribution = explain(
        tiny_classifier, tiny_image, "kernel_shap", 2, superpixels=Grid(2, 3), budget=64
    )
    subject = Subject(tiny_classifier, attribution)
    dealt = subject.shuffled(0)
    assert attribution.segments is not None
    for player in range(6):
        assert len(np.unique(dealt[attribution.segments == player])) == 1
    # 16 rows in 2 and 16 columns in 3: values a position are dealt, whatever the sizes.
    own = np.unique(subject.heatmap.round(6))
    assert np.array_equal(np.unique(dealt.round(6)), own)
    assert not np.array_equal(dealt, subject.heatmap)
    orders = list(replace(subject, effort=FEW).random_orders())
    assert len(orders) == FEW.randoms
    assert [len(np.unique(each)) for each in orders] == [6, 6, 6]
