"""Whether a quicker way to logits gives those of the plain head: found out before it is used."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray, Logits
from attribution_core.network.head import FEW_POINTS


def same_logits(found: FloatArray, expected: FloatArray, tolerance: float) -> bool:
    """Whether logits, of any shape, differ by no more than a share of the largest."""
    if not expected.size:
        return True
    return bool(np.abs(found - expected).max() <= tolerance * np.abs(expected).max())


class Agreement:
    """Of one quicker way with the plain head, on the first two coalitions that it evaluates.

    Parameters
    ----------
    tolerance : float
        Of the number types that both compute in, as a share of the largest logit.
    """

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._found: bool | None = None

    @property
    def refuted(self) -> bool:
        return self._found is False

    def holds(
        self, quick: Logits, coalitions: BoolArray, plain: Callable[[BoolArray], Logits]
    ) -> bool:
        """Whether the way can be believed; later calls compare nothing.

        Parameters
        ----------
        quick : float array ``(n, classes)``
            What the quicker way gives of the coalitions.
        coalitions : bool array ``(n, players)``
        plain : callable
            From coalitions to the plain head's logits; ValueError where these are not finite.
        """
        if self._found is None:
            few = slice(None, FEW_POINTS)
            self._found = same_logits(quick[few], plain(coalitions[few]), self._tolerance)
        return self._found
