"""What a started worker does first: Dask imports it by its name, see `workers`."""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Leave Ctrl+C to the command, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
