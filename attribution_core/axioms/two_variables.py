"""Every method on a function of two variables, each variable a player."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.axioms.formula import PlaneFunction
from attribution_core.methods.method import Method
from attribution_core.registry import METHODS


@dataclass(frozen=True)
class PlaneAttribution:
    """One method's answer, or the sentence that says why it has none.

    ``values`` and ``standard_error`` are ``(2,)``, of x and of y.
    """

    method: Method[Any]
    values: FloatArray | None
    standard_error: FloatArray | None = None
    problem: str = ""


def plane_methods() -> tuple[Method[Any], ...]:
    """The methods that are defined on a function of two variables."""
    return tuple(method for method in METHODS.values() if method.two_variables is not None)


def attribute_plane(
    function: PlaneFunction, point: FloatArray, reference: FloatArray
) -> tuple[PlaneAttribution, ...]:
    """The answer of each of `plane_methods`, in their order.

    Parameters
    ----------
    function : PlaneFunction
    point, reference : float arrays ``(2,)``
    """
    return tuple(answer(method, function, point, reference) for method in plane_methods())


def answer(
    method: Method[Any], function: PlaneFunction, point: FloatArray, reference: FloatArray
) -> PlaneAttribution:
    """One method's answer."""
    if method.two_variables is None:
        return PlaneAttribution(
            method, None, problem=f"{method.title} is not defined on two variables."
        )
    try:
        estimate = method.two_variables.attribute(function, point, reference)
    except ValueError as error:
        return PlaneAttribution(method, None, problem=str(error))
    return PlaneAttribution(method, np.asarray(estimate.values), estimate.standard_error)


def change_of(function: PlaneFunction, point: FloatArray, reference: FloatArray) -> float:
    """f(x) − f(x′); OutsideDomain where either has no value."""
    after, before = function.values(np.stack([point, reference]))
    return float(after - before)
