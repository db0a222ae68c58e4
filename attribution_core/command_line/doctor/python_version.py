"""Is this a Python that the app runs on?"""

from __future__ import annotations

import sys

from attribution_core.command_line.doctor.finding import Finding

OLDEST, TOO_NEW = (3, 11), (3, 14)


def look_at_python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Finding:
    """Versions 3.11 to 3.13 are tested."""
    said = ".".join(map(str, version))
    if OLDEST <= version[:2] < TOO_NEW:
        return Finding("Python", "fine", said)
    return Finding(
        "Python", "wrong", f"{said}; install one of 3.11 to 3.13, and make its environment anew."
    )
