"""Page runs in progress, so that tasks in the background can give way to them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
