"""One method for several classes at once: they share the forward passes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from attribution_core.attribution import Attribution
from attribution_core.explanation import attribution_of, key_of, pose
from attribution_core.images import INPUT, Picture, Pixels
from attribution_core.methods.estimate import last_of
from attribution_core.methods.method import Method
from attribution_core.methods.options import OptionValue
from attribution_core.network.classifier import Classifier
from attribution_core.network.head import HeadScores
from attribution_core.registry import METHODS, method_named
from attribution_core.request import Request, asked_again, granted, request_or_reason
from attribution_core.scores import Contrast


def explain_classes(
    classifier: Classifier,
    image: Pixels,
    targets: Sequence[int],
    *,
    method: str = "integrated_gradients",
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast | None = None,
    **options: OptionValue,
) -> tuple[Attribution, ...]:
    """Explain several classes with the same forward passes, and one backward pass for each.

    The adaptive rule of Integrated Gradients places nodes where the path is rough for any of the
    classes, so each class's values are based on more nodes than alone.

    Parameters
    ----------
    classifier, image, layer, reference, score, **options
        As in `explain`.
    targets : sequence of int
        The classes, at least one.
    method : str
        One that can share its passes, as `METHODS[method].shared_passes` says.

    Returns
    -------
    tuple of Attribution
        One per target, in their order; not kept in the cache.

    Raises
    ------
    ValueError
        As in `explain`, or when there is no target, or the method cannot share its passes.
    """
    if not targets:
        raise ValueError("There are no classes to explain; give at least one.")
    picture = Picture.given(image)
    requests = [
        granted(
            request_or_reason(
                classifier,
                picture=picture,
                method=method,
                target=target,
                layer=layer,
                reference=reference,
                score=score,
                options=options,
            )
        )
        for target in targets
    ]
    return last_of(refine_together(classifier, requests))


def refine_together(
    classifier: Classifier, requests: Sequence[Request]
) -> Iterator[tuple[Attribution, ...]]:
    """The attributions of requests that differ only in their targets, improving together.

    The finished ones go into the cache where each is what its request alone would give, to
    rounding. ValueError where the method cannot share its passes.
    """
    first = requests[0]
    method = method_named(first.method)
    if method.shared_passes is None:
        able = [each.title for each in METHODS.values() if each.shared_passes is not None]
        raise ValueError(
            f"{method.title} does not share passes among classes; {', '.join(able[:-1])} and "
            f"{able[-1]} can."
        )
    options = _options_of(method, first)
    problems = [pose(classifier, granted(asked_again(classifier, each))) for each in requests]
    started = time.perf_counter()
    found: tuple[Attribution, ...] = ()
    rules = method.shared_passes.rules(options)
    head = problems[0].walked_head(rules) if rules else problems[0].head
    for estimate in method.shared_passes.refine(
        HeadScores(head, [problem.score for problem in problems]),
        problems[0].point,
        problems[0].reference,
        options,
    ):
        found = tuple(
            attribution_of(
                classifier,
                request,
                method,
                None,
                replace(estimate, values=values),
                problem,
                started,
            )
            for request, values, problem in zip(requests, estimate.values, problems, strict=True)
        )
        yield found
    found = tuple(replace(each, finished=True) for each in found)
    if same_alone(first):
        for request, attribution in zip(requests, found, strict=True):
            classifier.cache.put(key_of(classifier, request), attribution)
    yield found


def same_alone(request: Request) -> bool:
    """Whether requests that differ only in their targets can share passes, and each gets what it
    would get alone."""
    method = method_named(request.method)
    shared = method.shared_passes
    return shared is not None and shared.same_alone(_options_of(method, request))


def _options_of(method: Method[Any], request: Request) -> Any:
    return method.read_options(dict(request.options))
