"""ROAD, remove and debias: removed pixels are painted over from their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.images import Pixels
from attribution_core.measures.curves import removal_steps
from attribution_core.measures.measure import Measure, Measurement, Subject
from attribution_core.resampling import resampled
from attribution_core.scores import score_values

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the picture's pixels, removed one after another."""

NOISE = 0.01 * 255
"""Standard deviation of what is added to painted pixels, of values 0..255."""

_SIDE, _CORNER = 1 / 6, 1 / 12
_NEIGHBOURS = {
    (down, right): _CORNER if down and right else _SIDE
    for down in (-1, 0, 1)
    for right in (-1, 0, 1)
    if down or right
}


def painted_over(picture: Pixels, removed: BoolArray) -> Pixels:
    """Each removed pixel as the weighted mean of its eight neighbours, removed ones included.

    Weights are 1/6 at a side and 1/12 at a corner, and sum to 1 at the picture's border too (Rong
    et al. 2022, section 4.2, without their noise). A sparse system of linear equations.

    Parameters
    ----------
    picture : float array ``(h, w, c)``
    removed : bool array ``(h, w)``

    Returns
    -------
    float32 array ``(h, w, c)``

    Raises
    ------
    ValueError
        When all pixels are removed: nothing is left to paint from.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    if removed.all():
        raise ValueError("All pixels are removed; leave at least one to paint the others from.")
    pixels = np.array(picture, np.float64)
    if not removed.any():
        return pixels.astype(np.float32)
    height, width = removed.shape
    number = np.full(removed.shape, -1)
    number[removed] = np.arange(removed.sum())
    rows, columns = np.nonzero(removed)
    weights = np.zeros(len(rows))
    known = np.zeros((len(rows), pixels.shape[2]))
    entries: list[tuple[Any, ...]] = []
    for (down, right), weight in _NEIGHBOURS.items():
        beside, along = rows + down, columns + right
        inside = (beside >= 0) & (beside < height) & (along >= 0) & (along < width)
        weights += weight * inside
        own = np.flatnonzero(inside)
        beside, along = beside[own], along[own]
        unknown = removed[beside, along]
        known[own[~unknown]] += weight * pixels[beside[~unknown], along[~unknown]]
        others = number[beside[unknown], along[unknown]]
        entries.append((np.full(unknown.sum(), -weight), own[unknown], others))
    values, at, other = (np.concatenate(each) for each in zip(*entries, strict=True))
    every = np.arange(len(rows))
    system = coo_array(
        (
            np.concatenate([values, weights]),
            (np.concatenate([at, every]), np.concatenate([other, every])),
        ),
        shape=(len(rows), len(rows)),
    )
    pixels[removed] = np.reshape(spsolve(system.tocsc(), known), known.shape)
    return pixels.astype(np.float32)


def remove_and_debias(picture: Pixels, heatmap: FloatArray, seed: int) -> Pixels:
    """The picture with its most attributed pixels painted over, a share after another.

    Parameters
    ----------
    picture : float array ``(h, w, 3)``, RGB 0..255
    heatmap : float array
        Of any plane; brought to the pixels by `resampled`. Pixels of one value go together, those
        of the lowest never: something must be left to paint from.
    seed : int
        Of the noise that keeps the network from reading the mask off the smoothness.

    Returns
    -------
    float32 array ``(shares, h, w, 3)``
    """
    height, width = picture.shape[:2]
    values = resampled(heatmap, (height, width)).ravel()
    step_of, gone = removal_steps(values, np.ones(len(values)), None)
    random = np.random.default_rng((seed, 7))
    made = []
    for share in SHARES:
        last = min(int(np.searchsorted(gone, share - 1e-9)), len(gone) - 2)
        removed = (step_of <= last).reshape(height, width)
        painted = painted_over(picture, removed)
        painted[removed] += random.normal(0, NOISE, (int(removed.sum()), 3))
        made.append(np.clip(painted, 0, 255))
    return np.stack(made).astype(np.float32)


def _of(subject: Subject) -> Measurement:
    request, classifier = subject.request, subject.classifier

    def kept(heatmap: FloatArray) -> float:
        pictures = remove_and_debias(request.picture.pixels, heatmap, request.seed)
        return float(score_values(classifier.scores(pictures), subject.shown_score).mean())

    random = subject.remembered("road", lambda: tuple(map(kept, subject.random_orders())))
    return Measurement(kept(subject.heatmap), random)


MEASURE = Measure(
    name="road",
    title="ROAD",
    summary="The class's probability, averaged over 10 to 90 % of the pixels removed, the most "
    "attributed first, and painted over from their neighbours.",
    cannot_say="Painting leaves no edge that a network could read, but blurs large parts: a thing "
    "that is told by its silhouette stays, whatever the map said of it.",
    better="lower",
    unit="of the score",
    random="random orders of the map's places",
    paper="Rong et al. 2022",
    needs="pixels",
    of=_of,
    passes=lambda effort: len(SHARES) * (1 + effort.randoms),
)
