"""The game on a local head, whose values all follow from few coalitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

import numpy as np
import tensorflow as tf

from attribution_core.arrays import BoolArray, FloatArray, Logits
from attribution_core.games.local_game import MeanParts, NotLocal, mean_parts
from attribution_core.images import digest
from attribution_core.network.evaluators import Masking
from attribution_core.network.finite import check_logits
from attribution_core.network.head import compiled
from attribution_core.network.local_head import LocalHead
from attribution_core.segmentations import Segments


class LocalHeadGame:
    """The `LocalGame` on a local head: absent players take the reference's values.

    Parameters
    ----------
    head : LocalHead
    prepare : callable
        What comes before the network: tensor of points ``(n, h, w, c)`` -> tensor of that shape.
    masking : Masking
    segments : int array ``(h, w)``
        The player that each position belongs to, 0..players−1.
    """

    def __init__(
        self, head: LocalHead, prepare: Callable[[Any], Any], masking: Masking, segments: Segments
    ) -> None:
        self.sees = head.sees(segments)
        self._rest = head.rest
        self._plane = tuple(head.rest.input.shape)[1:]
        self._masking = masking
        self._key = ("mean parts", *masking.key, digest(segments))
        shape = masking.point.shape
        self.batch_size: int = masking.classifier.head(masking.layer).batch_size
        ends = (
            tf.constant(masking.point, tf.float32),
            tf.constant(masking.reference, tf.float32),
            tf.constant(segments, tf.int32),
        )

        def evaluate(point: Any, reference: Any, labels: Any, coalitions: Any) -> Any:
            present = tf.gather(coalitions, labels, axis=1)[..., None]
            points = prepare(tf.where(present, point, reference))
            plane = points if head.part is None else head.part(points, training=False)
            return tf.cast(plane, tf.float32)

        traced = masking.classifier.keep(
            f"parts at {masking.layer}",
            lambda: compiled(
                evaluate,
                tf.TensorSpec(shape, tf.float32),
                tf.TensorSpec(shape, tf.float32),
                tf.TensorSpec(shape[:2], tf.int32),
                tf.TensorSpec((None, None), tf.bool),
            ),
        )
        self._evaluate: Callable[[Any], Any] = partial(traced, *ends)

    @cached_property
    def _constant(self) -> Logits:
        return np.asarray(self._rest(np.zeros((1, *self._plane), np.float32), training=False))

    def parts(self, coalitions: BoolArray) -> FloatArray:
        """The plane ``(n, positions, features)`` of coalitions ``(n, players)``."""
        pieces = [
            np.asarray(self._evaluate(tf.constant(coalitions[start : start + self.batch_size])))
            for start in range(0, len(coalitions), self.batch_size)
        ]
        return np.concatenate(pieces).reshape(len(coalitions), -1, self._plane[-1])

    def outputs(self, parts: FloatArray) -> FloatArray:
        """Logits ``(n, classes)`` without their constant; ValueError where they are not finite."""
        planes = tf.constant(parts.reshape(-1, *self._plane), tf.float32)
        logits = np.asarray(self._rest(planes, training=False) - self._constant)
        check_logits(logits, self._masking.classifier.name, self._masking.layer)
        return logits

    def mean_parts(self) -> Iterator[MeanParts]:
        """`mean_parts` of this game, the last one kept in the classifier's cache.

        NotLocal where a random coalition shows that the head is not local, now or before.
        """
        classifier = self._masking.classifier
        known = classifier.cache.get(self._key)
        if known is not None:
            yield known
            return
        try:
            found: MeanParts | None = None
            for found in mean_parts(self):
                yield found
        except NotLocal:
            classifier.refute_local_head(self._masking.layer)
            raise
        if found is not None:
            classifier.cache.put(self._key, found)


def local_game(masking: Masking, segments: Segments) -> LocalHeadGame | None:
    """The game on these players where the head is local and has few enough colours, else None."""
    classifier = masking.classifier
    if classifier.colours(masking.layer, segments) is None:
        return None
    head = classifier.local_head(masking.layer)
    assert head is not None
    return LocalHeadGame(head, classifier.preparation(masking.layer), masking, segments)
