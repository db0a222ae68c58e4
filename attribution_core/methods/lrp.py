"""Layer-wise relevance propagation: the score itself, shared out layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable
from attribution_core.methods.method import Method, Shapes, SharedPasses
from attribution_core.methods.options import option
from attribution_core.methods.walked_layers import Family, no_probability, without_rule

if TYPE_CHECKING:
    from attribution_core.problem import Problem

Preset = Literal[
    "epsilon_plus_flat",
    "epsilon_plus",
    "epsilon_alpha2_beta1_flat",
    "epsilon_alpha2_beta1",
    "epsilon_gamma_box",
    "epsilon_plus_w_square",
    "epsilon",
]
"""Rules for dense layers, for convolutions and for the first layer, as zennit names them."""

IN_SIGNS: Mapping[Preset, str] = {
    "epsilon_plus_flat": "ε, z⁺, flat",
    "epsilon_plus": "ε, z⁺",
    "epsilon_alpha2_beta1_flat": "ε, α2β1, flat",
    "epsilon_alpha2_beta1": "ε, α2β1",
    "epsilon_gamma_box": "ε, γ, box",
    "epsilon_plus_w_square": "ε, z⁺, w²",
    "epsilon": "ε alone",
}
"""The same by their signs: for dense layers, for convolutions, for the first layer."""

WITHOUT_RULE: tuple[Family, ...] = ("unknown", "product")


@Estimator
def lrp(walked: Differentiable, point: FloatArray) -> Iterator[Estimate]:
    """R_i = Σ_j a_i w_ij / Σ_k a_k w_kj · R_j from the score down, or with other contributions than
    a_i w_ij (Bach et al. 2015; Montavon et al. 2019).

    Parameters
    ----------
    walked : Differentiable
        A score whose gradients are relevance: see `Problem.walked`.
    point : float array, any shape

    Yields
    ------
    Estimate
        One, with values of the point's shape, or ``(scores, *shape)`` of several scores. They sum
        to f(x), but for what biases and stabilisers keep.
    """
    _, relevance = walked.values_and_gradients(np.asarray(point)[None])
    yield Estimate(values=relevance[0], done=1, planned=1, evaluations=1)


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    preset: Preset = option(
        "epsilon_plus_flat",
        "Rules",
        "By zennit’s names. Dense layers take ε: by contributions a w. Convolutions take z⁺: by "
        "those above 0 alone; α2β1: twice these, less those below 0; γ: those above 0 count 1.25 "
        "times; or ε. The first layer takes flat: to all its inputs alike; w²: by squared weights; "
        "or the box: by how far a value is from black and white. With ε alone, it is gradient × "
        "input in a network of ReLUs.",
        choices=get_args(Preset),
    )


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return lrp.refine(problem.walked(options.preset), problem.point)


def _unavailable(shapes: Shapes, options: Options) -> str:
    if shapes.probability:
        return no_probability("LRP")
    return without_rule("LRP", shapes.above or (), WITHOUT_RULE)


METHOD = Method(
    name="lrp",
    title="LRP",
    summary="Layer-wise relevance propagation: the score itself, shared out layer by layer. Sums "
    "to f(x), but for what biases keep.",
    paper="Bach et al. 2015; Montavon et al. 2019",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: 1,
    needs="graph",
    uses_reference=False,
    unavailable=_unavailable,
    splits_score=True,
    variant=lambda options: IN_SIGNS[options.preset],
    shared_passes=SharedPasses(
        lambda function, point, reference, options: lrp.refine(function, point),
        same_alone=lambda options: True,
        rules=lambda options: options.preset,
    ),
)
