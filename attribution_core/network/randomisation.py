"""Networks with re-initialised parameters: does a map depend on what was learned?

Adebayo et al. 2018, "Sanity Checks for Saliency Maps"; thesis, figures 3.3 and 3.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from attribution_core.network.classifier import Classifier
from attribution_core.network.graph import flow, is_quantised, operation_name

MOST_STAGES = 20
"""Networks with more layers of parameters than this are randomised a block at a time."""

_PARAMETERS = 3


@dataclass(frozen=True)
class Stage:
    """Layers whose parameters are re-initialised together, under one name."""

    name: str
    layers: tuple[keras.layers.Layer, ...]


def stages(network: keras.Model) -> tuple[Stage, ...]:
    """The network's layers with parameters, from the top down.

    A normalisation belongs to the convolution before it. Where there are more than `MOST_STAGES` of
    these, neighbours whose names begin alike up to the first ``_`` belong together.
    """
    units: list[list[keras.layers.Layer]] = []
    seen: set[int] = set()
    for tensor in flow(network):
        for layer in _leaves(tensor._keras_history.operation):
            # A layer may appear several times, of a nested model that is called twice.
            parameters = {id(weight) for weight in layer.weights}
            if parameters <= seen:
                continue
            seen |= parameters
            if units and not any(len(weight.shape) > 1 for weight in layer.weights):
                units[-1].append(layer)
            else:
                units.append([layer])
    named = [Stage(operation_name(unit[0]), tuple(unit)) for unit in units]
    if len(named) > MOST_STAGES:
        named = _by_block(named)
    return tuple(reversed(named))


def _by_block(units: list[Stage]) -> list[Stage]:
    blocks: list[Stage] = []
    for unit in units:
        block = unit.name.partition("_")[0]
        if blocks and blocks[-1].name == block:
            blocks[-1] = Stage(block, blocks[-1].layers + unit.layers)
        else:
            blocks.append(Stage(block, unit.layers))
    return blocks


def _leaves(layer: Any) -> Iterator[keras.layers.Layer]:
    if isinstance(layer, keras.Model):
        for inner in layer.layers:
            yield from _leaves(inner)
    elif isinstance(layer, keras.layers.Layer):
        yield layer


class Randomisation:
    """A copy of a classifier whose parameters can be re-initialised again and again.

    The copy's functions are traced once, and only what differs from one draw to the next is set.
    The classifier itself is never changed. Its parameters are read, not copied again.

    Parameters
    ----------
    classifier : Classifier

    Raises
    ------
    ValueError
        When the network cannot be copied, or its parameters are quantised.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._original = classifier
        if is_quantised(classifier.network):
            raise ValueError(
                f"The parameters of the network {classifier.name} are quantised, and new ones "
                "cannot be drawn as they were before its training; give the network in float32."
            )
        self._copy = classifier.copy()
        self._learned = stages(classifier.network)
        self._stages = stages(self._copy.network)
        self._seeds: list[int | None] = [None] * len(self._stages)

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of what is randomised step by step, from the top down."""
        return tuple(stage.name for stage in self._stages)

    def at(self, depth: int, seed: int = 0, *, alone: bool = False) -> Classifier:
        """The copy with the parameters of some stages re-initialised.

        Parameters
        ----------
        depth : int
            How many stages from the top; 0 for none.
        seed : int
            The same seed draws the same parameters for a stage at any depth.
        alone : bool
            Only the last of these stages; the others keep what was learned.

        Returns
        -------
        Classifier
            The one copy, valid until the next call.

        Raises
        ------
        ValueError
            When the network has fewer stages, or the seed is below 0.
        """
        if not 0 <= depth <= len(self._stages):
            raise ValueError(
                f"The network {self._original.name} cannot be randomised {depth} stages deep; give "
                f"a number between 0 and {len(self._stages)}."
            )
        if seed < 0:
            raise ValueError(f"The seed cannot be {seed}; give a whole number of 0 or more.")
        first = depth - 1 if alone and depth else 0
        for number, known in enumerate(self._seeds):
            wanted = seed if first <= number < depth else None
            if wanted != known:
                self._set(number, wanted)
                self._seeds[number] = wanted
        state = repr((self._original.fingerprint, first, depth, seed if depth else 0))
        self._copy.fingerprint = hashlib.sha256(state.encode()).hexdigest()
        return self._copy

    def _set(self, number: int, seed: int | None) -> None:
        learned, changed = self._learned[number], self._stages[number]
        for place, (source, layer) in enumerate(zip(learned.layers, changed.layers, strict=True)):
            for index, weight in enumerate(layer.weights):
                if seed is None:
                    weight.assign(source.weights[index])
                elif (initialiser := _initialiser(layer, weight)) is not None:
                    stream = (seed, _PARAMETERS, number, place, index)
                    weight.assign(_drawn(initialiser, weight, stream))


def randomize(
    classifier: Classifier, depth: int, seed: int = 0, *, alone: bool = False
) -> Classifier:
    """A classifier with the parameters of the ``depth`` topmost stages re-initialised.

    Each layer's own initialiser draws them, seeded. A kernel whose initialiser is zero, as in
    networks that are built to be filled with weights, is drawn as Keras does by default: uniformly,
    after Glorot and Bengio (2010). What has no initialiser, such as a `Normalization` layer's
    statistics, was not learned by training and stays.

    Parameters
    ----------
    classifier : Classifier
        Is not changed.
    depth, seed, alone
        As in `Randomisation.at`, of which each call makes a new one: for many draws, make one.

    Returns
    -------
    Classifier
        With a network, a fingerprint and a cache of its own.

    Raises
    ------
    ValueError
        As `Randomisation.at`.
    """
    return Randomisation(classifier).at(depth, seed, alone=alone)


def _initialiser(layer: keras.layers.Layer, weight: Any) -> keras.initializers.Initializer | None:
    """The layer's own initialiser of a parameter; None where it has none."""
    part = weight.name.removesuffix("_kernel")
    found = [f"{part}_initializer", "depthwise_initializer"]
    return next((getattr(layer, name) for name in found if hasattr(layer, name)), None)


def _drawn(
    initialiser: keras.initializers.Initializer, weight: Any, stream: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    """New values of a parameter."""
    if len(weight.shape) > 1 and isinstance(initialiser, keras.initializers.Zeros):
        initialiser = keras.initializers.GlorotUniform()
    settings = initialiser.get_config()
    if "seed" in settings:
        seed = int(np.random.SeedSequence(stream).generate_state(1)[0]) >> 1
        initialiser = type(initialiser).from_config({**settings, "seed": seed})
    return np.asarray(initialiser(tuple(weight.shape), dtype="float32"), np.float32)
