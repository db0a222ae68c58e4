"""Page runs in progress, so that tasks in the background can give way to them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SHORT_TURN_SECONDS = 0.001


def take_short_turns() -> None:
    """Have each of the process's threads pass Python's lock on after a millisecond, if asked.

    Work gives it up for each operation of NumPy or TensorFlow, and would wait five milliseconds, as
    long as Python's usual turn lasts, to have it back from a page that is drawn.
    """
    sys.setswitchinterval(SHORT_TURN_SECONDS)


class PageRuns:
    """Which threads are drawing a page."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._drawing: set[int] = set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """This thread draws while the context lasts; contexts may be nested."""
        with self._counted_as(drawing=True):
            yield

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """This thread waits for a task itself, and delays none."""
        with self._counted_as(drawing=False):
            yield

    def wait_for_end(self, seconds: float) -> bool:
        """Wait until no thread draws, at most for so long; True where none does."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._drawing, seconds)

    @property
    def count(self) -> int:
        """How many threads are drawing a page."""
        return len(self._drawing)

    @contextmanager
    def _counted_as(self, *, drawing: bool) -> Iterator[None]:
        me = threading.get_ident()
        before = self._count(me, drawing)
        try:
            yield
        finally:
            self._count(me, before)

    def _count(self, thread: int, drawing: bool) -> bool:
        """Add a thread to those that draw, or remove it; True where it was among them before."""
        with self._changed:
            before = thread in self._drawing
            (self._drawing.add if drawing else self._drawing.discard)(thread)
            self._changed.notify_all()
            return before
