"""How much memory networks take, and which of them leave when another one needs room."""

from __future__ import annotations

from collections.abc import Mapping

from attribution_core.known_networks import KERAS_APPLICATIONS

UNUSED_SECONDS = 900.0
"""After so long without a visitor, a network leaves as soon as another one is loaded."""

IDLE_SECONDS = 60.0
"""After so long, it leaves where there is no room otherwise; its next use loads it again."""

_TIMES_THE_PARAMETERS = 4


def bytes_taken(parameter_bytes: int) -> int:
    """What a network may take once everything was asked of it, without what caches hold.

    Beside its parameters, these are traced functions, and the copy whose parameters are
    re-initialised, with its own.
    """
    return _TIMES_THE_PARAMETERS * parameter_bytes


def leaving(asked: str, unused: Mapping[str, float], most_bytes: int) -> tuple[str, ...]:
    """The networks of Keras Applications that leave before another one is loaded.

    Parameters
    ----------
    asked : str
        The network to be loaded.
    unused : mapping of str to float
        For how many seconds nobody has used each one that is in memory.
    most_bytes : int
        What all of them may take together.

    Raises
    ------
    ValueError
        When there is no room and the others are in use; one sentence says so.
    """
    gone = [name for name, seconds in unused.items() if seconds > UNUSED_SECONDS]
    if asked not in KERAS_APPLICATIONS:
        return tuple(gone)
    staying = sorted((name for name in unused if name not in gone), key=unused.__getitem__)
    while staying and _taken([asked, *staying]) > most_bytes and unused[staying[-1]] > IDLE_SECONDS:
        gone.append(staying.pop())
    if _taken([asked, *staying]) > most_bytes:
        title, needed = KERAS_APPLICATIONS[asked].title, _taken([asked]) / 1e6
        raise ValueError(
            f"There is no room for {title} now: it may take {needed:.0f} MB, and of "
            f"{most_bytes / 1e6:.0f} MB, networks that are in use may take "
            f"{_taken(staying) / 1e6:.0f} MB; choose one of these, or try again in a minute."
            if staying
            else f"There is no room for {title} on this server: it may take {needed:.0f} MB, and "
            f"{most_bytes / 1e6:.0f} MB are allowed; choose a smaller network."
        )
    return tuple(gone)


def _taken(names: list[str]) -> int:
    return sum(bytes_taken(4 * KERAS_APPLICATIONS[name].parameters) for name in names)
