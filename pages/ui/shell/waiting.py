"""What stands in the place of a result that is not there: for how long, only its work can say."""

from __future__ import annotations

from collections.abc import Iterable

from attribution_core.running.jobs import Snapshot

_ENDED = ("failed", "cancelled", "done")


def in_place_of(snapshots: Iterable[Snapshot[object]], meanwhile: str) -> str:
    """``meanwhile`` as long as any of the work may still give a result; then, that none will."""
    states = [snapshot.state for snapshot in snapshots]
    if any(state not in _ENDED for state in states):
        return meanwhile
    return "This could not be computed." if "failed" in states else "Cancelled."
