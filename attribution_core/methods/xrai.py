"""XRAI: Integrated Gradients shared out to whole regions, the one with most for its area first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray, IntArray
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.integrated_gradients import integrated_gradients
from attribution_core.methods.method import Method, Promise
from attribution_core.methods.options import option

if TYPE_CHECKING:
    from attribution_core.problem import Problem

SCALES = (4, 8, 16, 32, 64, 128, 256)
"""Regions of the segmentations that are tried together, ..."""
FEWEST_POSITIONS = 4
"""... where a region has so many positions on average. Of single ones the map would stay as it is.
"""

DILATION, LEAST = 5 / 224, 50 / 224**2
"""The paper's 5 pixels and 50 pixels, as shares of the shorter side and of the plane."""


def xrai(
    heatmap: FloatArray, segmentations: Sequence[IntArray], *, dilation: int = 0, least: int = 1
) -> FloatArray:
    """Again and again the region of the greatest mean over its new positions, which get that mean.

    Kapishnikov et al. 2019. Regions come from segmentations of several scales, which overlap; each
    is widened first, since attributions lie on edges. What no region has left gets its own mean.
    The paper takes the largest channel of the mean map from black and from white; here channels are
    summed and the path is that from the chosen reference, so that the map keeps its sum.

    Parameters
    ----------
    heatmap : float array ``(h, w)``
        Attributions, summed over channels.
    segmentations : sequence of int arrays ``(h, w)``
        Labels 0..n−1, each n of its own; at least one.
    dilation : int
        Positions by which each region grows.
    least : int
        New positions below which a region is not taken, at least 1.

    Returns
    -------
    float64 array ``(h, w)``, with the sum of the heatmap

    Raises
    ------
    ValueError
        When there is no segmentation, or one has another shape than the heatmap.
    """
    if not len(segmentations) or any(each.shape != heatmap.shape for each in segmentations):
        raise ValueError(
            f"XRAI has {len(segmentations)} segmentations for a map of {heatmap.shape}; give at "
            "least one, all of the map's shape."
        )
    from scipy.sparse import csr_array

    regions = [grown for each in segmentations for grown in regions_of(each, dilation)]
    owners = np.repeat(np.arange(len(regions)), [len(each) for each in regions])
    # A row for each position, with the regions that hold it.
    holders = csr_array(
        (np.ones(len(owners)), (np.concatenate(regions), owners)), (heatmap.size, len(regions))
    )
    flat = np.asarray(heatmap, np.float64).ravel()
    sums, sizes = flat @ holders, holders.sum(axis=0)
    values = np.zeros(flat.shape)
    missing = np.ones(flat.shape, bool)
    while (open_regions := sizes >= max(1, least)).any():
        means = np.divide(sums, sizes, out=np.full(len(sums), -np.inf), where=open_regions)
        best = regions[int(np.argmax(means))]
        new = best[missing[best]]
        values[new] = flat[new].mean()
        missing[new] = False
        taken = holders[new]
        sums -= flat[new] @ taken
        sizes -= taken.sum(axis=0)
    if missing.any():
        values[missing] = flat[missing].mean()
    return values.reshape(heatmap.shape)


def regions_of(labels: IntArray, dilation: int) -> list[IntArray]:
    """Positions ``(n,)`` in the flat plane of each region of labels ``(h, w)``, grown by so many in
    all directions."""
    from scipy.ndimage import binary_dilation, find_objects

    found = []
    # Each within its own box: in the whole plane, many small regions take long.
    padded = np.pad(labels + 1, dilation)
    places = np.pad(np.arange(labels.size).reshape(labels.shape), dilation, constant_values=-1)
    for number, box in enumerate(find_objects(padded), start=1):
        wide = tuple(slice(side.start - dilation, side.stop + dilation) for side in box)
        region = padded[wide] == number
        if dilation:
            region = binary_dilation(region, np.ones((3, 3), bool), iterations=dilation)
        grown = places[wide][region]
        found.append(grown[grown >= 0])
    return found


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    steps: int = option(256, "Steps", "Gradients along the path, at most.", 2, 1024, step=1)
    tolerance: float = option(
        0.01,
        "Tolerance",
        "The path ends once its gap is at most this share of f(x) − f(x′); 0 uses all steps.",
        0,
        0.5,
        step=0.005,
    )


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    """Estimates of Integrated Gradients, and the last one again, over regions."""
    for estimate in integrated_gradients.refine(
        problem.function,
        problem.point,
        problem.reference,
        steps=options.steps,
        tolerance=options.tolerance,
    ):
        heatmap = estimate.values.sum(axis=2, dtype=np.float64)
        yield replace(estimate, values=heatmap)
    height, width = heatmap.shape
    counts = [each for each in SCALES if each * FEWEST_POSITIONS <= height * width] or [1]
    values = xrai(
        heatmap,
        [problem.segments_of(each) for each in counts],
        dilation=round(DILATION * min(height, width)),
        least=round(LEAST * height * width),
    )
    yield replace(estimate, values=values)


PROMISES: tuple[Promise, ...] = ("completeness", "implementation_invariance")
"""Which regions come first depends on the score, so that sums of scores are no sums of maps."""

METHOD = Method(
    name="xrai",
    title="XRAI",
    summary="Integrated Gradients over whole regions of the picture: those with most for their "
    "area first, each with its mean everywhere. Sums to what Integrated Gradients sum to.",
    paper="Kapishnikov et al. 2019",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.steps,
    stops_early=lambda options: options.tolerance > 0,
    needs="gradient",
    uses_reference=True,
    splits_change=True,
    promises=PROMISES,
    precision="quadrature",
    quick=Options(steps=8),
)
