"""Coalitions that an incremental head evaluates where that saves enough, and a plain one else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray, IntArray, Logits
from attribution_core.network.change_windows import Windows
from attribution_core.network.head import Head, masked_points
from attribution_core.network.incremental_head import IncrementalHead, Unmasked
from attribution_core.segmentations import Segments


class IncrementalCoalitions:
    """Coalitions of one point, reference and segmentation: in windows where that saves enough.

    Parameters
    ----------
    incremental : IncrementalHead
    head : Head
        The plain one, for coalitions to which windows do not apply.
    point, reference : float arrays ``(h, w, c)``
    segments : int array ``(h, w)``
    unmasked : callable
        Gives what `IncrementalHead.unmasked` returns for the point; called when first needed.
    """

    def __init__(
        self,
        incremental: IncrementalHead,
        head: Head,
        point: FloatArray,
        reference: FloatArray,
        segments: Segments,
        unmasked: Callable[[], Unmasked],
    ) -> None:
        self._incremental = incremental
        self.head = head
        self._point = point
        self._reference = reference
        self._segments = segments
        self._unmasked = unmasked
        self._first, self._last = _boxes(segments)

    @property
    def batch_size(self) -> int:
        return self.head.batch_size

    def logits(self, coalitions: BoolArray) -> Logits:
        """Logits ``(n, classes)`` of coalitions ``(n, players)``."""
        groups: dict[int, tuple[Windows, list[int]]] = {}
        corners, sides = self._absent(coalitions)
        for row in np.flatnonzero(~coalitions.all(axis=1)):
            windows = self._incremental.windows(*sides[row])
            groups.setdefault(id(windows), (windows, []))[1].append(int(row))
        logits = np.empty((len(coalitions), self.head.classes), np.float32)
        rest = np.ones(len(coalitions), bool)
        for windows, rows in groups.values():
            if self._incremental.worthwhile(windows, len(rows)):
                logits[rows] = self._incremental.logits(
                    self._unmasked(),
                    self._reference,
                    self._segments,
                    coalitions[rows],
                    np.minimum(corners[rows], windows.last_corner),
                    windows,
                )
                agreement = self._incremental.agreement
                rest[rows] = not agreement.holds(logits[rows], coalitions[rows], self._plain)
        if rest.any():
            logits[rest] = self.head.masked_logits(
                self._point, self._reference, self._segments, coalitions[rest]
            )
        return logits

    def _plain(self, coalitions: BoolArray) -> Logits:
        """Of few coalitions, without tracing what masks many."""
        points = masked_points(self._point, self._reference, self._segments, coalitions)
        return self.head.logits(points)

    def _absent(self, coalitions: BoolArray) -> tuple[IntArray, IntArray]:
        """Top left corner and sides of the box around each one's absent players, ``(n, 2)``."""
        far = max(self._segments.shape)
        absent = ~coalitions[:, :, None]
        first = np.where(absent, self._first, far).min(axis=1)
        last = np.where(absent, self._last, -1).max(axis=1)
        return first, last - first + 1


def _boxes(segments: Segments) -> tuple[IntArray, IntArray]:
    """First and last row and column of each player, both ``(players, 2)``."""
    players, labels = int(segments.max()) + 1, segments.ravel()
    indices = np.indices(segments.shape).reshape(2, -1).T
    first = np.full((players, 2), max(segments.shape))
    last = np.full((players, 2), -1)
    np.minimum.at(first, labels, indices)
    np.maximum.at(last, labels, indices)
    return first, last
