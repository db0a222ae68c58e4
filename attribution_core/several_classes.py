"""Integrated Gradients of several classes at once: they share the passes forward."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from attribution_core.attribution import Attribution
from attribution_core.classifier import Classifier
from attribution_core.estimate import last_of
from attribution_core.explanation import attribution_of, key_of, pose, request_of
from attribution_core.head import HeadScores
from attribution_core.images import INPUT, Pixels
from attribution_core.methods.integrated_gradients import Rule, integrated_gradients
from attribution_core.registry import METHODS, OptionValue, Run
from attribution_core.request import Request
from attribution_core.scores import Contrast, score_values

METHOD = "integrated_gradients"


def explain_classes(
    classifier: Classifier,
    image: Pixels,
    targets: Sequence[int],
    *,
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast = "logit",
    **options: OptionValue,
) -> tuple[Attribution, ...]:
    """Integrated Gradients of several classes, at the same nodes.

    A node costs one pass forward, and one back for each class. The adaptive rule places nodes where
    the path is rough for any of the classes, so each class's values rest on more nodes than alone.

    Parameters
    ----------
    classifier, image, layer, reference, score, **options
        As in `explain`.
    targets : sequence of int
        The classes, at least one.

    Returns
    -------
    tuple of Attribution
        One a target, in their order; not kept in the cache.

    Raises
    ------
    ValueError
        As in `explain`, or when there is no target.
    """
    if not targets:
        raise ValueError("There are no classes to explain; give at least one.")
    requests = [
        request_of(
            classifier, image, METHOD, target, layer, reference, score, None, 0, dict(options)
        )
        for target in targets
    ]
    return last_of(refine_together(classifier, requests))


def refine_together(
    classifier: Classifier, requests: Sequence[Request]
) -> Iterator[tuple[Attribution, ...]]:
    """The attributions of requests that differ in their targets only, getting better together.

    With a fixed rule each is what its request alone would give, to rounding, and the finished ones
    go into the cache.
    """
    first = requests[0]
    problems = [pose(classifier, request) for request in requests]
    options = dict(first.options)
    ends = [score_values(problem.ends, problem.score) for problem in problems]
    started = time.perf_counter()
    found: tuple[Attribution, ...] = ()
    for estimate in integrated_gradients.refine(
        HeadScores(problems[0].head, [problem.score for problem in problems]),
        problems[0].point,
        problems[0].reference,
        steps=int(options["steps"]),
        rule=cast(Rule, options["rule"]),
        tolerance=float(options["tolerance"]),
    ):
        run = Run(iter(()))
        found = tuple(
            attribution_of(
                classifier,
                request,
                METHODS[METHOD],
                run,
                replace(estimate, values=values),
                end,
                started,
            )
            for request, values, end in zip(requests, estimate.values, ends, strict=True)
        )
        yield found
    found = tuple(replace(each, finished=True) for each in found)
    if shares_nodes(first):
        for request, attribution in zip(requests, found, strict=True):
            classifier.cache.put(key_of(classifier, request), attribution)
    yield found


def shares_nodes(request: Request) -> bool:
    """Whether requests like this one look at the same nodes, whatever their targets."""
    return request.method == METHOD and dict(request.options)["rule"] != "adaptive"
