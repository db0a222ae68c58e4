"""Work that gives way to pages: as long as one is drawn, but never for long."""

from __future__ import annotations

import threading

from pages.ui.worker.page_runs import PageRuns
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
