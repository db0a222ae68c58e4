"""The front door: explain one class of one picture by one method, at one layer."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from attribution_core.attribution import Attribution
from attribution_core.classifier import Classifier
from attribution_core.estimate import Estimate, FloatArray, last_of
from attribution_core.head_game import CoalitionTable, FastCoalitions, HeadGame
from attribution_core.images import INPUT, Picture, Pixels, digest
from attribution_core.incremental_head import IncrementalCoalitions
from attribution_core.linear_head import LinearCoalitions
from attribution_core.problem import Problem
from attribution_core.references import reference_image
from attribution_core.registry import Method, OptionValue, Run, method_named
from attribution_core.request import ZEROS, Request
from attribution_core.scores import Contrast, Score, score_values
from attribution_core.segmentations import Segmentation, Segments, segmentation_of, segments_of


def explain(
    classifier: Classifier,
    image: Pixels,
    method: str,
    target: int,
    *,
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast = "logit",
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
        One of `REFERENCE_KINDS`; at inner layers its activations are meant, and ``"zeros"`` too
        may be given.
    score : "logit", "probability" or Contrast
    superpixels : int, Slic, Grid or int array ``(h, w)``, optional
        The players of coalition methods: exactly so many superpixels at the input, a grid of at
        most so many cells at an inner layer; SLIC with its own settings; a grid of rows and
        columns; or labels. None means 50 superpixels at the input, and at an inner layer every
        position, or a grid of 196 cells where there are more than 256.
    seed : int
        Of everything random.
    **options
        The method's own, as `METHODS[method].options` lists them.

    Returns
    -------
    Attribution
        From the classifier's cache where the same was asked before.

    Raises
    ------
    ValueError
        When anything asked for does not exist or does not fit; one sentence says what would.
    """
    request = request_of(
        classifier, image, method, target, layer, reference, score, superpixels, seed, options
    )
    return explain_request(classifier, request)


def refine(
    classifier: Classifier,
    image: Pixels,
    method: str,
    target: int,
    *,
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast = "logit",
    superpixels: Segmentation | npt.ArrayLike = None,
    seed: int = 0,
    **options: OptionValue,
) -> Generator[Attribution]:
    """The same as `explain`, as attributions that get better.

    The last one is finished and goes into the classifier's cache. Closing the generator stops the
    computation.
    """
    request = request_of(
        classifier, image, method, target, layer, reference, score, superpixels, seed, options
    )
    return refine_request(classifier, request)


def request_of(
    classifier: Classifier,
    image: Pixels,
    method: str,
    target: int,
    layer: str,
    reference: str,
    score: str | Contrast,
    superpixels: Segmentation | npt.ArrayLike,
    seed: int,
    options: Mapping[str, OptionValue],
) -> Request:
    """Check all that can be checked without work; ValueError where something does not fit."""
    picture = Picture.of(image)
    if picture.pixels.shape[:2] != classifier.input_size:
        raise ValueError(
            f"The image has {picture.pixels.shape[0]} x {picture.pixels.shape[1]} pixels; the "
            f"network {classifier.name} takes {classifier.input_size[0]} x "
            f"{classifier.input_size[1]}."
        )
    classifier.layer(layer)
    request = Request.of(
        picture,
        method,
        target,
        layer=layer,
        reference=reference,
        score=score,
        segmentation=segmentation_of(superpixels),
        seed=seed,
        options=options,
    )
    Score.of(request.score, request.target, classifier.classes)
    return request


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
    """Under what the cache keeps a request's finished attribution."""
    return classifier.fingerprint, "attribution", request


def _run(classifier: Classifier, request: Request) -> Iterator[Attribution]:
    """Estimates as attributions, at once; then the last one again, finished."""
    method = method_named(request.method)
    problem = pose(classifier, request)
    ends = score_values(problem.ends, problem.score)
    started = time.perf_counter()
    run = method.run(problem, dict(request.options))
    attribution: Attribution | None = None
    for estimate in run.estimates:
        attribution = attribution_of(classifier, request, method, run, estimate, ends, started)
        yield attribution
    if attribution is None:
        raise RuntimeError(f"{method.title} gave no estimate; every method gives at least one.")
    yield replace(attribution, finished=True)


def attribution_of(
    classifier: Classifier,
    request: Request,
    method: Method,
    run: Run,
    estimate: Estimate,
    ends: FloatArray,
    started: float,
) -> Attribution:
    """An estimate as an attribution of a request, with the scores of point and reference."""
    values = np.asarray(estimate.values, np.float32)
    players = None
    if run.segments is not None:
        players = values
        values = np.asarray(players / np.bincount(run.segments.ravel()), np.float32)[run.segments]
    change = float(ends[0] - ends[1])
    total = float(np.asarray(estimate.values, np.float64).sum())
    error = estimate.standard_error
    return Attribution(
        request=request,
        model=classifier.name,
        model_fingerprint=classifier.fingerprint,
        label=classifier.labels[request.target],
        values=values,
        heatmap=values if values.ndim == 2 else values.sum(axis=2),
        score=float(ends[0]),
        reference_score=float(ends[1]),
        completeness_gap=abs(total - change) if method.complete else None,
        standard_error=None if error is None else np.asarray(error, np.float32),
        evaluations=estimate.evaluations,
        seconds=time.perf_counter() - started,
        segments=run.segments,
        player_values=players,
        done=estimate.done,
        planned=estimate.planned,
        finished=False,
        diagnostics=dict(estimate.diagnostics),
    )


def pose(classifier: Classifier, request: Request) -> Problem:
    """The request as a problem on a head, activations and coalition tables from the cache."""
    cache, picture = classifier.cache, request.picture
    head = classifier.head(request.layer)
    at_input = request.layer == INPUT
    point = classifier.activations(picture, request.layer)
    if request.reference == ZEROS:
        reference, reference_digest = np.zeros_like(point), ZEROS
    else:
        compared = reference_picture(classifier, request)
        reference = classifier.activations(compared, request.layer)
        reference_digest = compared.digest
    pair = (classifier.fingerprint, request.layer, picture.digest, reference_digest)
    ends = cache.get_or_compute(("ends", *pair), lambda: head.logits(np.stack([point, reference])))
    height, width, _ = head.shape
    score = Score.of(request.score, request.target, classifier.classes)

    def segments(segmentation: Segmentation) -> Segments:
        if segmentation is None:
            segmentation = request.segmentation
        return cache.get_or_compute(
            ("segments", picture.digest, segmentation, height, width, at_input),
            lambda: segments_of(segmentation, picture.pixels, height, width, at_input=at_input),
        )

    def play(labels: Segments, *, bfloat16: bool = False) -> HeadGame:
        key = ("coalitions", *pair, digest(labels), bfloat16)
        table = cache.get_or_compute(key, lambda: CoalitionTable(classifier.classes))
        players = int(labels.max()) + 1
        linear = classifier.linear_head(request.layer, players, bfloat16=bfloat16)
        # Its logits are float32's, and scores of both kinds must not be compared.
        skipped = linear is not None or bfloat16
        incremental = None if skipped else classifier.incremental_head(request.layer)
        fast: FastCoalitions | None = None
        if linear is not None:
            fast = LinearCoalitions(
                linear,
                lambda: cache.get_or_compute(
                    ("contributions", *key[1:-1]),
                    lambda: linear.contributions(point, reference, labels),
                ),
            )
        if incremental is not None:
            fast = IncrementalCoalitions(
                incremental,
                head,
                point,
                reference,
                labels,
                lambda: cache.get_or_compute(
                    ("unmasked", classifier.fingerprint, request.layer, picture.digest),
                    lambda: incremental.unmasked(point),
                ),
            )
        plain = classifier.rounded_head(request.layer) if bfloat16 else head
        return HeadGame(
            plain, point, reference, labels, score, table, lambda: cache.refresh(key), fast
        )

    return Problem(
        head=head,
        point=point,
        reference=reference,
        ends=ends,
        score=score,
        seed=request.seed,
        at_input=at_input,
        input_height=classifier.input_size[0],
        segments_of=segments,
        play=play,
    )


def reference_picture(classifier: Classifier, request: Request) -> Picture:
    """The picture that a request's reference names, from the cache after the first call."""
    picture, kind = request.picture, request.reference
    seed = request.seed if kind == "noise" else 0
    return classifier.cache.get_or_compute(
        ("reference", picture.digest, kind, seed),
        lambda: Picture.of(reference_image(picture.pixels, kind, seed)),
    )
