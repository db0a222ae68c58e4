"""Values that are not finite: found where they leave the network, and reported in one sentence."""

from __future__ import annotations

import numpy as np

from attribution_core.arrays import FloatArray, Logits
from attribution_core.scores import Quantity, several

_ADVICE = (
    "look in the network for a logarithm, a root or a division that its values do not allow, for "
    "an overflow or for damaged parameters, or choose another picture, reference or layer"
)


def check_logits(logits: Logits, network: str, layer: str, quantity: Quantity = "logit") -> None:
    """Refuse logits ``(n, classes)`` of a network, from a layer on, that are not finite.

    Parameters
    ----------
    logits : float array
    network, layer : str
    quantity : Quantity
        What they are called: a network without logits has log-probabilities in their place.

    Raises
    ------
    ValueError
        When one of them is infinite or no number.
    """
    finite = np.isfinite(logits)
    if finite.all():
        return
    classes = np.flatnonzero(~finite.all(axis=0))
    others = len(classes) - 1
    also = f" and no finite one for {others} other class{'es' * (others != 1)}" * bool(others)
    raise ValueError(
        f"{_named(network)} gives {_first(logits)} as the {quantity} of class {classes[0]}{also}, "
        f"computed from the layer {layer}; {several(quantity)} should be finite: {_ADVICE}."
    )


def check_scores(scores: FloatArray, network: str, layer: str, target: int) -> None:
    """Refuse scores of a class, of any shape, that are not finite.

    Raises
    ------
    ValueError
        When one of them is infinite or no number.
    """
    if not np.isfinite(scores).all():
        raise ValueError(
            f"{_named(network)} gives {_first(scores)} as the score of class {target}, computed "
            f"from the layer {layer}; scores should be finite: {_ADVICE}."
        )


def check_activations(activations: FloatArray, network: str, layer: str) -> None:
    """Refuse a layer's activations, of any shape, that are not finite.

    Raises
    ------
    ValueError
        When one of them is infinite or no number.
    """
    if not np.isfinite(activations).all():
        raise ValueError(
            f"{_named(network)} gives {_first(activations)} among the activations of its layer "
            f"{layer}; activations should be finite: {_ADVICE}."
        )


def check_gradients(gradients: FloatArray, network: str, layer: str, target: int) -> None:
    """Refuse gradients of a class's score at a layer, of any shape, that are not finite.

    Raises
    ------
    ValueError
        When one of them is infinite or no number.
    """
    if not np.isfinite(gradients).all():
        raise ValueError(
            f"{_named(network)} gives {_first(gradients)} in the gradient of class {target} at the "
            f"layer {layer}; gradients should be finite: {_ADVICE}."
        )


def check_map(values: FloatArray, method: str, network: str, layer: str, label: str) -> None:
    """Refuse attributions of any shape that are not finite, though logits and gradients are.

    Raises
    ------
    ValueError
        When one of them is infinite or no number.
    """
    if not np.isfinite(values).all():
        raise ValueError(
            f"{method} gives {_first(values)} in its map of {label} at the layer {layer} of the "
            f"network {network}; attributions should be finite: {_ADVICE}."
        )


def _named(network: str) -> str:
    return f"The network {network}" if network else "The network"


def _first(values: FloatArray) -> str:
    """The first value that is not finite: nan, inf or −inf."""
    return str(float(values[~np.isfinite(values)][0])).replace("-", "−")
