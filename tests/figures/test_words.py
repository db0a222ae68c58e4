"""What a figure says: numbers, units, and the caption."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from attribution_core import Contrast, Grid
from attribution_core.figures.words import caption, option_title, players_title, readable, unit
from tests.made_attributions import attribution


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (0.5723, "0.572"),
        (-0.5723, "−0.572"),
        (0.25, "0.250"),
        (12.0, "12.0"),
        (100.0, "100"),
        (12345.6, "12346"),
        (999.7, "1000"),
        (5.527e-4, "5.53×10⁻⁴"),
        (-1.5e7, "−1.50×10⁷"),
    ],
)
def test_numbers_have_three_digits_and_real_minus_signs(value: float, expected: str) -> None:
    assert readable(value) == expected


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        ("gradient_times_input", {"layer": "input"}, "logits per pixel"),
        ("gradient_times_input", {}, "logits per position"),
        ("grad_cam", {"score": "probability"}, "probability per position"),
        ("integrated_gradients", {"score": Contrast(3)}, "lead in logits per position"),
        ("gradient", {"layer": "input"}, "logits per grey level"),
        ("occlusion", {"layer": "input"}, "logits per pixel"),
        ("gradient", {}, "logits per unit of activation"),
        ("smoothgrad", {}, "logits per unit of activation"),
        ("smoothgrad", {"options": {"of": "gradient_times_input"}}, "logits per position"),
        ("smoothgrad", {"options": {"statistic": "variance"}}, "(logits per unit of activation)²"),
        (
            "smoothgrad",
            {"options": {"of": "gradient_times_input", "statistic": "mean square"}},
            "(logits per position)²",
        ),
        ("class_activation", {}, "logits per position"),
        ("class_activation", {"options": {"variant": "Ablation-CAM"}}, "logits × activation"),
        ("kernel_shap", {"layer": "input"}, "logits per superpixel"),
        ("lime", {"layer": "input", "segmentation": Grid(2, 3)}, "logits per grid cell"),
        ("kernel_shap", {}, "logits per grid cell"),
        ("kernel_shap", {"shape": (2, 3)}, "logits per position"),
        ("shapley_values", {"layer": "input", "segmentation": 6}, "logits per superpixel"),
        ("shapley_values", {"layer": "input", "segmentation": Grid(2, 3)}, "logits per grid cell"),
    ],
)
def test_units(method: str, request_: dict[str, Any], expected: str) -> None:
    assert unit(attribution(method, **request_)) == expected


def test_players_are_counted() -> None:
    assert players_title(attribution("kernel_shap", layer="input")) == "6\u00a0superpixels"
    assert players_title(attribution("occlusion", layer="input")) == "7\u00a0squares"
    assert players_title(attribution("gradient")) == ""


def said(*maps: Any, **how: Any) -> str:
    settings = {"clip": 99.0, "shared": False, "dated": None} | how
    return caption(maps, **settings).replace("\u00a0", " ")


def test_the_caption_says_how_the_maps_were_made() -> None:
    text = said(
        attribution("gradient"),
        attribution("integrated_gradients", options={"steps": 64}, reference="mean"),
        attribution("kernel_shap", target=2, seed=3, options={"budget": 100}, reference="mean"),
        dated=date(2026, 11, 6),
    )
    assert text == (
        "VGG16 (CAM head, built in), layer top; the class’s logit, against the mean reference. "
        "Gradient. "
        "Integrated Gradients (steps 64, rule adaptive, tolerance 0.01). "
        "KernelSHAP (6 grid cells, budget 100, estimator local windows, tolerance 0, seed 0). "
        "Red speaks for the class, blue against it; 99 % of each map’s values lie within its "
        "scale. 6 November 2026."
    )


def test_the_caption_names_the_colours() -> None:
    each = attribution()
    assert "Orange speaks for the class, blue against it;" in said(each, colours="orange-blue")
    assert "The stronger the purple, the larger the |value|" in said(each, colours="absolute")


def test_the_caption_names_what_differs_and_counts_what_is_many() -> None:
    layers = [attribution(layer=f"block{number}") for number in range(3)]
    assert "layers block0, block1 and block2;" in said(*layers)
    many = [attribution(layer=f"block{number}") for number in range(7)]
    assert "VGG16 (CAM head, built in), 7 layers;" in said(*many)
    both = [attribution("linear", reference=kind, layer="input") for kind in ("black", "noise")]
    text = said(*both)
    assert (
        "at the input; the class’s logit, against the black reference and noise reference" in text
    )
    assert "seed 0" in text


def test_the_caption_names_the_class_of_a_contrast() -> None:
    contrast = attribution(score=Contrast(3))
    assert "the logit’s lead over class 3." in said(contrast)
    assert "the logit’s lead over dog." in said(contrast, labels=("ant", "bee", "cat", "dog"))
    other = attribution(target=3, score=Contrast(1))
    assert "the logit’s lead over dog and the logit’s lead over bee." in said(contrast, other)


def test_the_caption_says_of_scales_what_was_done() -> None:
    each = attribution()
    assert "each map’s values lie within its scale" in said(each, clip=100.0)
    assert "% of" not in said(each, clip=100.0)
    shared = said(each, clip=95.5, shared=True)
    assert "share a scale, within which at least 95.5 % of each one’s values lie" in shared


def test_the_caption_says_what_is_not_finished_or_in_bfloat16() -> None:
    text = said(attribution("lime", finished=False, options={"bfloat16": True}))
    assert "LIME (unfinished, after 8 evaluations, 6 grid cells, samples 500" in text
    assert "evaluate in bfloat16" in text
    assert "bfloat16" not in said(attribution("lime"))


def test_a_noise_of_zero_is_called_what_it_means() -> None:
    assert option_title("smoothgrad", "sigma", 0.0).endswith("by layer")
    assert option_title("smoothgrad", "sigma", 0.05).endswith("0.05")
    assert option_title("occlusion", "window", 0).endswith("a seventh of the side")
    assert option_title("occlusion", "stride", 0).endswith("half of it")
    assert option_title("occlusion", "stride", 8).endswith("8")
