"""How a coalition is evaluated: through the whole head, or a quicker way to the same logits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from attribution_core.arrays import BoolArray, FloatArray, Logits
from attribution_core.images import digest
from attribution_core.network.classifier import Classifier
from attribution_core.network.head import Head, masked_points
from attribution_core.network.incremental_coalitions import IncrementalCoalitions
from attribution_core.network.incremental_head import IncrementalHead, Unmasked
from attribution_core.network.linear_head import LinearCoalitions, LinearHead
from attribution_core.segmentations import Segments


class Evaluator(Protocol):
    """A way from coalitions to logits, of one point, reference and segmentation.

    ``head`` is the one whose logits these are, to rounding; ``batch_size`` is the best number of
    coalitions for one call.
    """

    @property
    def head(self) -> Head: ...

    @property
    def batch_size(self) -> int: ...

    def logits(self, coalitions: BoolArray) -> Logits:
        """Logits ``(n, classes)`` of coalitions ``(n, players)``."""
        ...


@dataclass(frozen=True, eq=False)
class Masking:
    """What is masked, and with what: a point and a reference at one layer of a classifier.

    Attributes
    ----------
    classifier : Classifier
    layer : str
    point, reference : float arrays ``(h, w, c)``
        Present players keep the point's values, absent ones take the reference's.
    point_name, reference_name : str
        Unique names of the point and the reference at this layer, such as the digests of their
        pictures: keys in the classifier's cache for what depends on the two.
    """

    classifier: Classifier
    layer: str
    point: FloatArray
    reference: FloatArray
    point_name: str
    reference_name: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The classifier, the layer, the point and the reference, as parts of keys in the cache."""
        return self.classifier.fingerprint, self.layer, self.point_name, self.reference_name


class WholeHead:
    """Coalitions of one point, reference and segmentation, each a masked point for the head.

    Parameters
    ----------
    head : Head
    point, reference : float arrays ``(h, w, c)``
    segments : int array ``(h, w)``
        The player that each position belongs to, 0..players−1.
    """

    def __init__(
        self, head: Head, point: FloatArray, reference: FloatArray, segments: Segments
    ) -> None:
        self.head = head
        self._point = point
        self._reference = reference
        self._segments = segments

    @property
    def batch_size(self) -> int:
        return self.head.batch_size

    def logits(self, coalitions: BoolArray) -> Logits:
        """Logits ``(n, classes)`` of coalitions ``(n, players)``."""
        return self.head.masked_logits(self._point, self._reference, self._segments, coalitions)


def evaluator_of(masking: Masking, segments: Segments, *, bfloat16: bool = False) -> Evaluator:
    """The quickest known way to evaluate these players' coalitions.

    Where the head begins with linear layers and skipping them saves enough, coalitions skip them.
    Otherwise, where few absent players change only a window of each layer, that window is
    recomputed. Otherwise the whole head is, and also where a quicker way was found to give other
    logits: see `Agreement`.

    Parameters
    ----------
    masking : Masking
    segments : int array ``(h, w)``
        The player that each position belongs to, 0..players−1.
    bfloat16 : bool
        Whether the network is computed in bfloat16.

    Raises
    ------
    ValueError
        When bfloat16 is asked for and the network cannot be computed in it.
    """
    classifier, layer = masking.classifier, masking.layer
    ends = masking.point, masking.reference
    head = classifier.rounded_head(layer) if bfloat16 else classifier.head(layer)
    linear = classifier.linear_head(layer, int(segments.max()) + 1, bfloat16=bfloat16)
    if linear is not None and not linear.agreement.refuted:

        def plain(coalitions: BoolArray) -> Logits:
            return head.logits(masked_points(*ends, segments, coalitions))

        contributions = _contributions(masking, linear, segments)
        return LinearCoalitions(head, linear, contributions, plain)
    # Windows are computed in float32, and scores of both kinds must not be compared.
    incremental = None if bfloat16 else classifier.incremental_head(layer)
    if incremental is not None:
        unmasked = _unmasked(masking, incremental)
        return IncrementalCoalitions(incremental, head, *ends, segments, unmasked)
    return WholeHead(head, *ends, segments)


def _contributions(
    masking: Masking, linear: LinearHead, segments: Segments
) -> Callable[[], tuple[Logits, Logits]]:
    """What players add to the linear layers, the same for both precisions, kept in the cache."""
    key = ("contributions", *masking.key, digest(segments))
    return lambda: masking.classifier.cache.get_or_compute(
        key, lambda: linear.contributions(masking.point, masking.reference, segments)
    )


def _unmasked(masking: Masking, incremental: IncrementalHead) -> Callable[[], Unmasked]:
    """The whole point's activations that windows are cut out of, kept in the cache."""
    fingerprint, layer, point, _ = masking.key
    key = ("unmasked", fingerprint, layer, point)
    return lambda: masking.classifier.cache.get_or_compute(
        key, lambda: incremental.unmasked(masking.point)
    )
