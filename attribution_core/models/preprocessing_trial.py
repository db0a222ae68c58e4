"""Which preprocessing a network from a file expects: what it answers under each, and what it says.

A file does not say how pictures were prepared for its network, and a wrong guess gives answers
that look like any others. Two things tell: layers that scale the input within the network itself,
and batch normalisation, which keeps the mean and the variance of the activations that the network
was trained on (S. Ioffe and C. Szegedy, 2015). How decided an answer is tells little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution_core.models.preprocessing import Preprocessing, preprocess_of, title_of
from attribution_core.scores import Link, softmax

if TYPE_CHECKING:
    import keras

    from attribution_core.images import Pixels

CLEARLY_NEARER = 2.0
"""How many times as far off the next preprocessing has to be."""

_NEAR = 1.0
"""Divergence, in nats a channel, beyond which even the nearest is said to be far off."""

Prepare = Callable[[Any], Any]


@dataclass(frozen=True)
class Tried:
    """What a network makes of a picture under one preprocessing.

    Attributes
    ----------
    preprocessing : Preprocessing
    logits : float32 array ``(classes,)``
    distance : float or None
        Median over channels of the Kullback–Leibler divergence, in nats, of the activations at the
        first batch normalisation from those of the training, both taken as normally distributed;
        None where there is none.
    """

    preprocessing: Preprocessing
    logits: npt.NDArray[np.float32]
    distance: float | None

    @property
    def finite(self) -> bool:
        """Whether all logits are."""
        return bool(np.isfinite(self.logits).all())


@dataclass(frozen=True)
class Advice:
    """Which preprocessing seems right, None where nothing tells, and a sentence of why."""

    preprocessing: Preprocessing | None
    sentence: str


def try_preprocessings(
    network: keras.Model,
    picture: Pixels,
    kinds: Sequence[Preprocessing],
    beside: Sequence[Pixels] = (),
    entering: Callable[[Callable[[Any], Any]], Callable[[Any], Any]] = lambda preprocess: (
        preprocess
    ),
) -> tuple[Tried, ...]:
    """Ask a network about a picture under each preprocessing.

    Parameters
    ----------
    network : keras.Model
        Preprocessed pictures ``(n, h, w, 3)`` -> logits ``(n, classes)``.
    picture : float32 array ``(h, w, 3)``
        RGB in 0..255, of the network's input size.
    kinds : sequence of Preprocessing
    beside : sequence of float32 array ``(h, w, 3)``
        Other pictures, for the distance alone: a single dark one misleads.
    entering : callable, optional
        From a preprocessing to what pictures in colour pass before the network, such as
        `Classifier.entering`: some take grey, or channels first.

    Returns
    -------
    tuple of Tried
        One for each, in their order, without those that do not fit the network's channels.
    """
    import tensorflow as tf

    pictures = tf.constant(np.stack([picture, *beside]).astype(np.float32))
    distance = _measure(network)
    tried = []
    for kind in kinds:
        try:
            prepared = entering(preprocess_of(kind))(pictures)
        except ValueError:
            continue
        logits = np.asarray(network(prepared[:1], training=False), np.float32)[0]
        tried.append(Tried(kind, logits, None if distance is None else distance(prepared)))
    return tuple(tried)


def advice(network: keras.Model, tried: Sequence[Tried], link: Link = "softmax") -> Advice:
    """Say which preprocessing seems right, and how far that can be believed.

    Parameters
    ----------
    network : keras.Model
        The same as in `try_preprocessings`.
    tried : sequence of Tried
        What came of it.
    link : Link
        From logits to probabilities, of which a decided answer has a large one.
    """
    finite = [each for each in tried if each.finite]
    if not finite:
        return Advice(
            None, "The network gives no finite scores for this picture, whatever is done."
        )
    scaling = _scaling_layer(network)
    if scaling:
        return Advice(
            "none",
            f"“None” seems right: the network begins with a layer that scales its input itself "
            f"(“{scaling}”), so that it takes RGB in 0..255.",
        )
    measured = sorted(
        (each for each in finite if each.distance is not None and np.isfinite(each.distance)),
        key=lambda each: each.distance or 0.0,
    )
    if len(measured) < 2:
        return Advice(None, _undecided(finite, link))
    return _nearest(measured)


def _nearest(measured: Sequence[Tried]) -> Advice:
    best, second = measured[0], measured[1]
    nearest, next_nearest = (float(each.distance or 0.0) for each in (best, second))
    first, other = (title_of(each.preprocessing) for each in (best, second))
    where = "the network's first batch normalisation, which remembers its training"
    if nearest > _NEAR:
        return Advice(
            None,
            f"None fits well: under each, the activations at {where}, are far from those it was "
            f"trained on; “{first}” is the nearest. Is there a mean and deviation of its own?",
        )
    if next_nearest < CLEARLY_NEARER * nearest:
        return Advice(
            best.preprocessing,
            f"“{first}” or “{other}”: at {where}, both give activations much like those it was "
            "trained on, and the pictures do not tell them apart.",
        )
    return Advice(
        best.preprocessing,
        f"“{first}” seems right: at {where}, it gives activations most like those it was trained "
        f"on; “{other}” comes next, {_times(next_nearest / max(nearest, 1e-9))} as far off. That "
        "is a hint, no proof.",
    )


def _times(ratio: float) -> str:
    return "more than 100 times" if ratio > 100 else f"{ratio:.0f} times"


def _undecided(finite: Sequence[Tried], link: Link) -> str:
    nothing = (
        "Nothing in the network tells: it neither scales its input itself nor has a batch "
        "normalisation"
    )
    if link != "softmax":
        return f"{nothing}. Take what it was trained with."
    surest = max(finite, key=lambda each: float(softmax(each.logits).max()))
    percent = 100 * float(softmax(surest.logits).max())
    return (
        f"{nothing}. Its most decided answer, {percent:.0f} %, is under "
        f"“{title_of(surest.preprocessing)}”, which proves little: take what it was trained with."
    )


def _in_order(
    network: Any, enter: Callable[[Any], Any]
) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """Each layer from the input up, those of nested networks too, with what computes its input."""
    import keras

    from attribution_core.network.graph import flow, parents

    for tensor in flow(network)[1:]:
        below = parents(tensor)
        if len(below) != 1:
            continue
        inner = keras.Model(network.inputs, below[0])

        def computed(pictures: Any, inner: Any = inner) -> Any:
            return inner(enter(pictures), training=False)

        layer = tensor._keras_history.operation
        if isinstance(layer, keras.Model):
            yield from _in_order(layer, computed)
        else:
            yield layer, computed


def _scaling_layer(network: Any) -> str:
    """The name of a layer that scales pictures before the first convolution; empty for none."""
    import keras

    for layer, _ in _in_order(network, lambda pictures: pictures):
        if isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization):
            return str(layer.name)
        if any(len(weight.shape) > 1 for weight in getattr(layer, "weights", ())):
            break
    return ""


def _measure(network: Any) -> Callable[[Any], float] | None:
    """What gives the distance of prepared pictures from training; None where nothing is kept."""
    import keras

    for layer, computed in _in_order(network, lambda pictures: pictures):
        if isinstance(layer, keras.layers.BatchNormalization):
            return partial(_distance_through, layer, computed)
    return None


def _distance_through(normalisation: Any, below: Callable[[Any], Any], prepared: Any) -> float:
    """As in `Tried`, of all pictures together."""
    found = np.asarray(below(prepared), np.float64)
    found = found.reshape(-1, found.shape[-1])
    expected = np.asarray(normalisation.moving_mean, np.float64)
    spread = np.asarray(normalisation.moving_variance, np.float64) + normalisation.epsilon
    ratio = (found.var(axis=0) + normalisation.epsilon) / spread
    shift = (found.mean(axis=0) - expected) ** 2 / spread
    return float(np.median(ratio + shift - 1 - np.log(ratio)) / 2)
