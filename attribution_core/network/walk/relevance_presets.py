"""Which rule of relevance propagation is taken where: presets, by the names zennit gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, cast

import tensorflow as tf

from attribution_core.network.walk import relevance_rules as rules
from attribution_core.network.walk.derivatives import Derivative, pulled_back
from attribution_core.network.walk.relevance_rules import Relevance
from attribution_core.network.walk.replay import Rules, Walk
from attribution_core.network.walk.steps import Affine, Gate, Step

First = Literal["flat", "w_square", "z_box", "as_others"]
"""What the first product takes: a rule that does not ask how bright a pixel is, or no other."""

BLACK, WHITE = 0.0, 255.0
"""Between which the values of a picture lie."""


@dataclass(frozen=True)
class Preset:
    """Rules for the first product, for convolutions and for dense layers.

    Attributes
    ----------
    first : First
        Only where the walk starts at the input.
    convolution, dense : Relevance
    by_size : bool
        Whether sums share relevance by |a_i|, which no cancelling makes large, or by a_i.
    stabiliser : float
        Of the denominators of sums.
    """

    first: First
    convolution: Relevance
    dense: Relevance = field(default_factory=rules.epsilon)
    by_size: bool = True
    stabiliser: float = rules.STABILISER


PRESETS = {
    "epsilon_plus_flat": Preset("flat", rules.alpha_beta(1)),
    "epsilon_plus": Preset("as_others", rules.alpha_beta(1)),
    "epsilon_alpha2_beta1_flat": Preset("flat", rules.alpha_beta(2)),
    "epsilon_alpha2_beta1": Preset("as_others", rules.alpha_beta(2)),
    "epsilon_gamma_box": Preset("z_box", rules.gamma()),
    "epsilon_plus_w_square": Preset("w_square", rules.alpha_beta(1)),
    "epsilon": Preset("as_others", rules.epsilon(), by_size=False),
}


def relevance(preset: Preset, *, at_input: bool, low: float = BLACK, high: float = WHITE) -> Rules:
    """The preset's rules for a walk.

    Parameters
    ----------
    preset : Preset
    at_input : bool
        Whether the walk starts at the input.
    low, high : float
        Between which the values of a point at the input lie.
    """

    def rule(walk: Walk, step: Step) -> Derivative | None:
        if isinstance(step, Affine):
            if at_input and step.first and preset.first != "as_others":
                return _of_first(preset.first, walk, step, low, high)
            return _of_affine(preset, step)
        if isinstance(step, Gate):
            return partial(_to_signal, step.signal)
        if step.family == "sum":
            several = preset.by_size and len(step.inputs) > 1 and step.kind != "Subtract"
            return partial(_of_sum, step, several, preset.stabiliser)
        if step.family in ("rectifier", "elementwise"):
            return lambda values, made, received: (received,)
        if step.family == "scaling":
            return partial(_through_scale, step)
        return None

    return rule


def starting(logits: Any) -> Any:
    """Logits whose own relevance is each one's value times its weight in the score."""

    def passed(logits: Any) -> Any:
        return tf.identity(logits), lambda received: received * logits

    return tf.custom_gradient(passed)(logits)


def _of_affine(preset: Preset, step: Affine) -> Derivative:
    shared = preset.dense if step.dense else preset.convolution
    if step.family == "normalisation":
        shared = rules.epsilon()
    return lambda values, made, received: (shared(step, values[0], received),)


def _of_first(first: First, walk: Walk, step: Affine, low: float, high: float) -> Derivative:
    def entering(value: float, dtype: Any, *, moved_only: bool = False) -> Any:
        point = tf.fill((1, *walk.shape), tf.cast(value, dtype))
        return walk.entering(step, point, moved_only=moved_only)

    def sent(values: tuple[Any, ...], made: Any, received: Any) -> Sequence[Any]:
        (given,) = values
        if first == "z_box":
            ends = [entering(value, given.dtype) for value in (low, high)]
            lowest, highest = (
                tf.broadcast_to(take(*ends), tf.shape(given)) for take in (tf.minimum, tf.maximum)
            )
            return (rules.z_box(step, given, lowest, highest, received),)
        present = tf.broadcast_to(entering(1.0, given.dtype, moved_only=True), tf.shape(given))
        shared = rules.flat if first == "flat" else rules.w_square
        return (shared(step, present, received),)

    return sent


def _of_sum(
    step: Step,
    by_size: bool,
    stabiliser: float,
    values: tuple[Any, ...],
    made: Any,
    received: Any,
) -> Sequence[Any]:
    """By what each value contributes, or by its size."""
    if by_size:
        values = tuple(tf.abs(value) for value in values)
        made = step.function(*values)
    whole = rules.stabilised(made, stabiliser)
    weights = pulled_back(step.function, values, tf.math.divide_no_nan(received, whole))
    return tuple(value * weight for value, weight in zip(values, weights, strict=True))


def _to_signal(signal: int, values: tuple[Any, ...], made: Any, received: Any) -> Sequence[Any]:
    """All to the signal, nothing to the gate (Arras et al. 2017)."""
    return tuple(
        received if number == signal else tf.zeros_like(value)
        for number, value in enumerate(values)
    )


def _through_scale(step: Step, values: tuple[Any, ...], made: Any, received: Any) -> Sequence[Any]:
    """As it is: the scale of a value says nothing of how much it matters."""
    (value,) = values
    slopes = step.function(tf.ones_like(value)) - step.function(tf.zeros_like(value))
    return cast(
        Sequence[Any],
        pulled_back(step.function, [value], tf.math.divide_no_nan(received, slopes)),
    )
