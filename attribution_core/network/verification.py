"""Whether what is explained is the network that was given: compared by value, not by names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution_core.arrays import FloatArray
from attribution_core.network.endings import Ended
from attribution_core.network.graph import flow, multiplications
from attribution_core.scores import probabilities_of

_MULTIPLICATIONS = 1e10
"""For the pictures that a network is tried on: a fraction of a second on two cores."""

_SEED = 20

FEWEST_TO_TELL = 8
"""Values, of which logits would hardly all lie between 0 and 1."""


def pictures_to_try(ended: Ended) -> npt.NDArray[np.float32]:
    """A smooth picture, noise, a flat picture and black, ``(n, h, w, 3)``, RGB 0..255, whole.

    At least the first, and as many as a fraction of a second allows.
    """
    height, width = ended.takes.height, ended.takes.width
    random = np.random.default_rng(_SEED)
    coarse = random.uniform(0, 255, (-(-height // 8), -(-width // 8), 3))
    smooth = np.kron(coarse, np.ones((8, 8, 1)))[:height, :width]
    noise = random.uniform(0, 255, (height, width, 3))
    flat = np.broadcast_to(coarse.mean(axis=(0, 1)), noise.shape)
    cost = sum(multiplications(tensor) for tensor in flow(ended.network))
    affordable = max(1, min(4, int(_MULTIPLICATIONS / max(1, cost))))
    pictures = np.stack([smooth, noise, flat, np.zeros_like(noise)])[:affordable]
    return pictures.round().astype(np.float32)


def check_logits_of(
    given: keras.Model, ended: Ended, preprocess: Callable[[Any], Any], *, link_given: bool = False
) -> None:
    """Refuse what is taken for logits where it is not what the given network makes its outputs of.

    Outputs that are not finite are left to those who see them in a picture of the user's.

    Parameters
    ----------
    given : keras.Model
        As its owner has it: preprocessed pictures -> outputs ``(n, classes)``.
    ended : Ended
        Preprocessed pictures -> what is taken for logits.
    preprocess : callable
        Tensor of pictures, RGB 0..255, -> what both take.
    link_given : bool
        Whether the owner has said what becomes of the values.

    Raises
    ------
    ValueError
        When neither the values nor what the link makes of them are the given network's outputs, or
        the values are probabilities already: they sum to 1, or all lie between 0 and 1 where
        nobody has said what they are.
    """
    prepared = preprocess(tf.constant(pictures_to_try(ended)))
    # Some networks take a fixed number of pictures at a time.
    at_once = given.inputs[0].shape[0] or len(prepared)
    rows = np.resize(np.arange(len(prepared)), at_once)
    outputs = _float64(given(tf.gather(prepared, rows), training=False))
    logits = _float64(ended.network(prepared, training=False))[rows]
    finite = np.isfinite(logits).all(axis=1) & np.isfinite(outputs).all(axis=1)
    logits, outputs = logits[finite], outputs[finite]
    if not len(logits):
        return
    tolerance = _tolerance(given)
    if ended.link == "softmax" and _are_probabilities(logits, tolerance):
        raise ValueError(
            "The network's last values are probabilities, and no softmax at its end says of which "
            "logits; it should end in one softmax, or in logits."
        )
    if ended.link == "softmax" and not (link_given or ended.one_unit) and _are_squashed(logits):
        raise ValueError(
            "The network's last values all lie between 0 and 1, as those of sigmoids do, and no "
            "sigmoid at its end says of which logits; it should end in one softmax, in a sigmoid "
            "of each class, or in logits."
        )
    # Not of 1: of a thousand classes none may have more than a few thousandths.
    most = tolerance * float(np.abs(outputs).max())
    made = logits if ended.link == "none" else probabilities_of(logits, ended.link)
    shown = slice(1, None) if ended.one_unit else slice(None)
    if not any(np.abs(each[:, shown] - outputs).max() <= most for each in (logits, made)):
        raise ValueError(
            f"The {ended.link} of the values below the network's end differs from the network's "
            "own outputs; it should end in one softmax over its classes, in a sigmoid of each, or "
            "in logits."
        )


def check_copy(ended: Ended, copy: Ended, preprocess: Callable[[Any], Any], name: str) -> None:
    """Refuse a copy of a network that gives other logits.

    Raises
    ------
    ValueError
        When they differ by more than rounding on a picture.
    """
    picture = preprocess(tf.constant(pictures_to_try(ended)[:1]))
    ours, theirs = (_float64(each.network(picture, training=False)) for each in (ended, copy))
    most = _tolerance(ended.network) * float(np.abs(ours).max())
    if np.isfinite(ours).all() and np.abs(ours - theirs).max() > most:
        raise ValueError(
            f"The network {name} cannot be copied: a copy with its parameters gives other scores, "
            "so that a layer keeps something beside them."
        )


def _are_probabilities(values: FloatArray, tolerance: float) -> bool:
    sums = values.sum(axis=1)
    return bool((values >= -tolerance).all() and (np.abs(sums - 1) <= tolerance).all())


def _are_squashed(values: FloatArray) -> bool:
    """Whether all lie between 0 and 1, and are enough for that to be no chance."""
    return values.size >= FEWEST_TO_TELL and bool(((values > 0) & (values < 1)).all())


def _tolerance(network: keras.Model) -> float:
    """Of the coarsest number type in which a layer computes, as a share of the largest value."""
    types = {each.compute_dtype for each in network._flatten_layers(include_self=False)}
    return 0.1 if "bfloat16" in types else 0.02 if "float16" in types else 1e-4


def _float64(outputs: Any) -> npt.NDArray[np.float64]:
    return np.asarray(tf.cast(outputs, tf.float64))
