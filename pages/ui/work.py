"""What pages ask the worker for, and what they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attribution_core.estimate import Estimate
from attribution_core.images import Picture
from attribution_core.request import Request

if TYPE_CHECKING:
    from attribution_core.explanation import Attribution


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


@dataclass(frozen=True)
class Play:
    """What a model says of a picture when some players of a request's game are absent."""

    model: str
    request: Request
    absent: tuple[int, ...]


@dataclass(frozen=True)
class Interact:
    """The Shapley interactions of all pairs of players in a request's game."""

    model: str
    request: Request


Work = Predict | Explain | Play | Interact


@dataclass(frozen=True)
class Prediction:
    """Logits and probabilities ``(classes,)`` of one picture."""

    logits: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float64]

    def top(self, count: int) -> tuple[int, ...]:
        """The most probable classes, best first."""
        return tuple(int(number) for number in np.argsort(-self.logits, kind="stable")[:count])


if TYPE_CHECKING:
    Result = Prediction | Attribution | Estimate
else:
    # Attribution's module imports TensorFlow, for which no page should wait.
    Result = object
