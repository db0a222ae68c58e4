"""The game on a local head, whose values all follow from few coalitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from attribution_core.arrays import BoolArray, FloatArray, Logits
from attribution_core.games.local_game import MeanParts, NotLocal, colours_of, mean_parts
from attribution_core.images import digest
from attribution_core.network.additive_part import additive_part
from attribution_core.network.agreement import Agreement
from attribution_core.network.evaluators import Masking
from attribution_core.network.finite import check_logits
from attribution_core.network.head import FEW_POINTS, compiled, masked_points
from attribution_core.network.local_head import LocalHead
from attribution_core.network.verification import tolerance_of
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
        self._segments = segments
        self._rest = head.rest
        self._plane = tuple(head.rest.input.shape)[1:]
        self._masking = masking
        self._key = ("mean parts", *masking.key, digest(segments))
        self.batch_size: int = masking.classifier.head(masking.layer).batch_size
        self._additive = additive_part(head, segments)
        ends = tf.constant(np.stack([masking.point, masking.reference]), tf.float32)
        labels = tf.constant(segments, tf.int32)

        def points(ends: Any, labels: Any, coalitions: Any) -> Any:
            present = tf.gather(coalitions, labels, axis=1)[..., None]
            return prepare(tf.where(present, ends[0], ends[1]))

        def evaluate(ends: Any, labels: Any, coalitions: Any) -> Any:
            masked = points(ends, labels, coalitions)
            plane = masked if head.part is None else head.part(masked, training=False)
            return tf.cast(plane, tf.float32)

        traced = masking.classifier.keep(
            f"parts at {masking.layer}",
            lambda: compiled(
                evaluate,
                tf.TensorSpec(ends.shape, tf.float32),
                tf.TensorSpec(labels.shape, tf.int32),
                tf.TensorSpec((None, None), tf.bool),
            ),
        )
        self._points: Callable[[Any], Any] = partial(points, ends, labels)
        self._evaluate: Callable[[Any], Any] = partial(traced, ends, labels)

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

    def parts_of_unions(self, present: BoolArray) -> FloatArray:
        """The same of unions of colours, ``(n, colours)``, each layer that is additive once."""
        if self._additive is None:
            return self.parts(present[:, colours_of(self.sees)])
        plane = self._above(tf.constant(present), *self._added)
        return np.asarray(plane).reshape(len(present), -1, self._plane[-1])

    @cached_property
    def _added(self) -> tuple[list[Any], list[Any]]:
        """Activations of the additive layers without players, ``(values,)`` each, and what each
        colour adds to them, ``(colours, values)`` each."""
        assert self._additive is not None
        colours = colours_of(self.sees)
        alone = np.eye(colours.max() + 1, dtype=bool)
        nobody = np.zeros_like(alone[:1])
        points = self._points(tf.constant(np.concatenate([nobody, alone])[:, colours]))
        flat = [
            tf.reshape(each, (each.shape[0], -1)) for each in self._additive.activations(points)
        ]
        return [each[0] for each in flat], [each[1:] - each[0] for each in flat]

    @cached_property
    def _above(self) -> Callable[..., Any]:
        """From unions of colours and what these add to the plane."""
        additive = self._additive
        assert additive is not None

        def evaluate(present: Any, nobody: list[Any], added: list[Any]) -> Any:
            weights = tf.cast(present, tf.float32)
            sums = [
                tf.reshape(base + tf.matmul(weights, each), (-1, *shape))
                for base, each, shape in zip(nobody, added, additive.shapes, strict=True)
            ]
            return tf.cast(additive.above(sums, training=False), tf.float32)

        sizes = [prod(shape) for shape in additive.shapes]
        return self._masking.classifier.keep(
            f"parts at {self._masking.layer} from {additive.name}",
            lambda: compiled(
                evaluate,
                tf.TensorSpec((None, None), tf.bool),
                [tf.TensorSpec((size,), tf.float32) for size in sizes],
                [tf.TensorSpec((None, size), tf.float32) for size in sizes],
            ),
        )

    def outputs(self, parts: FloatArray) -> FloatArray:
        """Logits ``(n, classes)`` without their constant; ValueError where they are not finite."""
        planes = tf.constant(parts.reshape(-1, *self._plane), tf.float32)
        logits = np.asarray(self._rest(planes, training=False) - self._constant)
        classifier = self._masking.classifier
        check_logits(logits, classifier.name, self._masking.layer, classifier.quantity)
        return logits

    def mean_parts(self) -> Iterator[MeanParts]:
        """`mean_parts` of this game, the last one kept in the classifier's cache.

        NotLocal where a random coalition shows, now or before, that the head is not local or gives
        other logits than the plain one.
        """
        classifier = self._masking.classifier
        known = classifier.cache.get(self._key)
        if known is not None:
            yield known
            return
        try:
            self._compare()
            found: MeanParts | None = None
            for found in mean_parts(self):
                yield found
        except NotLocal:
            classifier.refute_local_head(self._masking.layer)
            raise
        if found is not None:
            classifier.cache.put(self._key, found)

    def _compare(self) -> None:
        """NotLocal where the logits are not those of the plain head."""
        classifier, layer = self._masking.classifier, self._masking.layer
        head = classifier.head(layer)
        random = np.random.default_rng(0)
        coalitions = random.random((FEW_POINTS, self.sees.shape[1])) < 0.5
        agreement = classifier.keep(
            f"agreement of the local head at {layer}",
            lambda: Agreement(tolerance_of(classifier.network)),
        )
        ends = self._masking.point, self._masking.reference
        found = self.outputs(self.parts(coalitions)) + self._constant
        if not agreement.holds(
            found,
            coalitions,
            lambda few: head.logits(masked_points(*ends, self._segments, few)),
        ):
            raise NotLocal("The local head gives other logits than the plain one.")


def local_game(masking: Masking, segments: Segments) -> LocalHeadGame | None:
    """The game on these players where the head is local and has few enough colours, else None."""
    classifier = masking.classifier
    if classifier.colours(masking.layer, segments) is None:
        return None
    head = classifier.local_head(masking.layer)
    assert head is not None
    return LocalHeadGame(head, classifier.preparation(masking.layer), masking, segments)
