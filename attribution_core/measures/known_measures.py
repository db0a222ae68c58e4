"""The measures by name, in the order in which tables list them."""

from __future__ import annotations

from collections.abc import Mapping

from attribution_core.measures import (
    agreement,
    infidelity,
    max_sensitivity,
    pointing,
    randomised_parameters,
    relevance_gain,
    road,
    sparseness,
)
from attribution_core.measures.measure import Measure

MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        relevance_gain.MEASURE,
        road.MEASURE,
        infidelity.MEASURE,
        pointing.POINTING,
        pointing.ENERGY,
        sparseness.MEASURE,
        max_sensitivity.MEASURE,
        agreement.SEEDS,
        agreement.SHIFT,
        randomised_parameters.EFFICIENT,
        randomised_parameters.SMOOTH,
    )
}

QUICK = ("relevance_gain", "infidelity", "sparseness")
"""Those that need neither further maps nor a region, and little time."""


def measure_named(name: str) -> Measure:
    """The measure of a name; ValueError that lists the names where there is none."""
    if name not in MEASURES:
        raise ValueError(f"The measure '{name}' is not known; use {', '.join(MEASURES)}.")
    return MEASURES[name]
