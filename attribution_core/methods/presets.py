"""Sets of methods to begin with, each by a name in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from attribution_core.methods.badges import USUAL
from attribution_core.methods.method import Method

Seconds = Mapping[str, float]
"""What a map takes by each method, by name, as far as that was measured."""

FIRST_LOOK = ("gradient_times_input", "integrated_gradients", "grad_cam", "shapley_values")
SANE = ("gradient", "grad_cam")
"""Methods that pass the sanity check of Adebayo et al. (2018), beside those that fail it."""

SHORT_SECONDS = 1.0
FEW_PASSES = 2


@dataclass(frozen=True)
class Preset:
    """A set of methods.

    Attributes
    ----------
    title : str
        Its name, as people type it: lower case, in words.
    help : str
        One sentence.
    holds : callable
        From a method and what maps take to whether the method belongs to it.
    """

    title: str
    help: str
    holds: Callable[[Method[Any], Seconds], bool]

    def names(self, methods: Mapping[str, Method[Any]], seconds: Seconds) -> tuple[str, ...]:
        """Its methods by name, in the order of ``methods``."""
        return tuple(name for name, method in methods.items() if self.holds(method, seconds))


def _is_short(method: Method[Any], seconds: Seconds) -> bool:
    if method.name in seconds:
        return seconds[method.name] < SHORT_SECONDS
    return method.evaluations(method.read_options({}), USUAL) <= FEW_PASSES


PRESETS: Mapping[str, Preset] = {
    preset.title: preset
    for preset in (
        Preset(
            "first look",
            "Four that differ in kind.",
            lambda method, seconds: method.name in FIRST_LOOK,
        ),
        Preset(
            "the thesis",
            "Those that the thesis discusses.",
            lambda method, seconds: bool(method.thesis) and method.question != "historic",
        ),
        Preset(
            "all that add up",
            "Their values sum to the score’s change from the reference point.",
            lambda method, seconds: "completeness" in method.promises,
        ),
        Preset(
            "under a second",
            "A pass or two through the network each; by what was measured, where it was.",
            _is_short,
        ),
        Preset(
            "sanity check",
            "Two that fail it, guided backpropagation and the deconvnet, beside two that pass.",
            lambda method, seconds: method.name in SANE or method.question == "historic",
        ),
    )
}
