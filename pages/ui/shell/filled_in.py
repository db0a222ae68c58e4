"""What the settings leave open, filled in for the model, the picture and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attribution_core.images import INPUT, Picture
from attribution_core.methods.options import BFLOAT16
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS, Request, evaluations_of, request_or_reason
from attribution_core.scores import FINER, QUANTITIES, Link, Quantity
from pages.ui.shell.gallery import gallery_picture
from pages.ui.shell.navigation import complain
from pages.ui.shell.rival import proposed_rival
from pages.ui.shell.settings import (
    EXACT,
    MOST_USUAL_EVALUATIONS,
    SAMPLED,
    SCORES,
    UPLOAD,
    Settings,
    segmentation_for,
)
from pages.ui.worker.model_list import WITHOUT_IMAGENET, Model
from pages.ui.worker.own_model_names import is_own
from pages.ui.worker.tasks import Prediction

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


AT_THE_PIXELS = "superpixels"
"""The page that opens at the pixels, where its parts are parts of the picture."""


AT_THE_LAST_LAYER = "regions"
"""The page that opens at the last layer, from which many networks are linear."""


def scores_of(quantity: Quantity, link: Link, classes: int) -> tuple[str, ...]:
    """Kinds of score of a model, of what it has of each class and its link to probabilities."""
    has = {
        quantity: True,
        "probability": link != "none",
        "contrast": classes != 1,
        FINER: classes != 1,
    }
    return tuple(kind for kind in SCORES if has.get(kind))


def suggested_classes(settings: Settings, prediction: Prediction | None) -> tuple[int, ...]:
    """The classes to start with: those the picture was made for, else the two most probable."""
    if settings.class_choice == "top5":
        return prediction.top(5) if prediction is not None else ()
    imagenet = settings.model not in WITHOUT_IMAGENET and not is_own(settings.model)
    if settings.picture != UPLOAD and imagenet:
        made_for = gallery_picture(settings.picture).classes
        if made_for:
            return made_for
    return prediction.top(2) if prediction is not None else ()


def with_classes(
    settings: Settings, prediction: Prediction | None, labels: Sequence[str]
) -> Settings:
    """The classes to explain, those of them that the model has."""
    if not labels:
        return settings
    classes = settings.classes
    if settings.class_choice != "own":
        classes = suggested_classes(settings, prediction)
    return replace(settings, classes=tuple(each for each in classes if _exists(each, labels)))


def _exists(number: int, labels: Sequence[str]) -> bool:
    """Whether the model has a class; if not, tell the visitor."""
    if number >= len(labels):
        complain(f"There is no class {number}: the model's go from 0 to {len(labels) - 1}.")
    return number < len(labels)


def with_layer(
    settings: Settings, model: Model, classifier: Classifier | None, page: str
) -> Settings:
    """The layer, and a reference that exists at this layer."""
    layer = settings.layer or model.default_layer
    if page == AT_THE_PIXELS and not settings.layer and settings.reference != ZEROS:
        layer = INPUT
    at_the_last = page == AT_THE_LAST_LAYER and not settings.layer
    if at_the_last:
        layer = "" if classifier is None else classifier.layers[-1]
    if classifier is not None:
        usual = model.default_layer or classifier.layers[-1]
        layer = layer or usual
        if layer not in classifier.layers:
            complain(f"{model.title} cannot be cut at a layer “{layer}”; {usual} is shown.")
            layer = usual
    reference = settings.reference
    if layer == INPUT and reference == ZEROS:
        complain("The pixels have no reference “zeros”; black, which is zero there, is shown.")
        reference = REFERENCE_KINDS[0]
    return replace(settings, layer=layer, reference=reference)


def with_score(settings: Settings, model: Model, classifier: Classifier | None) -> Settings:
    """The score, where the model has it."""
    if classifier is None:
        return settings
    quantity = classifier.quantity
    if settings.score in scores_of(quantity, classifier.link, classifier.classes):
        return settings
    if settings.score in QUANTITIES:
        # What the one is of another network: nobody has chosen between them.
        return replace(settings, score=quantity)
    if settings.score == "probability":
        complain(f"{model.title} gives numbers and no probabilities; its outputs are explained.")
    else:
        complain(f"{model.title} has one output, and no other to contrast it with.")
    return replace(settings, score=quantity)


def with_rival(
    settings: Settings, prediction: Prediction | None, labels: Sequence[str]
) -> Settings:
    """The class to contrast with, a strong rival unless one was chosen."""
    against = settings.against
    if settings.score != "contrast" or prediction is None:
        return settings
    if against is None or not _exists(against, labels):
        against = proposed_rival(prediction, settings.classes, labels)
        against = prediction.top(1)[0] if against is None else against
    return replace(settings, against=against)


def with_methods(
    settings: Settings, model: Model, classifier: Classifier | None, picture: Picture
) -> Settings:
    """The usual methods, with KernelSHAP where exact Shapley values cannot be had."""
    if settings.methods != Settings().methods:
        return settings
    if classifier is None:
        exact = model.local and settings.layer == model.default_layer
    else:
        asked = request_or_reason(
            classifier,
            picture=picture,
            method=EXACT,
            target=0,
            layer=settings.layer,
            reference=settings.reference,
            score="probability" if settings.score == "probability" else None,
            segmentation=segmentation_for(settings),
        )
        exact = (
            isinstance(asked, Request)
            and evaluations_of(classifier, asked) <= MOST_USUAL_EVALUATIONS
        )
    if exact:
        return settings
    sampled = tuple(SAMPLED if each == EXACT else each for each in settings.methods)
    return replace(settings, methods=sampled)


def with_options(settings: Settings, model: Model) -> Settings:
    """Without options at their defaults, and without bfloat16 where it is no faster."""
    options = {
        (method, name): value
        for (method, name), value in settings.options.items()
        if value != METHODS[method].option_named(name).default
    }
    rounded = [option for option in options if option[1] == BFLOAT16]
    if rounded and not model.bfloat16:
        complain(
            f"{model.title} is evaluated in float32: bfloat16 is for VGG16's networks, on "
            "processors that compute in it."
        )
        options = {option: value for option, value in options.items() if option not in rounded}
    return replace(settings, options=options)
