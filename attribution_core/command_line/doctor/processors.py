"""Are there processors enough for pages and maps at once?"""

from __future__ import annotations

import os

from attribution_core.command_line.doctor.finding import Finding


def look_at_processors(count: int | None = None) -> Finding:
    """Those that this process may use."""
    if count is None:
        may = getattr(os, "sched_getaffinity", None)
        count = (os.cpu_count() or 1) if may is None else len(may(0))
    if count > 1:
        return Finding("Processors", "fine", str(count))
    return Finding(
        "Processors", "note", "1; with two, pages are drawn while maps are computed: take two."
    )
