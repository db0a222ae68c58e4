"""The app without a browser: what a newcomer finds, and what another visitor gets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from attribution_core import Classifier
from pages.ui.newcomer import prepare_for_newcomer
from pages.ui.worker.engine import engine
from tests.pages.visits import Visit


@pytest.mark.usefixtures("new_engine")
def test_the_first_run_shows_the_picture_and_the_controls() -> None:
    first = Visit().run()
    try:
        assert [choice.label for choice in first.app.sidebar.selectbox][:1] == ["Model"]
        assert {"Method", "Target class"} <= {each.label for each in first.app.multiselect}
        (gallery,) = (
            data
            for part in first.app.get("bidi_component")
            if "pictures" in (data := json.loads(part.proto.json))
        )
        assert gallery["chosen"] == "cat_coffee"
        assert len(gallery["pictures"]) >= 6
        # The picture and the reference are there before the model is.
        strips = (part.proto.body for part in first.app.get("html"))
        (strip,) = (each for each in strips if 'class="picture-strip"' in each)
        assert strip.count("<img") == 2
        # So is the grid, a row a class and a column a method.
        assert first.labels[0] == ["Egyptian cat", "espresso"]
        assert len(first.cells) == 2 * len(first.labels[1])
        assert first.app.button(key="cancel")
        assert first.scene.settings.model == "vgg16_cam"
        assert first.scene.settings.layer == "block5_conv3"
        # Nobody who has not asked for VGG16 hears of its weights, but for one line that offers it.
        assert "weights" not in first.words + first.sidebar_words
        offer = first.app.button(key="download_vgg16")
        assert offer.label == "VGG16: download (553 MB)"
        assert first.scene.model.kind in first.sidebar_words
    finally:
        first.leave()


def test_what_a_newcomer_sees_is_there_before(visit: Callable[..., Visit]) -> None:
    prepare_for_newcomer(engine())
    first = Visit().run()
    try:
        assert first.labels[0] == ["Egyptian cat", "espresso"]
        assert first.statuses == ["done"] * 8
        assert len(first.maps) == 8
        assert first.scene.prediction is not None
        # Both are in the picture, and among the top five.
        assert {285, 967} < set(first.scene.prediction.top(5))
        # Nothing is waited for: the page is drawn once.
        assert not [button for button in first.app.button if button.key == "cancel"]
    finally:
        first.leave()


def test_maps_come_with_captions_and_the_controls_stay(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    page = visit(methods="gradient,integrated_gradients,kernel_shap", classes="285,967").finish()
    assert page.statuses == ["done"] * 6
    assert len(page.maps) == 6
    page.expect_maps_of(efficientnet)
    cost, sums = page.cells[1]["caption"]
    assert re.fullmatch(r"[\d.]+ (ms|s) · \d+ evaluations?", cost)
    assert re.fullmatch(r"sums to .* · should be .* · gap [\d.]+ %", sums)
    estimated = r"49 positions · [\d.]+ m?s · (estimated from )?\d+ evaluations(, ± [\d.]+)?"
    assert re.fullmatch(estimated, page.cells[2]["caption"][0])
    assert not [button for button in page.app.button if button.key == "cancel"]
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names == ["Interactive HTML", "Arrays as NPZ"]
    assert page.scene.prediction is not None
    assert page.scene.prediction.top(1) == (285,)


def test_a_page_that_is_run_without_the_app_goes_back_through_it() -> None:
    # Streamlit runs the files of `pages` on their own until it has seen `st.navigation`: a server
    # at its first request, and AppTest from the second run on.
    page = Visit(model="efficientnet_lite0", methods="gradient")
    try:
        for _ in range(3):
            page.run()
            assert page.app.sidebar.selectbox[0].label == "Model"
            assert page.cells
    finally:
        page.leave()


def test_a_second_visitor_gets_the_same_maps_at_once(visit: Callable[..., Visit]) -> None:
    first = visit(methods="integrated_gradients").finish()
    second = visit(methods="integrated_gradients").run()
    assert second.statuses == ["done"]
    assert second.cells[0]["caption"] == first.cells[0]["caption"]
    assert second.cells[0]["map"] == first.cells[0]["map"]
