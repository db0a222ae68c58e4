"""Which methods take part in the superpixel game."""

from __future__ import annotations

from attribution_core.registry import METHODS

LEADING = "kernel_shap"
"""The method whose values rank the players, and the first to be shown."""

LEFT_OUT = ("owen_values", "rise")
"""Methods that have no column here. Owen values ask about groups of players: they would take
coalitions from those that ask about single ones, which is what a click on a part does. RISE
estimates the Banzhaf values, and a surrogate fitted to the same coalitions, LIME's, foretells more.
"""


def game_methods(*, exact: bool) -> tuple[str, ...]:
    """The methods that give each player a value by coalitions of all kinds, the leading one first.

    Those that need the worth of every coalition only where ``exact`` says that it can be had.
    """
    able = [
        name
        for name, method in METHODS.items()
        if method.of_players and name not in LEFT_OUT and (exact or not method.every_coalition)
    ]
    return tuple(sorted(able, key=lambda name: name != LEADING))
