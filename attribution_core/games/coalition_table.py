"""The memory of a game: the logits of every coalition evaluated so far."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from attribution_core.arrays import BoolArray, Logits

MOST_TABLE_BYTES = 288 * 2**20
"""A table holds no more than this; coalitions beyond it are evaluated but not remembered."""


class CoalitionTable:
    """Logits of all classes by coalition: each coalition is evaluated once, whoever asks.

    Parameters
    ----------
    classes : int
    most_bytes : int
        Of the logits that are kept.
    """

    def __init__(self, classes: int, most_bytes: int = MOST_TABLE_BYTES) -> None:
        self._rows = np.empty((0, classes), np.float32)
        self._row_of: dict[bytes, int] = {}
        self._most_rows = most_bytes // (4 * classes)
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes + 160 * len(self._row_of)

    def __len__(self) -> int:
        return len(self._row_of)

    def logits(self, coalitions: BoolArray, evaluate: Callable[[BoolArray], Logits]) -> Logits:
        """Logits ``(n, classes)`` of coalitions ``(n, players)``.

        ``evaluate`` is called with those not yet known, without repetitions.
        """
        keys = [row.tobytes() for row in np.packbits(coalitions, axis=1)]
        with self._lock:
            missing = {key: index for index, key in enumerate(keys) if key not in self._row_of}
            if not missing:
                return self._rows[[self._row_of[key] for key in keys]]
            fresh = evaluate(coalitions[list(missing.values())])
            known = [row for row, key in enumerate(keys) if key not in missing]
            logits = np.empty((len(keys), fresh.shape[1]), np.float32)
            logits[known] = self._rows[[self._row_of[keys[row]] for row in known]]
            place = {key: index for index, key in enumerate(missing)}
            new = [row for row, key in enumerate(keys) if key in missing]
            logits[new] = fresh[[place[keys[row]] for row in new]]
            self._keep(list(missing), fresh)
            return logits

    def _keep(self, keys: list[bytes], logits: Logits) -> None:
        """Remember as many of the logits as there is room for."""
        used = len(self._row_of)
        needed = min(used + len(keys), self._most_rows)
        if needed > len(self._rows):
            rows = min(max(needed, 2 * len(self._rows)), self._most_rows)
            grown = np.empty((rows, logits.shape[1]), np.float32)
            grown[:used] = self._rows[:used]
            self._rows = grown
        self._rows[used:needed] = logits[: needed - used]
        self._row_of.update(zip(keys, range(used, needed), strict=False))
