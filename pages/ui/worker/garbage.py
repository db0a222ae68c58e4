"""Returning what refers to itself, networks and event loops for two."""

from __future__ import annotations

import gc
import threading

_ONE_AT_A_TIME = threading.Lock()


def collect() -> None:
    """Return what refers to itself.

    What was loaded is taken out of the collector's sight, and with it what was there by then: it is
    looked at as well, and taken out again. Python passes over a collection that is asked for while
    another thread's is under way; this one waits for those of its own kind.
    """
    with _ONE_AT_A_TIME:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
