"""Requests: what is asked, and why some of it makes no sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Contrast, Grid, Picture, Reason, Request, Slic
from attribution_core.images import Pixels
from attribution_core.request import asked_again, granted, request_or_reason
from attribution_core.segmentations import players_of
from pages.ui.shell.settings import Settings, segmentation_for

PICTURE = Picture.of(np.zeros((8, 8, 3)))


def test_requests_are_compared_by_content() -> None:
    def request(**settings: Any) -> Request:
        asked = {"method": "kernel_shap", "target": 3, "segmentation": Slic(9)} | settings
        return granted(request_or_reason(None, picture=Picture.of(np.zeros((8, 8, 3))), **asked))

    first = request()
    assert first == request() == request(target=np.int64(3), seed=np.int32(0))
    assert hash(first) == hash(request(options={"budget": 512.0}))
    assert repr(first) == repr(request(target=np.int64(3), options={"budget": np.int64(512)}))
    assert len({first, request(target=4), request(seed=1), request(options={"budget": 64})}) == 4
    with_contrast = request(score=Contrast(np.int64(5)))
    assert with_contrast == request(score=Contrast(5))
    assert "np." not in repr(with_contrast.score)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "magic"}, "'magic' is not known"),
        ({"method": "grad_cam"}, "choose an inner layer"),
        ({"reference": "grey"}, "use black, mean, blurred, white, noise, shuffled\\."),
        ({"reference": "zeros"}, "use black, mean, blurred, white, noise, shuffled\\."),
        ({"reference": "grey", "layer": "top"}, "use black, .*, zeros"),
        ({"options": {"steps": 0}}, "steps cannot be 0"),
        ({"options": {"step": 3}}, "has no option step"),
        ({"target": 2.5}, "target cannot be 2.5"),
        ({"target": -1}, "target cannot be -1"),
        ({"target": "cat"}, "target cannot be 'cat'"),
        ({"seed": -1}, "seed cannot be -1"),
        ({"seed": 0.5}, "seed cannot be 0.5"),
        ({"score": Contrast("dog")}, "contrast cannot be 'dog'"),
    ],
)
def test_requests_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    full: dict[str, Any] = {"method": "integrated_gradients", "target": 1} | settings
    found = request_or_reason(None, picture=PICTURE, **full)
    assert isinstance(found, Reason)
    with pytest.raises(ValueError, match=message) as caught:
        granted(found)
    assert str(caught.value) == found


def test_players_that_usual_budgets_tell_apart() -> None:
    """At an inner layer what the pages choose; at the input superpixels, of any number."""
    asked = {"picture": PICTURE, "method": "kernel_shap", "target": 1}
    inner = granted(request_or_reason(None, layer="block5_conv3", **asked))
    assert inner.segmentation == segmentation_for(Settings(layer="block5_conv3"))
    assert players_of(inner.segmentation, 14, 14, at_input=False) == 49
    assert granted(request_or_reason(None, **asked)).segmentation is None


def test_requests_name_what_they_are_made_of() -> None:
    with pytest.raises(TypeError, match="positional"):
        Request(PICTURE, "gradient", 1)


def on_the_input(image: Pixels, **settings: Any) -> dict[str, Any]:
    return {"picture": Picture.of(image), "method": "kernel_shap", "target": 1} | settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layer": "inside"}, "cannot be cut at a layer 'inside'"),
        ({"target": 5}, "no class 5; give a number between 0 and 4"),
        ({"score": Contrast(9)}, "no class 9"),
        ({"score": Contrast(1)}, "“bee” is the class that the others are contrasted with"),
        ({"segmentation": Grid(17, 1)}, "no grid of 17x1 cells"),
        ({"segmentation": Grid(9, 1), "layer": "pooled"}, "8x8 points has no grid of 9x1"),
        ({"segmentation": Slic(9), "layer": "pooled"}, "belong to the picture"),
        ({"picture": PICTURE}, "8 x 8 pixels; the network tiny takes 16 x 16"),
        (
            {"method": "shapley_values", "segmentation": Grid(5, 5), "score": "probability"},
            "Exact Shapley values of 25 players .* at most 16 players at the input",
        ),
        (
            {"method": "shapley_values", "segmentation": 17},
            "Exact Shapley values of 17 players .* at most 16 players at the input",
        ),
        (
            {
                "method": "shapley_values",
                "segmentation": 25,
                "layer": "pooled",
                "score": "probability",
            },
            "at most 20 players",
        ),
        (
            {"method": "occlusion", "options": {"window": 4, "stride": 6}, "layer": "pooled"},
            "stride of 6 leaves gaps",
        ),
        ({"method": "grad_cam"}, "choose an inner layer"),
    ],
)
def test_what_the_network_does_not_have(
    tiny_classifier: Classifier, tiny_image: Pixels, settings: dict[str, Any], message: str
) -> None:
    """All of it is said without a pass through the network."""
    found = request_or_reason(tiny_classifier, **on_the_input(tiny_image, **settings))
    assert isinstance(found, Reason)
    with pytest.raises(ValueError, match=message):
        granted(found)
    assert found.endswith(".")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, True),
        ({"layer": "inside"}, False),
        ({"target": 5}, False),
        ({"target": 5, "labels": ("ant", "bee")}, True),
        ({"score": Contrast(1)}, True),
        ({"segmentation": Grid(17, 1)}, True),
        ({"segmentation": Grid(9, 1), "layer": "pooled"}, False),
    ],
)
def test_before_the_network_is_loaded(
    tiny_classifier: Classifier, tiny_image: Pixels, settings: dict[str, Any], said: bool
) -> None:
    """What can be said is said at once, and the rest when the network is there."""
    asked = on_the_input(tiny_image, **settings)
    early, late = (request_or_reason(network, **asked) for network in (None, tiny_classifier))
    assert isinstance(early, Reason) == (said and bool(settings))
    if isinstance(early, Request):
        assert asked_again(tiny_classifier, early) == late


def test_methods_without_players_do_not_mind_the_segmentation(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    asked = on_the_input(tiny_image, method="gradient", segmentation=Grid(17, 1))
    assert isinstance(request_or_reason(tiny_classifier, **asked), Request)


def test_work_made_before_the_network_was_there_is_refused_then(
    tiny_classifier: Classifier, tiny_image: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attribution_core.explanation import explain_request

    monkeypatch.setattr("attribution_core.methods.occlusion.MOST_SQUARES", 10)
    options = {"window": 4, "stride": 2}
    settings = on_the_input(tiny_image, method="occlusion", layer="pooled", options=options)
    asked = granted(request_or_reason(None, **settings))
    with pytest.raises(ValueError, match=r"makes 49 squares; .* at most 10"):
        explain_request(tiny_classifier, asked)


def test_the_same_request_in_float32() -> None:
    def request(method: str, **options: Any) -> Request:
        return granted(
            request_or_reason(None, picture=PICTURE, method=method, target=1, options=options)
        )

    exact = request("lime", samples=40)
    rounded = request("lime", samples=40, bfloat16=True)
    assert rounded != exact
    assert rounded.in_float32() == exact
    assert request("gradient").in_float32() == request("gradient")
