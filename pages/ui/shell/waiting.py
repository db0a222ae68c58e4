"""What a page shows instead of a result that is not there, as the state of its task tells."""

from __future__ import annotations

from collections.abc import Iterable

from attribution_core.running.standing import Snapshot

_ENDED = ("failed", "cancelled", "done")


def instead_of(snapshots: Iterable[Snapshot[object]], meanwhile: str) -> str:
    """``meanwhile`` as long as any task may still give a result; then that none will."""
    states = [snapshot.state for snapshot in snapshots]
    if any(state not in _ENDED for state in states):
        return meanwhile
    return "This could not be computed." if "failed" in states else "Cancelled."
