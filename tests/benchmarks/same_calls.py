"""Every method through `explain`, over the bare TensorFlow calls that it made.

While a method runs, each call of a compiled function is written down with its tensors; then the
same calls are made again, and nothing else. Both sides in turns in one process, each turn with a
picture not seen before; the ratio is the median over the turns of the calls' seconds over the
method's, and its aim 0.95 or more. What is computed in a method's place before it begins (the
picture's content as a key, its activations, the reference or references, superpixels of the usual
number) is at hand.

"In calls" is the share of its time that the calls took while the method ran, "own" what the method
computes besides and could not do without: XRAI's segmentations and regions, blurs, the fits of
KernelSHAP's windows. "Beside" is the rest of the method's time.
"""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
import tensorflow as tf

from attribution_core import METHODS, Classifier
from attribution_core.explanation import explain_request, pose
from attribution_core.images import Picture
from attribution_core.methods.options import OptionValue
from attribution_core.network.walk.relevance_presets import PRESETS
from attribution_core.request import granted, request_or_reason
from tests.benchmarks.problems import built_in, gallery_picture

TURNS = 3
TARGET = 285
FEW_PLAYERS = 6
INNER = "block6d_add"
Options = Mapping[str, OptionValue]
OWN = {
    "xrai": ("attribution_core.explanation.segments_of", "attribution_core.methods.xrai.xrai"),
    "blur_integrated_gradients": ("attribution_core.methods.blur_integrated_gradients.blurred",),
    "kernel_shap": (
        "attribution_core.games.local_windows.LocalWindows._fit",
        "attribution_core.games.local_windows.LocalWindows._missed",
    ),
}
"""What methods compute besides, by the names that they call it by."""


def measured() -> Iterator[tuple[str, str, Options]]:
    """Layer, method and options: long enough to be timed, short enough to wait for."""
    at_input: dict[str, Options] = {
        "gradient": {},
        "gradient_times_input": {},
        "integrated_gradients": {"steps": 32, "tolerance": 0.0},
        "expected_gradients": {"samples": 32, "references": "blurs"},
        "blur_integrated_gradients": {"steps": 31},
        "xrai": {"steps": 32, "tolerance": 0.0},
        "smoothgrad": {"samples": 32},
        "deeplift": {},
        "guided_backpropagation": {},
        "deconvnet": {},
        "occlusion": {"window": 64, "stride": 32},
        "rise": {"samples": 64},
        "lime": {"samples": 64},
        "kernel_shap": {"budget": 64},
        "shapley_values": {},
        "banzhaf_values": {},
        "owen_values": {"budget": 64},
    }
    for method, options in at_input.items():
        yield "input", method, options
    for preset in PRESETS:
        yield "input", "lrp", {"preset": preset}
    for method in ("linear", "grad_cam"):
        yield INNER, method, {}
    for variant in METHODS["class_activation"].option_named("variant").choices:
        yield INNER, "class_activation", {"variant": variant}
    more: dict[str, Options] = {
        "expected_gradients": {"samples": 256, "references": "blurs"},
        "occlusion": {},
        "rise": {"samples": 1024},
        "lime": {"samples": 1024},
        "kernel_shap": {"budget": 1024},
        "owen_values": {"budget": 1024},
    }
    for method, options in more.items():
        yield INNER, method, options


def main() -> None:
    classifier = built_in()
    print(
        f"{'layer':12}{'method':27}{'options':28}{'calls':>6}{'bare s':>8}{'method s':>10}"
        f"{'ratio':>7}{'in calls':>10}{'own ms':>8}{'beside ms':>11}"
    )
    with patch("attribution_core.network.head.UNTRACED_CALLS", 0):
        for layer, method, options in measured():
            _measure(classifier, layer, method, options)


def _measure(classifier: Classifier, layer: str, method: str, options: Options) -> None:
    players = FEW_PLAYERS if METHODS[method].every_coalition else None
    turns: list[_Turn] = []
    for turn in range(TURNS + 1):
        picture = gallery_picture(classifier, "cat_coffee.png")
        # Another picture each time, or the cache would answer.
        picture = np.roll(picture, _shift(layer, method, turn), axis=1)
        asked = request_or_reason(
            classifier,
            picture=Picture.of(picture),
            method=method,
            target=TARGET,
            layer=layer,
            segmentation=players,
            options=dict(options),
        )
        request = granted(asked)
        problem = pose(classifier, request)
        problem.segments_of(None)
        if method == "expected_gradients":
            list(problem.references_of("blurs"))
        with _written_down() as calls, _timed(OWN.get(method, ())) as own:
            started = time.perf_counter()
            explain_request(classifier, request)
            seconds = time.perf_counter() - started
        started = time.perf_counter()
        for call in calls:
            call.again()
        # The first turn traces and warms up.
        if turn:
            inside = sum(call.seconds for call in calls)
            bare = time.perf_counter() - started
            turns.append(_Turn(bare, seconds, inside, sum(own)))
    bare, seconds, inside, of_its_own, beside, ratio = (
        median(values)
        for values in zip(
            *(
                (
                    each.bare,
                    each.seconds,
                    each.inside,
                    each.own,
                    each.seconds - each.inside - each.own,
                    each.bare / each.seconds,
                )
                for each in turns
            ),
            strict=True,
        )
    )
    told = ", ".join(str(value) for value in options.values())
    print(
        f"{layer:12}{method:27}{told:28}{len(calls):6}{bare:8.3f}{seconds:10.3f}{ratio:7.2f}"
        f"{inside / seconds:10.2f}{1000 * of_its_own:8.1f}{1000 * beside:11.1f}",
        flush=True,
    )


@dataclass(frozen=True)
class _Turn:
    bare: float
    seconds: float
    inside: float
    own: float


@dataclass(frozen=True)
class _Call:
    again: Callable[[], Any]
    seconds: float


def _shift(layer: str, method: str, turn: int) -> int:
    """By how many pixels the picture is shifted: another number for each run."""
    return 1 + list(METHODS).index(method) * (TURNS + 1) + turn + 100 * (layer == INNER)


@contextmanager
def _written_down() -> Iterator[list[_Call]]:
    """The calls of compiled functions from outside of TensorFlow, in their order."""
    kind = type(tf.function(lambda: None))
    call = kind.__call__
    calls: list[_Call] = []
    inside = False

    def written(function: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal inside
        if inside:
            return call(function, *arguments, **named)
        inside = True
        started = time.perf_counter()
        try:
            return call(function, *arguments, **named)
        finally:
            seconds = time.perf_counter() - started
            calls.append(_Call(partial(call, function, *arguments, **named), seconds))
            inside = False

    with patch.object(kind, "__call__", written):
        yield calls


@contextmanager
def _timed(names: Sequence[str]) -> Iterator[list[float]]:
    """The seconds of each call of these functions."""
    taken: list[float] = []

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def of_its_own(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                taken.append(time.perf_counter() - started)

        return of_its_own

    with ExitStack() as patches:
        for name in names:
            owner, attribute = name.rsplit(".", 1)
            target = pkgutil.resolve_name(owner)
            patches.enter_context(
                patch.object(target, attribute, timed(getattr(target, attribute)))
            )
        yield taken


if __name__ == "__main__":
    main()
