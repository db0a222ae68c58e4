"""Whether what is explained is the network that was given: compared by value, not by names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution_core.arrays import FloatArray
from attribution_core.network.agreement import same_logits
from attribution_core.network.endings import Ended, ended_in_scores
from attribution_core.network.graph import flow, multiplications
from attribution_core.scores import Link, probabilities_of

_MULTIPLICATIONS = 1e10
"""For the pictures that a network is tried on: a fraction of a second on two cores."""

_SEED = 20

FEWEST_TO_TELL = 8
"""Values, of which logits would hardly all lie between 0 and 1."""

MOST_ROUNDED = 0.05
"""Change of a logit by bfloat16, as a share of the largest, up to which it is offered."""


@dataclass(frozen=True, eq=False)
class Trial:
    """Pictures that a network was tried on, and what it says of them.

    Attributes
    ----------
    prepared : tensor ``(n, …)``
        As the network takes them.
    logits : float64 array ``(n, classes)``
        Finite.
    tolerance : float
        Of the number types that the network computes in, as a share of the largest logit.
    """

    prepared: Any
    logits: npt.NDArray[np.float64]
    tolerance: float

    def agrees(self, logits: Any) -> bool:
        """Whether other logits of these pictures are the same to rounding."""
        return same_logits(_float64(logits), self.logits, self.tolerance)


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


class NoLogits(ValueError):
    """What was taken for logits are probabilities."""


def check_scores_of(
    given: keras.Model, ended: Ended, preprocess: Callable[[Any], Any], *, link_given: bool = False
) -> Trial:
    """Refuse scores where they are not what the given network makes its outputs of.

    Outputs that are not finite are left to those who see them in a picture of the user's.

    Parameters
    ----------
    given : keras.Model
        As its owner has it: preprocessed pictures -> outputs ``(n, classes)``.
    ended : Ended
        Preprocessed pictures -> what is taken for logits, or for log-probabilities.
    preprocess : callable
        Tensor of pictures, RGB 0..255, -> what both take.
    link_given : bool
        Whether the owner has said what becomes of the values.

    Returns
    -------
    Trial
        Of the pictures whose logits and outputs are finite.

    Raises
    ------
    NoLogits
        When the values are probabilities of one class among all: they sum to 1.
    ValueError
        When neither the values nor what the link makes of them are the given network's outputs, or
        the values may be probabilities: all lie between 0 and 1, and nobody has said what they are.
    """
    prepared = preprocess(tf.constant(pictures_to_try(ended)))
    # Some networks take a fixed number of pictures at a time.
    at_once = given.inputs[0].shape[0] or len(prepared)
    rows = np.resize(np.arange(len(prepared)), at_once)
    outputs = _float64(given(tf.gather(prepared, rows), training=False))
    logits = _float64(ended.network(prepared, training=False))[rows]
    finite = np.isfinite(logits).all(axis=1) & np.isfinite(outputs).all(axis=1)
    tolerance = tolerance_of(given)
    trial = Trial(tf.boolean_mask(tf.gather(prepared, rows), finite), logits[finite], tolerance)
    logits, outputs = logits[finite], outputs[finite]
    if not len(logits):
        return trial
    if ended.link == "softmax" and _are_probabilities(logits, tolerance):
        raise NoLogits("The network's last values are probabilities, and no logits.")
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
    same = [np.abs(each[:, shown] - outputs).max() <= most for each in (logits, made)]
    if ended.quantity == "log-probability" and (not same[1] or outputs.max() > 1 + tolerance):
        raise ValueError(
            "The network's outputs are made of softmaxes or sigmoids, but are no probabilities "
            "themselves: they should sum to 1, or lie between 0 and 1; say the link “none” to "
            "explain them as numbers."
        )
    if not any(same):
        raise ValueError(
            f"The {ended.link} of the values below the network's end differs from the network's "
            "own outputs; it should end in one softmax over its classes, in a sigmoid of each, or "
            "in logits."
        )
    return trial


def tried(
    network: keras.Model,
    ended: Ended,
    preprocess: Callable[[Any], Any],
    link: Link | None,
    size: int | tuple[int, int] | None,
) -> tuple[Ended, Trial]:
    """The network with its logits, compared with the network as it was given.

    Where values show that what seemed to be logits are probabilities, it is the network with its
    log-probabilities.

    Parameters
    ----------
    network : keras.Model
        As its owner has it: preprocessed pictures -> outputs ``(n, classes)``.
    ended : Ended
        What it is taken for.
    preprocess : callable
        Tensor of pictures ``(n, h, w, 3)``, RGB 0..255, -> what the network takes.
    link, size
        What its owner has said of its outputs and of its pictures' size; None for nothing.

    Raises
    ------
    ValueError
        As `check_scores_of` and `ended_in_scores` do.
    """
    prepare, given = ended.takes.prepare(preprocess), link is not None
    try:
        return ended, check_scores_of(network, ended, prepare, link_given=given)
    except NoLogits:
        ended = ended_in_scores(network, link, size, "log-probability")
        return ended, check_scores_of(network, ended, prepare, link_given=given)


def sound_layers(
    network: keras.Model,
    layers: Mapping[str, Any],
    trial: Trial,
    edge: Callable[[Any], Any] = tf.identity,
) -> tuple[str, ...]:
    """The layers from which on a network gives the logits that the whole of it gives.

    It is taken apart at all of them, and the parts are called one after another: that tries the
    head of every layer, composed with its body, in one forward pass. Only where this gives other
    logits is each layer tried by itself. The pictures change places between one part and the next,
    so that a layer does not pass unseen that keeps something for another one.

    Parameters
    ----------
    network : keras.Model
        Preprocessed pictures -> logits.
    layers : mapping of name to tensor
        True cuts of the network, from low to high.
    trial : Trial
        Of the whole network.
    edge : callable
        From activations as the network has them to those that a head is given, and back.

    Returns
    -------
    tuple of str
        All of them, for nearly every network.
    """
    if not len(trial.logits) or _passes(network, layers.values(), trial, edge):
        return tuple(layers)
    return tuple(name for name, cut in layers.items() if _passes(network, [cut], trial, edge))


def _passes(
    network: keras.Model, cuts: Iterable[Any], trial: Trial, edge: Callable[[Any], Any]
) -> bool:
    """Whether the network, taken apart at these cuts, gives the same logits."""
    values, end, moved = trial.prepared, network.inputs[0], 0
    try:
        for start, end in pairwise([network.inputs[0], *cuts]):
            values = tf.roll(edge(keras.Model(start, end)(values, training=False)), 1, axis=0)
            moved += 1
        values = keras.Model(end, network.output)(values, training=False)
    except (TypeError, ValueError, tf.errors.InvalidArgumentError):
        return False
    return trial.agrees(tf.roll(values, -moved, axis=0))


def is_copy(ended: Ended, copy: Ended, preprocess: Callable[[Any], Any]) -> bool:
    """Whether a copy of a network gives the same logits, to rounding, of a picture.

    Of networks whose logits are not finite nothing is known, and that is left to those who see it.
    """
    ours, theirs = _of_one_picture(ended, copy, preprocess)
    return not np.isfinite(ours).all() or same_logits(theirs, ours, tolerance_of(ended.network))


def check_rounded(
    ended: Ended, rounded: Ended, preprocess: Callable[[Any], Any], name: str
) -> None:
    """Refuse a network in bfloat16 that is further from the one in float32 than is said of it.

    Raises
    ------
    ValueError
        When a logit of a picture changes by more than `MOST_ROUNDED`, as a share of the largest.
    """
    exact, found = _of_one_picture(ended, rounded, preprocess)
    if np.isfinite(exact).all() and not same_logits(found, exact, MOST_ROUNDED):
        changed = float(np.abs(found - exact).max() / np.abs(exact).max())
        said = f"change by {changed:.0%} of the largest" if np.isfinite(changed) else "overflow"
        raise ValueError(
            f"The network {name} cannot be computed in bfloat16: its scores {said}, where at most "
            f"{MOST_ROUNDED:.0%} is allowed. Use float32."
        )


def _of_one_picture(
    first: Ended, second: Ended, preprocess: Callable[[Any], Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What two networks that take the same make of one picture, each ``(1, classes)``."""
    picture = preprocess(tf.constant(pictures_to_try(first)[:1]))
    ours, theirs = (_float64(each.network(picture, training=False)) for each in (first, second))
    return ours, theirs


def _are_probabilities(values: FloatArray, tolerance: float) -> bool:
    sums = values.sum(axis=1)
    return bool((values >= -tolerance).all() and (np.abs(sums - 1) <= tolerance).all())


def _are_squashed(values: FloatArray) -> bool:
    """Whether all lie between 0 and 1, and are enough for that to be no chance."""
    return values.size >= FEWEST_TO_TELL and bool(((values > 0) & (values < 1)).all())


def tolerance_of(network: keras.Model) -> float:
    """Of the coarsest number type in which a layer computes, as a share of the largest value."""
    types = {each.compute_dtype for each in network._flatten_layers(include_self=False)}
    return 0.1 if "bfloat16" in types else 0.02 if "float16" in types else 1e-4


def _float64(outputs: Any) -> npt.NDArray[np.float64]:
    return np.asarray(tf.cast(outputs, tf.float64))
