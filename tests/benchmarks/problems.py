"""Pictures and questions that benchmarks ask of the built-in model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from attribution_core import Classifier, load_classifier, load_image
from attribution_core.explanation import pose, request_of
from attribution_core.images import Pixels
from attribution_core.problem import Problem
from attribution_core.registry import OptionValue

GALLERY = Path(__file__).resolve().parents[2] / "assets" / "gallery"


def built_in() -> Classifier:
    return load_classifier("efficientnet_lite0")


def gallery_picture(classifier: Classifier, file: str) -> Pixels:
    return load_image(GALLERY / file, classifier.input_size)


def best_class(classifier: Classifier, picture: Pixels) -> int:
    return int(np.argmax(classifier.scores(picture)))


def posed(
    classifier: Classifier,
    picture: Pixels,
    method: str,
    target: int,
    layer: str,
    reference: str = "black",
    options: dict[str, OptionValue] | None = None,
) -> Problem:
    """The question as methods get it, with what does not belong to them computed and cached."""
    request = request_of(
        classifier, picture, method, target, layer, reference, "logit", None, 0, options or {}
    )
    problem = pose(classifier, request)
    problem.segments_of(None)
    return problem
