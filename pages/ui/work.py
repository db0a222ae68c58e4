"""What pages ask the worker for, and what they get."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attribution_core.images import Picture
from attribution_core.request import Request


@dataclass(frozen=True)
class Predict:
    """What a model says of a picture."""

    model: str
    picture: Picture


@dataclass(frozen=True)
class Explain:
    """An attribution by a model."""

    model: str
    request: Request


Work = Predict | Explain


@dataclass(frozen=True)
class Prediction:
    """Logits and probabilities ``(classes,)`` of one picture."""

    logits: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float64]

    def top(self, count: int) -> tuple[int, ...]:
        """The most probable classes, best first."""
        return tuple(int(number) for number in np.argsort(-self.logits, kind="stable")[:count])
