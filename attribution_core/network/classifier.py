"""A classifier: a Keras network with its preprocessing, its labels and a head at every layer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution_core.arrays import Logits
from attribution_core.images import INPUT, Picture, Pixels, digest
from attribution_core.methods.walked_layers import LayerAbove
from attribution_core.network.bfloat16 import in_bfloat16
from attribution_core.network.change_windows import local_part
from attribution_core.network.copies import copies
from attribution_core.network.cut_network import CutNetwork
from attribution_core.network.endings import Ended, ended_in_scores
from attribution_core.network.fingerprint import fingerprint_of
from attribution_core.network.finite import check_activations
from attribution_core.network.graph import computes_in_float32
from attribution_core.network.head import Head, TracedWhenItPays
from attribution_core.network.incremental_head import IncrementalHead
from attribution_core.network.layers import Layer, last_of_each_shape, layers_of
from attribution_core.network.linear_head import LEAST_GAIN, LinearHead, linear_prefix
from attribution_core.network.local_head import (
    LocalHead,
    fewest_colours,
    is_linear_above,
    local_head,
)
from attribution_core.network.rounding import unit_of
from attribution_core.network.verification import (
    Trial,
    check_rounded,
    is_copy,
    sound_layers,
    tolerance_of,
    tried,
)
from attribution_core.network.walk.head import Replayed, WalkedHead, logits_by_rules
from attribution_core.network.walk.replay import Walk
from attribution_core.running.cache import Cache
from attribution_core.scores import Link, Quantity, probabilities_of
from attribution_core.segmentations import Segments

T = TypeVar("T")

DEFAULT_CACHE_BYTES = 768 * 2**20
COPY_CACHE_BYTES = 64 * 2**20
_MULTIPLICATIONS_A_BATCH = 4e9
_LARGEST_BATCH = 256


class Classifier:
    """An image classifier whose points are pictures, RGB in 0..255.

    Parameters
    ----------
    name : str
    network : keras.Model
        Preprocessed pictures -> ``(n, classes)`` logits, their softmax or their sigmoid, which is
        not part of what is explained; or probabilities that are made of others, of which the
        logarithm is explained. Pictures may be grey, or have their channels first. The given
        network stays as it is.
    preprocess : callable
        Tensor of pictures ``(n, h, w, 3)`` -> what the network takes; of grey ones for a network
        that takes grey. Channels stay last.
    labels : sequence of str or None
        One per class; of two classes with one output, the second's name is enough. None for
        ``class 0`` or ``output 0`` and so on.
    cache : Cache, optional
        For activations, coalition values and attributions; classifiers that are given the same one
        share it.
    reproducible : bool
        Whether the same request gives the same bits whatever was asked before, on the same machine.
        False is quicker for few maps, and the last bits can differ.
    verified : bool
        Whether it is known that what is explained is the given network; otherwise, values are
        compared on a few pictures: the logits give the network's own outputs, and from each layer
        the head gives the logits of the whole. Layers where it does not are not offered.
    link : Link, optional
        What makes probabilities of the outputs, where the network does not say it: softmax of
        several and nothing of one, where not given.
    input_size : int or (height, width), optional
        Of the pictures, for a network that takes any size; 224 where not given.
    quantity : Quantity, optional
        What is explained of each class, where that is known: where not given, its logit if the
        network says from which logits its outputs are made, else the logarithm of its probability.

    Raises
    ------
    ValueError
        When the network is not an image classifier of this form, it cannot be told what its outputs
        are, or there is not one label per class.
    """

    def __init__(
        self,
        name: str,
        network: keras.Model,
        preprocess: Callable[[Any], Any],
        labels: Sequence[str] | None,
        cache: Cache | None = None,
        *,
        reproducible: bool = False,
        verified: bool = False,
        link: Link | None = None,
        input_size: int | tuple[int, int] | None = None,
        quantity: Quantity | None = None,
    ) -> None:
        self.name = name
        self._reproducible = reproducible
        self._ended = ended_in_scores(network, link, input_size, quantity)
        trial: Trial | None = None
        if not verified:
            self._ended, trial = tried(network, self._ended, preprocess, link, input_size)
        self._network = self._ended.network
        # As given, nested models and softmax included: copies are made of it.
        self._whole = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
        self._given = preprocess, link, input_size
        self._preprocess = self._ended.takes.prepare(preprocess)
        self.quantity: Quantity = self._ended.quantity
        self.link: Link = self._ended.link
        self.labels = self._ended.labels(labels)
        self.cache = Cache(DEFAULT_CACHE_BYTES) if cache is None else cache
        self.input_size = self._ended.takes.height, self._ended.takes.width
        self.classes = self._ended.classes
        self._cut = CutNetwork.of(
            self._network, self._preprocess, channels_first=self._ended.channels_first
        )
        self._layers = layers_of(self._cut, self._ended.takes)
        if trial is not None:
            self._keep_sound_layers(trial)
        # Quicker ways to the same logits compute themselves, in float32 and with channels last.
        self._quick = computes_in_float32(self._network) and not (
            self._ended.channels_first or self._ended.takes.channels_first
        )
        # Traced functions stay with the classifier: dropping one would mean tracing it again.
        self._functions = Cache(sys.maxsize)
        self.fingerprint = fingerprint_of(self._network, self._preprocess)
        self._rounded_of: str | None = None
        self._not_local: set[str] = set()

    @cached_property
    def rounding_unit(self) -> float:
        """The error of a logit by rounding, as a share of the largest; see `rounding`."""
        return unit_of(self._network)

    @property
    def network(self) -> keras.Model:
        """Preprocessed pictures ``(n, h, w, 3)`` -> logits ``(n, classes)``; not to be changed."""
        return self._network

    @property
    def ends(self) -> Ended:
        """What was found at the ends of the network as it was given."""
        return self._ended

    def entering(self, preprocess: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """From pictures to what the network takes, by another preprocessing than its own."""
        return self._ended.takes.prepare(preprocess)

    def copy(self) -> Classifier:
        """The same classifier on a network of its own, with a small cache of its own.

        ValueError where every copy of the network gives other scores.
        """
        preprocess, link, size = self._given
        for network in copies(self._whole):
            copy = Classifier(
                self.name,
                network,
                preprocess,
                self.labels,
                Cache(COPY_CACHE_BYTES),
                reproducible=self._reproducible,
                verified=True,
                link=link,
                input_size=size,
                quantity=self.quantity,
            )
            copy._layers = dict(self._layers)
            if is_copy(self._ended, copy._ended, self._preprocess):
                return copy
        raise ValueError(
            f"The network {self.name} cannot be copied: a copy with its parameters gives other "
            "scores, so that a layer keeps something beside them."
        )

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """Something that belongs to this classifier: made at the first call, then kept."""
        return self._functions.get_or_compute(("kept", name), make)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that have a head, ``"input"`` first, then from low to high.

        The last is the highest whose activations are a plane: the thesis's "last convolutional
        layer", ``block5_pool`` in VGG16.
        """
        return tuple(self._layers)

    @property
    def main_layers(self) -> tuple[str, ...]:
        """The last of each run of layers of one shape: a short list to choose from.

        The input comes first, and stands for layers of its shape that follow it, which only prepare
        it. Where nearly every layer has a shape of its own, as in DenseNet, the list has the last
        of each run of one height and width.
        """
        return last_of_each_shape(tuple(self._layers.values()))

    def layer(self, name: str) -> Layer:
        """What is known of a layer; ValueError where it has no head."""
        try:
            return self._layers[name]
        except KeyError:
            highest = self.layers[1:][-3:]
            raise ValueError(
                f"The network {self.name} cannot be cut at a layer '{name}'; "
                f"it can at {', '.join((INPUT, *highest))} and others in .layers."
            ) from None

    def head(self, layer: str) -> Head:
        """The network from a layer's activations to the logits, built at the first call."""
        found = self.layer(layer)
        return self._functions.get_or_compute(("head", layer), lambda: self._build_head(found))

    def rounded_head(self, layer: str) -> Head:
        """`head`, computed in bfloat16: its logits are float32, and good to a few per mille.

        The network in bfloat16 is tried on a picture when it is made.

        Raises
        ------
        ValueError
            When the layer has no head, or the network cannot be computed in bfloat16: not all of
            it can be rebuilt, or a logit changes by more than `MOST_ROUNDED` of the largest.
        """
        found, rounded = self.layer(layer), self._round()
        return self._functions.get_or_compute(
            ("rounded head", layer), lambda: self._build_rounded_head(found, rounded)
        )

    def composed_head(self, layer: str) -> Head:
        """The body below an inner layer followed by its head: another program for `head("input")`.

        Raises
        ------
        ValueError
            When the layer has no head.
        """
        found, whole = self.layer(layer), self.layer(INPUT)
        return self._functions.get_or_compute(
            ("composed head", layer),
            lambda: self._head(whole, self._cut.through(found.name), self.head(INPUT).batch_size),
        )

    def walk(self, layer: str) -> Walk:
        """The steps from a layer to the logits, which rules can be followed back through."""
        shape = self.layer(layer).shape
        return self._functions.get_or_compute(("walk", layer), lambda: self._cut.walk(layer, shape))

    def layers_above(self, layer: str) -> tuple[LayerAbove, ...]:
        """What `walk` passes, from low to high."""
        return self.walk(layer).layers

    def walked_head(self, layer: str, rules: str) -> WalkedHead:
        """`head`, whose gradients are what rules send back; see `logits_by_rules`.

        ValueError where the layer has no head, or there are no such rules.
        """
        walk = self.walk(layer)
        replayed = self._functions.get_or_compute(
            ("replayed", layer), lambda: Replayed(self.head(layer), tolerance_of(self._network))
        )
        return self._functions.get_or_compute(
            ("walked head", layer, rules), lambda: self._build_walked_head(replayed, walk, rules)
        )

    def linear_head(self, layer: str, players: int, *, bfloat16: bool = False) -> LinearHead | None:
        """A head for coalitions of that many players that skips its first, linear layers.

        None where that does not save at least half of the multiplications. What it does not skip
        is computed in bfloat16 if that is wanted.
        """
        self.layer(layer)
        if layer == INPUT or not self._quick:
            return None
        prefix = linear_prefix(self._network, layer, players)
        if prefix is None or prefix.gain(players) < LEAST_GAIN:
            return None
        network = self._round().network if bfloat16 else self._network
        return self._functions.get_or_compute(
            ("linear head", layer, len(prefix.layers), bfloat16),
            lambda: LinearHead(network, prefix, players, reproducible=self._reproducible),
        )

    def incremental_head(self, layer: str) -> IncrementalHead | None:
        """A head for coalitions with few absent players, which recomputes only what they can
        change.

        None where a small change alters everything at once, or the layers are of unknown kinds.
        """
        found = self.layer(layer)
        if not self._quick:
            return None
        return self._functions.get_or_compute(
            ("incremental head", layer), lambda: self._build_incremental_head(found)
        )

    def is_linear_above(self, layer: str) -> bool:
        """Whether the logits are a linear function, and a constant, of an inner layer's
        activations: their gradient is then the same at every point."""
        self.layer(layer)
        if layer == INPUT:
            return False
        return self._functions.get_or_compute(
            ("linear above", layer), lambda: is_linear_above(self._network, self._cut.entry(layer))
        )

    def local_head(self, layer: str) -> LocalHead | None:
        """The head as a local one, where its layers show that it is; None where they do not."""
        self.layer(layer)
        if not self._quick:
            return None
        return self._functions.get_or_compute(
            ("local head", layer), lambda: local_head(self._network, self._cut.entry(layer))
        )

    def colours(self, layer: str, segments: Segments) -> int | None:
        """How many colours tell these players apart in every window of a local head.

        So many that 2^colours coalitions give all values of all players. None where the head is not
        local, or windows hold too many players.

        Parameters
        ----------
        layer : str
        segments : int array ``(h, w)``
            The player that each position of the layer belongs to, 0..players−1.
        """
        head = None if layer in self._not_local else self.local_head(layer)
        if head is None:
            return None
        return self._functions.get_or_compute(
            ("colours", layer, digest(segments)), lambda: fewest_colours(head, segments)
        )

    def refute_local_head(self, layer: str) -> None:
        """Note that a coalition has shown a head not to be local, whatever its layers say."""
        self._not_local.add(layer)

    def preparation(self, layer: str) -> Callable[[Any], Any]:
        """What points at a layer pass before the network's own layers: the preprocessing, at the
        input."""
        return self._cut.preparation(layer)

    def scores(self, images: Pixels) -> Logits:
        """Logits of pictures.

        Parameters
        ----------
        images : float array ``(n, h, w, 3)`` or ``(h, w, 3)``, RGB 0..255

        Returns
        -------
        float32 array ``(n, classes)`` or ``(classes,)``

        Raises
        ------
        ValueError
            When the pictures do not have the network's input size.
        """
        images = np.asarray(images, np.float32)
        expected = (*self.input_size, 3)
        if images.shape[-3:] != expected or images.ndim not in (3, 4):
            raise ValueError(
                f"The images have shape {images.shape}; the network {self.name} takes "
                f"{expected}, or a batch of such."
            )
        if images.ndim == 3:
            images = images[None]
            return np.asarray(self.head(INPUT).logits(images)[0])
        return self.head(INPUT).logits(images)

    def probabilities(self, images: Pixels) -> npt.NDArray[np.float32]:
        """Of the classes, of the shape of `scores`: one of them is right, or each for itself.

        ValueError where the network's outputs are numbers and no probabilities.
        """
        return probabilities_of(self.scores(images), self.link).astype(np.float32)

    def activations(self, picture: Picture, layer: str) -> npt.NDArray[np.float32]:
        """Activations ``(h, w, c)`` of a picture at a layer, cached after the first call.

        ValueError where there is no such layer, or not all of them are finite.
        """
        if layer == INPUT:
            return picture.pixels
        self.layer(layer)
        return self.cache.get_or_compute(
            (self.fingerprint, "activations", layer, picture.digest),
            lambda: self._run_body(picture.pixels, layer),
        )

    def _keep_sound_layers(self, trial: Trial) -> None:
        """Keep the layers from which on the head gives the logits of the whole network."""
        inner = {name: self._cut.tensors[name] for name in self._layers if name != INPUT}
        sound = {INPUT, *sound_layers(self._network, inner, trial, self._cut.as_points)}
        self._layers = {name: each for name, each in self._layers.items() if name in sound}

    def _round(self) -> CutNetwork:
        """The network in bfloat16, with the parameters that it has now."""
        twin, rounded = self._functions.get_or_compute("rounded network", self._build_twin)
        if self._rounded_of not in (None, self.fingerprint):
            twin.set_weights(self._whole.get_weights())
        self._rounded_of = self.fingerprint
        return rounded

    def _build_twin(self) -> tuple[keras.Model, CutNetwork]:
        """The network in bfloat16 as it was given, and from pictures to logits."""
        twin = in_bfloat16(self._whole)
        rounded = ended_in_scores(twin, *self._given[1:], self.quantity)
        check_rounded(self._ended, rounded, self._preprocess, self.name)
        return twin, CutNetwork.of(
            rounded.network, self._preprocess, channels_first=self._cut.channels_first
        )

    def _build_rounded_head(self, layer: Layer, rounded: CutNetwork) -> Head:
        size = self.head(layer.name).batch_size
        return self._head(layer, rounded.above(layer.name), size)

    def _build_head(self, layer: Layer) -> Head:
        affordable = max(1.0, _MULTIPLICATIONS_A_BATCH / max(1, layer.multiplications))
        batch_size = 2 ** min(int(np.log2(affordable)), int(np.log2(_LARGEST_BATCH)))
        return self._head(layer, self._cut.above(layer.name), max(2, batch_size))

    def _build_walked_head(self, replayed: Replayed, walk: Walk, rules: str) -> WalkedHead:
        logits = logits_by_rules(walk, rules, at_input=replayed.plain.layer == INPUT)
        return WalkedHead(
            replayed,
            lambda points: tf.cast(logits(points), tf.float32),
            reproducible=self._reproducible,
        )

    def _head(self, layer: Layer, logits: Callable[[Any], Any], batch_size: int) -> Head:
        # Where layers compute in other types, the points are cast by the model that takes them.
        return Head(
            layer.name,
            layer.shape,
            self.classes,
            lambda points: tf.cast(logits(points), tf.float32),
            batch_size,
            network=self.name,
            quantity=self.quantity,
            reproducible=self._reproducible,
        )

    def _build_incremental_head(self, layer: Layer) -> IncrementalHead | None:
        part = local_part(self._network, self._cut.entry(layer.name))
        if part is None or not self._cut.is_prepared_by_position(layer.name, layer.shape):
            return None
        prepare = self.preparation(layer.name)
        return IncrementalHead(self._network, part, prepare, reproducible=self._reproducible)

    def _run_body(self, pixels: Pixels, layer: str) -> npt.NDArray[np.float32]:
        body = self._functions.get_or_compute(("body", layer), lambda: self._build_body(layer))
        activations = np.asarray(body(tf.constant(pixels[None]))[0], np.float32)
        check_activations(activations, self.name, layer)
        return activations

    def _build_body(self, layer: str) -> Callable[[Any], Any]:
        pictures = tf.TensorSpec((None, *self.input_size, 3), tf.float32)
        return TracedWhenItPays(self._cut.below(layer), pictures, always=self._reproducible)
