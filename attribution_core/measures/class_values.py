"""What each player gives to every class at once: exact from the last layer and a little below.

From the last layer on many networks are linear: the mean over the plane, then a dense layer. There
gradient × input, the class activation map, Integrated Gradients and the Shapley values are one and
the same map, and one forward pass gives it for all classes. A few layers below, where the head is
local, the Shapley values of all classes follow from at most 512 coalitions; elsewhere KernelSHAP
estimates them from the coalitions that it evaluates for one class: a Gaussian process over local
windows, whose one factorisation serves all classes, and least squares for what it misses.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import Logits
from attribution_core.games.coalitions import draw_pairs
from attribution_core.games.gaussian_process import centres_of
from attribution_core.games.local_game import NotLocal
from attribution_core.games.local_windows import (
    CORRECTED_FROM,
    FEWEST_WITH_ERRORS,
    LocalWindows,
)
from attribution_core.games.paired_regression import solve
from attribution_core.games.window_fits import WindowFits
from attribution_core.images import INPUT, Picture, Pixels
from attribution_core.measures.strongest_classes import StrongestClasses, strongest_classes
from attribution_core.methods.estimate import last_of
from attribution_core.methods.kernel_shap import LOCAL_WINDOWS
from attribution_core.methods.options import OptionValue
from attribution_core.methods.semivalues import by_locality
from attribution_core.methods.shapley_values import SHAPLEY
from attribution_core.request import (
    Network,
    Reason,
    Request,
    asked_again,
    colours_of,
    granted,
    request_or_reason,
)
from attribution_core.segmentations import (
    MOST_POSITIONS,
    Segmentation,
    Segments,
    players_of,
    segmentation_of,
)

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier
    from attribution_core.problem import Problem

EXACT, ESTIMATED = "shapley_values", "kernel_shap"
BUDGET, ESTIMATOR = "budget", "estimator"
"""Options of the method `ESTIMATED`."""
MOST_ESTIMATED_PLAYERS = 100
"""Above, solving for a thousand classes takes longer than the coalitions."""


@dataclass(frozen=True, eq=False)
class ClassValues:
    """What each player gives to the logit of every class.

    Attributes
    ----------
    request : Request
        The settings that made them, of the method `EXACT` or `ESTIMATED`. Its target is without
        meaning: all classes have their values.
    model, model_fingerprint : str
        As in `Attribution`.
    labels : tuple of str
        Of the classes.
    segments : int array ``(h, w)``
        The player that each position of the layer belongs to.
    values : float32 array ``(players, classes)``
        Shapley values. Of each class they sum to the change of its logit from the reference.
    standard_error : float32 array ``(players, classes)`` or None
        Of estimates; None where the values are exact, or are too few coalitions' to tell.
    logits, reference_logits : float32 arrays ``(classes,)``
        Of the picture and of the reference.
    evaluations : int
        Coalitions that the values are based on: two where the head is linear.
    done, planned : int
        Work units.
    seconds : float
    """

    request: Request
    model: str
    model_fingerprint: str
    labels: tuple[str, ...]
    segments: Segments
    values: npt.NDArray[np.float32]
    standard_error: npt.NDArray[np.float32] | None
    logits: Logits
    reference_logits: Logits
    evaluations: int
    done: int
    planned: int
    seconds: float

    @property
    def exact(self) -> bool:
        """Whether the values are exact up to rounding, once all is done."""
        every = self.evaluations >= 2 ** min(len(self.values), 62)
        return self.request.method == EXACT or every

    @property
    def linear(self) -> bool:
        """Whether the network is linear from the layer on: one forward pass says it all."""
        return self.request.method == EXACT and self.planned == 2

    @property
    def windows(self) -> bool:
        """Whether the values are a Gaussian process's over local windows, corrected.

        With fewer players its errors could not be told, and the values are least squares'.
        """
        wanted = dict(self.request.options).get(ESTIMATOR) == LOCAL_WINDOWS
        return not self.exact and wanted and len(self.values) >= FEWEST_WITH_ERRORS

    @property
    def errors_from(self) -> int:
        """Evaluations from which an estimate has standard errors."""
        players = len(self.values)
        return 2 + 2 * (CORRECTED_FROM * players if self.windows else players + 1)

    def strongest(self, among: Sequence[int] | None = None) -> StrongestClasses:
        """The classes that each player speaks for most, of all or of those in ``among``."""
        return strongest_classes(self.values, self.segments, among, self.standard_error)

    def likeliest(self, count: int) -> tuple[int, ...]:
        """The classes with the largest logits, the largest first."""
        return tuple(np.argsort(-self.logits, kind="stable")[:count].tolist())

    def rank(self, target: int) -> int:
        """The place of a class in the network's answer to the whole picture, from 1."""
        return int((self.logits > self.logits[target]).sum()) + 1


def class_values(
    classifier: Classifier,
    image: Pixels,
    *,
    layer: str | None = None,
    reference: str = "black",
    superpixels: Segmentation | npt.ArrayLike = None,
    budget: int = 512,
    estimator: str = LOCAL_WINDOWS,
    seed: int = 0,
) -> ClassValues:
    """What each player gives to every class at once.

    Parameters
    ----------
    classifier, image, reference, seed
        As in `explain`.
    superpixels : int, Slic, Grid or int array ``(h, w)``, optional
        As in `explain`; None at an inner layer means every position, or a grid of 196 cells where
        there are more than 256.
    layer : str, optional
        One of ``classifier.layers``; the last one where not given.
    budget : int
        Coalitions that an estimate may take; exact values do not look at it.
    estimator : str
        KernelSHAP's, of an estimate: ``"local windows"`` or ``"least squares"``. Fewer than 17
        players have least squares in any case.

    Returns
    -------
    ClassValues
        From the classifier's cache where the same was asked before.

    Raises
    ------
    ValueError
        When something asked for does not exist or does not fit; one sentence says what would.
    """
    asked = class_values_request(
        classifier,
        picture=Picture.given(image),
        layer=classifier.layers[-1] if layer is None else layer,
        reference=reference,
        segmentation=segmentation_of(superpixels),
        budget=budget,
        estimator=estimator,
        seed=seed,
    )
    return last_of(refine_class_values(classifier, granted(asked)))


def class_values_request(
    network: Network,
    *,
    picture: Picture,
    layer: str,
    reference: str = "black",
    segmentation: Segmentation = None,
    budget: int = 512,
    estimator: str = LOCAL_WINDOWS,
    seed: int = 0,
) -> Request | Reason:
    """The request for `refine_class_values`, or why there is none; nothing is computed.

    It asks for exact values where the head is local, and else for an estimate.
    """

    height, width, _ = network.layer(layer).shape
    if segmentation is None and layer != INPUT:
        segmentation = height * width if height * width <= MOST_POSITIONS else 196

    def asked(method: str, **options: OptionValue) -> Request | Reason:
        return request_or_reason(
            network,
            picture=picture,
            method=method,
            target=0,
            layer=layer,
            reference=reference,
            segmentation=segmentation,
            seed=seed,
            options=options,
        )

    estimated = asked(ESTIMATED, budget=budget, estimator=estimator)
    if isinstance(estimated, Reason):
        return estimated
    players = players_of(segmentation, height, width, at_input=layer == INPUT)
    exact = asked(EXACT)
    if isinstance(exact, Request) and colours_of(network, exact) is not None:
        return exact
    if players > MOST_ESTIMATED_PLAYERS:
        return Reason(
            f"At {layer} the values of all classes can only be estimated, for at most "
            f"{MOST_ESTIMATED_PLAYERS} players, and there are {players}; choose fewer, or the last "
            "layer, where they are exact if the network is linear above it."
        )
    return estimated


def refine_class_values(classifier: Classifier, request: Request) -> Iterator[ClassValues]:
    """`class_values` for a request of `class_values_request`, improving.

    The last one goes into the classifier's cache.
    """
    key = (classifier.fingerprint, "class values", request)
    known: ClassValues | None = classifier.cache.get(key)
    if known is not None:
        yield known
        return
    found: ClassValues | None = None
    for found in _refined(classifier, granted(asked_again(classifier, request))):
        yield found
    if found is not None:
        classifier.cache.put(key, found)


def _refined(classifier: Classifier, request: Request) -> Iterator[ClassValues]:
    from attribution_core.explanation import pose

    problem = pose(classifier, request)
    segments = problem.segments_of(None)
    players = int(segments.max()) + 1
    started = time.perf_counter()
    nothing = np.zeros((players, classifier.classes), np.float32)
    base = ClassValues(
        request=request,
        model=classifier.name,
        model_fingerprint=classifier.fingerprint,
        labels=classifier.labels,
        segments=segments,
        values=nothing,
        standard_error=None,
        logits=problem.ends[0],
        reference_logits=problem.ends[1],
        evaluations=0,
        done=0,
        planned=1,
        seconds=0.0,
    )
    local = problem.local_game(segments) if request.method == EXACT else None
    if local is not None:
        try:
            for estimate in by_locality(local, local.mean_parts(), SHAPLEY):
                yield replace(
                    base,
                    values=np.asarray(estimate.values, np.float32),
                    evaluations=estimate.evaluations,
                    done=estimate.done,
                    planned=estimate.planned,
                    seconds=time.perf_counter() - started,
                )
        except NotLocal:
            # The layers said that the head is local, and a coalition has shown that it is not.
            base = replace(base, request=_estimate_instead(classifier, request))
        else:
            return
    for found in _estimates(problem, base, dict(base.request.options)):
        yield replace(found, seconds=time.perf_counter() - started)


def _estimate_instead(classifier: Classifier, request: Request) -> Request:
    return granted(
        asked_again(
            classifier,
            replace(request, method=ESTIMATED, options=((BUDGET, 512), (ESTIMATOR, LOCAL_WINDOWS))),
        )
    )


def _estimates(
    problem: Problem, base: ClassValues, options: dict[str, OptionValue]
) -> Iterator[ClassValues]:
    """KernelSHAP for all classes: the same coalitions, solved for all at once."""
    game = problem.play(base.segments)
    players = game.players
    total = np.asarray(problem.ends[0] - problem.ends[1], np.float64)
    pairs = draw_pairs(players, (int(options[BUDGET]) - 2) // 2, base.request.seed)
    planned = 2 + 2 * len(pairs)
    differences = np.empty((len(pairs), len(total)))
    windows = None
    if base.windows:
        # The process's examples and factorisation are those of KernelSHAP's maps.
        fits = WindowFits(centres_of(game.segments), game.examples, game.keep)
        windows = LocalWindows(fits, pairs, total)
    at_once = max(1, game.batch_size // 2)
    found = replace(
        base,
        values=np.broadcast_to(total / players, (players, len(total))).astype(np.float32),
        evaluations=2,
        done=2,
        planned=planned,
    )
    if not len(pairs):
        yield found
    for start in range(0, len(pairs), at_once):
        batch = pairs.members[start : start + at_once]
        logits = np.asarray(game.logits(np.concatenate([batch, ~batch])), np.float64)
        drawn = start + len(batch)
        differences[start:drawn] = logits[: len(batch)] - logits[len(batch) :]
        done = 2 + 2 * drawn
        # Only when coalitions have doubled, and at the end.
        if done == planned or (drawn > players and done >= 2 * found.evaluations):
            if windows is None:
                values, error = solve(pairs, differences[:drawn], total)
            else:
                solved = windows.solve(differences[:drawn])
                values, error = solved.values, solved.standard_error
            told = error is not None and not np.isnan(error).any()
            found = replace(
                found,
                values=values.astype(np.float32),
                standard_error=np.asarray(error, np.float32) if told else None,
                evaluations=done,
            )
        yield replace(found, done=done)
