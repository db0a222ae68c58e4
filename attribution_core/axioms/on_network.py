"""The axioms of attribution that apply to a network, checked on one picture."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.attribution import Attribution
from attribution_core.axioms.network_outcomes import NetworkOutcome, NetworkOutcomes
from attribution_core.explanation import (
    explain_request,
    pose,
    refine_request,
    segments_with_values,
)
from attribution_core.games.game import bits
from attribution_core.images import INPUT, digest
from attribution_core.methods.estimate import TOTAL_ERROR, Estimate
from attribution_core.network.evaluators import Masking
from attribution_core.network.finite import check_map
from attribution_core.network.head import Head
from attribution_core.network.head_game import HeadGame, private_game
from attribution_core.network.local_head_game import local_game
from attribution_core.problem import Problem
from attribution_core.registry import method_named
from attribution_core.request import ZEROS, Reason, Request, request_or_reason
from attribution_core.scores import Contrast, score_values
from attribution_core.segmentations import Segments

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

ROUNDING = 1e-3
"""Of float32, as a share of the largest value involved."""
OF_ALL_STEPS = 0.05
"""For quadrature, which stops at a tolerance of its own."""
COMPLETE = 0.02
STANDARD_ERRORS = 4
"""A sampled method violates monotonicity where it is off by more than this many."""
FEW_PLAYERS, FEWEST_PLAYERS = 16, 4
"""Where the whole network is run: the fewest for methods that evaluate every coalition."""


def check_method(
    classifier: Classifier, request: Request, against: int
) -> Iterator[NetworkOutcomes]:
    """Check what one method promises, on one picture and layer.

    *Completeness.* The sum of the attributions against f(x) − f(x′). *Dummy* and *sensitivity.* At
    the point that has the picture's values in one part of the segmentation and the reference's
    everywhere else: all other parts should get nothing, and that part something. *Linearity.* The
    logit's lead over the class ``against`` is a difference of two logits (log-probabilities, of a
    network that has no logits); so should be its
    attribution. *Monotonicity.* Of two classes and a few parts of the plane, whose coalitions are
    all evaluated: a part that contributes to the one logit at least what it contributes to the
    other, whichever other parts are there, should get at least as much. The other class is the one
    with which most parts can be compared. *Implementation invariance.* At the input, the whole
    network in one piece, and the body below the request's layer followed by its head: two programs
    for one function.
    All of it in float32: an axiom is about the function, not about rounding.

    Parameters
    ----------
    classifier : Classifier
    request : Request
        Its score is the logit in the checks of linearity and monotonicity, whatever it says.
    against : int
        Another class than the request's.

    Yields
    ------
    NetworkOutcomes
        After each check.
    """
    request = request.in_float32()
    checks = (
        _completeness(classifier, request),
        _one_part(classifier, request),
        _linearity(classifier, request, against),
        _monotonicity(classifier, request),
        _implementation_invariance(classifier, request),
    )
    found: tuple[NetworkOutcome, ...] = ()
    for number, check in enumerate(checks):
        while True:
            try:
                next(check)
            except StopIteration as end:
                found = (*found, *end.value)
                break
            yield NetworkOutcomes(request.method, found, number, len(checks))
        yield NetworkOutcomes(request.method, found, number + 1, len(checks))


Check = Generator[None, None, tuple[NetworkOutcome, ...]]
"""Yields where the worker may turn to other work, and returns the outcomes."""


def _explained(classifier: Classifier, request: Request) -> Generator[None, None, Attribution]:
    for _ in refine_request(classifier, request):
        yield
    return explain_request(classifier, request)


def _estimate_of(problem: Problem, request: Request) -> Generator[None, None, Estimate]:
    """What the request's method gives for another problem than the request's own."""
    estimate: Estimate | None = None
    method = method_named(request.method)
    for found in method.run(problem, method.read_options(dict(request.options))):
        estimate = found
        yield
    if estimate is None:
        raise RuntimeError(f"{request.method} gave no estimate; every method gives at least one.")
    estimate = replace(estimate, values=np.asarray(estimate.values, np.float64))
    label = f"class {request.target}"
    check_map(estimate.values, request.method, problem.head.network, request.layer, label)
    return estimate


def _completeness(classifier: Classifier, request: Request) -> Check:
    attribution = yield from _explained(classifier, request)
    change = attribution.score - attribution.reference_score
    if change == 0:
        return (_impossible("completeness", "Point and reference have the same score."),)
    error = abs(attribution.total - change) / abs(change)
    by_chance = STANDARD_ERRORS * attribution.diagnostics.get(TOTAL_ERROR, 0.0) / abs(change)
    return (
        NetworkOutcome(
            "completeness",
            error <= COMPLETE + by_chance,
            error,
            f"sums to {attribution.total:.4g}, f(x) − f(x′) = {change:.4g}",
        ),
    )


def _one_part(classifier: Classifier, request: Request) -> Check:
    """Dummy and sensitivity, from one run of the method."""
    whole = pose(classifier, request)
    method = method_named(request.method)
    if method.has_own_references:
        reason = "It has references of its own, from which the picture differs in every part."
        return _impossible("dummy", reason), _impossible("sensitivity", reason)
    segments = segments_with_values(whole, method)
    labels = whole.segments_of(None) if segments is None else segments
    part = _strongest_part(whole, labels)
    inside = (labels == part)[..., None]
    problem = _at(classifier, whole, np.where(inside, whole.point, whole.reference))
    estimate = yield from _estimate_of(problem, request)
    values = estimate.values
    if segments is not None:
        own = np.arange(len(values)) == part
    else:
        own = np.broadcast_to(inside if values.ndim == 3 else inside[..., 0], values.shape)
    outside = float(np.abs(values[~own]).max(initial=0.0))
    within = float(np.abs(values[own]).max(initial=0.0))
    largest = max(outside, within)
    error = outside / largest if largest else 0.0
    by_chance = 0.0
    if estimate.standard_error is not None and segments is not None:
        by_chance = STANDARD_ERRORS * float(estimate.standard_error[~own].max(initial=0.0))
    dummy = NetworkOutcome(
        "dummy",
        outside <= ROUNDING * largest + by_chance,
        error,
        f"at most {outside:.3g} outside of the part, {within:.3g} inside",
    )
    ends = score_values(problem.ends, problem.score)
    change = float(ends[0] - ends[1])
    if change == 0:
        return dummy, _impossible("sensitivity", "The part alone does not change the score.")
    total = float(values[own].sum())
    return dummy, NetworkOutcome(
        "sensitivity",
        within > 0,
        total / change,
        f"the part gets {total:.4g}, and alone changes the score by {change:.4g}",
    )


def _linearity(classifier: Classifier, request: Request, against: int) -> Check:
    runs = []
    for target, score in (
        (request.target, classifier.quantity),
        (against, classifier.quantity),
        (request.target, Contrast(against, classifier.quantity)),
    ):
        asked = replace(request, target=target, score=score)
        found = yield from _explained(classifier, asked)
        parts = found.values if found.player_values is None else found.player_values
        runs.append(np.asarray(parts, np.float64))
    apart = runs[0] - runs[1]
    largest = max(float(np.abs(each).max()) for each in runs)
    missed = float(np.abs(runs[2] - apart).max())
    error = missed / largest if largest else 0.0
    sums = method_named(request.method).precision == "quadrature"
    allowed = OF_ALL_STEPS if sums else ROUNDING
    return (
        NetworkOutcome(
            "linearity",
            error <= allowed,
            error,
            f"off by {missed:.3g} at most, where the largest value is {largest:.3g}",
        ),
    )


def _monotonicity(classifier: Classifier, request: Request) -> Check:
    asked = replace(request, score=classifier.quantity, segmentation=FEWEST_PLAYERS)
    problem = pose(classifier, asked)
    labels = problem.segments_of(None)
    players = int(labels.max()) + 1
    if players < 2:
        return (_impossible("monotonicity", "The layer's plane has one position, and no parts."),)
    logits = problem.play(labels).logits(bits(np.arange(2**players), players))
    yield
    ahead = _contributions_ahead(np.asarray(logits, np.float64), request.target)
    other, signs = _most_comparable(ahead, request.target)
    if not signs.any():
        return (
            _impossible(
                "monotonicity",
                f"No other class has one of {players} parts that always contributes less to it, or "
                "always more, than to this class.",
            ),
        )
    given, errors = [], 0.0
    for target in (request.target, other):
        found = yield from _explained(classifier, replace(asked, target=target))
        given.append(np.bincount(labels.ravel(), found.heatmap.ravel().astype(float)))
        if found.standard_error is not None and found.player_values is not None:
            errors += STANDARD_ERRORS * float(found.standard_error.max())
    missed = float(np.maximum(-signs * (given[0] - given[1]), 0).max())
    largest = max(float(np.abs(each).max()) for each in given)
    error = missed / largest if largest else 0.0
    sums = method_named(request.method).precision == "quadrature"
    allowed = (OF_ALL_STEPS if sums else ROUNDING) * largest + errors
    return (
        NetworkOutcome(
            "monotonicity",
            missed <= allowed,
            error,
            f"{np.count_nonzero(signs)} of {players} parts contribute always more, or always less, "
            f"to {classifier.labels[request.target]} than to {classifier.labels[other]}; what they "
            f"get contradicts that by {missed:.3g} at most, where the largest value is "
            f"{largest:.3g}",
        ),
    )


def _contributions_ahead(logits: FloatArray, target: int) -> FloatArray:
    """How much more each part contributes to the target's logit than to every class's.

    Parameters
    ----------
    logits : float array ``(2^parts, classes)``
        Of all coalitions; part i is bit i of the number.

    Returns
    -------
    float array ``(parts, 2^(parts−1), classes)``
    """
    lead = logits[:, [target]] - logits
    parts = len(lead).bit_length() - 1
    found = []
    for part in range(parts):
        by_part = lead.reshape(-1, 2, 2**part, lead.shape[1])
        found.append((by_part[:, 1] - by_part[:, 0]).reshape(-1, lead.shape[1]))
    return np.stack(found)


def _most_comparable(ahead: FloatArray, target: int) -> tuple[int, FloatArray]:
    """The class with which most parts can be compared; the closest of these.

    Returns
    -------
    class : int
    signs : float array ``(parts,)``
        1 where the part always contributes more to the target, −1 where less, 0 where neither.
    """
    signs = np.where((ahead >= 0).all(axis=1), 1.0, 0.0) - (ahead <= 0).all(axis=1)
    comparable = np.count_nonzero(signs, axis=0).astype(float)
    comparable[target] = -1
    size = np.abs(ahead).sum(axis=(0, 1))
    most = np.flatnonzero(comparable == comparable.max())
    other = int(most[np.argmin(size[most])])
    return other, signs[:, other]


def _implementation_invariance(classifier: Classifier, request: Request) -> Check:
    if request.layer == INPUT:
        return (
            _impossible(
                "implementation_invariance",
                "At the input there is no body below: choose an inner layer in the sidebar.",
            ),
        )
    method = method_named(request.method)
    if method.needs == "graph":
        return (
            _impossible(
                "implementation_invariance",
                "It follows rules through the layers, and both programs have the same layers: "
                "another network for the same function may well get other values.",
            ),
        )
    asked = request_or_reason(
        classifier,
        picture=request.picture,
        method=request.method,
        target=request.target,
        reference="black" if request.reference == ZEROS else request.reference,
        score=request.score,
        segmentation=FEWEST_PLAYERS if method.every_coalition else FEW_PLAYERS,
        seed=request.seed,
        # Two implementations of one function agree at any number of samples.
        options=method.quick_options(),
    )
    if isinstance(asked, Reason):
        return (_impossible("implementation_invariance", asked),)
    in_one = pose(classifier, asked)
    values = []
    for head in (in_one.head, classifier.composed_head(request.layer)):
        found = yield from _estimate_of(_with_head(in_one, head), asked)
        values.append(found.values)
    largest = float(np.abs(values[0]).max())
    missed = float(np.abs(values[0] - values[1]).max())
    error = missed / largest if largest else 0.0
    return (
        NetworkOutcome(
            "implementation_invariance",
            error <= ROUNDING,
            error,
            f"the two differ by {missed:.3g} at most, where the largest value is {largest:.3g}",
        ),
    )


def _impossible(axiom: str, reason: str) -> NetworkOutcome:
    return NetworkOutcome(axiom, None, float("nan"), reason)


def _strongest_part(problem: Problem, labels: Segments) -> int:
    """The player that alone moves the score most, so that there is something to attribute."""
    players = int(labels.max()) + 1
    game = problem.play(labels)
    worth = game.values(np.concatenate([np.zeros((1, players), bool), np.eye(players, dtype=bool)]))
    return int(np.argmax(np.abs(worth[1:] - worth[0])))


def _at(classifier: Classifier, problem: Problem, point: FloatArray) -> Problem:
    """The same problem at another point; its coalitions are not cached."""
    point = np.asarray(point, np.float32)
    ends = problem.head.logits(np.stack([point, problem.reference]))
    names = digest(point), digest(problem.reference)
    masking = Masking(classifier, problem.head.layer, point, problem.reference, *names)
    moved = replace(problem, point=point, ends=ends, local_game=partial(local_game, masking))
    return _uncached(moved)


def _with_head(problem: Problem, head: Head) -> Problem:
    """The same problem on another program for the same function."""
    return _uncached(replace(problem, head=head, local_game=lambda segments: None))


def _uncached(problem: Problem) -> Problem:
    def play(segments: Segments, *, bfloat16: bool = False) -> HeadGame:
        return private_game(problem.head, problem.point, problem.reference, problem.score, segments)

    return replace(problem, play=play)
