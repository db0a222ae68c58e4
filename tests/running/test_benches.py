"""Iterators on a cluster: the same values, whatever becomes of workers and the scheduler."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attribution_core.running.cluster import benches as module
from attribution_core.running.cluster import places
from attribution_core.running.cluster.bench import Bench
from attribution_core.running.cluster.benches import Benches, WorkerLost
from attribution_core.running.cluster.places import Heartbeats
from attribution_core.running.cluster.workers import TRIES, check_scheduler, dask
from attribution_core.running.jobs import Runner
from attribution_core.version import VERSION
from tests.patience import UNCHANGED, until
from tests.running.counting import Count, count, unsendable

pytestmark = pytest.mark.usefixtures("no_page_before")


@pytest.fixture(scope="module")
def cluster(no_page_before: None) -> Iterator[Any]:
    """A scheduler with two workers, as another program may have started them."""
    distributed = dask()
    from dask import config

    with (
        config.set({"distributed.comm.timeouts.connect": "120s"}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            death_timeout=UNCHANGED,
        ) as cluster,
    ):
        yield cluster


@pytest.fixture
def benches(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Benches]:
    # On a busy machine nobody answers at once.
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", UNCHANGED)
    monkeypatch.setattr(places, "SECONDS_BETWEEN_LOOKS", 0.2)
    monkeypatch.setattr(places, "_SECONDS_FOR_THE_FIRST", UNCHANGED)
    made = Benches(cluster.scheduler_address)
    until(lambda: made.count == 2)
    yield made
    made.close()


def nowhere() -> Iterator[Any]:
    raise AssertionError("This is not done here.")


def of(benches: Benches, asked: Count, **places: Any) -> Iterator[Any]:
    return benches.steps(count, asked, here=nowhere, **places)


def test_values_are_those_of_the_iterator_and_come_from_one_worker(
    benches: Benches, tmp_path: Path
) -> None:
    found = list(of(benches, Count(4, str(tmp_path))))
    assert [number for number, _ in found] == [1, 2, 3, 4]
    (process,) = {process for _, process in found}
    assert process != os.getpid()


def test_two_are_computed_at_a_time_and_what_belongs_together_at_one_place(
    benches: Benches, tmp_path: Path
) -> None:
    one, other = (of(benches, Count(3, str(tmp_path)), near="a") for _ in range(2))
    assert next(one)[1] != next(other)[1]
    pair = [of(benches, Count(3, str(tmp_path)), together="b") for _ in range(2)]
    assert next(pair[0])[1] == next(pair[1])[1]


def test_no_step_is_made_that_nobody_asks_for_and_what_is_dropped_is_closed_there(
    benches: Benches, tmp_path: Path
) -> None:
    steps = of(benches, Count(100, str(tmp_path)))
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    until(lambda: (tmp_path / "closed").exists())
    assert not (tmp_path / "step-2").exists()


def test_what_it_raises_is_raised_here_and_no_death(benches: Benches, tmp_path: Path) -> None:
    steps = of(benches, Count(1, str(tmp_path), fails=True))
    next(steps)
    with pytest.raises(OSError, match=r"Nothing lies there\."):
        next(steps)
    with pytest.raises((AttributeError, pickle.PicklingError), match="pickle"):
        next(benches.steps(unsendable, Count(1, str(tmp_path)), here=nowhere))
    assert benches.count == 2


def test_a_runner_cancels_within_a_step(benches: Benches, tmp_path: Path) -> None:
    runner: Runner[Count, Any] = Runner(lambda asked: of(benches, asked), threads=4)
    asked = Count(1000, str(tmp_path), pause=0.05)
    runner.ask("ann", [asked])
    until(lambda: runner.look(asked).estimate is not None)
    runner.cancel("ann")
    until(lambda: (tmp_path / "closed").exists())
    made = len(list(tmp_path.glob("step-*")))
    assert made <= runner.look(asked).estimate[0] + 1
    runner.close(UNCHANGED)


def test_another_version_is_no_worker_for_it(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VERSION", "0.0.1")
    with pytest.raises(WorkerLost, match=rf"version {VERSION} of the app, and not 0\.0\.1"):
        next(of(benches, Count(4, str(tmp_path))))


def test_an_iterator_is_named_and_made_once(tmp_path: Path) -> None:
    bench, order = Bench(VERSION), pickle.dumps((count, Count(2, str(tmp_path))))
    answers = [pickle.loads(bench.step("a", order)) for _ in range(2)]
    assert [each.value[0] for each in answers] == [1, 2]
    assert type(pickle.loads(bench.step("a", b""))).__name__ == "End"
    bench.end("a")


def test_while_no_scheduler_answers_it_is_done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", 0.5)
    with pytest.raises(ValueError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 "):
        check_scheduler("tcp://127.0.0.1:9")
    benches = Benches("tcp://127.0.0.1:9")
    asked = Count(3, str(tmp_path))
    found = list(benches.steps(count, asked, here=lambda: count(asked)))
    assert found == [(number, os.getpid()) for number in (1, 2, 3)]
    benches.close()


def test_when_the_scheduler_goes_in_the_middle_it_is_done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", UNCHANGED)
    monkeypatch.setattr(places, "_SECONDS_FOR_THE_FIRST", UNCHANGED)
    with dask().LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
    ) as cluster:
        benches = Benches(cluster.scheduler_address)
        asked = Count(3, str(tmp_path))
        steps = benches.steps(count, asked, here=lambda: count(asked))
        assert next(steps)[0] == 1
        closing = threading.Thread(target=cluster.close)
        closing.start()
        closing.join(UNCHANGED)
    assert [number for number, _ in steps][-3:] == [1, 2, 3]
    benches.close()


def test_a_scheduler_that_asks_for_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = dask()
    from dask import config

    made, files = distributed.Security.temporary(), {}
    for name in ("tls_ca_file", "tls_client_cert", "tls_client_key"):
        files[name] = tmp_path / name
        files[name].write_text(getattr(made, name))
    tls = "distributed.comm.tls"
    told: dict[str, Any] = {f"{tls}.ca-file": str(files["tls_ca_file"])}
    for role in ("client", "scheduler", "worker"):
        told[f"{tls}.{role}.cert"] = str(files["tls_client_cert"])
        told[f"{tls}.{role}.key"] = str(files["tls_client_key"])
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", UNCHANGED)
    monkeypatch.setattr(places, "_SECONDS_FOR_THE_FIRST", UNCHANGED)
    with (
        config.set(told),
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="tls://",
            security=distributed.Security(),
            dashboard_address="127.0.0.1:0",
        ) as cluster,
    ):
        assert cluster.scheduler_address.startswith("tls://")
        benches = Benches(cluster.scheduler_address)
        assert [number for number, _ in of(benches, Count(3, str(tmp_path)))] == [1, 2, 3]
        benches.close()
        nothing = dict.fromkeys(told)
        with (
            config.set(nothing),
            pytest.raises(ValueError, match="No Dask scheduler answers at tls://"),
        ):
            check_scheduler(cluster.scheduler_address)


def test_a_killed_worker_s_work_is_begun_again(benches: Benches, tmp_path: Path) -> None:
    found = list(of(benches, Count(4, str(tmp_path), killed_at=3, deaths=1)))
    assert [number for number, _ in found] == [1, 2, 1, 2, 3, 4]
    assert found[0][1] != found[-1][1]


def test_a_stopped_worker_s_work_is_begun_again_and_it_is_asked_again_when_it_goes_on(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both have what they need, and load nothing for which they would fall silent.
    first = [of(benches, Count(2, str(tmp_path)), near="a") for _ in range(2)]
    assert len({next(steps)[1] for steps in first}) == 2
    monkeypatch.setattr(places, "SECONDS_UNHEARD", 3.0)
    runner: Runner[Count, Any] = Runner(lambda asked: of(benches, asked), threads=4)
    asked = Count(60, str(tmp_path), pause=0.1)
    runner.ask("ann", [asked])
    until(lambda: runner.look(asked).estimate is not None)
    stopped = runner.look(asked).estimate[1]
    os.kill(stopped, signal.SIGSTOP)
    try:
        until(lambda: runner.look(asked).estimate[1] != stopped)
        assert benches.count == 1
        # Cancelled within a step, and what the other has is closed.
        runner.cancel("ann")
        until(lambda: (tmp_path / "closed").exists())
        assert not (tmp_path / "step-60").exists()
        assert runner.look(asked).state == "cancelled"
    finally:
        os.kill(stopped, signal.SIGCONT)
    runner.close(UNCHANGED)
    until(lambda: benches.count == 2)
    found = [of(benches, Count(1, str(tmp_path)), near=str(number)) for number in range(2)]
    assert stopped in {next(steps)[1] for steps in found}


def test_while_all_workers_have_other_work_it_is_done_here(
    cluster: Any, benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS_TO_BEGIN", 0.3)
    free = str(tmp_path / "free")

    def occupy(number: int) -> None:
        import time
        from pathlib import Path

        while not Path(free).exists():
            time.sleep(0.05)

    asked = Count(1, str(tmp_path))

    def process() -> int:
        (found,) = benches.steps(count, asked, here=lambda: count(asked))
        return int(found[1])

    with dask().Client(cluster.scheduler_address, set_as_default=False) as client:
        held = client.map(occupy, range(4), pure=False)
        until(lambda: sum(map(len, client.processing().values())) == 4)
        assert process() == os.getpid()
        Path(free).touch()
        client.gather(held)
    until(lambda: process() != os.getpid())


def test_a_worker_is_unheard_of_when_its_time_does_not_change() -> None:
    now = 0.0
    heartbeats = Heartbeats(lambda: now)
    assert heartbeats.heard({"a": 5.0, "b": 7.0}, 30.0) == ["a", "b"]
    now = 30.0
    # The clock of the scheduler may go backwards: what counts is that it says something else.
    assert heartbeats.heard({"a": 5.0, "b": 6.0}, 30.0) == ["a", "b"]
    now = 31.0
    assert heartbeats.heard({"a": 5.0, "b": 6.0}, 30.0) == ["b"]
    assert heartbeats.heard({"a": 5.5}, 30.0) == ["a"]
    # Who went and comes again is new.
    now = 90.0
    assert heartbeats.heard({"b": 6.0}, 30.0) == ["b"]


def test_work_that_kills_its_workers_is_given_up(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two are here; a third would have to be begun first.
    monkeypatch.setattr(module, "TRIES", 2)
    with pytest.raises(WorkerLost, match="2 workers died over this"):
        list(of(benches, Count(4, str(tmp_path), killed_at=1, deaths=99)))
    assert len(list(tmp_path.glob("died-*"))) == 2
    assert TRIES == 3
