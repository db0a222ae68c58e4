"""One method over the gallery, for networks of which no numbers are shipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import streamlit as st

from attribution_core.images import INPUT, Picture
from attribution_core.measures.class_observations import Observation
from attribution_core.measures.observed import Observed, labels_of
from attribution_core.measures.observing import FEW, Kind, Settings, likeliest, of_two_classes
from attribution_core.models.labels import imagenet_labels
from attribution_core.request import Reason, evaluations_of, granted
from pages.ui.layers.observed import draw_observed
from pages.ui.shell.choosers import choose_whether
from pages.ui.shell.gallery import gallery, pixels_of
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots
from pages.ui.shell.requests import request_for
from pages.ui.shell.scene import Scene
from pages.ui.worker.tasks import Task

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


@dataclass(frozen=True)
class PictureObserved:
    """What was observed on a picture so far; ``done`` and ``planned`` count layers."""

    observations: tuple[Observation, ...]
    done: int
    planned: int


@dataclass(frozen=True)
class ObservePicture:
    """Compare two classes' maps at some layers, as ``attributions observations`` does.

    The classes are the likeliest two where none are given.
    """

    at_once: ClassVar[bool] = False

    model: str
    picture: Picture
    name: str
    classes: tuple[int, int] | None
    method: str
    layers: tuple[str, ...]
    reference: str
    seed: int

    def steps(self, classifier: Classifier) -> Iterator[PictureObserved]:
        from attribution_core.explanation import refine_request

        classes = self.classes or likeliest(classifier, self.picture)
        settings = self._settings()
        found: tuple[Observation, ...] = ()
        for number, layer in enumerate(self.layers):
            for target in classes:
                asked = settings.request(classifier, self.picture, self.method, target, layer)
                for _ in refine_request(classifier, granted(asked)):
                    yield PictureObserved(found, number, len(self.layers))
            correlations = of_two_classes(
                classifier, self.picture, classes, self.method, layer, settings
            )
            found = (*found, Observation(self.name, classes, self.method, layer, correlations))
            yield PictureObserved(found, number + 1, len(self.layers))

    def multiplications(self, classifier: Classifier) -> float:
        settings = self._settings()
        classes = self.classes or (0, 1)
        return sum(
            evaluations_of(
                classifier,
                granted(settings.request(classifier, self.picture, self.method, classes[0], layer)),
            )
            * classifier.layer(layer).multiplications
            * len(classes)
            for layer in self.layers
        )

    def _settings(self) -> Settings:
        options = {self.method: FEW.get(self.method, {})}
        return Settings(options, self.reference, None, self.seed)


def choose_gallery() -> bool:
    """Whether to measure over the gallery, too."""
    return choose_whether(
        "layers-gallery",
        "Over the gallery",
        False,
        "Compares two classes on each of the gallery's pictures of several things, at the pixels "
        "and at the last layer.",
    )


def tasks_over_gallery(classifier: Classifier, scene: Scene, method: str) -> dict[Task, str]:
    """A task for each picture of several things; none, and why, where there are no maps."""
    layers = (INPUT, classifier.layers[-1])
    for layer in layers:
        asked = request_for(replace(scene, settings=scene.settings.at(layer)), method, 0)
        if isinstance(asked, Reason):
            st.caption(f"Nothing is compared over the gallery: {literal(asked)}")
            return {}
    known = tuple(classifier.labels) == imagenet_labels()
    settings = scene.settings
    return {
        ObservePicture(
            settings.model,
            pixels_of(entry.id, classifier.input_size),
            entry.file,
            (entry.classes[0], entry.classes[1]) if known else None,
            method,
            layers,
            settings.reference,
            settings.seed,
        ): entry.title
        for entry in gallery()
        if len(entry.classes) > 1
    }


def draw_over_gallery(scene: Scene, tasks: Mapping[Task, str], snapshots: Snapshots) -> None:
    """The table of the pictures that are done."""
    classifier = scene.classifier
    if classifier is None:
        return
    found = [
        estimate
        for task in tasks
        if isinstance(estimate := snapshots[task].estimate, PictureObserved)
        and estimate.done == estimate.planned
    ]
    st.markdown("#### Does it hold over the gallery?")
    if not found:
        st.caption("The first picture is under way …")
        return
    observations: dict[Kind, tuple[Observation, ...]] = {
        "classes": tuple(each for one in found for each in one.observations)
    }
    draw_observed(
        Observed(
            model=classifier.name,
            fingerprint=classifier.fingerprint,
            made=datetime.now(UTC).date().isoformat(),
            command="",
            labels=labels_of(classifier.labels, observations),
            layers=(INPUT, classifier.layers[-1]),
            settings={},
            observations=observations,
        )
    )
    st.caption(
        "Pearson’s correlation of two classes’ maps, mean ± standard deviation over "
        f"{len(found)} of {len(tasks)} pictures of several things; strength compares |values|. "
        "`attributions observations --model FILE` measures other methods as well, what new "
        "parameters change, and what Shapley values cost."
    )
