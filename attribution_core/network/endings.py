"""The ends of a network: where its softmax or sigmoid stands, and the network without it.

Where the outputs are made of several softmaxes or sigmoids, as an average of them is, there are no
logits that they come from, and the network is made to end in the logarithms of its outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from attribution_core.network.graph import has_channels_first, layer_name, node_of, parents
from attribution_core.network.nesting import appearance, named, unfolded
from attribution_core.network.picture_input import PictureInput, picture_input
from attribution_core.scores import Link, Quantity

_PASSING = (
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Dropout,
    keras.layers.Identity,
)
"""Layers that leave each value as it is; the softmax may stand below them."""

_BENDING = ("LogSoftmax", "Tanh", "Relu", "HardSigmoid", "Softplus")
"""Operations that have no public type, by name; those that a network should not end in."""


@dataclass(frozen=True, eq=False)
class Ended:
    """A network that ends in logits, or in log-probabilities where it has no logits.

    Attributes
    ----------
    network : keras.Model
        For any number of pictures, even where the given one was built for a fixed number. The
        layers of models within it are its own, under names such as ``base/conv``.
    quantity : Quantity
        What it ends in.
    link : Link
        From these scores to the given network's outputs.
    says_link : bool
        Whether the given network ends in it; it is assumed, or its owner has said it, where not.
    takes : PictureInput
    channels_first : bool
        Whether its inner planes have their channels before their rows.
    one_unit : bool
        Whether the given network has one output, the probability of the second of two classes. The
        first class has the logit 0.
    """

    network: keras.Model
    quantity: Quantity
    link: Link
    says_link: bool
    takes: PictureInput
    channels_first: bool
    one_unit: bool

    @property
    def classes(self) -> int:
        return int(self.network.output_shape[-1])

    def labels(self, given: Sequence[str] | None) -> tuple[str, ...]:
        """A name for each class; without given ones, ``class 0`` or ``output 0`` and so on.

        Of two classes with one output, one name is that of the second.

        Raises
        ------
        ValueError
            When there is not one for each class.
        """
        if given is None:
            kind = "output" if self.link == "none" else "class"
            return tuple(f"{kind} {number}" for number in range(self.classes))
        if self.one_unit and len(given) == 1:
            return f"not {given[0]}", given[0]
        if len(given) != self.classes:
            raise ValueError(
                f"There are {len(given)} labels for {self.classes} classes; give one per class."
            )
        return tuple(given)


def ended_in_scores(
    network: keras.Model,
    link: Link | None = None,
    size: int | tuple[int, int] | None = None,
    quantity: Quantity | None = None,
) -> Ended:
    """The network as a functional model from pictures to logits, or to log-probabilities.

    Parameters
    ----------
    network : keras.Model
        One input of pictures, one output ``(n, classes)``, at its end softmax, sigmoid or no
        activation, in a layer or as one. It stays as it is; the model returned shares its
        parameters. Of a last layer that has the activation inside, it has a linear one.
    link : Link, optional
        What becomes of the outputs where the network does not say it: where not given, softmax of
        several, and nothing of one.
    size : int or (height, width), optional
        As in `picture_input`.
    quantity : Quantity, optional
        What it should end in; where not given, logits if its layers say that these can be had.

    Raises
    ------
    ValueError
        When the network is not of this form.
    """
    inputs, outputs = _ends(network)
    if len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(
            f"The network has {len(inputs)} inputs and {len(outputs)} outputs; "
            "it should have one of each."
        )
    takes, output = picture_input(tuple(inputs[0].shape)[1:], size), outputs[0]
    if len(output.shape) != 2 or output.shape[-1] is None:
        raise ValueError(
            f"The network's outputs have shape {tuple(output.shape)}; "
            "it should give one score for each class, (n, classes)."
        )
    entry, output = _of_its_own_graph(network, takes)
    logits, found = linked(output)
    if found is not None and link not in (None, found):
        raise ValueError(f"The network ends in {found}; its outputs cannot be taken as {link}.")
    units, says_link = output.shape[-1], found is not None
    if quantity is None:
        made = link != "none" and _made_of_probabilities(output, logits)
        quantity = "log-probability" if made else "logit"
        says_link = says_link or made
    if quantity == "logit":
        link = found or link or ("softmax" if units > 1 else "none")
    else:
        link = "sigmoid" if squashing(output) == "sigmoid" else "softmax"
    if link == "softmax" and units == 1:
        raise ValueError("The network has one output, of which softmax is always 1.")
    one_unit = link == "sigmoid" and units == 1
    if quantity == "log-probability":
        scores = _logarithm(output, of_one_unit=one_unit)
        link = "exp" if link == "sigmoid" else link
    else:
        scores = _beside_zero(logits) if one_unit else logits
    ended = keras.Model(entry, scores, name=network.name)
    first = has_channels_first(keras.Model(entry, output))
    link = "softmax" if one_unit else link
    return Ended(ended, quantity, link, says_link, takes, first, one_unit)


def _of_its_own_graph(network: keras.Model, takes: PictureInput) -> tuple[Any, Any]:
    """Input and output of the network without nested models, for any number of pictures.

    In a graph of its own, so that those made of its parts are not known to the owner's layers. A
    sequential model without an `Input` takes over the number it was first called with.
    """
    entry = network.inputs[0]
    at_once = entry.shape[0]
    # What takes whole numbers is explained between them too.
    real = entry.dtype if keras.backend.is_float_dtype(entry.dtype) else "float32"
    free = keras.Input(takes.shape, dtype=real, name=layer_name(entry))
    try:
        output = unfolded(network, free)
    except (TypeError, ValueError):
        if None in entry.shape[1:]:
            raise ValueError(
                f"The network cannot take pictures of {takes.height} × {takes.width} pixels; "
                "choose another size."
            ) from None
        if at_once is None:
            raise
        raise _made_for(at_once) from None
    if output.shape[0] is not None:
        raise _made_for(output.shape[0])
    return free, output


def _logarithm(probabilities: Any, *, of_one_unit: bool) -> Any:
    """Log-probabilities ``(n, classes)`` in float32; of one unit ``(n, 1)``, of both classes."""
    smallest = _smallest(probabilities.dtype)
    given = keras.ops.cast(probabilities, "float32")
    if of_one_unit:
        second = named(given, "of_second_class")
        first = named(1.0 - second, "of_first_class")
        given = keras.ops.concatenate([first, second], axis=-1)
    given = named(given, "probability")
    kept = named(keras.ops.maximum(given, smallest), "told_from_0")
    return named(keras.ops.log(kept), "log-probability")


def _smallest(dtype: str) -> float:
    """The smallest probability that a number type holds; of most, the smallest before it loses
    digits, since processors set the others to 0."""
    if dtype == "float16":
        return float(np.finfo(np.float16).smallest_subnormal)
    return float(np.finfo(np.float32).tiny)


def _made_of_probabilities(output: Any, logits: Any) -> bool:
    """Whether what seems to be logits is made of the outputs of softmaxes or sigmoids.

    Of one output only an average counts: another function may make any number of a sigmoid.
    """
    if output.shape[-1] > 1:
        return squashing(logits) is not None
    return squashing(logits, _AVERAGING) == "sigmoid"


_AVERAGING = ("Average", "Mean", "Stack", "Maximum", "Minimum", "Reshape", "Flatten", "Dropout")
"""Layers and operations that make probabilities of probabilities, by name."""


def squashing(tensor: Any, by: Sequence[str] | None = None) -> Link | None:
    """Softmax or sigmoid, where a tensor is made of the outputs of these alone.

    Made by layers without parameters, or by those of certain names. Of both, sigmoid.
    """
    known: dict[int, Link | None] = {}

    def made_of(tensor: Any) -> Link | None:
        if id(tensor) not in known:
            known[id(tensor)] = of_its_parents(tensor)
        return known[id(tensor)]

    def of_its_parents(tensor: Any) -> Link | None:
        operation = tensor._keras_history.operation
        kind = type(operation).__name__
        link = _LINKS.get(kind) or link_of(getattr(operation, "activation", None))
        if link is not None or getattr(operation, "weights", None):
            return link
        found = {made_of(each) for each in parents(tensor)}
        if not found or None in found or (by is not None and kind not in by):
            return None
        return "sigmoid" if "sigmoid" in found else "softmax"

    return made_of(tensor)


def _beside_zero(logit: Any) -> Any:
    """Logits ``(n, 2)`` of which softmax makes 1 − p and p, where sigmoid makes p of ``(n, 1)``."""
    # Linear layers of kinds that quicker heads know, and along the channels: no plane comes out.
    names = iter(("as_plane", "beside_zero", "of_two_classes"))
    plane = keras.layers.Reshape((1, 1, 1), dtype=logit.dtype, name=next(names))(logit)
    both = keras.layers.ZeroPadding2D(
        ((0, 0), (1, 0)), data_format="channels_first", dtype=logit.dtype, name=next(names)
    )(plane)
    return keras.layers.Reshape((2,), dtype=logit.dtype, name=next(names))(both)


def _made_for(pictures: int) -> ValueError:
    return ValueError(
        f"The network computes the scores of {pictures} picture{'s' * (pictures != 1)} at a time, "
        "whatever it is given; it should take any number of pictures, (n, height, width, 3)."
    )


def _ends(network: keras.Model) -> tuple[list[Any], list[Any]]:
    try:
        return list(network.inputs), list(network.outputs)
    except (AttributeError, TypeError):
        raise ValueError(
            "The network has no inputs of a known shape; it should be a functional or sequential "
            "Keras model that starts with an Input layer."
        ) from None


def linked(output: Any) -> tuple[Any, Link | None]:
    """The tensor that becomes the output by softmax or sigmoid, and by which of them.

    The output itself and None where there is neither. Looked for below layers that leave each value
    as it is, such as ``Activation("linear")``, ``Reshape`` and casts. These then follow the logits
    instead.

    Raises
    ------
    ValueError
        When the network ends in another activation.
    """
    final = output._keras_history.operation
    activation = getattr(final, "activation", keras.activations.linear)
    # The layer, or the operation keras.ops.softmax, which has no public type.
    kind = type(final).__name__
    alone = isinstance(final, keras.layers.Activation)
    link = link_of(activation)
    if kind in _LINKS or (alone and link):
        return parents(output)[0], _LINKS.get(kind, link)
    if link:
        return appearance(final, activation=keras.activations.linear)(parents(output)[0]), link
    if activation is not keras.activations.linear or kind in _BENDING:
        unnamed = activation is keras.activations.linear
        name = kind.lower() if unnamed else getattr(activation, "__name__", activation)
        raise ValueError(
            f"The network ends in the activation '{name}'; it should end in softmax, sigmoid or "
            "logits."
        )
    if alone or type(final) in _PASSING or kind in ("Cast", "Reshape", "Squeeze"):
        return _followed(output)
    return output, None


_LINKS: dict[str, Link] = {"Softmax": "softmax", "Sigmoid": "sigmoid"}


def link_of(activation: Any) -> Link | None:
    """Softmax or sigmoid, where an activation is one: the function, or a layer in its place."""
    if activation is keras.activations.softmax or isinstance(activation, keras.layers.Softmax):
        return "softmax"
    return "sigmoid" if activation is keras.activations.sigmoid else None


def _followed(output: Any) -> tuple[Any, Link | None]:
    """The logits below a layer that leaves values as they are, followed by that layer."""
    below = parents(output)[0]
    found, link = linked(below)
    if found is below:
        return output, None
    node = node_of(output)
    positional, named = node.arguments.fill_in({id(below): found})
    return appearance(node.operation)(*positional, **named), link
