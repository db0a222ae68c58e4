"""Work that gives way to pages: as long as one is drawn, but never for long."""

from __future__ import annotations

import sys
import threading

import pytest

from pages.ui.worker.engine import engine
from pages.ui.worker.page_runs import SHORT_TURN_SECONDS, PageRuns
from tests.patience import UNCHANGED


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
