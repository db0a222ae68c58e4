"""The registry of methods, and requests made of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import METHODS, Contrast, Method, Option, Picture, Request, Slic
from attribution_core.registry import method_named, unavailable

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))
PICTURE = Picture.of(np.zeros((8, 8, 3)))


def test_the_methods() -> None:
    assert list(METHODS) == [
        "gradient",
        "gradient_times_input",
        "linear",
        "integrated_gradients",
        "smoothgrad",
        "grad_cam",
        "occlusion",
        "lime",
        "kernel_shap",
        "shapley_values",
    ]


@every_method
def test_a_page_can_draw_every_option(method: Method) -> None:
    assert method_named(method.name) is method
    assert method.title
    assert method.summary.endswith(".")
    for option in method.options:
        assert option.label
        assert option.help.endswith(".")
        assert option.validated(option.default) == option.default
        if isinstance(option.default, str):
            assert option.default in option.choices
        elif not isinstance(option.default, bool):
            assert option.minimum is not None
            assert option.maximum is not None
            assert option.step is not None
            assert option.minimum <= option.default <= option.maximum
            assert type(option.validated(option.minimum)) is type(option.default)
            assert option.validated(option.maximum) == option.maximum
            for outside in (option.minimum - 1, option.maximum + 1, float("nan")):
                with pytest.raises(ValueError, match=r"should be a (whole )?number from"):
                    option.validated(outside)
    defaults = method.validated({})
    assert list(defaults) == [option.name for option in method.options]
    assert method.evaluations(defaults) >= 1


@every_method
def test_unknown_options(method: Method) -> None:
    with pytest.raises(ValueError, match="has no option colour; its options are"):
        method.validated({"colour": 1})


def test_unknown_methods() -> None:
    with pytest.raises(ValueError, match="'magic' is not known; use gradient, "):
        method_named("magic")


WHOLE = Option("n", "N", "Help.", 5, 1, 9, 1)
NUMBER = Option("x", "X", "Help.", 0.5, 0.0, 1.0, 0.1)
SWITCH = Option("b", "B", "Help.", False)
CHOICE = Option("c", "C", "Help.", "one", choices=("one", "two"))


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        (WHOLE, 3, 3),
        (WHOLE, 3.0, 3),
        (WHOLE, np.int64(3), 3),
        (WHOLE, np.float32(3), 3),
        (NUMBER, 1, 1.0),
        (NUMBER, np.float64(0.25), 0.25),
        (NUMBER, np.float32(0.25), 0.25),
        (SWITCH, True, True),
        (CHOICE, "two", "two"),
    ],
)
def test_options_take_their_own_type(option: Option, value: Any, expected: Any) -> None:
    found = option.validated(value)
    assert found == expected
    assert type(found) is type(option.default)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        (WHOLE, 2.5, "n should be a whole number from 1 to 9"),
        (WHOLE, "3", "a whole number"),
        (WHOLE, True, "a whole number"),
        (WHOLE, None, "a whole number"),
        (WHOLE, float("inf"), "a whole number"),
        (NUMBER, float("nan"), "a number from 0 to 1"),
        (NUMBER, 1j, "a number from 0 to 1"),
        (SWITCH, 1, "True or False"),
        (CHOICE, "three", "one or two"),
        (CHOICE, 1, "one or two"),
        (Option("n", "N", "Help.", 5, minimum=1), 0, "a whole number from 1\\."),
    ],
)
def test_options_refuse_the_rest(option: Option, value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as caught:
        option.validated(value)
    assert option.name in str(caught.value)


def test_requests_are_compared_by_content() -> None:
    def request(**settings: Any) -> Request:
        return Request.of(
            Picture.of(np.zeros((8, 8, 3))),
            "kernel_shap",
            settings.pop("target", 3),
            **{"segmentation": Slic(9)} | settings,
        )

    first = request()
    assert first == request() == request(target=np.int64(3), seed=np.int32(0))
    assert hash(first) == hash(request(options={"budget": 512.0}))
    assert repr(first) == repr(request(target=np.int64(3), options={"budget": np.int64(512)}))
    assert len({first, request(target=4), request(seed=1), request(options={"budget": 64})}) == 4
    with_contrast = request(score=Contrast(np.int64(5)))
    assert with_contrast == request(score=Contrast(5))
    assert "np." not in repr(with_contrast.score)
    assert first.evaluations == 512


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "magic"}, "'magic' is not known"),
        ({"method": "grad_cam"}, "choose an inner layer"),
        ({"reference": "grey"}, "use black, mean, blurred, white, noise\\."),
        ({"reference": "zeros"}, "use black, mean, blurred, white, noise\\."),
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
    full = {"method": "integrated_gradients", "target": 1} | settings
    with pytest.raises(ValueError, match=message):
        Request.of(PICTURE, full.pop("method"), full.pop("target"), **full)


def test_grad_cam_needs_an_inner_layer() -> None:
    assert "inner layer" in unavailable(METHODS["grad_cam"], at_input=True)
    assert unavailable(METHODS["grad_cam"], at_input=False) == ""
    assert unavailable(METHODS["lime"], at_input=True) == ""


def test_the_same_request_in_float32() -> None:
    rounded = Request.of(PICTURE, "lime", 1, options={"bfloat16": True, "samples": 40})
    exact = Request.of(PICTURE, "lime", 1, options={"samples": 40})
    assert rounded != exact
    assert rounded.in_float32() == exact
    plain = Request.of(PICTURE, "gradient", 1)
    assert plain.in_float32() == plain
