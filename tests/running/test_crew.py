"""Pieces of work that Dask hands to processes: all done once, whatever becomes of a worker."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attribution_core.running.cluster import workers
from attribution_core.running.cluster.crew import (
    Crew,
    DaskCrew,
    GivenUp,
    Here,
    WorkersDied,
    crew_of,
)
from attribution_core.running.cluster.workers import TRIES, Workers

pytestmark = pytest.mark.usefixtures("no_page_before")


@pytest.fixture(scope="module")
def crew(no_page_before: None) -> Iterator[Crew]:
    """Two processes of this machine."""
    with crew_of(Workers(2, threads=1, memory=4 * 10**8)) as crew:
        yield crew


# What workers are to run is written inside the tests: they know nothing of the tests' modules.


def test_the_same_as_here_and_by_two_processes(crew: Crew) -> None:
    def work(number: int) -> Iterator[tuple[int, int]]:
        import os
        import time

        time.sleep(0.02)
        for power in (1, 2):
            yield number**power, os.getpid()

    here = [(piece, event[0]) for piece, event in Here().each(work, range(20))]
    found = list(crew.each(work, range(20)))
    assert sorted((piece, event[0]) for piece, event in found) == sorted(here)
    processes = {event[1] for _, event in found}
    assert len(processes) == 2
    assert os.getpid() not in processes
    # One piece's events are in their order.
    assert [event[0] for piece, event in found if piece == 7] == [7, 49]


def test_the_command_alone_is_told_to_stop(crew: Crew) -> None:
    def at_interrupt() -> object:
        import signal

        return signal.getsignal(signal.SIGINT)

    # A worker that ends by itself is begun again, and says so on the terminal.
    assert crew.answer(at_interrupt) == signal.SIG_IGN


def test_pieces_are_asked_for_only_as_others_are_done(crew: Crew) -> None:
    taken = 0

    def pieces() -> Iterator[int]:
        nonlocal taken
        while taken < 100_000:
            taken += 1
            yield taken

    def work(number: int) -> Iterator[int]:
        yield number

    events = crew.each(work, pieces())
    for done, _ in enumerate(events, 1):
        assert taken - done <= 4
        if done == 40:
            break
    events.close()  # type: ignore[attr-defined]
    assert taken <= 44


def test_a_killed_worker_s_piece_is_done_again(crew: Crew, tmp_path: Path) -> None:
    begun = str(tmp_path / "begun")

    def work(number: int) -> Iterator[int]:
        import os
        from pathlib import Path

        if number == 3 and not Path(begun).exists():
            Path(begun).touch()
            os.kill(os.getpid(), 9)
        yield number

    assert sorted(crew.each(work, range(12))) == [(number, number) for number in range(12)]
    assert Path(begun).exists()


@pytest.mark.thorough
def test_a_stopped_worker_s_piece_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = str(tmp_path / "begun")

    def work(number: int) -> Iterator[tuple[int, int]]:
        import os
        import signal
        from pathlib import Path

        if number == 3 and not Path(begun).exists():
            Path(begun).write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        yield number, os.getpid()

    assert workers._SETTINGS["distributed.scheduler.worker-ttl"] == "30s"
    shorter = {**workers._SETTINGS, "distributed.scheduler.worker-ttl": "2s"}
    monkeypatch.setattr(workers, "_SETTINGS", shorter)
    with crew_of(Workers(2, threads=1, memory=4 * 10**8)) as crew:
        done = dict(crew.each(work, range(8)))
    assert {piece: number for piece, (number, _) in done.items()} == {n: n for n in range(8)}
    assert done[3][1] != int(Path(begun).read_text())


def test_a_poisoned_piece_is_given_up_after_three_and_the_rest_is_done(
    crew: Crew, tmp_path: Path
) -> None:
    folder = str(tmp_path)

    def work(number: int) -> Iterator[int]:
        import os
        import tempfile

        if number == 1:
            tempfile.mkstemp(dir=folder)
            os.kill(os.getpid(), 9)
        yield number

    found = dict(crew.each(work, range(8)))
    poisoned = found.pop(1)
    assert found == {number: number for number in range(8) if number != 1}
    assert isinstance(poisoned, GivenUp)
    assert isinstance(poisoned.error, WorkersDied)
    assert str(poisoned.error).startswith("3 workers died over it")
    assert len(list(tmp_path.iterdir())) == TRIES == 3


@pytest.mark.thorough
def test_more_memory_than_a_worker_may_take(crew: Crew) -> None:
    def work(number: int) -> Iterator[int]:
        import time

        held = bytearray(number)
        time.sleep(2 if number > 10**8 else 0)
        yield len(held)

    found = dict(crew.each(work, [600_000_000, 1000]))
    assert found[1000] == 1000
    assert isinstance(given_up := found[600_000_000], GivenUp)
    assert "more memory" in str(given_up.error)


def test_what_raises_is_given_up_with_its_reason(crew: Crew) -> None:
    def work(number: int) -> Iterator[int]:
        yield number
        if number == 2:
            raise ValueError("There is no 2.")

    found = list(crew.each(work, range(4)))
    assert sorted(pair for pair in found if pair[0] != 2) == [(0, 0), (1, 1), (3, 3)]
    (given_up,) = [event for piece, event in found if piece == 2]
    assert isinstance(given_up, GivenUp)
    assert repr(given_up.error) == "ValueError('There is no 2.')"

    def answer(number: int) -> int:
        raise ValueError(f"There is no {number}.")

    with pytest.raises(ValueError, match=r"There is no 5\."):
        crew.answer(answer, 5)


def test_nobody_else_gives_them_work(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", 1)
    assert isinstance(crew, DaskCrew)
    address = crew.address
    assert address.startswith("tls://127.0.0.1:")
    for told in (address, address.replace("tls://", "tcp://")):
        with pytest.raises(ValueError, match="No Dask scheduler answers"):
            crew_of(Workers(scheduler=told)).__enter__()


def test_where_no_scheduler_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", 0.5)
    with (
        pytest.raises(ValueError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 "),
        crew_of(Workers(scheduler="tcp://127.0.0.1:9")),
    ):
        pass


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"pip install 'attribution-explorer\[cluster\]'"):
        crew_of(Workers(2)).__enter__()
