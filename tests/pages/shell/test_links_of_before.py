"""Links that were made before the modules were moved open as they did."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest

from tests.pages.visits import Visit

# Made by the version of 25 November 2026, on the tiny network of these tests.
LINKS = {
    "explore": "model=own&classes=3%2C1&methods=gradient%2Clime&layer=top&lime.samples=52"
    "&reference=blurred&class_choice=own",
    "explore, at the pixels": "model=own&class_choice=own&classes=2&layer=input&methods=kernel_shap"
    "&segmentation=grid&count=9&seed=4&kernel_shap.budget=68",
    "explore, a contrast": "model=own&class_choice=own&classes=0%2C4&score=contrast&against=2"
    "&layer=joined&methods=integrated_gradients&integrated_gradients.steps=7",
    "explore, its looks": "model=own&class_choice=top5&layer=pooled&methods=gradient&view=plain"
    "&scale=method&clip=97.5&opacity=0.4&smooth=no&score=probability",
    "superpixels": "model=own&class_choice=own&classes=1%2C2&layer=top&superpixels-absent=0%2C3"
    "&superpixels-best=2&lime.samples=52",
    "layers": "model=own&class_choice=own&classes=1%2C2&layer=top&layers-method=gradient"
    "&layers-extent=main&layers-measure=signed",
    "references": "model=own&class_choice=own&classes=1&layer=top&references-method=linear",
    "randomisation": "model=own&class_choice=own&classes=1&layer=top"
    "&randomisation-method=gradient&randomisation-seeds=1",
    "faithfulness": "model=own&class_choice=own&classes=1&layer=top&methods=gradient"
    "&faithfulness-steps=4&faithfulness-players=positions",
    "axioms": "model=own&class_choice=own&classes=1&layer=top&axioms-function=own"
    "&axioms-formula=x+%2A+y&axioms-x=1.5",
}


@pytest.mark.thorough
@pytest.mark.usefixtures("own_model")
@pytest.mark.parametrize("name", LINKS)
def test_it_opens_and_is_written_the_same(any_visit: Callable[..., Visit], name: str) -> None:
    asked = {"methods": "gradient", **dict(parse_qsl(LINKS[name]))}
    opened = any_visit(**asked)
    page = name.split(",")[0]
    if page == "explore":
        opened.run()
    else:
        opened.open(page)
    opened.wait(lambda: opened.scene.classifier is not None and opened.scene.prediction is not None)
    opened.run()
    assert not opened.app.toast
    assert opened.link == asked


@pytest.mark.usefixtures("own_model")
@pytest.mark.parametrize(
    ("former", "methods"),
    [("kernel_shap.prior=yes", "kernel_shap"), ("shapley_values.players=9", "shapley_values")],
)
def test_an_option_that_is_gone_is_left_out_without_a_complaint(
    any_visit: Callable[..., Visit], former: str, methods: str
) -> None:
    name, value = former.split("=")
    asked = {"model": "own", "classes": "2", "layer": "top", "methods": methods, "count": "9"}
    opened = any_visit(**asked, **{name: value}).run()
    assert not opened.app.toast
    opened.finish()
    assert opened.statuses == ["done"]
    assert name not in opened.link
    assert name.split(".")[1] not in dict(opened.requests[0].options)
