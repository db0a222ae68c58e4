"""Links: what they say is shown, and what they may not say is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attribution_core import Contrast
from tests.pages.visits import Visit


def test_a_link_is_restored_and_written(visit: Callable[..., Visit]) -> None:
    link = {
        "model": "efficientnet_lite0",
        "picture": "rocket",
        "class_choice": "own",
        "classes": "657,744",
        "methods": "lime,occlusion",
        "layer": "block4c_add",
        "reference": "blurred",
        "score": "contrast",
        "against": "812",
        "count": "25",
        "seed": "11",
        "lime.samples": "60",
        "occlusion.window": "64",
        "clip": "97.5",
        "view": "plain",
    }
    page = visit(**link).finish()
    assert page.link == link
    assert page.labels == (["missile", "projectile"], ["LIME", "Occlusion"])
    assert page.statuses == ["done"] * 4
    request = page.requests[0]
    assert (request.layer, request.reference, request.seed) == ("block4c_add", "blurred", 11)
    assert request.score == Contrast(812)
    assert dict(request.options)["samples"] == 60
    page.choose("number_input", "lime.samples", 110)
    assert page.link["lime.samples"] == "110"
    page.choose("selectbox", "reference", "black")
    assert "reference" not in page.link


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": "resnet"}, "The link's model = “resnet” is not usable"),
        ({"layer": "block99"}, "cannot be cut at a layer “block99”; block6d_add is shown"),
        ({"classes": "285,5000"}, "no class 5000"),
        ({"classes": "1,2,3,4,5,6,7,8,9"}, "at most 8 classes"),
        ({"seed": "NaN", "clip": "-3"}, "The link's clip"),
        ({"picture": "upload"}, "An uploaded picture cannot travel in a link"),
        ({"against": "5000", "score": "contrast"}, "no class 5000"),
        ({"x": "![x](//evil.example/x.png)"}, "![x](//evil.example/x.png)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_unusable_link_gives_the_default_and_a_sentence(
    visit: Callable[..., Visit], parameters: dict[str, str], sentence: str
) -> None:
    page = visit(**parameters).run()
    said = page.words
    page.finish()
    said += page.words  # some can be told only when the model is there
    assert sentence in said
    assert set(page.statuses) <= {"done", "unavailable"}
    assert "done" in page.statuses
    assert page.scene.settings.layer == page.scene.model.default_layer
    assert not [text for text in page.app.toast if "![" in text.value]  # no picture from elsewhere


def test_zeros_at_the_pixels_are_black_and_said_to_be(visit: Callable[..., Visit]) -> None:
    page = visit(reference="zeros", layer="block6d_add").finish()
    assert page.scene.settings.reference == "zeros"
    assert not page.app.toast
    page = visit(reference="zeros", layer="input").run()
    assert "The pixels have no reference “zeros”; black" in page.words
    assert page.finish().scene.settings.reference == "black"
    assert [request.reference for request in page.requests] == ["black"]


@pytest.mark.usefixtures("own_model")
def test_a_link_to_ones_own_model_keeps_its_classes(visit: Callable[..., Visit]) -> None:
    page = visit(model="own", classes="3,1", layer="top").finish()
    assert page.labels == (["dog", "bee"], ["Gradient"])
    assert page.statuses == ["done", "done"]
    assert page.requests[0].layer == "top"
    assert page.link["classes"] == "3,1"


@pytest.mark.usefixtures("own_model")
def test_choices_that_another_model_does_not_have_are_dropped(
    visit: Callable[..., Visit],
) -> None:
    page = visit(classes="285,2", score="contrast", against="967").finish()
    page.choose("selectbox", "model", "own").finish()
    assert page.labels[0] == ["cat"]
    assert page.scene.settings.against is not None
    assert page.scene.settings.against < 5
    page.choose("button_group", "score", "logit").finish()
    assert page.statuses == ["done"]
    page.choose("selectbox", "model", "efficientnet_lite0").finish()
    assert "done" in page.statuses
    assert page.scene.settings.layer == "block6d_add"
