"""How long a test waits: as long as something changes, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

UNCHANGED = 300.0
"""Seconds after which what has not changed is taken to be stuck."""


def until(
    condition: Callable[[], bool],
    *,
    watched: Callable[[], object] = lambda: None,
    pause: Callable[[], object] = lambda: time.sleep(0.002),
) -> None:
    """Wait until something is so, and give up only when nothing has changed for long.

    Parameters
    ----------
    condition : callable
        Whether it is so.
    watched : callable
        What shows that things go on, and what a wait in vain ends with.
    pause : callable
        What is done between two looks.
    """
    seen, since = watched(), time.monotonic()
    while not condition():
        pause()
        now = watched()
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > UNCHANGED:
            raise AssertionError(f"waited in vain; nothing has changed any more: {now}")
