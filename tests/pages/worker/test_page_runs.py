"""Work that gives way to pages: as long as one is drawn, but never for long."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest

from pages.ui.worker.engine import Engine, engine
from pages.ui.worker.page_runs import SHORT_TURN_SECONDS, PageRuns
from tests.patience import UNCHANGED, until


def test_work_waits_for_the_last_of_several_runs() -> None:
    runs = PageRuns()
    assert runs.wait_for_end(0)
    drawing, let_go = threading.Event(), threading.Event()

    def draw() -> None:
        with runs.one():
            drawing.set()
            let_go.wait(UNCHANGED)

    other = threading.Thread(target=draw)
    with runs.one():
        other.start()
        assert drawing.wait(UNCHANGED)
        with runs.one():  # a part of the page, within its run
            assert not runs.wait_for_end(0)
        assert not runs.wait_for_end(0)
    assert not runs.wait_for_end(0.01)
    let_go.set()
    assert runs.wait_for_end(UNCHANGED)
    other.join()


def test_a_run_that_waits_for_work_holds_none_up() -> None:
    runs = PageRuns()
    with runs.one():
        with runs.waiting():
            assert runs.wait_for_end(0)
        assert not runs.wait_for_end(0)
    with runs.waiting():
        assert runs.wait_for_end(0)
    assert runs.wait_for_end(0)


def test_a_run_that_fails_ends_too() -> None:
    runs = PageRuns()
    try:
        with runs.one():
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert runs.wait_for_end(0)


@pytest.mark.usefixtures("new_engine")
def test_the_servers_threads_take_short_turns() -> None:
    """Work that gives the lock up at each operation would wait for pages most of its time."""
    sys.setswitchinterval(5 * SHORT_TURN_SECONDS)
    engine()
    assert sys.getswitchinterval() == pytest.approx(SHORT_TURN_SECONDS)


@dataclass(frozen=True)
class TellNiceness:
    """A task whose result is the niceness of the thread that does it."""

    at_once: ClassVar[bool] = True
    model: str = "none"

    def steps(self, classifier: object) -> Iterator[int]:
        yield os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def multiplications(self, classifier: object) -> float:
        return 0.0


@pytest.mark.skipif(sys.platform != "linux", reason="only there threads have a niceness each")
def test_work_gives_way_to_pages_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A nicer thread gives way to every program of the machine: beside two no map came."""
    made = Engine({})
    monkeypatch.setattr(made, "_classifier", lambda name: None)
    task = TellNiceness()
    made.jobs.ask("visitor", [task])
    until(lambda: made.jobs.look(task).state == "done")
    assert made.jobs.look(task).estimate == os.getpriority(os.PRIO_PROCESS, 0)
    made.jobs.close(UNCHANGED)
    made.downloads.close(UNCHANGED)
