"""The front door: explain one class of one picture by one method, at one layer."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import Logits
from attribution_core.attribution import Attribution
from attribution_core.images import INPUT, Picture, Pixels
from attribution_core.methods.estimate import Estimate, last_of
from attribution_core.methods.method import Method
from attribution_core.methods.options import BFLOAT16, OptionValue
from attribution_core.network.classifier import Classifier
from attribution_core.network.evaluators import Masking
from attribution_core.network.finite import check_map
from attribution_core.network.head_game import shared_game
from attribution_core.network.local_head_game import local_game
from attribution_core.network.rounding import rounding
from attribution_core.problem import Problem
from attribution_core.references import (
    RANDOM_KINDS,
    ReferenceSet,
    reference_image,
    reference_pictures,
    shuffled,
)
from attribution_core.registry import method_named
from attribution_core.request import (
    ZEROS,
    Request,
    asked_again,
    granted,
    has_picture,
    request_or_reason,
)
from attribution_core.scores import FINER, Contrast, Score, score_values
from attribution_core.segmentations import Segmentation, Segments, segmentation_of, segments_of


def explain(
    classifier: Classifier,
    image: Pixels,
    method: str,
    target: int,
    *,
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast | None = None,
    superpixels: Segmentation | npt.ArrayLike = None,
    seed: int = 0,
    **options: OptionValue,
) -> Attribution:
    """Attribute one class's score to the parts of a picture, or of a layer's activations.

    Parameters
    ----------
    classifier : Classifier
    image : float array ``(h, w, 3)``, RGB 0..255, of the classifier's input size
    method : str
        A name from `METHODS`.
    target : int
        The class.
    layer : str
        One of ``classifier.layers``.
    reference : str
        One of `REFERENCE_KINDS`; at inner layers the activations of that reference, or ``"zeros"``,
        and ``"shuffled"`` the picture's own activations at positions in random order.
    score : "logit", "log-probability", "probability", "finer" or Contrast, optional
        None means the classifier's `quantity`: the logit, or the log-probability of a network that
        has no logits.
    superpixels : int, Slic, Grid or int array ``(h, w)``, optional
        The players of coalition methods: a number means exactly that many superpixels at the input,
        and a grid of at most that many cells at an inner layer; SLIC with its own settings; a grid
        of rows and columns; or labels. None means 50 superpixels at the input, and at an inner
        layer a grid of at most 50 cells: 7 x 7 of a plane of 14 x 14.
    seed : int
        Of everything random.
    **options
        The method's, as `METHODS[method].options` lists them.

    Returns
    -------
    Attribution
        From the classifier's cache where the same request was made before.

    Raises
    ------
    ValueError
        When something asked for does not exist or does not fit; one sentence says what would.
    """
    asked = request_or_reason(
        classifier,
        picture=Picture.given(image),
        method=method,
        target=target,
        layer=layer,
        reference=reference,
        score=score,
        segmentation=segmentation_of(superpixels),
        seed=seed,
        options=options,
    )
    return explain_request(classifier, granted(asked))


def refine(
    classifier: Classifier,
    image: Pixels,
    method: str,
    target: int,
    *,
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast | None = None,
    superpixels: Segmentation | npt.ArrayLike = None,
    seed: int = 0,
    **options: OptionValue,
) -> Generator[Attribution]:
    """The same as `explain`, as attributions that improve.

    The last one is finished and goes into the classifier's cache. Closing the generator stops the
    computation.
    """
    asked = request_or_reason(
        classifier,
        picture=Picture.given(image),
        method=method,
        target=target,
        layer=layer,
        reference=reference,
        score=score,
        segmentation=segmentation_of(superpixels),
        seed=seed,
        options=options,
    )
    return refine_request(classifier, granted(asked))


def explain_request(classifier: Classifier, request: Request) -> Attribution:
    """`explain` for a request; computed once even when several threads ask at the same time."""

    def compute() -> Attribution:
        return last_of(_run(classifier, request))

    return classifier.cache.get_or_compute(key_of(classifier, request), compute)


def refine_request(classifier: Classifier, request: Request) -> Generator[Attribution]:
    """`refine` for a request."""
    known = classifier.cache.get(key_of(classifier, request))
    if known is not None:
        yield known
        return
    for attribution in _run(classifier, request):
        if attribution.finished:
            classifier.cache.put(key_of(classifier, request), attribution)
        yield attribution


def key_of(classifier: Classifier, request: Request) -> tuple[str, str, Request]:
    """The cache's key for a request's finished attribution."""
    return classifier.fingerprint, "attribution", request


def _run(classifier: Classifier, request: Request) -> Iterator[Attribution]:
    """Estimates as attributions, at once; then the last one again, finished."""
    granted(asked_again(classifier, request))
    method = method_named(request.method)
    options = method.read_options(dict(request.options))
    problem = pose(classifier, request)
    segments = segments_with_values(problem, method)
    started = time.perf_counter()
    attribution: Attribution | None = None
    for estimate in method.run(problem, options):
        attribution = attribution_of(
            classifier, request, method, segments, estimate, problem, started
        )
        yield attribution
    if attribution is None:
        raise RuntimeError(f"{method.title} gave no estimate; every method gives at least one.")
    yield replace(attribution, finished=True)


def segments_with_values(problem: Problem, method: Method[Any]) -> Segments | None:
    """The players that a method gives one value each, as labels; None where it gives a map."""
    return problem.segments_of(None) if method.of_players else None


def attribution_of(
    classifier: Classifier,
    request: Request,
    method: Method[Any],
    segments: Segments | None,
    estimate: Estimate,
    problem: Problem,
    started: float,
) -> Attribution:
    """An estimate as an attribution of a request, with the scores of point and reference.

    ValueError where its values are not finite.
    """
    # Overflow to infinity is reported below.
    with np.errstate(over="ignore"):
        values = np.asarray(estimate.values, np.float32)
    label = classifier.labels[request.target]
    check_map(values, method.title, classifier.name, request.layer, label)
    players = None
    if segments is not None:
        players = values
        values = np.asarray(players / np.bincount(segments.ravel()), np.float32)[segments]
    score, reference_score = score_values(problem.ends, problem.score).tolist()
    if estimate.reference_score is not None:
        reference_score = estimate.reference_score
    aim = score if method.splits_score else score - reference_score
    total = float(np.asarray(estimate.values, np.float64).sum())
    error = estimate.standard_error
    return Attribution(
        request=request,
        model=classifier.name,
        model_fingerprint=classifier.fingerprint,
        label=label,
        values=values,
        heatmap=values if values.ndim == 2 else values.sum(axis=2),
        score=score,
        reference_score=reference_score,
        completeness_gap=(
            abs(total - aim) if method.splits_change or method.splits_score else None
        ),
        standard_error=None if error is None else np.asarray(error, np.float32),
        evaluations=estimate.evaluations,
        seconds=time.perf_counter() - started,
        segments=segments,
        player_values=players,
        done=estimate.done,
        planned=estimate.planned,
        finished=False,
        diagnostics=dict(estimate.diagnostics),
        rounding=rounding(
            problem.ends,
            classifier.rounding_unit,
            probability=problem.score.probability,
            bfloat16=(BFLOAT16, True) in request.options,
            players=players is not None,
            extent=float(np.ptp(problem.point)) if _are_slopes(request, method) else 1.0,
        ),
        constant=_is_constant(classifier, request, method),
        quantity=classifier.quantity,
    )


def _are_slopes(request: Request, method: Method[Any]) -> bool:
    return method.unit_of(dict(request.options)) == "slope"


def _is_constant(classifier: Classifier, request: Request, method: Method[Any]) -> bool:
    """Whether a map of slopes is the same for every picture."""
    slopes = _are_slopes(request, method) and request.score != "probability"
    return slopes and classifier.is_linear_above(request.layer)


def pose(classifier: Classifier, request: Request) -> Problem:
    """The request as a problem on a head, activations and scores from the cache."""
    head = classifier.head(request.layer)
    masking = _masking(classifier, request)
    point, reference = masking.point, masking.reference
    ends = classifier.cache.get_or_compute(
        ("ends", *masking.key), lambda: head.logits(np.stack([point, reference]))
    )
    score = score_of(classifier, request)
    return Problem(
        head=head,
        point=point,
        reference=reference,
        ends=ends,
        score=score,
        seed=request.seed,
        at_input=request.layer == INPUT,
        input_size=classifier.input_size,
        references_of=partial(_ActivationsOf.references, classifier, request),
        segments_of=partial(_segments, classifier, request),
        play=partial(shared_game, masking, score),
        walked_head=partial(classifier.walked_head, request.layer),
        local_game=partial(local_game, masking),
    )


def _logits(classifier: Classifier, picture: Picture) -> Logits:
    """Of a picture, ``(classes,)``, from the cache after the first call."""
    return classifier.cache.get_or_compute(
        (classifier.fingerprint, "logits", picture.digest),
        lambda: classifier.scores(picture.pixels),
    )


def score_of(classifier: Classifier, request: Request) -> Score:
    """The score of a request, whose picture decides which classes are the nearest ones."""
    finer = request.score == FINER
    return Score.of(
        request.score,
        request.target,
        classifier.classes,
        link=classifier.link,
        logits=_logits(classifier, request.picture) if finer else None,
    )


def _masking(classifier: Classifier, request: Request) -> Masking:
    """The picture's and the reference's activations at the request's layer."""
    picture, layer = request.picture, request.layer
    point = classifier.activations(picture, layer)
    if request.reference == ZEROS:
        return Masking(classifier, layer, point, np.zeros_like(point), picture.digest, ZEROS)
    if not has_picture(request.reference, layer):
        kind, seed = request.reference, request.seed
        return Masking(
            classifier, layer, point, shuffled(point, seed), picture.digest, f"{kind} {seed}"
        )
    compared = reference_picture(classifier, request)
    reference = classifier.activations(compared, layer)
    return Masking(classifier, layer, point, reference, picture.digest, compared.digest)


@dataclass(frozen=True)
class _ActivationsOf(Sequence[npt.NDArray[np.float32]]):
    """Of pictures at a layer, each computed when it is asked for."""

    classifier: Classifier
    layer: str
    pictures: tuple[Picture, ...]

    @classmethod
    def references(
        cls, classifier: Classifier, request: Request, kind: ReferenceSet
    ) -> _ActivationsOf:
        return cls(classifier, request.layer, reference_pictures(request.picture, kind))

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, number: Any) -> Any:
        return self.classifier.activations(self.pictures[number], self.layer)


def _segments(
    classifier: Classifier, request: Request, segmentation: Segmentation = None
) -> Segments:
    """Labels ``(h, w)`` of a segmentation of the layer's plane; None: the request's own."""
    if segmentation is None:
        segmentation = request.segmentation
    picture, at_input = request.picture, request.layer == INPUT
    height, width, _ = classifier.layer(request.layer).shape
    return classifier.cache.get_or_compute(
        ("segments", picture.digest, segmentation, height, width, at_input),
        lambda: segments_of(segmentation, picture.pixels, height, width, at_input=at_input),
    )


def reference_picture(classifier: Classifier, request: Request) -> Picture:
    """The picture that a request's reference names, from the cache after the first call."""
    picture, kind = request.picture, request.reference
    seed = request.seed if kind in RANDOM_KINDS else 0
    return classifier.cache.get_or_compute(
        ("reference", picture.digest, kind, seed),
        lambda: Picture.of(reference_image(picture.pixels, kind, seed)),
    )
