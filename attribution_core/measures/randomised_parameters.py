"""Two sanity checks, each one number: is it another map when nothing is left of learning?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.images import Picture
from attribution_core.measures.measure import Measure, Measurement, Subject
from attribution_core.measures.similarity import spearman

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

BINS = 100

NOISE = 0.1
"""Standard deviation of the noise on the pictures of sMPRT, as a share of the picture's range."""

_NOISY, _WHITE = 9, 10


def entropy(heatmap: FloatArray, bins: int = BINS) -> float:
    """Shannon's entropy, in nats, of the histogram of |values| in equal bins from least to most."""
    counts, _ = np.histogram(np.abs(heatmap), bins=bins)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def rise_in_complexity(trained: FloatArray, randomised: FloatArray, bins: int = BINS) -> float:
    """(H(randomised) − H(trained)) / H(trained), Hedström et al. 2024: eMPRT.

    Parameters
    ----------
    trained, randomised : float arrays
        Maps by the trained network, and by one with new parameters throughout.

    Returns
    -------
    float
        Above 0 where the map of the network that learned nothing is the more complex one; NaN
        where the trained one's entropy is 0.
    """
    before = entropy(trained, bins)
    return (entropy(randomised, bins) - before) / before if before else float("nan")


def with_new_parameters(subject: Subject) -> Classifier:
    """The classifier with all parameters re-initialised: one copy, shared with other measures."""
    from attribution_core.network.randomisation import Randomisation

    classifier = subject.classifier
    randomisation = classifier.keep("randomisation", lambda: Randomisation(classifier))
    return randomisation.at(len(randomisation.stages), subject.request.seed)


def _rise(subject: Subject) -> Measurement:
    randomised = subject.explained(classifier=with_new_parameters(subject))
    random = np.random.default_rng((subject.request.seed, _WHITE))
    noise = random.standard_normal((subject.effort.randoms, 2, *subject.heatmap.shape))
    return Measurement(
        rise_in_complexity(subject.explained(), randomised),
        tuple(rise_in_complexity(one, other) for one, other in noise),
    )


def _smooth(subject: Subject) -> Measurement:
    trained = _mean_map(subject, subject.classifier)
    randomised = _mean_map(subject, with_new_parameters(subject))
    dealt = (np.abs(each) for each in subject.shuffles())
    return Measurement(
        spearman(np.abs(trained), np.abs(randomised)),
        tuple(spearman(np.abs(trained), each) for each in dealt),
    )


def _mean_map(subject: Subject, classifier: Classifier) -> FloatArray:
    """The mean map over noisy copies of the picture."""
    pixels = subject.request.picture.pixels
    deviation = NOISE * float(np.ptp(pixels))
    maps = []
    for number in range(subject.effort.others):
        random = np.random.default_rng((subject.request.seed, _NOISY, number))
        noisy = np.clip(pixels + random.normal(0, deviation, pixels.shape), 0, 255)
        maps.append(subject.explained(Picture.of(noisy.astype(np.float32)), classifier=classifier))
    return np.asarray(np.mean(maps, axis=0))


EFFICIENT = Measure(
    name="efficient_mprt",
    title="Rise in complexity (eMPRT)",
    summary="By how much the entropy of the map's histogram rises when all of the network's "
    "parameters are drawn anew.",
    cannot_say="It compares how varied two maps are, and not where they point: the same picture of "
    "edges under more noise passes, and maps of few positions fill few bins.",
    better="higher",
    unit="share",
    random="two maps of normal noise",
    paper="Hedström et al. 2024",
    needs="parameters",
    of=_rise,
    maps=lambda effort: 1,
)

SMOOTH = Measure(
    name="smooth_mprt",
    title="Likeness without learning (sMPRT)",
    summary="The rank correlation of |map| with that of the network whose parameters are all drawn "
    "anew, each a mean over noisy copies of the picture.",
    cannot_say="Some likeness is no fault: where the picture itself is a factor of the map, or the "
    "network's architecture favours the middle, both maps have it.",
    better="lower",
    unit="",
    random="the map's values dealt to other places",
    paper="Hedström et al. 2024",
    needs="parameters",
    of=_smooth,
    maps=lambda effort: 2 * effort.others,
)
