"""What an attribution method yields while it runs: estimates that improve."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Generic, ParamSpec, TypeVar

from attribution_core.arrays import FloatArray

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Estimate:
    """An attribution, estimated from the evaluations so far.

    Attributes
    ----------
    values : float array
        Signed attributions: the shape of the point for gradient methods, ``(players,)`` for
        coalition methods.
    done, planned : int
        Work units finished and planned; ``done == planned`` only in the last estimate of a run that
        used its whole budget. A unit is one evaluation of the function or its gradient.
    evaluations : int
        Evaluations that ``values`` is based on.
    standard_error : float array or None
        One standard error per value, where the method samples and has enough samples for it.
    diagnostics : mapping of str to float
        What else the method's literature reports, for example LIME's weighted R².
    reference_score : float or None
        Of what the point is compared with, where the method has references of its own and not the
        request's: their mean.
    """

    values: FloatArray
    done: int
    planned: int
    evaluations: int
    standard_error: FloatArray | None = None
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    reference_score: float | None = None


TOTAL_ERROR = "total_error"
"""The diagnostic of the standard error of the values' sum, where that is known to vary."""


class Estimator(Generic[P]):
    """An attribution method: call it for the result, ``refine`` it for the estimates on the way.

    Made by decorating the generator function that holds the method's formula::

        integrated_gradients(f, point, reference)          # -> the last Estimate
        integrated_gradients.refine(f, point, reference)   # -> iterator of Estimates
    """

    def __init__(self, refine: Callable[P, Iterator[Estimate]]) -> None:
        self.refine = refine
        update_wrapper(self, refine)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Estimate:
        return last_of(self.refine(*args, **kwargs))


def last_of(estimates: Iterator[T]) -> T:
    """The last of the estimates; every method yields at least one."""
    return deque(estimates, maxlen=1).pop()
