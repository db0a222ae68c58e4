"""Infidelity: do the values of removed parts add up to the score's fall?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.measures.map_curves import pose_curve
from attribution_core.measures.measure import Measure, Measurement, Subject

_REMOVED = 6


def infidelity(foretold: npt.ArrayLike, falls: npt.ArrayLike) -> float:
    """mean (foretold − fall)², Yeh et al. 2019, equation 1.

    Parameters
    ----------
    foretold : float array ``(n,)``
        I · φ of each perturbation I: for a map that adds up to the score's change and a set of
        parts set to the reference, the sum of their values.
    falls : float array ``(n,)``
        f(x) − f(x − I).

    Returns
    -------
    float
        In units of the score squared; 0 where all falls are foretold.
    """
    return float(np.square(np.asarray(foretold, np.float64) - np.asarray(falls, np.float64)).mean())


def best_scale(foretold: npt.ArrayLike, falls: npt.ArrayLike) -> float:
    """β = Σ sd / Σ s²: the factor of a map at which its infidelity is least; NaN where s is 0."""
    sums, found = np.asarray(foretold, np.float64), np.asarray(falls, np.float64)
    below = float(np.square(sums).sum())
    return float((sums * found).sum()) / below if below else float("nan")


def scaled_infidelity(foretold: npt.ArrayLike, falls: npt.ArrayLike) -> float:
    """Infidelity of the map at its `best_scale`, as a share of the mean squared fall.

    So that maps of any unit, slopes too, can stand in one table.

    Returns
    -------
    float
        0..1: 0 where the falls are proportional to what is foretold, 1 where a map of zeros does as
        well. NaN where nothing falls; 1 where nothing is foretold.
    """
    sums, found = np.asarray(foretold, np.float64), np.asarray(falls, np.float64)
    whole = float(np.square(found).mean())
    if whole == 0:
        return float("nan")
    if not sums.any():
        return 1.0
    return infidelity(best_scale(sums, found) * sums, found) / whole


def removed_sets(players: int, count: int, seed: int) -> BoolArray:
    """Sets ``(count, players)`` to remove, True in the set: of a size drawn from 1..players, each
    set of a size as likely as another."""
    random = np.random.default_rng((seed, _REMOVED))
    sizes = random.integers(1, players + 1, count)
    ranks = random.random((count, players)).argsort(axis=1).argsort(axis=1)
    return np.asarray(ranks < sizes[:, None])


def _of(subject: Subject) -> Measurement:
    game, labels = pose_curve(subject.classifier, subject.removal, subject.players)
    removed = removed_sets(game.players, subject.effort.coalitions, subject.request.seed)
    whole = np.ones((1, game.players), bool)
    left = game.values(np.concatenate([whole, ~removed]))
    falls = left[0] - left[1:]

    def left_over(heatmap: FloatArray) -> float:
        return scaled_infidelity(removed @ subject.on_players(heatmap, labels), falls)

    return Measurement(left_over(subject.heatmap), tuple(map(left_over, subject.shuffles())))


MEASURE = Measure(
    name="infidelity",
    title="Infidelity, scaled",
    summary="How much of the score's falls, when random sets of parts are removed, the sums of "
    "their values miss at the map's best scale: 0 none, 1 all of it.",
    cannot_say="It asks for sums: a map that ranks parts rightly is faulted where its values do "
    "not add up, and one in the wrong unit is not.",
    better="lower",
    unit="share",
    random="the map's values dealt to other places",
    paper="Yeh et al. 2019",
    needs="scores",
    of=_of,
    passes=lambda effort: 1 + effort.coalitions,
)
