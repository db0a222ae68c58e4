"""Where the app is to have its work done by a Dask scheduler: does that answer?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from attribution_core.command_line.doctor.finding import Finding
from attribution_core.running.cluster.workers import Workers, client_of

_VARIABLE = "ATTRIBUTION_SCHEDULER"


def look_at_scheduler(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Nothing where none is named."""
    address = environment.get(_VARIABLE, "").strip()
    if not address:
        return
    try:
        with client_of(Workers(scheduler=address)) as client:
            workers = len(client.nthreads())
    except ValueError as error:
        yield Finding("Scheduler", "wrong", f"{_VARIABLE}: {error}")
        return
    if workers:
        yield Finding("Scheduler", "fine", f"{address}, workers: {workers}")
    else:
        yield Finding(
            "Scheduler",
            "note",
            f"{address} has no worker yet; until one is there the app computes by itself.",
        )
