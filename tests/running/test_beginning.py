"""How worker processes are begun, on the loop and the signals alone."""

from __future__ import annotations

import os
import signal
import threading
from queue import SimpleQueue

import pytest

from attribution_core.running.cluster.beginning import interrupted_afterwards, loop_apart

pytest.importorskip("tornado")


def test_what_was_begun_is_finished_before_it_is_stopped() -> None:
    before = signal.getsignal(signal.SIGINT)
    done = []

    def begin() -> None:
        with interrupted_afterwards():
            signal.raise_signal(signal.SIGINT)
            done.append("begun")
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            done.append("not twice")

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert done == ["begun", "not twice"]
    assert signal.getsignal(signal.SIGINT) == before
    with interrupted_afterwards():
        pass


def test_a_loop_runs_elsewhere_and_ends() -> None:
    threads: SimpleQueue[threading.Thread] = SimpleQueue()
    with loop_apart() as loop:
        loop.add_callback(lambda: threads.put(threading.current_thread()))
        thread = threads.get()
        assert thread is not threading.current_thread()
        assert thread.is_alive()
    assert not thread.is_alive()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_what_a_loop_begins_is_not_told_to_stop() -> None:
    masks: SimpleQueue[set[int]] = SimpleQueue()
    with loop_apart() as loop:
        loop.add_callback(lambda: masks.put({*signal.pthread_sigmask(signal.SIG_BLOCK, ())}))
        assert signal.SIGINT in masks.get()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
