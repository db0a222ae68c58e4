"""The last warnings and errors, told without pictures, labels or addresses of visitors."""

from __future__ import annotations

import ipaddress
import logging
import re
import threading
import traceback
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

MOST = 20
"""Kinds of incidents that are remembered, the oldest forgotten first."""

LONGEST = 400
"""Characters of a line."""

_ADDRESS = re.compile(
    r"\[?(?<![\w.:])((?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F.]*)(?![\w.])\]?"
    r"(?::\d{1,5})?"
)
_OURS = {"attribution_core", "pages"}


@dataclass(frozen=True)
class Incident:
    """What has happened, how often, and when it did last."""

    level: str
    said: str
    times: int
    last: datetime


class Incidents:
    """Remembers what was logged as a warning or worse; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], Incident] = OrderedDict()
        self._times: dict[str, int] = {}

    def note(self, level: str, said: str) -> None:
        """Remember that something has happened, now."""
        now = datetime.now(UTC)
        with self._lock:
            known = self._known.pop((level, said), Incident(level, said, 0, now))
            self._known[level, said] = replace(known, times=known.times + 1, last=now)
            self._times[level] = self._times.get(level, 0) + 1
            if len(self._known) > MOST:
                self._known.popitem(last=False)

    def newest_first(self) -> tuple[Incident, ...]:
        """Those that are remembered."""
        with self._lock:
            return tuple(reversed(self._known.values()))

    def times(self) -> dict[str, int]:
        """How many there have ever been, by level."""
        with self._lock:
            return dict(self._times)


def told(record: logging.LogRecord, *, whole: bool = False) -> str:
    """What a record says, in one line: of an exception its type and place.

    Parameters
    ----------
    record : logging.LogRecord
    whole : bool
        Also what the exception says, which may name a visitor's file or classes.
    """
    try:
        text = record.getMessage()
    except Exception:
        text = str(record.msg)
    parts = [text.strip()]
    if record.exc_info and record.exc_info[1] is not None:
        parts.append(described(record.exc_info[1], whole=whole))
    line = " · ".join(" ".join(part.split()) for part in parts if part)
    line = _ADDRESS.sub(_without_visitor, line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def described(error: BaseException, *, whole: bool = False) -> str:
    """An exception's type and where it was raised; what it says only where all is wanted."""
    frames = traceback.extract_tb(error.__traceback__)
    said = type(error).__name__
    if frames:
        # The last place of our own says most: below it are libraries.
        own = [frame for frame in frames if not _OURS.isdisjoint(Path(frame.filename).parts)]
        frame = (own or list(frames))[-1]
        said += f" in {_place(frame.filename)}, line {frame.lineno}, {frame.name}"
    return f"{said}: {error}" if whole and str(error) else said


def _place(file: str) -> str:
    """A file without the folders in which the program, or a library, is installed."""
    parts = Path(file).parts
    begins = [number for number, part in enumerate(parts) if part in _OURS]
    return "/".join(parts[begins[0] if begins else -2 :])


def _without_visitor(found: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(found[1])
    except ValueError:
        return found[0]
    here = address.is_loopback or address.is_unspecified
    return found[0] if here else "(an address)"
