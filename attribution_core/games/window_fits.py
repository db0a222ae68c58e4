"""Fits of the Gaussian process, each made once for all outputs of a game.

What takes time does not ask which output is estimated: where coalitions were observed, how strong
and wide the windows are, and the factorisation that follows. So the windows are chosen by a few
outputs that are always the same, such as the classes that a network thinks likeliest, and a change
of class finds everything there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.gaussian_process import (
    MOST_COMPARED,
    SLOPES_BESIDE_A_MEAN,
    Array,
    Factorisation,
    Hyperparameters,
    additive_worth,
    likeliest,
    scale_of,
)
from attribution_core.images import digest

T = TypeVar("T")
MOST_KEPT = 8192
"""Pairs up to which the covariances of those that the process does not know are kept for the next
output, 8 MB a thousand."""


class Keep(Protocol):
    """Gives what a key names, computed the first time that it is asked for."""

    def __call__(self, key: Hashable, compute: Callable[[], T], /) -> T: ...


class WindowFits:
    """The process on one game's players, for all of its outputs.

    Parameters
    ----------
    centres : float array ``(players, 2)``
        Where the players are, as `games.gaussian_process.centres_of` gives them.
    examples : callable, optional
        From coalitions ``(n, players)`` to what they are worth, ``(n, outputs)``, to those outputs
        by which the windows are chosen. Without it they are chosen by the output that is estimated,
        and nothing is shared.
    keep : Keep, optional
        Keeps what is shared, under keys that are unique to this game.
    known : callable, optional
        Gives what is known beforehand of the examples' values, ``(players, outputs)``.
    """

    def __init__(
        self,
        centres: FloatArray,
        examples: Callable[[BoolArray], FloatArray] | None = None,
        keep: Keep | None = None,
        known: Callable[[], FloatArray] | None = None,
    ) -> None:
        self.centres = centres
        self._examples = examples
        self._known = known
        self._kept: dict[Hashable, Any] = {}
        self._keep: Keep = self._remember if keep is None else keep

    def at(self, members: BoolArray, worth: FloatArray, known: FloatArray | None) -> Factorisation:
        """The factorisation at all players together and at pairs ``(m, players)``.

        Parameters
        ----------
        members : bool array ``(m, players)``
        worth : float array ``(m + 1, outputs)``
            y there of the outputs that are estimated; looked at where there are no examples.
        known : float array ``(players, outputs)`` or None
            What is known beforehand of their values, likewise; None where nothing is to be used.

        Raises
        ------
        numpy.linalg.LinAlgError
            When the covariance is not positive definite, by rounding.
        """
        compared = members[:MOST_COMPARED]
        around = known is not None
        chosen = self._keep(
            ("windows", around, digest(compared)), lambda: self._choose(compared, worth, known)
        )
        return self._keep(
            ("factorisation", around, digest(members)),
            lambda: Factorisation.of(self.centres, signs_of(_with_everyone(members)), chosen),
        )

    def beyond(self, known: BoolArray, members: BoolArray, drawn: int, at: Factorisation) -> Array:
        """`Factorisation.covariance` of pairs ``(k, players)`` that it does not know.

        Parameters
        ----------
        known : bool array ``(m, players)``
            The pairs that it was made at.
        members : bool array ``(k, players)``
        drawn : int
            How many pairs there are with these.
        at : Factorisation
        """

        def compute() -> Array:
            return at.covariance(signs_of(members))

        if self._examples is None or drawn > MOST_KEPT:
            return compute()
        return self._keep(("covariance", digest(known), digest(members)), compute)

    def _choose(
        self, members: BoolArray, worth: FloatArray, known: FloatArray | None
    ) -> Hyperparameters:
        coalitions = _with_everyone(members)
        signs, worth = signs_of(coalitions), worth[: len(coalitions)]
        if self._examples is not None:
            worth = (self._examples(coalitions) - self._examples(~coalitions)) / 2
        if known is None:
            return likeliest(self.centres, signs[1:], worth[1:])
        if self._examples is not None:
            known = self._known() if self._known is not None else 0 * known[:, :1]
        additive = additive_worth(signs, known)
        beyond = worth - scale_of(additive, worth, additive) * additive
        return likeliest(self.centres, signs[1:], beyond[1:], SLOPES_BESIDE_A_MEAN)

    def _remember(self, key: Hashable, compute: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = compute()
        return cast(T, self._kept[key])


def _with_everyone(members: BoolArray) -> BoolArray:
    """All players together, before these coalitions."""
    return np.concatenate([np.ones((1, members.shape[1]), bool), members])


def signs_of(members: BoolArray) -> Array:
    """+1 for a present player, −1 for an absent one."""
    return np.where(members, 1.0, -1.0)
