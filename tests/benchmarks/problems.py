"""Pictures and questions that benchmarks ask of the built-in model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from attribution_core import Classifier, load_classifier, load_image
from attribution_core.explanation import pose
from attribution_core.images import Picture, Pixels
from attribution_core.methods.options import OptionValue
from attribution_core.problem import Problem
from attribution_core.request import granted, request_or_reason
from attribution_core.segmentations import Segmentation

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
    segmentation: Segmentation = None,
    options: dict[str, OptionValue] | None = None,
) -> Problem:
    """The question as methods get it, with what does not belong to them computed and cached."""
    asked = request_or_reason(
        classifier,
        picture=Picture.of(picture),
        method=method,
        target=target,
        layer=layer,
        reference=reference,
        segmentation=segmentation,
        options=options,
    )
    problem = pose(classifier, granted(asked))
    problem.segments_of(None)
    return problem
