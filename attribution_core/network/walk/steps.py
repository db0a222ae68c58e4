"""The steps of a walk: what a layer does, in parts for which a rule can be written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from attribution_core.methods.walked_layers import Family

Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Step:
    """One step from a layer to the logits.

    Attributes
    ----------
    name, kind : str
        Of the layer that it belongs to, and its class.
    family : Family
    inputs, outputs : tuple of int
        The places of the values that it takes and makes.
    function : callable
        From tensors to a tensor, or to a list of them where it makes several.
    in_float32 : bool
        Whether it computes in float32 or float64.
    nonnegative : bool
        Whether what it takes cannot be below 0.
    """

    name: str
    kind: str
    family: Family
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    function: Function
    in_float32: bool = True
    nonnegative: bool = False


@dataclass(frozen=True, eq=False)
class Affine(Step):
    """A product with a kernel, and a bias.

    Attributes
    ----------
    linear : callable
        From values and a kernel to their product.
    kernel, bias : callable
        The parameters as they are now, a normalisation above folded in.
    dense : bool
        Whether it is a dense layer, and no convolution.
    first : bool
        Whether between it and the walk's start values are only moved and scaled.
    """

    linear: Function = lambda values, kernel: values
    kernel: Callable[[], Any] = lambda: 1.0
    bias: Callable[[], Any] = lambda: 0.0
    dense: bool = False
    first: bool = False


@dataclass(frozen=True, eq=False)
class Rectifier(Step):
    """ReLU, or one that is cut off above as well, as ReLU6 is.

    Attributes
    ----------
    most : float
        What it gives at most.
    """

    most: float = float("inf")


@dataclass(frozen=True, eq=False)
class Gate(Step):
    """A product of a signal and what a sigmoid makes of something else.

    Attributes
    ----------
    signal : int
        Which of the two inputs is the signal.
    """

    signal: int = 0
