"""Which methods take part in the superpixel game."""

from __future__ import annotations

from attribution_core.methods.options import OptionValue
from attribution_core.registry import METHODS

LEADING = "kernel_shap"
"""The method whose values rank the players, and the first to be shown."""


def game_methods(*, exact: bool) -> tuple[str, ...]:
    """The methods that give each player a value, the leading one first.

    Those that evaluate every coalition only where ``exact`` says that there are few enough.
    """
    able = [
        name
        for name, method in METHODS.items()
        if method.players is not None and (exact or not method.every_coalition)
    ]
    return tuple(sorted(able, key=lambda name: name != LEADING))


def in_common_game() -> dict[tuple[str, str], OptionValue]:
    """Options, by method and name, with which all of them play one game."""
    return {
        (name, option): value
        for name in game_methods(exact=True)
        for option, value in METHODS[name].in_common_game.items()
    }
