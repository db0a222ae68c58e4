"""Deletion and insertion curves of a classifier's maps: the players, and a map's value for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.images import INPUT
from attribution_core.measures.curves import FaithfulnessCurve, deletion_curve, insertion_curve
from attribution_core.request import ZEROS, Request
from attribution_core.resampling import resampled
from attribution_core.segmentations import Segmentation, Segments, positions

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution
    from attribution_core.network.classifier import Classifier
    from attribution_core.network.head_game import HeadGame

MOST_REMEMBERED = 1024
"""Coalitions of more players than this are not kept: they are long, and nobody asks twice."""


@dataclass(frozen=True)
class Players:
    """What is removed or added: the parts of a layer's plane.

    ``segmentation`` None means every single position: at the input every pixel.
    """

    layer: str = INPUT
    segmentation: Segmentation = None


def pose_curve(
    classifier: Classifier, request: Request, players: Players
) -> tuple[HeadGame, Segments]:
    """The game of a request's picture, reference and score on these players, and their labels.

    Raises
    ------
    ValueError
        When the reference is zeros of an inner layer and the players are at the input, or layer and
        segmentation do not fit.
    """
    from attribution_core.explanation import pose
    from attribution_core.network.head_game import private_game

    if players.layer == INPUT and request.reference == ZEROS:
        raise ValueError(
            "Pixels cannot take the reference 'zeros' of an inner layer; choose black, which is "
            "zero at the input, or positions of the layer."
        )
    problem = pose(
        classifier, replace(request, layer=players.layer, segmentation=players.segmentation)
    )
    if players.segmentation is not None:
        segments = problem.segments_of(players.segmentation)
    else:
        segments = positions(*problem.head.shape[:2])
    if segments.max() < MOST_REMEMBERED:
        return problem.play(segments), segments
    game = private_game(
        problem.head, problem.point, problem.reference, problem.score, segments, most_bytes=0
    )
    return game, segments


def values_on(heatmap: FloatArray, segments: Segments) -> tuple[FloatArray, FloatArray]:
    """A map's value for each player, and the players' sizes in positions, both ``(players,)``.

    The map ``(h, w)`` is first brought onto the players' plane by `resampled`: bilinear to a
    finer one, by means to a coarser one. A player's value is the sum over its positions.
    """
    labels = segments.ravel()
    spread = resampled(np.asarray(heatmap, np.float64), segments.shape)
    values = np.asarray(np.bincount(labels, spread.ravel()), np.float64)
    return values, np.asarray(np.bincount(labels), np.float64)


def curves_of(
    classifier: Classifier,
    request: Request,
    heatmap: FloatArray,
    players: Players | None = None,
    *,
    steps: int | None = 20,
) -> Iterator[FaithfulnessCurve]:
    """Deletion, then insertion, of a map of a request's class.

    Parameters
    ----------
    classifier : Classifier
    request : Request
        Of the map: its picture, target, reference and score are taken.
    heatmap : float array ``(h, w)``
        Of any plane; see `values_on`.
    players : Players, optional
        The pixels where not given.
    steps : int or None
        As in `deletion_curve`.
    """
    game, segments = pose_curve(classifier, request, players or Players())
    values, sizes = values_on(heatmap, segments)
    yield deletion_curve(game, values, sizes=sizes, steps=steps)
    yield insertion_curve(game, values, sizes=sizes, steps=steps)


def faithfulness_curves(
    classifier: Classifier,
    attribution: Attribution,
    players: Players | None = None,
    *,
    steps: int | None = 20,
) -> tuple[FaithfulnessCurve, FaithfulnessCurve]:
    """Deletion and insertion curve of an attribution, with its own reference and score."""
    deletion, insertion = curves_of(
        classifier, attribution.request, attribution.heatmap, players, steps=steps
    )
    return deletion, insertion
