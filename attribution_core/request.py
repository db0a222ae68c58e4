"""A request: every setting that an attribution depends on, and the one place that allows it."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, SupportsIndex

from attribution_core.images import INPUT, Picture
from attribution_core.methods.method import Method, Shapes
from attribution_core.methods.options import BFLOAT16, OptionValue, values_in
from attribution_core.methods.walked_layers import LayerAbove
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import method_named
from attribution_core.scores import FINER, Contrast, Link, Quantity, Score
from attribution_core.segmentations import (
    Given,
    Grid,
    Segmentation,
    Segments,
    players_of,
    segments_of,
)

FEW_CELLS = 50
"""The most players at an inner layer where nothing else is asked for, as on the pages."""

ZEROS = "zeros"
"""The reference whose activations at an inner layer are all zero (the thesis's choice)."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of a classifier; equal requests have equal answers.

    Made by `request_or_reason`, which checks it.

    Attributes
    ----------
    picture : Picture
    method : str
    target : int
    layer : str
    reference : str
    score : "logit", "log-probability", "probability", "finer" or Contrast
    segmentation : Slic, Grid, Given, int or None
    seed : int
    options : tuple of (name, value), all of the method's, in its order
    """

    picture: Picture
    method: str
    target: int
    layer: str
    reference: str
    score: str | Contrast
    segmentation: Segmentation
    seed: int
    options: tuple[tuple[str, OptionValue], ...]

    def in_float32(self) -> Request:
        """The same request without rounding to bfloat16."""
        options = dict(self.options)
        if BFLOAT16 in options:
            options[BFLOAT16] = False
        return replace(self, options=tuple(options.items()))


class Reason(str):
    """Why there is no request: one sentence that says what is wrong and what would be right."""

    __slots__ = ()


class HasShape(Protocol):
    """What a request needs to know of a layer."""

    @property
    def shape(self) -> tuple[int, int, int]: ...


class Network(Protocol):
    """What a request needs to know of a network: a `Classifier` is one."""

    @property
    def name(self) -> str: ...

    @property
    def input_size(self) -> tuple[int, int]: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def link(self) -> Link: ...

    @property
    def quantity(self) -> Quantity: ...

    def layer(self, name: str) -> HasShape:
        """A layer; ValueError where the network cannot be cut."""

    def colours(self, layer: str, segments: Segments) -> int | None:
        """As `Classifier.colours`."""

    def layers_above(self, layer: str) -> tuple[LayerAbove, ...]:
        """As `Classifier.layers_above`."""


def request_or_reason(
    network: Network | None,
    *,
    picture: Picture,
    method: str,
    target: int,
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast | None = None,
    segmentation: Segmentation = None,
    seed: int = 0,
    options: Mapping[str, OptionValue] | None = None,
    labels: Sequence[str] = (),
) -> Request | Reason:
    """The request with the method's defaults filled in, or why there is none.

    Nothing is computed. All settings are checked against one another and against the network. While
    that is still loading (None), only what needs no network is checked; `asked_again` does the rest
    later.

    Parameters
    ----------
    network : Classifier or None
    picture : Picture
        Of the network's input size.
    method : str
        A name from `METHODS`.
    target : int
        The class.
    layer : str
        One of the network's.
    reference : str
        One of `REFERENCE_KINDS`; at inner layers also ``"zeros"``.
    score : "logit", "log-probability", "probability", "finer" or Contrast, optional
        None means the network's `quantity`, or the logit while that is not known.
    segmentation : Slic, Grid, Given, int or None
        The players of methods on coalitions; see `segments_of`. None at an inner layer asks for a
        grid of at most `FEW_CELLS` cells, which the usual budgets can tell apart.
    seed : int
        Of everything random.
    options : mapping of name to value, optional
        The method's own.
    labels : sequence of str, optional
        Of the classes, where they are known before the network is loaded.
    """
    if score is None:
        score = "logit" if network is None else network.quantity
    draft = Request(
        picture=picture,
        method=method,
        target=target,
        layer=layer,
        reference=reference,
        score=score,
        segmentation=FEW_CELLS if segmentation is None and layer != INPUT else segmentation,
        seed=seed,
        options=tuple((options or {}).items()),
    )
    return _answer(network, draft, labels)


def asked_again(network: Network, request: Request) -> Request | Reason:
    """A request that was made before the network was loaded, checked in full."""
    return _answer(network, request, network.labels)


def granted(answer: Request | Reason) -> Request:
    """The request; ValueError with the reason where there is none."""
    if isinstance(answer, Reason):
        raise ValueError(answer)
    return answer


def _answer(network: Network | None, draft: Request, labels: Sequence[str]) -> Request | Reason:
    try:
        return _checked(network, draft, labels if network is None else network.labels)
    except ValueError as error:
        return Reason(error)


def _checked(network: Network | None, draft: Request, labels: Sequence[str]) -> Request:
    """The draft with all options and plain numbers; ValueError where something does not fit."""
    picture, score = draft.picture, draft.score
    height, width = picture.pixels.shape[:2]
    if network is not None and (height, width) != network.input_size:
        raise ValueError(
            f"The image has {height} x {width} pixels; the network {network.name} takes "
            f"{network.input_size[0]} x {network.input_size[1]}."
        )
    method = method_named(draft.method)
    options = method.read_options(dict(draft.options))
    reason = method.unavailable(_shapes(network, draft, method), options)
    if reason:
        raise ValueError(reason)
    _check_reference(draft.reference, draft.layer)
    target = _whole("target", draft.target)
    link: Link = "softmax" if network is None else network.link
    quantity = None if network is None else network.quantity
    if isinstance(score, Contrast):
        also = tuple(_whole("contrast", each) for each in score.also)
        against, of = _whole("contrast", score.against), quantity or score.of
        score = Contrast(against, of, also, float(score.weight))
    if score == FINER:
        _check_finer(target, len(labels))
    else:
        Score.of(score, target, len(labels) or None, labels, link, quantity)
    return replace(
        draft,
        target=target,
        score=score,
        seed=_whole("seed", draft.seed),
        options=tuple(values_in(options).items()),
    )


def _check_finer(target: int, classes: int) -> None:
    """ValueError where there is no such class, or no other; any is right while none is known."""
    Score.of("logit", target, classes or None)
    if classes == 1:
        raise ValueError(
            "The network has one output, and no others to be nearest to it: explain the output "
            "itself, with the score “logit”."
        )


def evaluations_of(network: Network, request: Request) -> int:
    """Planned passes; see `Method.evaluations`."""
    method = method_named(request.method)
    options = method.read_options(dict(request.options))
    return method.evaluations(options, _shapes(network, request, method))


def _shapes(network: Network | None, draft: Request, method: Method[Any]) -> Shapes:
    """The plane of the request's layer, and how many players its method makes of it."""
    at_input = draft.layer == INPUT
    shape: tuple[int, ...] | None = draft.picture.pixels.shape if at_input else None
    if network is not None:
        shape = network.layer(draft.layer).shape
    height, width = draft.picture.pixels.shape[:2]
    input_size, probability = (height, width), draft.score == "probability"
    if shape is None:
        return Shapes(at_input, None, input_size, probability=probability)
    plane, players = (shape[0], shape[1]), None
    if method.of_players:
        players = players_of(draft.segmentation, *plane, at_input=at_input)
    colours = None
    if network is not None and method.every_coalition and draft.score != "probability":
        colours = colours_of(network, draft)
    above = None
    if network is not None and method.needs == "graph":
        above = network.layers_above(draft.layer)
    return Shapes(at_input, plane, input_size, players, colours, shape[2], above, probability)


def colours_of(network: Network, draft: Request) -> int | None:
    """How many colours a local head needs for the players, where these are known at once."""
    at_input, pixels = draft.layer == INPUT, draft.picture.pixels
    plane = network.layer(draft.layer).shape[:2]
    if at_input and not isinstance(draft.segmentation, Grid | Given):
        # Superpixels are cut by the worker.
        return None
    segments = segments_of(draft.segmentation, pixels, *plane, at_input=at_input)
    return network.colours(draft.layer, segments)


def _check_reference(reference: str, layer: str) -> None:
    at_input = layer == INPUT
    if reference not in REFERENCE_KINDS and (reference != ZEROS or at_input):
        offered = ", ".join(REFERENCE_KINDS) + ("" if at_input else f", {ZEROS}")
        raise ValueError(
            f"The reference '{reference}' is not known at the layer {layer}; use {offered}."
        )


def has_picture(reference: str, layer: str) -> bool:
    """Whether a reference at a layer is a picture, or a picture's activations.

    At inner layers ``"zeros"`` are no picture's activations, and ``"shuffled"`` are those of the
    picture itself at other positions.
    """
    return layer == INPUT or reference not in (ZEROS, "shuffled")


def _whole(name: str, number: object) -> int:
    """A number as Python's int, so that equal requests look equal too."""
    if not isinstance(number, SupportsIndex) or operator.index(number) < 0:
        raise ValueError(f"The {name} cannot be {number!r}; give a whole number of 0 or more.")
    return operator.index(number)
