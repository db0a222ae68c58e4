"""The heads of a network: from the activations of each of its layers to the logits.

Each is built when it is first asked for, and stays; so do the quicker ways to the same logits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf

from attribution_core.images import INPUT, digest
from attribution_core.methods.walked_layers import LayerAbove
from attribution_core.network.bfloat16 import in_bfloat16
from attribution_core.network.change_windows import local_part
from attribution_core.network.cut_network import CutNetwork
from attribution_core.network.endings import Ended, ended_in_scores
from attribution_core.network.fingerprint import fingerprint_of
from attribution_core.network.graph import computes_in_float32
from attribution_core.network.head import Head
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
    sound_layers,
    tolerance_of,
)
from attribution_core.network.walk.head import Replayed, WalkedHead, logits_by_rules
from attribution_core.network.walk.replay import Walk
from attribution_core.running.cache import Cache
from attribution_core.scores import Link, Quantity
from attribution_core.segmentations import Segments

T = TypeVar("T")
Given = tuple[Callable[[Any], Any], Link | None, int | tuple[int, int] | None]

_MULTIPLICATIONS_A_BATCH = 4e9
_LARGEST_BATCH = 256


class Heads:
    """A network that ends in logits, with a head at every layer at which it can be cut.

    Parameters
    ----------
    name : str
    network : keras.Model
        As it was given.
    ended : Ended
        What was found at its ends.
    given : (preprocess, link, input_size)
        What was said of it, as in `Classifier`.
    trial : Trial, optional
        On which layers are tried whose heads may not give the logits of the whole; those that do
        not are not offered.
    reproducible : bool
    """

    def __init__(
        self,
        name: str,
        network: keras.Model,
        ended: Ended,
        given: Given,
        trial: Trial | None,
        *,
        reproducible: bool,
    ) -> None:
        self.name = name
        self._reproducible = reproducible
        self._ended = ended
        self._network = ended.network
        # As given, nested models and softmax included: copies are made of it.
        self._whole = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
        self._given = given
        self._preprocess = ended.takes.prepare(given[0])
        self.quantity: Quantity = ended.quantity
        self.classes = ended.classes
        self._cut = CutNetwork.of(
            self._network, self._preprocess, channels_first=ended.channels_first
        )
        self._layers = layers_of(self._cut, ended.takes)
        if trial is not None:
            self._keep_sound_layers(trial)
        # Quicker ways to the same logits compute themselves, in float32 and with channels last.
        self._quick = computes_in_float32(self._network) and not (
            ended.channels_first or ended.takes.channels_first
        )
        # Traced functions stay with the network: dropping one would mean tracing it again.
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

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """Something that belongs to this network: made at the first call, then kept."""
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
