"""How worker processes are begun: on a loop of their own, and whole before Ctrl+C ends them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.ioloop import IOLoop

_SECONDS_TO_END = 10.0


@contextlib.contextmanager
def loop_apart() -> Iterator[IOLoop]:
    """A loop on a thread of its own, for as long as it is needed.

    Dask gives a busy machine ten seconds to begin one. Processes that are begun on this one are not
    told of Ctrl+C: a command ends its workers itself.
    """
    from tornado.ioloop import IOLoop

    begun: SimpleQueue[tuple[IOLoop, asyncio.Event]] = SimpleQueue()

    async def turn() -> None:
        ended = asyncio.Event()
        begun.put((IOLoop.current(), ended))
        await ended.wait()

    thread = threading.Thread(target=asyncio.run, args=(turn(),), name="Dask's loop", daemon=True)
    with _without_interrupts():
        # What a thread does not listen to, processes that it begins do not either.
        thread.start()
    loop, ended = begun.get()
    try:
        yield loop
    finally:
        loop.add_callback(ended.set)
        thread.join(_SECONDS_TO_END)


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    # Whichever thread first begins a process would begin this too, and listen to Ctrl+C afterwards.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def interrupted_afterwards() -> Iterator[None]:
    """Let Ctrl+C wait until something is done that cannot be undone by half; twice, it does not."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []

    def press(number: int, _: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
