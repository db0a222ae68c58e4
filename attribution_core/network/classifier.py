"""A classifier: a Keras network with its preprocessing, its labels and a head at every layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution_core.arrays import Logits
from attribution_core.images import INPUT, Picture, Pixels
from attribution_core.network.copies import copies
from attribution_core.network.endings import ended_in_scores
from attribution_core.network.finite import check_activations
from attribution_core.network.head import TracedWhenItPays
from attribution_core.network.heads import Heads
from attribution_core.network.verification import Trial, is_copy, tried
from attribution_core.running.cache import Cache
from attribution_core.scores import Link, Quantity, probabilities_of

DEFAULT_CACHE_BYTES = 768 * 2**20
COPY_CACHE_BYTES = 64 * 2**20


class Classifier(Heads):
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
        ended = ended_in_scores(network, link, input_size, quantity)
        trial: Trial | None = None
        if not verified:
            ended, trial = tried(network, ended, preprocess, link, input_size)
        self.labels = ended.labels(labels)
        super().__init__(
            name,
            network,
            ended,
            (preprocess, link, input_size),
            trial,
            reproducible=reproducible,
        )
        self.link: Link = ended.link
        self.cache = Cache(DEFAULT_CACHE_BYTES) if cache is None else cache
        self.input_size = ended.takes.height, ended.takes.width

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

    def _run_body(self, pixels: Pixels, layer: str) -> npt.NDArray[np.float32]:
        body = self._functions.get_or_compute(("body", layer), lambda: self._build_body(layer))
        activations = np.asarray(body(tf.constant(pixels[None]))[0], np.float32)
        check_activations(activations, self.name, layer)
        return activations

    def _build_body(self, layer: str) -> Callable[[Any], Any]:
        pictures = tf.TensorSpec((None, *self.input_size, 3), tf.float32)
        return TracedWhenItPays(self._cut.below(layer), pictures, always=self._reproducible)
