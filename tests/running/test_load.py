"""What a runner tells whoever watches over it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from attribution_core.running.jobs import Runner
from tests.patience import UNCHANGED, until


def test_a_runner_tells_what_it_has_to_do_and_has_done() -> None:
    gate = threading.Event()

    def start(request: str) -> Iterator[int]:
        if request == "held":
            assert gate.wait(UNCHANGED)
        if request == "wrong":
            raise ValueError("no such thing")
        yield 1

    runner: Runner[str, int] = Runner(start, patience=UNCHANGED)
    runner.ask("ann", ["held", "wrong"])
    runner.ask("bob", ["right", "held"])
    until(lambda: runner.load.step_under_way > 0)
    load = runner.load
    assert (load.running, load.queued, load.waiters) == (1, 2, 2)
    assert (load.done, load.failed, load.busy) == (0, 0, 0.0)
    gate.set()
    until(lambda: runner.load.waiters == 0)
    load = runner.load
    assert (load.running, load.queued, load.done, load.failed) == (0, 0, 2, 1)
    assert load.busy > 0
    assert load.step_under_way == 0
    runner.close(UNCHANGED)
