"""A request: every setting that an attribution depends on, and the one place that allows it."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, SupportsIndex

from attribution_core.images import INPUT, Picture
from attribution_core.methods.method import Method, Shapes
from attribution_core.methods.options import BFLOAT16, OptionValue
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import method_named
from attribution_core.scores import Contrast, Score
from attribution_core.segmentations import Segmentation, players_of

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
    score : "logit", "probability" or Contrast
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

    @property
    def evaluations(self) -> int:
        """Passes foreseen, from the options alone; see `Method.evaluations`."""
        method = method_named(self.method)
        return method.evaluations(method.read_options(dict(self.options)))

    def in_float32(self) -> Request:
        """The same request without rounding: about the function, and not its evaluation."""
        options = dict(self.options)
        if BFLOAT16 in options:
            options[BFLOAT16] = False
        return replace(self, options=tuple(options.items()))


class Reason(str):
    """Why there is no request: one sentence that says what is wrong and what would be right."""

    __slots__ = ()


class HasShape(Protocol):
    """A layer, as far as a request has to know it."""

    @property
    def shape(self) -> tuple[int, int, int]: ...


class Network(Protocol):
    """A network, as far as a request has to know it: a `Classifier` is one."""

    @property
    def name(self) -> str: ...

    @property
    def input_size(self) -> tuple[int, int]: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    def layer(self, name: str) -> HasShape:
        """A layer; ValueError where the network cannot be cut."""


def request_or_reason(
    network: Network | None,
    *,
    picture: Picture,
    method: str,
    target: int,
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast = "logit",
    segmentation: Segmentation = None,
    seed: int = 0,
    options: Mapping[str, object] | None = None,
    labels: Sequence[str] = (),
) -> Request | Reason:
    """The request with the method's defaults filled in, or why it makes no sense.

    Nothing is computed. All settings are checked against one another and against the network; while
    that is still being loaded (None), what needs no network is. `asked_again` does the rest later.

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
    score : "logit", "probability" or Contrast
    segmentation : Slic, Grid, Given, int or None
        The players of methods on coalitions; see `segments_of`.
    seed : int
        Of everything random.
    options : mapping of name to value, optional
        The method's own.
    labels : sequence of str, optional
        Of the classes, where they are known before the network is loaded.
    """
    try:
        _check_size(network, picture)
        asked = method_named(method)
        values = asked.read_options(options or {})
        if network is None:
            plane = picture.pixels.shape[:2] if layer == INPUT else None
        else:
            plane = network.layer(layer).shape[:2]
        reason = _unavailable(asked, values, picture, layer, plane, segmentation)
        if reason:
            return Reason(reason)
        _check_reference(reference, layer)
        target = _whole("target", target)
        if isinstance(score, Contrast):
            score = Contrast(_whole("contrast", score.against))
        labels = labels if network is None else network.labels
        Score.of(score, target, len(labels) or None, labels)
        return Request(
            picture=picture,
            method=method,
            target=target,
            layer=layer,
            reference=reference,
            score=score,
            segmentation=segmentation,
            seed=_whole("seed", seed),
            options=tuple(asked.validated(options or {}).items()),
        )
    except ValueError as error:
        return Reason(error)


def asked_again(network: Network, request: Request) -> Request | Reason:
    """A request that was made before the network was loaded, checked in full."""
    return request_or_reason(
        network,
        picture=request.picture,
        method=request.method,
        target=request.target,
        layer=request.layer,
        reference=request.reference,
        score=request.score,
        segmentation=request.segmentation,
        seed=request.seed,
        options=dict(request.options),
    )


def granted(answer: Request | Reason) -> Request:
    """The request; ValueError with the reason where there is none."""
    if isinstance(answer, Reason):
        raise ValueError(answer)
    return answer


def _check_size(network: Network | None, picture: Picture) -> None:
    height, width = picture.pixels.shape[:2]
    if network is not None and (height, width) != network.input_size:
        raise ValueError(
            f"The image has {height} x {width} pixels; the network {network.name} takes "
            f"{network.input_size[0]} x {network.input_size[1]}."
        )


def _unavailable(
    method: Method[Any],
    options: object,
    picture: Picture,
    layer: str,
    plane: Sequence[int] | None,
    segmentation: Segmentation,
) -> str:
    """What the method itself has against the request."""
    at_input, size, players = layer == INPUT, None, None
    if plane is not None:
        height, width = size = plane[0], plane[1]
        if method.players is not None:
            played = method.players(options)
            players = players_of(
                segmentation if played is None else played, height, width, at_input=at_input
            )
    return method.unavailable(Shapes(at_input, size, picture.pixels.shape[0], players), options)


def _check_reference(reference: str, layer: str) -> None:
    at_input = layer == INPUT
    if reference not in REFERENCE_KINDS and (reference != ZEROS or at_input):
        offered = ", ".join(REFERENCE_KINDS) + ("" if at_input else f", {ZEROS}")
        raise ValueError(
            f"The reference '{reference}' is not known at the layer {layer}; use {offered}."
        )


def _whole(name: str, number: object) -> int:
    """A number as Python's int, so that equal requests look equal too."""
    if not isinstance(number, SupportsIndex) or operator.index(number) < 0:
        raise ValueError(f"The {name} cannot be {number!r}; give a whole number of 0 or more.")
    return operator.index(number)
