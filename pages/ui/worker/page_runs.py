"""Runs of pages that are in progress, so that work in the background can give way to them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class PageRuns:
    """Knows which threads draw a page at the moment."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._drawing: set[int] = set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """This thread draws, for as long as the context lasts; within another one, nothing new."""
        with self._counted_as(drawing=True):
            yield

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """This thread waits for work itself, and holds none up."""
        with self._counted_as(drawing=False):
            yield

    def wait_for_end(self, seconds: float) -> bool:
        """Wait until no thread draws, so long at most; whether it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._drawing, seconds)

    @contextmanager
    def _counted_as(self, *, drawing: bool) -> Iterator[None]:
        me = threading.get_ident()
        before = self._count(me, drawing)
        try:
            yield
        finally:
            self._count(me, before)

    def _count(self, thread: int, drawing: bool) -> bool:
        """Count a thread among those that draw, or not; whether it was before."""
        with self._changed:
            before = thread in self._drawing
            (self._drawing.add if drawing else self._drawing.discard)(thread)
            self._changed.notify_all()
            return before
