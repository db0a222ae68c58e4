"""The classifiers of saved maps: each loaded once, and accepted only if it is the same one."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from attribution_core.attribution import Attribution
from attribution_core.command_line.exit_codes import sentence
from attribution_core.images import Picture
from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.models.loading import load_classifier
from attribution_core.network.classifier import Classifier
from attribution_core.request import Request, asked_again, granted
from attribution_core.saved_maps.files import ModelFile


class Models:
    """Finds the classifier that an attribution was made with.

    Parameters
    ----------
    asked : argparse.Namespace
        With ``model``, ``labels``, ``preprocessing`` and ``link``: the model file, if the maps do
        not say where it is, or it is no longer there.
    reproducible : bool
        As in `Classifier`.
    """

    def __init__(self, asked: argparse.Namespace, *, reproducible: bool) -> None:
        self._given = (
            None
            if asked.model is None
            else ModelFile(
                asked.model,
                None if asked.labels is None else str(asked.labels),
                asked.preprocessing or "none",
                asked.link,
            )
        )
        self._reproducible = reproducible
        self._loaded: dict[tuple[ModelFile, tuple[int, int]], Classifier | str] = {}

    def of(self, attribution: Attribution, model_file: ModelFile | None) -> Classifier:
        """The classifier of an attribution; ValueError where it is missing, or a different one."""
        name = attribution.model
        place = self._given or model_file
        if name in KNOWN_NETWORKS:
            place = ModelFile(name)
        if place is None:
            raise ValueError(
                f"The map was made with a model file “{name}”, and does not say where that is; "
                "name it with --model."
            )
        height, width = attribution.request.picture.pixels.shape[:2]
        if (place, (height, width)) not in self._loaded:
            self._loaded[place, (height, width)] = self._load(place, (height, width))
        found = self._loaded[place, (height, width)]
        if isinstance(found, str):
            raise ValueError(found)
        if found.fingerprint != attribution.model_fingerprint:
            raise ValueError(
                f"The model {place.path} is another one than the map was made with"
                + (
                    "; make the map again."
                    if name in KNOWN_NETWORKS
                    else ", or is given another preprocessing; name the right one with --model, or "
                    "make the map again."
                )
            )
        return found

    def _load(self, place: ModelFile, size: tuple[int, int]) -> Classifier | str:
        """The classifier for pictures of a size, or the sentence that says why there is none."""
        try:
            return load_classifier(
                place.path,
                labels=None if place.labels is None else Path(place.labels),
                preprocessing=place.preprocessing,
                link=place.link,
                input_size=None if place.path in KNOWN_NETWORKS else size,
                reproducible=self._reproducible,
            )
        except (ValueError, OSError) as error:
            return sentence(error)


def check_shape(classifier: Classifier, attribution: Attribution) -> None:
    """ValueError where a map is of another shape than its layer."""
    layer = classifier.layer(attribution.request.layer)
    if attribution.heatmap.shape != layer.shape[:2]:
        found, expected = (
            "×".join(map(str, shape)) for shape in (attribution.heatmap.shape, layer.shape[:2])
        )
        raise ValueError(
            f"The map is of {found} positions, and the layer {layer.name} has {expected}; make the "
            "map again."
        )


def fitted(classifier: Classifier, request: Request, picture: Picture | None = None) -> Request:
    """A saved request, checked against the classifier; for another picture if need be."""
    return granted(asked_again(classifier, replace(request, picture=picture or request.picture)))
