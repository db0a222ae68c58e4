"""What ``evaluate`` has measured already, so that it continues where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

Cell = str | int | float
Rows = list[list[Cell]]

_FORMAT = 1


class Measurements:
    """Rows of tables by what they depend on, kept in a file, a line as soon as it is known.

    A damaged line is ignored: what it held is measured again.

    Parameters
    ----------
    path : Path
        Created with the first rows.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = dict(_read(path)) if path.is_file() else {}

    def of(self, dependence: tuple[object, ...], measure: Callable[[], Rows]) -> Rows:
        """The rows that depend on these values, compared by their ``repr``; measured if need be."""
        key = hashlib.sha256(repr((_FORMAT, *dependence)).encode()).hexdigest()
        if key not in self._known:
            self.keep(key, measure())
        return self._known[key]

    def keep(self, key: str, rows: Rows) -> None:
        """Keep the rows of a key, and write them to the file."""
        self._known[key] = rows
        # A line that was cut off by a stop must not swallow this one.
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"\n{json.dumps([key, rows], ensure_ascii=False)}")


class NewMeasurements(Measurements):
    """What is measured for another process, which keeps the file: read, and never written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._new: list[tuple[str, Rows]] = []

    def keep(self, key: str, rows: Rows) -> None:
        self._known[key] = rows
        self._new.append((key, rows))

    def take(self) -> list[tuple[str, Rows]]:
        """What was measured since this was last asked."""
        taken, self._new = self._new, []
        return taken


def _read(path: Path) -> list[tuple[str, Rows]]:
    found = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            key, rows = json.loads(line)
            if all(isinstance(cell, Cell) for row in rows for cell in row):
                found.append((str(key), [list(row) for row in rows]))
        except (ValueError, TypeError, RecursionError):
            continue
    return found
