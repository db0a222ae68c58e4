"""The memory that this process takes, and the most that it may take."""

from __future__ import annotations

import os
from pathlib import Path

_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
"""Where Linux says what a container may take: control groups of version 2, and of version 1."""


def resident_bytes(process: Path = Path("/proc/self")) -> int | None:
    """What the process holds in memory; None where the system does not say it in Linux's way."""
    try:
        pages = int((process / "statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def most_bytes(root: Path = Path("/")) -> int | None:
    """The container's limit, or the machine's memory where there is none; None where neither is
    known."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        machine = None
    limits = [_number(root / path.removeprefix("/")) for path in _LIMITS]
    return min((each for each in (machine, *limits) if each is not None), default=None)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None  # "max" is no number: there is no limit
