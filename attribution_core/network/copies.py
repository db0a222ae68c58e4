"""Copies of a network, with parameters of their own."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import keras

from attribution_core.network.graph import finish_normalisations
from attribution_core.network.nesting import rebuilt


def copies(network: keras.Model) -> Iterator[keras.Model]:
    """Copies of a network that stays as it is, made in one way after another.

    By its settings and parameters; then as a file would hold it, with all that its layers save
    beside these. Whether a copy gives the same is for the caller to find out. A way in which none
    can be made is passed over.
    """
    for way in (_by_parameters, copy.deepcopy):
        try:
            yield way(network)
        except (AttributeError, ImportError, NotImplementedError, TypeError, ValueError):
            continue


def _by_parameters(network: keras.Model) -> keras.Model:
    made = keras.models.clone_model(network, clone_function=rebuilt)
    made.set_weights(network.get_weights())
    finish_normalisations(made)
    return made
