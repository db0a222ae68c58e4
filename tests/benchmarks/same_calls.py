"""Every method through `explain`, over the bare TensorFlow calls that it made.

While a method runs, each call of a compiled function is written down with its tensors; then the
same calls are made again, and nothing else. Both sides in turns in one process, each turn with a
picture not seen before; the ratio is the median over the turns of the calls' seconds over the
method's, and its aim 0.95 or more. What is computed in a method's place before it begins (the
picture's activations, the reference, superpixels of the usual number) is at hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
import tensorflow as tf

from attribution_core import METHODS, Classifier, explain
from attribution_core.methods.options import OptionValue
from attribution_core.network.walk.relevance_presets import PRESETS
from tests.benchmarks.problems import built_in, gallery_picture, posed

TURNS = 3
TARGET = 285
FEW_PLAYERS = 6
INNER = "block6d_add"
Options = Mapping[str, OptionValue]
Call = tuple[Callable[..., Any], tuple[Any, ...]]


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
        f"{'layer':12}{'method':27}{'options':36}{'calls':>6}{'bare s':>8}{'method s':>10}"
        f"{'ratio':>7}"
    )
    with patch("attribution_core.network.head.UNTRACED_CALLS", 0):
        for layer, method, options in measured():
            _measure(classifier, layer, method, options)


def _measure(classifier: Classifier, layer: str, method: str, options: Options) -> None:
    players = FEW_PLAYERS if METHODS[method].every_coalition else None
    bare: list[float] = []
    whole: list[float] = []
    for turn in range(TURNS + 1):
        picture = gallery_picture(classifier, "cat_coffee.png")
        # Another picture each time, or the cache would answer.
        picture = np.roll(picture, _shift(layer, method, turn), axis=1)
        posed(
            classifier, picture, method, TARGET, layer, options=dict(options), segmentation=players
        )
        with _written_down() as calls:
            started = time.perf_counter()
            explain(
                classifier, picture, method, TARGET, layer=layer, superpixels=players, **options
            )
            seconds = time.perf_counter() - started
        started = time.perf_counter()
        for function, arguments in calls:
            function(*arguments)
        # The first turn traces and warms up.
        if turn:
            whole.append(seconds)
            bare.append(time.perf_counter() - started)
    ratio = median(one / other for one, other in zip(bare, whole, strict=True))
    told = ", ".join(str(value) for value in options.values())
    print(
        f"{layer:12}{method:27}{told:36}{len(calls):6}{median(bare):8.3f}{median(whole):10.3f}"
        f"{ratio:7.2f}",
        flush=True,
    )


def _shift(layer: str, method: str, turn: int) -> int:
    """By how many pixels the picture is shifted: another number for each run."""
    return 1 + list(METHODS).index(method) * (TURNS + 1) + turn + 100 * (layer == INNER)


@contextmanager
def _written_down() -> Iterator[list[Call]]:
    """The calls of compiled functions from outside of TensorFlow, in their order."""
    kind = type(tf.function(lambda: None))
    call = kind.__call__
    calls: list[Call] = []
    inside = 0

    def written(function: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal inside
        if not inside:
            calls.append((lambda *given: call(function, *given, **named), arguments))
        inside += 1
        try:
            return call(function, *arguments, **named)
        finally:
            inside -= 1

    with patch.object(kind, "__call__", written):
        yield calls


if __name__ == "__main__":
    main()
