"""Standard streams that a process was started without."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO


def open_missing() -> None:
    """Open the standard streams that are closed, on nothing.

    The next file that a process opens would take a closed stream's place, and what libraries write
    to standard error would go into it: into a map, for one.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest number that is free is taken, which is this one.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = _nothing()
    if sys.stderr is None:
        sys.stderr = _nothing()


def _nothing() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
