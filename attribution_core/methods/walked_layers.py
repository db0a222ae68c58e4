"""What methods that walk back through the graph are told of the layers above theirs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Family = Literal[
    "affine",
    "normalisation",
    "rectifier",
    "elementwise",
    "maximum",
    "sum",
    "product",
    "gate",
    "scaling",
    "movement",
    "unknown",
]
"""What a step does, as far as a rule asks.

It multiplies by a kernel and adds a bias (affine), does so with each channel by itself
(normalisation), cuts off what is below 0 (rectifier), bends each value by itself otherwise
(elementwise), takes maxima, adds up or averages (sum), multiplies two signals (product), or one by
what a sigmoid lets through (gate), maps each value linearly, as preprocessing does (scaling), and
moves values or leaves them as they are (movement)."""


@dataclass(frozen=True)
class LayerAbove:
    """One step from a layer to the logits.

    Attributes
    ----------
    name : str
        Of the layer that it belongs to.
    kind : str
        The class of that layer, such as ``Conv2D``.
    family : Family
    in_float32 : bool
        Whether it computes in float32 or float64.
    """

    name: str
    kind: str
    family: Family
    in_float32: bool = True


def without_rule(method: str, above: tuple[LayerAbove, ...], families: Collection[Family]) -> str:
    """Why a method has no rule for a layer, one sentence with the way out; empty where it has all.

    Parameters
    ----------
    method : str
        Its title.
    above : tuple of LayerAbove
        From low to high.
    families : collection of Family
        Those that it has no rule for.
    """
    # The highest: above it the method can be used.
    for layer in reversed(above):
        if layer.family in families:
            return (
                f"{method} has no rule for the layer “{layer.name}” ({layer.kind}); choose "
                "Integrated Gradients, or a layer above it."
            )
        if not layer.in_float32:
            return (
                f"{method} divides by what the layer “{layer.name}” gives, and that is computed "
                "with too few digits for it; choose Integrated Gradients, or a network in float32."
            )
    return ""


def without_rectifier(method: str, above: tuple[LayerAbove, ...]) -> str:
    """Why a method that changes only what rectifiers do would be the gradient, one sentence with
    the way out; empty where there is a rectifier.

    Parameters
    ----------
    method : str
        Its title.
    above : tuple of LayerAbove
    """
    if any(layer.family == "rectifier" for layer in above):
        return ""
    return (
        f"{method} differs from the gradient only at a ReLU, and above this layer there is none; "
        "choose Gradient, or a lower layer of a network with ReLU."
    )


def no_probability(method: str) -> str:
    """Why a method does not explain a probability, one sentence with the way out."""
    return (
        f"{method} starts at the values below the softmax, whose slope it would have to follow; "
        "explain the logit, or the lead over another class."
    )
