"""Symmetric relevance gain: does the least attributed part go unnoticed, and the most not?"""

from __future__ import annotations

import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.games.game import Game
from attribution_core.measures.curves import FaithfulnessCurve, deletion_curve, insertion_curve
from attribution_core.measures.map_curves import pose_curve, values_on
from attribution_core.measures.measure import Measure, Measurement, Subject
from attribution_core.scores import Score


def symmetric_relevance_gain(
    game: Game,
    values: npt.ArrayLike,
    *,
    sizes: npt.ArrayLike | None = None,
    steps: int | None = None,
    score: Score | None = None,
) -> float:
    """Area while the least attributed go first, minus area while the most attributed do.

    Removing the least attributed first passes the coalitions of insertion, so that this is the area
    below the insertion curve minus that below the deletion curve (Blücher et al. 2024). Whatever
    the reference does to the score of both orders alike is gone from it.

    Parameters
    ----------
    game, values, sizes, steps
        As in `deletion_curve`.
    score : Score, optional
        Another than the game's own, as in `FaithfulnessCurve.read_as`.

    Returns
    -------
    float
        In units of the score. 0 on average over random orders, each of which is read both ways: the
        reverse of an order has its gain with the other sign.
    """

    def area(curve: FaithfulnessCurve) -> float:
        return curve.area if score is None else curve.read_as(score).area

    return area(insertion_curve(game, values, sizes=sizes, steps=steps)) - area(
        deletion_curve(game, values, sizes=sizes, steps=steps)
    )


def _of(subject: Subject) -> Measurement:
    game, labels = pose_curve(subject.classifier, subject.removal, subject.players)

    def gain(heatmap: FloatArray) -> float:
        values, sizes = values_on(heatmap, labels)
        return symmetric_relevance_gain(
            game, values, sizes=sizes, steps=subject.effort.steps, score=subject.shown_score
        )

    # A random order read forwards and backwards would give exactly 0, which is no baseline: of each
    # order both curves are taken.
    random = subject.remembered("relevance_gain", lambda: tuple(map(gain, subject.random_orders())))
    return Measurement(gain(subject.heatmap), random)


MEASURE = Measure(
    name="relevance_gain",
    title="Relevance gain (SRG)",
    summary="The class's mean probability while the least attributed parts are removed first, "
    "minus that while the most attributed are: insertion minus deletion in one number.",
    cannot_say="It cannot tell a wrong map from a network that is surprised by pictures with parts "
    "missing, and another reference or other parts give other numbers.",
    better="higher",
    unit="of the score",
    random="independent random orders of the map's places",
    paper="Blücher et al. 2024",
    needs="scores",
    of=_of,
    passes=lambda effort: 2 * effort.steps * (1 + effort.randoms),
)
