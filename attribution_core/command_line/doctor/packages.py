"""Are the packages here that the code imports, in the versions that it was tested with?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from attribution_core.command_line.doctor.finding import Finding

_PINS = Path(__file__).resolve().parents[3] / "requirements.txt"
"""Beside the core in a checkout and in a container; installed, the package says what it needs."""


def look_at_packages(pins: Path = _PINS) -> Finding:
    """Those that are pinned, or that the installed package requires."""
    lacking, other, count = [], [], 0
    for name, wanted in _wanted(pins):
        count += 1
        try:
            found = version(name)
        except PackageNotFoundError:
            lacking.append(name)
        else:
            if wanted and found != wanted:
                other.append(f"{name} is {found} and not {wanted}")
    again = "run pip install -r requirements.txt" if pins.is_file() else "install it again"
    if lacking:
        return Finding("Packages", "wrong", f"There is no {', '.join(lacking)}; {again}.")
    if other:
        return Finding(
            "Packages", "note", f"Tested with others: {', '.join(other)}; where it fails, {again}."
        )
    return Finding("Packages", "fine", f"all {count}")


def _wanted(pins: Path) -> Iterator[tuple[str, str]]:
    """Names, and the versions that are pinned, empty where none is."""
    try:
        lines = pins.read_text("utf-8").splitlines()
    except OSError:
        try:
            lines = requires("attribution-explorer") or []
        except PackageNotFoundError:
            return
    for line in lines:
        found = re.match(r"\s*([A-Za-z0-9][\w.-]*)(?:==(\S+))?", line)
        if found:
            yield found[1], found[2] or ""
