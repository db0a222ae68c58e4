"""Outcomes of the checks of axioms on a network, apart from these so that pages need no
TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

NETWORK_AXIOMS = (
    "completeness",
    "dummy",
    "sensitivity",
    "linearity",
    "monotonicity",
    "implementation_invariance",
)


@dataclass(frozen=True)
class NetworkOutcome:
    """The outcome of one check of one method.

    Attributes
    ----------
    axiom : str
        One of `NETWORK_AXIOMS`.
    holds : bool or None
        None where the check cannot be made.
    error : float
        By how much the axiom is missed, as a share of what it is measured against; NaN where the
        check cannot be made. For sensitivity, the part's own attribution as a share of the score's
        change.
    finding : str
        The numbers in one sentence, or why there are none.
    """

    axiom: str
    holds: bool | None
    error: float
    finding: str


@dataclass(frozen=True)
class NetworkOutcomes:
    """The checks of one method so far."""

    method: str
    outcomes: tuple[NetworkOutcome, ...]
    done: int
    planned: int
