"""The class that a contrast begins with, until the visitor chooses another."""

from __future__ import annotations

from collections.abc import Sequence

from attribution_core.models.imagenet_kinds import imagenet_kind
from attribution_core.models.labels import imagenet_labels
from pages.ui.worker.tasks import Prediction

STRONGEST = 5
"""A rival is sought among so many of the most probable classes."""


def proposed_rival(
    prediction: Prediction, targets: Sequence[int], labels: Sequence[str]
) -> int | None:
    """A strong rival that is none of the target classes, and of another kind if there is one.

    A class contrasted with itself has no map, and its lead over a class much like it tells little:
    of a cat, what tells it from another cat.

    Parameters
    ----------
    prediction : Prediction
        Of the picture.
    targets : sequence of int
    labels : sequence of str
        Of all classes; their kinds are known where they are ImageNet's.

    Returns
    -------
    int or None
        One of the five most probable classes; a less probable one where all five are target
        classes, None where all classes are.
    """
    ranked = [each for each in prediction.top(len(labels)) if each not in targets]
    strongest = prediction.top(STRONGEST)
    near = [each for each in ranked if each in strongest]
    if tuple(labels) == imagenet_labels():
        kinds = [imagenet_kind(each) for each in targets]
        # Of another kind than every target class, else at least than the first.
        for avoided in (kinds, kinds[:1]):
            for each in near:
                if imagenet_kind(each) not in avoided:
                    return each
    return next(iter(near or ranked), None)
