"""The progress of a command on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TextIO

_WIDTH = 24


@dataclass(frozen=True)
class Step:
    """Pieces of work that are done, and what is said of them."""

    text: str
    count: int = 1


@dataclass(frozen=True)
class Line:
    """A line of its own that stays; whether it says that something could not be done."""

    text: str
    failed: bool = False


class ProgressBar:
    """Counts pieces of work.

    Parameters
    ----------
    planned : int
        May be set anew once more is known.
    stream : text file
        Standard error where not given.
    """

    def __init__(self, planned: int, stream: TextIO | None = None) -> None:
        self.planned = max(planned, 1)
        self._done = 0
        # There is none where the process was started with it closed.
        self._stream: TextIO | None = sys.stderr if stream is None else stream
        self._terminal = self._stream is not None and self._stream.isatty()

    def show(self, event: Step | Line) -> None:
        """What work that was done elsewhere, or later, says of itself."""
        if isinstance(event, Step):
            self.step(event.text, event.count)
        else:
            self.say(event.text)

    def step(self, text: str, count: int = 1) -> None:
        """Count ``count`` more as done, and show the text."""
        self._done += count
        shown = printable(text)
        if not self._terminal:
            self._write(f"{self._done}/{self.planned} {shown}\n")
            return
        filled = _WIDTH * self._done // self.planned
        bar = "█" * filled + "·" * (_WIDTH - filled)
        self._write(f"\r\x1b[K{bar} {self._done}/{self.planned} {shown[:60]}")

    def say(self, text: str) -> None:
        """A line of its own that stays, such as a failure."""
        self._write(("\r\x1b[K" if self._terminal else "") + printable(text) + "\n")

    def close(self) -> None:
        """End the bar's line."""
        if self._terminal:
            self._write("\n")

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        encoding = self._stream.encoding or "utf-8"
        # Where nobody reads any more, the work goes on.
        with contextlib.suppress(OSError):
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()


def printable(text: str) -> str:
    """A text without line ends, escapes or undecodable bytes of file names, for the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
