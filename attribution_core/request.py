"""A request: every setting that an attribution depends on, compared by content."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import SupportsIndex

from attribution_core.images import INPUT, Picture
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import BFLOAT16, OptionValue, method_named, unavailable
from attribution_core.scores import Contrast
from attribution_core.segmentations import Segmentation

ZEROS = "zeros"
"""The reference whose activations at an inner layer are all zero (the thesis's choice)."""


@dataclass(frozen=True)
class Request:
    """What is asked of a classifier; equal requests have equal answers.

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

    @classmethod
    def of(
        cls,
        picture: Picture,
        method: str,
        target: int,
        *,
        layer: str = INPUT,
        reference: str = "black",
        score: str | Contrast = "logit",
        segmentation: Segmentation = None,
        seed: int = 0,
        options: Mapping[str, OptionValue] | None = None,
    ) -> Request:
        """Check the settings that need no network, and fill in the method's defaults.

        Raises
        ------
        ValueError
            When a method, reference or option does not exist or does not fit the layer, or the
            target or the seed is no whole number of 0 or more.
        """
        entry = method_named(method)
        at_input = layer == INPUT
        reason = unavailable(entry, at_input=at_input)
        if reason:
            raise ValueError(reason)
        if reference not in REFERENCE_KINDS and (reference != ZEROS or at_input):
            offered = ", ".join(REFERENCE_KINDS) + ("" if at_input else f", {ZEROS}")
            raise ValueError(
                f"The reference '{reference}' is not known at the layer {layer}; use {offered}."
            )
        return cls(
            picture=picture,
            method=method,
            target=_whole("target", target),
            layer=layer,
            reference=reference,
            score=Contrast(_whole("contrast", score.against))
            if isinstance(score, Contrast)
            else score,
            segmentation=segmentation,
            seed=_whole("seed", seed),
            options=tuple(entry.validated(options or {}).items()),
        )

    @property
    def evaluations(self) -> int:
        """Passes foreseen, from the options alone; see `Method.evaluations`."""
        return method_named(self.method).evaluations(dict(self.options))

    def in_float32(self) -> Request:
        """The same request without rounding: about the function, and not its evaluation."""
        options = dict(self.options)
        if BFLOAT16.name in options:
            options[BFLOAT16.name] = False
        return replace(self, options=tuple(options.items()))


def _whole(name: str, number: object) -> int:
    """A number as Python's int, so that equal requests look equal too."""
    if not isinstance(number, SupportsIndex) or operator.index(number) < 0:
        raise ValueError(f"The {name} cannot be {number!r}; give a whole number of 0 or more.")
    return operator.index(number)
