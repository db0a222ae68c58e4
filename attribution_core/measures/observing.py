"""How the thesis's three observations are measured on one picture of a network.

Two classes' maps beside each other, maps beside those of re-initialised networks, and what Shapley
values cost; each at the pixels and at layers above.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from attribution_core.attribution import Attribution
from attribution_core.images import Picture
from attribution_core.measures.class_observations import Correlations, correlations_of
from attribution_core.measures.similarity import similarity
from attribution_core.methods.options import OptionValue
from attribution_core.methods.semivalues import LOCAL
from attribution_core.registry import method_named
from attribution_core.request import Reason, Request, granted, request_or_reason
from attribution_core.running.cache import Cache
from attribution_core.segmentations import Segmentation

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier
    from attribution_core.network.randomisation import Randomisation

FEW: Mapping[str, Mapping[str, OptionValue]] = {
    "gradient_times_input": {},
    "integrated_gradients": {"steps": 16},
    "kernel_shap": {"budget": 128},
    "lime": {"samples": 128},
}
"""The methods that are measured where none are named, with options that take little time."""

STAGES = 4
"""How many stages, from the top of the network, are re-initialised."""

_EXACT, _ESTIMATED = "shapley_values", "kernel_shap"

Kind = Literal["classes", "parameters"]
"""What two maps differ in: the class that they are of, or the network's topmost parameters."""


@dataclass(frozen=True)
class Settings:
    """What is the same for all pictures.

    Attributes
    ----------
    options : mapping of str to options
        Of the methods that are measured.
    reference : str
    segmentation : int, Segmentation or None
        The players, as in `request_or_reason`.
    seed : int
    """

    options: Mapping[str, Mapping[str, OptionValue]] = field(default_factory=lambda: FEW)
    reference: str = "black"
    segmentation: int | Segmentation | None = None
    seed: int = 0

    def request(
        self, classifier: Classifier, picture: Picture, method: str, target: int, layer: str
    ) -> Request | Reason:
        """For the map of a class, or why there is none."""
        return request_or_reason(
            classifier,
            picture=picture,
            method=method,
            target=target,
            layer=layer,
            reference=self.reference,
            segmentation=self.segmentation,
            seed=self.seed,
            options=self.options.get(method, FEW.get(method, {})),
        )


def of_two_classes(
    classifier: Classifier,
    picture: Picture,
    classes: tuple[int, int],
    method: str,
    layer: str,
    settings: Settings,
) -> Correlations:
    """Pearson's correlation of two classes' maps; NaN where one has no effect beyond rounding.

    ValueError where the method has no map there.
    """
    first, second = (_map(classifier, picture, method, each, layer, settings) for each in classes)
    if first.blank or second.blank:
        return Correlations(math.nan, math.nan)
    return correlations_of(first.heatmap, second.heatmap)


def of_random_parameters(
    classifier: Classifier,
    randomisation: Randomisation,
    picture: Picture,
    target: int,
    method: str,
    layer: str,
    settings: Settings,
    stages: int = STAGES,
) -> Correlations:
    """Rank correlation of a map with that of the network whose topmost stages are re-initialised.

    NaN where one of them has no effect beyond rounding; ValueError where the method has no map
    there.
    """
    learned = _map(classifier, picture, method, target, layer, settings)
    changed = randomisation.at(min(stages, len(randomisation.stages)), settings.seed)
    drawn = _map(changed, picture, method, target, layer, settings)
    if learned.blank or drawn.blank:
        return Correlations(math.nan, math.nan)
    found = similarity(learned.heatmap, drawn.heatmap)
    return Correlations(found.spearman, found.spearman_absolute)


Way = Literal["closed form", "exact by locality", "every coalition", "estimate", "too many"]
"""How Shapley values are had: of a network that is linear above; of a head whose last positions see
a few players each; from all coalitions; by KernelSHAP; not at all."""


@dataclass(frozen=True)
class Cost:
    """What Shapley values of one picture cost.

    Attributes
    ----------
    layer : str
    players : int
    way : Way
    evaluations : float
        Of the game; those that would be needed where they are too many.
    seconds, processor_seconds : float
        Of the second of two runs, from the picture on, by the clock and of all processors together;
        NaN where it was not run.
    """

    layer: str
    players: int
    way: Way
    evaluations: float
    seconds: float = math.nan
    processor_seconds: float = math.nan

    @property
    def was_run(self) -> bool:
        return not math.isnan(self.seconds)


def costs_of(
    classifier: Classifier, picture: Picture, target: int, layer: str, settings: Settings
) -> tuple[Cost, Cost]:
    """What the exact values and KernelSHAP's estimate cost at a layer.

    The classifier's cache is emptied before each run, so that nothing is known from before.
    """
    estimate, seconds = _timed(classifier, picture, _ESTIMATED, target, layer, settings)
    players = 0 if estimate.player_values is None else len(estimate.player_values)
    estimated = Cost(layer, players, "estimate", estimate.evaluations, *seconds)
    asked = settings.request(classifier, picture, _EXACT, target, layer)
    if isinstance(asked, Reason):
        return Cost(layer, players, "too many", 2.0**players), estimated
    exact, seconds = _timed(classifier, picture, _EXACT, target, layer, settings)
    way: Way = "every coalition"
    if LOCAL in exact.diagnostics:
        way = "closed form" if classifier.is_linear_above(layer) else "exact by locality"
    return Cost(layer, players, way, exact.evaluations, *seconds), estimated


def _timed(
    classifier: Classifier,
    picture: Picture,
    method: str,
    target: int,
    layer: str,
    settings: Settings,
) -> tuple[Attribution, tuple[float, float]]:
    """The second of two runs, since the first one traces, and its seconds."""
    kept = classifier.cache
    try:
        for _ in range(2):
            classifier.cache = Cache(2**28)
            started = time.perf_counter(), time.process_time()
            found = _map(classifier, picture, method, target, layer, settings)
            ended = time.perf_counter(), time.process_time()
    finally:
        classifier.cache = kept
    return found, (round(ended[0] - started[0], 3), round(ended[1] - started[1], 3))


def _map(
    classifier: Classifier,
    picture: Picture,
    method: str,
    target: int,
    layer: str,
    settings: Settings,
) -> Attribution:
    from attribution_core.explanation import explain_request

    asked = settings.request(classifier, picture, method, target, layer)
    return explain_request(classifier, granted(asked))


def likeliest(classifier: Classifier, picture: Picture) -> tuple[int, int]:
    """The two classes of the largest logits."""
    first, second = np.argsort(-classifier.scores(picture.pixels), kind="stable")[:2].tolist()
    return first, second


def is_quick(method: str) -> bool:
    """Whether a map takes a few gradients, and not many evaluations."""
    return method_named(method).needs != "game"
