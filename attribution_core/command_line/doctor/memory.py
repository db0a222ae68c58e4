"""Is there memory enough?"""

from __future__ import annotations

from attribution_core.command_line.doctor.finding import Finding
from attribution_core.running.memory import most_bytes

LEAST, WELL = 1e9, 2e9
"""Bytes: the app with one of the built-in networks and its maps took 1.1 GB."""


def look_at_memory(most: int | None = None) -> Finding:
    """What the machine has, or what this container may take."""
    most = most_bytes() if most is None else most
    if most is None:
        return Finding("Memory", "note", "This system does not say how much; 2 GB are enough.")
    said = f"{most / 1e9:.1f} GB"
    if most < LEAST:
        return Finding("Memory", "wrong", f"{said}; at least 1 GB is needed, and 2 GB are well.")
    if most < WELL:
        return Finding(
            "Memory", "note", f"{said}; 2 GB are better, and large networks take several."
        )
    return Finding("Memory", "fine", said)
