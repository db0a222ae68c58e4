"""Networks of Keras Applications, with the weights that Keras offers: ImageNet, 1000 classes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution_core.known_networks import KerasApplication
from attribution_core.models.keras_weights import check_structure, check_weights, find_weights

if TYPE_CHECKING:
    import keras

_DEVIATION = (0.229, 0.224, 0.225)
"""ImageNet's standard deviation of red, green and blue in 0..1."""


def load(network: KerasApplication, environment: Mapping[str, str] = os.environ) -> keras.Model:
    """Find a network's weights on this machine, check them fully, and build it.

    Parameters
    ----------
    network : KerasApplication
    environment : mapping
        The variables that :mod:`attribution_core.models.keras_weights` describes.

    Returns
    -------
    keras.Model
        As `build` describes it.

    Raises
    ------
    FileNotFoundError
        If the weights are not on this machine.
    ValueError
        If they are truncated, corrupted or something else.
    """
    return build(network, checked_file(network, environment))


def build(network: KerasApplication, weights: Path | None = None) -> keras.Model:
    """Build a network, and read its weights.

    The file's structure is checked, its checksum is not: `load` does both.

    Parameters
    ----------
    network : KerasApplication
    weights : pathlib.Path, optional
        A file in the layout of Keras's, whose name ends in ``.h5``; without one, the weights are
        random.

    Returns
    -------
    keras.Model
        Functional, float32 (n, size, size, 3), prepared as the network asks -> float32 (n, 1000),
        the softmax. Its layers have the same names whenever it is built.

    Raises
    ------
    ValueError
        If the file is missing, truncated or holds something else.
    """
    return (
        _untrained(network)
        if weights is None
        else read_weights(network, weights, lambda: _untrained(network))
    )


def checked_file(network: KerasApplication, environment: Mapping[str, str] = os.environ) -> Path:
    """The file with a network's weights, once all of it is checked.

    Raises
    ------
    FileNotFoundError
        If it is not on this machine.
    ValueError
        If it is truncated, corrupted or something else.
    """
    weights = find_weights(network, environment)
    if weights is None:
        raise FileNotFoundError(
            f"{network.title}'s weights are not on this machine; download them with “attributions "
            f"download {network.name}” (about {network.megabytes} MB), or name the file in "
            f"ATTRIBUTION_{network.name.upper()}_WEIGHTS."
        )
    check_weights(network, weights, environment)
    return weights


def read_weights(
    network: KerasApplication, weights: Path, untrained: Callable[[], keras.Model]
) -> keras.Model:
    """A network with the weights of a file.

    Parameters
    ----------
    network : KerasApplication
    weights : pathlib.Path
    untrained : callable
        Builds the network.

    Raises
    ------
    ValueError
        If the file is missing, truncated or holds something else.
    """
    check_structure(network, weights)
    model = untrained()
    try:
        model.load_weights(weights)
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(
            f"{network.title}'s weights cannot be read from {weights} ({error}); download them "
            "again."
        ) from error
    return model


def _untrained(network: KerasApplication) -> keras.Model:
    """The network with random weights, built in a thread of its own.

    Keras numbers layers without a name, such as ``conv2d_3``, and counts those of other networks
    too. What it counts belongs to a thread, and only equal names make equal fingerprints.
    """
    made: list[Any] = []

    def make() -> None:
        try:
            made.append(_constructed(network))
        except Exception as error:
            made.append(error)

    thread = threading.Thread(target=make, name=f"build-{network.name}")
    thread.start()
    thread.join()
    (found,) = made
    if isinstance(found, Exception):
        raise found
    return found


def _constructed(network: KerasApplication) -> keras.Model:
    import keras

    size = network.input_size
    model = getattr(keras.applications, network.title)(weights=None, input_shape=(size, size, 3))
    return _with_deviation(model) if network.name == "efficientnet_b0" else model


def _with_deviation(model: keras.Model) -> keras.Model:
    """EfficientNet as Keras builds it for its weights.

    Their normalisation has ImageNet's deviation in the place of its square. Keras makes up for it
    by another layer, which it leaves out where it is not asked for its own weights.
    """
    import keras

    def called(layer: Any, *arguments: Any, **keywords: Any) -> Any:
        outputs = layer(*arguments, **keywords)
        if not isinstance(layer, keras.layers.Normalization):
            return outputs
        return keras.layers.Rescaling([deviation**-0.5 for deviation in _DEVIATION])(outputs)

    return keras.models.clone_model(model, call_function=called)
