"""A head: the network from one layer's activations to the class scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, cast, get_args

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution_core.arrays import BoolArray, FloatArray, Logits
from attribution_core.network.finite import check_gradients, check_logits, check_scores
from attribution_core.scores import Link, Quantity, Score, score_values

Function = Callable[..., Any]

UNTRACED_CALLS = 4
"""Of a function with few points; tracing a gradient takes about as long."""

FEW_POINTS = 2
"""A point alone, or with its reference."""

_LIGHT_BATCH = 8
"""Heads of batches from this size on are light: they take longer to trace than to evaluate."""


def compiled(function: Function, *signature: Any) -> Function:
    """A TensorFlow function of this signature, traced once."""
    return cast(Function, tf.function(function, input_signature=signature, autograph=False))


def padded(count: int) -> int:
    """The size of a batch for so many points: less than a quarter larger.

    Eight sizes up to 8 and four from each power of two to the next, so that the convolution library
    sees few shapes.
    """
    step = 1 << max(0, (count - 1).bit_length() - 3)
    return -(-count // step) * step


class TracedWhenItPays:
    """A TensorFlow function that is traced only once tracing costs less than going without it.

    A gradient map takes a point and its reference through a function, and the point back once for
    each class; the functions of most layers see no more. Tracing one takes as long as several
    calls. Both ways agree to rounding, not to the last bit: TensorFlow fuses layers where it has
    traced them. So where the same bits are wanted whatever was evaluated before, it is always
    traced.

    Parameters
    ----------
    function : callable
        Of tensors; the first one holds the points ``(n, …)``.
    signature : tensor specifications of its arguments
    always : bool
        Trace it at the first call.
    """

    def __init__(self, function: Function, *signature: Any, always: bool = False) -> None:
        self._function = function
        self._traced = compiled(function, *signature)
        self._untraced_calls = 0
        self._always = always

    def __call__(self, points: Any, *others: Any) -> Any:
        few = len(points) <= FEW_POINTS and not self._always
        if few and self._untraced_calls < UNTRACED_CALLS:
            self._untraced_calls += 1
            return self._function(points, *others)
        return self._traced(points, *others)


class Head:
    """f_l, from activations ``(n, h, w, c)`` at layer l to logits ``(n, classes)``.

    Points are evaluated in batches of at most one size, padded as `padded` says. Each TensorFlow
    function is traced once at most, however often class, image and reference change, and the
    convolution library sees few shapes.

    Parameters
    ----------
    layer : str
    shape : (h, w, c)
        Of a point.
    classes : int
    logits : callable
        The network itself: tensor ``(n, h, w, c)`` -> tensor ``(n, classes)``.
    batch_size : int
        Points in one batch, at most; halved, for good, where they do not fit into memory.
    network : str
        The network's name, for error messages.
    quantity : Quantity
        What they call its outputs.
    reproducible : bool
        Whether a point's logits are the same to the last bit whatever is evaluated before or beside
        it: functions of few points are traced at their first call, and no coalition is evaluated
        alone (a matrix product with one row is computed differently from one with several).
    """

    def __init__(
        self,
        layer: str,
        shape: tuple[int, int, int],
        classes: int,
        logits: Callable[[Any], Any],
        batch_size: int,
        *,
        network: str = "",
        quantity: Quantity = "logit",
        reproducible: bool = False,
    ) -> None:
        self.network = network
        self.quantity: Quantity = quantity
        self.layer = layer
        self.shape = shape
        self.classes = classes
        self.batch_size = batch_size
        self._fewest_coalitions = 2 if reproducible else 1
        point = tf.TensorSpec(shape, tf.float32)
        points = tf.TensorSpec((None, *shape), tf.float32)
        weights = tf.TensorSpec((classes,), tf.float32)
        self._evaluate = TracedWhenItPays(logits, points, always=reproducible)
        self._evaluate_masked = compiled(
            partial(_masked_logits, logits),
            point,
            point,
            tf.TensorSpec(shape[:2], tf.int32),
            tf.TensorSpec((None, None), tf.bool),
        )
        # Without tracing, heavy convolutions take longer back than tracing does.
        at_once = reproducible or batch_size < _LIGHT_BATCH
        ready = compiled if at_once else TracedWhenItPays
        self._differentiate: dict[Link, Function] = {
            link: ready(partial(_differentiated, logits, link), points, weights)
            for link in get_args(Link)
        }

        def traced_for(count: int, link: Link) -> Function:
            several = tf.TensorSpec((count, classes), tf.float32)
            return ready(partial(_differentiated_several, logits, link), points, several)

        self._traced_for = lru_cache(maxsize=None)(traced_for)

    def logits(self, points: FloatArray) -> Logits:
        """Logits ``(n, classes)`` of points ``(n, h, w, c)``; ValueError if not all are finite."""
        (logits,) = self._in_batches(lambda batch: (self._evaluate(batch),), points)
        check_logits(logits, self.network, self.layer, self.quantity)
        return logits

    def masked_logits(
        self,
        point: FloatArray,
        reference: FloatArray,
        segments: npt.NDArray[np.int64],
        coalitions: BoolArray,
    ) -> Logits:
        """Logits ``(n, classes)`` of the point with all absent players set to the reference.

        Parameters
        ----------
        point, reference : float arrays ``(h, w, c)``
        segments : int array ``(h, w)``
            The player that each position belongs to.
        coalitions : bool array ``(n, players)``

        Raises
        ------
        ValueError
            When a logit is not finite.
        """
        fixed = (
            tf.constant(point, tf.float32),
            tf.constant(reference, tf.float32),
            tf.constant(segments, tf.int32),
        )
        (logits,) = self._in_batches(
            lambda batch: (self._evaluate_masked(*fixed, batch),),
            coalitions,
            self._fewest_coalitions,
        )
        check_logits(logits, self.network, self.layer, self.quantity)
        return logits

    def values_and_gradients(
        self, points: FloatArray, score: Score
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """A score ``(n,)`` of points ``(n, h, w, c)`` and its gradients, ``(n, h, w, c)``.

        ValueError if not all are finite.
        """
        weights = tf.constant(score.weights(self.classes))
        differentiate = self._differentiate[_link_of(score)]
        values, gradients = self._in_batches(lambda batch: differentiate(batch, weights), points)
        check_scores(values, self.network, self.layer, score.target)
        check_gradients(gradients, self.network, self.layer, score.target)
        return values, gradients

    def values_and_gradients_of(
        self, points: FloatArray, scores: Sequence[Score], kept: Sequence[int] | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Several scores ``(n, scores)`` and their gradients, ``(n, scores, h, w, c)``.

        One pass forward and one back for each score. All are probabilities, or none is.

        Parameters
        ----------
        points : float array ``(n, h, w, c)``
        scores : sequence of Score
        kept : sequence of int, optional
            Numbers of those that are asked for, all where not given. The others cost no pass, and
            what was traced for all serves any of them.

        Raises
        ------
        ValueError
            When not all values and gradients are finite.
        """
        kept = range(len(scores)) if kept is None else kept
        weights = np.zeros((len(scores), self.classes), np.float32)
        for number in kept:
            weights[number] = scores[number].weights(self.classes)
        differentiate = self._traced_for(len(scores), _link_of(scores[0]))
        given = tf.constant(weights)
        found = self._in_batches(lambda batch: differentiate(batch, given), points)
        values, gradients = (each[:, list(kept)] for each in found)
        for place, number in enumerate(kept):
            check_scores(values[:, place], self.network, self.layer, scores[number].target)
            check_gradients(gradients[:, place], self.network, self.layer, scores[number].target)
        return values, gradients

    def _in_batches(
        self,
        function: Callable[[Any], tuple[Any, ...]],
        points: npt.NDArray[Any],
        fewest: int = 1,
    ) -> list[npt.NDArray[np.float32]]:
        """Outputs of a function of one batch, for any number of points, padding cut off."""
        points = points if points.dtype == bool else np.asarray(points, np.float32)
        if not len(points):
            raise ValueError("There are no points to evaluate; give at least one.")
        pieces, start, most = [], 0, self.batch_size
        while start < len(points):
            batch = points[start : start + most]
            count = len(batch)
            missing = max(fewest, padded(count)) - count
            if missing:
                padding = np.broadcast_to(batch[-1:], (missing, *batch.shape[1:]))
                batch = np.concatenate([batch, padding])
            try:
                outputs = [output.numpy()[:count] for output in function(tf.constant(batch))]
            except tf.errors.ResourceExhaustedError:
                if len(batch) <= fewest:
                    raise
                # What memory holds is found out by trying, and kept for whatever comes later.
                self.batch_size = most = len(batch) // 2
                continue
            pieces.append(outputs)
            start += count
        return [
            np.concatenate(parts) if len(parts) > 1 else parts[0]
            for parts in zip(*pieces, strict=True)
        ]


def masked_points(
    point: FloatArray,
    reference: FloatArray,
    segments: npt.NDArray[np.int64],
    coalitions: BoolArray,
) -> FloatArray:
    """The points ``(n, h, w, c)`` that coalitions ``(n, players)`` make of a point ``(h, w, c)``.

    Absent players take the reference's values.
    """
    return np.where(coalitions[:, segments][..., None], point, reference)


def _masked_logits(
    logits: Function, point: Any, reference: Any, segments: Any, coalitions: Any
) -> Any:
    present = tf.gather(coalitions, segments, axis=1)[..., None]
    return logits(tf.where(present, point, reference))


def _link_of(score: Score) -> Link:
    """What makes a score of the logits: "none" where it is made of them as they are."""
    return score.link if score.probability else "none"


def _outputs(logits: Function, link: Link, points: Any) -> Any:
    outputs = logits(points)
    if link == "sigmoid":
        return tf.math.sigmoid(outputs)
    if link == "exp":
        return tf.math.exp(outputs)
    return tf.nn.softmax(outputs) if link == "softmax" else outputs


def _differentiated(logits: Function, link: Link, points: Any, weights: Any) -> Any:
    """The score ``(n,)`` with weights ``(classes,)`` on the outputs, and its gradients."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        score = tf.linalg.matvec(_outputs(logits, link, points), weights)
    return score, _gradient(tape, score, points)


def _differentiated_several(logits: Function, link: Link, points: Any, weights: Any) -> Any:
    """As `_differentiated`, for weights ``(scores, classes)`` of several scores.

    Where a score's weights are all 0, so is its gradient, and there is no pass back.
    """
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(points)
        outputs = _outputs(logits, link, points)
        scores = [tf.linalg.matvec(outputs, each) for each in tf.unstack(weights)]
    gradients = [
        tf.cond(
            tf.reduce_any(tf.not_equal(each, 0)),
            partial(_gradient, tape, score, points),
            partial(tf.zeros_like, points),
        )
        for score, each in zip(scores, tf.unstack(weights), strict=True)
    ]
    return tf.stack(scores, axis=1), tf.stack(gradients, axis=1)


def _gradient(tape: Any, score: Any, points: Any) -> Any:
    """Of a score; ValueError where an operation on the way has none."""
    try:
        gradient = tape.gradient(score, points)
    except LookupError:
        gradient = None
    if gradient is None:
        raise ValueError(
            "The network cannot be differentiated: a layer of it rounds, chooses or counts. Take a "
            "method that needs no gradients, such as occlusion, LIME or KernelSHAP."
        )
    return gradient


class HeadScore:
    """One score of a head, as the `Differentiable` function that gradient methods take."""

    def __init__(self, head: Head, score: Score) -> None:
        self._head = head
        self._score = score

    @property
    def batch_size(self) -> int:
        return self._head.batch_size

    def values(self, points: FloatArray) -> FloatArray:
        """Scores ``(n,)`` of points ``(n, h, w, c)``."""
        return score_values(self._head.logits(points), self._score)

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Scores ``(n,)`` and gradients ``(n, h, w, c)`` of points ``(n, h, w, c)``."""
        return self._head.values_and_gradients(points, self._score)


class HeadScores:
    """Several scores of a head at once: a `Differentiable` function with values ``(scores,)``."""

    def __init__(
        self, head: Head, scores: Sequence[Score], kept: Sequence[int] | None = None
    ) -> None:
        self._head = head
        self._scores = tuple(scores)
        self._kept = tuple(range(len(scores)) if kept is None else kept)

    @property
    def batch_size(self) -> int:
        # Passes back of all scores are in memory together; two take what one pass forward keeps.
        return max(1, self._head.batch_size // -(-len(self._kept) // 2))

    def only(self, kept: Sequence[int]) -> HeadScores:
        """The scores of these numbers alone: the others' passes back are not made."""
        return HeadScores(self._head, self._scores, [self._kept[number] for number in kept])

    def values(self, points: FloatArray) -> FloatArray:
        """Scores ``(n, scores)`` of points ``(n, h, w, c)``."""
        logits = self._head.logits(points)
        return np.stack([score_values(logits, self._scores[n]) for n in self._kept], axis=1)

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Scores ``(n, scores)`` and gradients ``(n, scores, h, w, c)``."""
        return self._head.values_and_gradients_of(points, self._scores, self._kept)
