"""What every method says of a function of two variables, each variable a player."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.estimate import Estimate
from attribution_core.games.game import FunctionGame
from attribution_core.methods.gradient import gradient
from attribution_core.methods.gradient_times_input import gradient_times_input
from attribution_core.methods.integrated_gradients import integrated_gradients
from attribution_core.methods.kernel_shap import kernel_shap
from attribution_core.methods.lime import lime
from attribution_core.methods.linear_attribution import linear_attribution
from attribution_core.methods.occlusion import occlusion
from attribution_core.methods.shapley_values import shapley_values
from attribution_core.methods.smoothgrad import smoothgrad
from attribution_core.plane_function import PlaneFunction
from attribution_core.registry import METHODS

Precision = Literal["exact", "quadrature", "sampled"]

STEPS = 256
"""Gradients of Integrated Gradients at most."""
QUADRATURE_TOLERANCE = 1e-7
SAMPLES_OF_LIME = 512
SAMPLES_OF_SMOOTHGRAD = 64
SIGMA = 0.15
"""SmoothGrad's noise as a share of the larger of |x − x′| and |y − y′|."""
SEED = 0

Attribute = Callable[[PlaneFunction, FloatArray, FloatArray], Estimate]


@dataclass(frozen=True)
class PlaneMethod:
    """A method as it is run on two variables.

    Attributes
    ----------
    name : str
        As in `METHODS`.
    precision : {"exact", "quadrature", "sampled"}
        Whether its numbers are those of its formula to rounding, to the error of a sum that stands
        for an integral, or to the error of a sample.
    attribute : callable
        From a function, a point ``(2,)`` and a reference ``(2,)`` to an `Estimate`, whose values
        ``(2,)`` are those of x and of y; OutsideDomain where the method needs f, or its slope, at a
        place that has none.
    """

    name: str
    precision: Precision
    attribute: Attribute

    @property
    def title(self) -> str:
        return METHODS[self.name].title


@dataclass(frozen=True)
class PlaneAttribution:
    """One method's answer, or the sentence that says why it has none.

    ``values`` and ``standard_error`` are ``(2,)``, of x and of y.
    """

    method: PlaneMethod
    values: FloatArray | None
    standard_error: FloatArray | None = None
    problem: str = ""


def attribute_plane(
    function: PlaneFunction, point: FloatArray, reference: FloatArray
) -> tuple[PlaneAttribution, ...]:
    """The answer of every method of `PLANE_METHODS`, in their order.

    Parameters
    ----------
    function : PlaneFunction
    point, reference : float arrays ``(2,)``
    """
    return tuple(answer(method, function, point, reference) for method in PLANE_METHODS)


def answer(
    method: PlaneMethod, function: PlaneFunction, point: FloatArray, reference: FloatArray
) -> PlaneAttribution:
    """One method's answer."""
    try:
        estimate = method.attribute(function, point, reference)
    except ValueError as error:
        return PlaneAttribution(method, None, problem=str(error))
    return PlaneAttribution(method, np.asarray(estimate.values), estimate.standard_error)


def change_of(function: PlaneFunction, point: FloatArray, reference: FloatArray) -> float:
    """f(x) − f(x′); OutsideDomain where either has no value."""
    after, before = function.values(np.stack([point, reference]))
    return float(after - before)


def game_of(function: PlaneFunction, point: FloatArray, reference: FloatArray) -> FunctionGame:
    """The game of two players whose absent ones take the reference's value."""
    return FunctionGame(
        2,
        lambda coalitions: function.values(np.where(coalitions, point, reference)),
        batch_size=1024,
    )


def _smoothgrad(function: PlaneFunction, point: FloatArray, reference: FloatArray) -> Estimate:
    return smoothgrad(
        function,
        point,
        samples=SAMPLES_OF_SMOOTHGRAD,
        sigma=SIGMA,
        extent=float(np.abs(point - reference).max()),
        seed=SEED,
    )


def _integrated_gradients(
    function: PlaneFunction, point: FloatArray, reference: FloatArray
) -> Estimate:
    return integrated_gradients(
        function, point, reference, steps=STEPS, tolerance=QUADRATURE_TOLERANCE
    )


PLANE_METHODS: tuple[PlaneMethod, ...] = (
    PlaneMethod("gradient", "exact", lambda f, point, reference: gradient(f, point)),
    PlaneMethod(
        "gradient_times_input", "exact", lambda f, point, reference: gradient_times_input(f, point)
    ),
    PlaneMethod("linear", "exact", linear_attribution),
    PlaneMethod("integrated_gradients", "quadrature", _integrated_gradients),
    PlaneMethod("smoothgrad", "sampled", _smoothgrad),
    PlaneMethod(
        "occlusion", "exact", lambda f, point, reference: occlusion(game_of(f, point, reference))
    ),
    PlaneMethod(
        "lime",
        "sampled",
        lambda f, point, reference: lime(
            game_of(f, point, reference), samples=SAMPLES_OF_LIME, seed=SEED
        ),
    ),
    # Two players have four coalitions: the budget covers them all, and the values are exact.
    PlaneMethod(
        "kernel_shap",
        "exact",
        lambda f, point, reference: kernel_shap(game_of(f, point, reference)),
    ),
    PlaneMethod(
        "shapley_values",
        "exact",
        lambda f, point, reference: shapley_values(game_of(f, point, reference)),
    ),
)
