"""Tasks on a cluster: the same results; visitors' networks stay, and what is not needed untold."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from attribution_core.command_line.doctor.scheduler import look_at_scheduler
from attribution_core.running.cache import Cache
from attribution_core.running.cluster.workers import dask
from pages.ui.worker import elsewhere
from pages.ui.worker.engine import Engine
from pages.ui.worker.networks import load_network, whereabouts
from pages.ui.worker.tasks import Explain, Predict
from tests.pages.worker.test_shared_results import explained, picture_at
from tests.patience import UNCHANGED, until


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A scheduler with two workers, all in this process."""
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", UNCHANGED)
    with dask().LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def engines(address: str) -> Iterator[tuple[Engine, Engine]]:
    """One that has its work done by the workers, and one that does it itself."""
    made = Engine({"ATTRIBUTION_SCHEDULER": address}), Engine({})
    there = made[0]._elsewhere
    assert there is not None
    until(lambda: there.benches.count == 2)
    yield made
    there.benches.close()
    for each in made:
        each.jobs.close(UNCHANGED)
        each.downloads.close(UNCHANGED)


def test_maps_are_those_of_one_process(engines: tuple[Engine, Engine]) -> None:
    elsewhere._loaded.cache_clear()
    maps = [explained(each, picture_at(each, "cat_coffee.png")) for each in engines]
    np.testing.assert_allclose(maps[0].values, maps[1].values, rtol=1e-4, atol=1e-6)
    assert maps[0].request == maps[1].request
    # It was computed by a worker, and is kept here as well.
    assert elsewhere._loaded.cache_info().currsize == 1
    assert engines[0].cluster == "2 workers"
    assert engines[1].cluster == ""
    classifier, there = engines[0]._classifier("clever_hans"), engines[0]._elsewhere
    assert there is not None
    task = Explain("clever_hans", maps[0].request)
    (found,) = there.steps(task, classifier, here=lambda: iter(["known here"]))
    assert found == "known here"


def test_as_many_steps_at_once_as_workers_and_what_belongs_together_once(
    engines: tuple[Engine, Engine],
) -> None:
    engine = engines[0]
    request = explained(engine, picture_at(engine, "cat_coffee.png")).request
    picture = request.picture
    may = engine._may_begin_beside
    game = Explain("clever_hans", request)
    other_class = Explain("clever_hans", _of_class(request, 0))
    predicted = [Predict("clever_hans", picture), Predict("clever_hans", _upside_down(picture))]
    assert may(game, predicted[:1])
    assert not may(game, predicted), "each worker has one"
    assert not may(other_class, [game]), "a game is asked for all classes at once"
    own = Predict(f"sha256-{'0' * 64}", picture)
    assert not may(own, [own])
    engine._classifiers[own.model] = engine._classifiers["clever_hans"]
    assert may(own, predicted), "a visitor's network is asked here"
    assert not may(own, [own])
    del engine._classifiers[own.model]
    assert not may(Predict("efficientnet_lite0", picture), [Predict("efficientnet_lite0", picture)])


def test_a_visitor_s_network_does_not_travel(engines: tuple[Engine, Engine]) -> None:
    there = engines[0]._elsewhere
    assert there is not None
    own = Predict(f"sha256-{'0' * 64}", picture_at(engines[0], "cat_coffee.png"))
    classifier: Any = None
    assert list(there.steps(own, classifier, lambda: iter(["here"]))) == ["here"]
    assert not there.is_for(own)


def test_workers_are_told_of_networks_and_of_nothing_else() -> None:
    told = {
        "ATTRIBUTION_MODEL": "/models/a.keras",
        "ATTRIBUTION_MODEL_LABELS": "/models/a.txt",
        "ATTRIBUTION_VGG16_WEIGHTS": "/models/w.h5",
        "KERAS_HOME": "/models",
    }
    secret = {"ATTRIBUTION_OPERATOR": "a token", "ATTRIBUTION_RESULTS": "/r", "PASSWORD": "p"}
    assert dict(whereabouts({**told, **secret})) == told


def test_doctor_and_the_start_say_whether_it_answers(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(look_at_scheduler({})) == []
    elsewhere.check_scheduler_asked({})
    (found,) = look_at_scheduler({"ATTRIBUTION_SCHEDULER": address})
    assert (found.grade, found.said) == ("fine", f"{address}, workers: 2")
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", 0.5)
    nobody = {"ATTRIBUTION_SCHEDULER": "tcp://127.0.0.1:9"}
    (found,) = look_at_scheduler(nobody)
    assert found.grade == "wrong"
    with pytest.raises(ValueError, match=r"^ATTRIBUTION_SCHEDULER: No Dask scheduler answers at"):
        elsewhere.check_scheduler_asked(nobody)


def _of_class(request: Any, target: int) -> Any:
    from dataclasses import replace

    return replace(request, target=target)


def _upside_down(picture: Any) -> Any:
    return type(picture).of(picture.pixels[::-1])


def test_networks_leave_a_worker_s_memory_where_another_app_asks() -> None:
    elsewhere._loaded.cache_clear()
    network = weakref.ref(elsewhere._loaded(()).classifier("clever_hans").network)
    assert network() is not None
    elsewhere._loaded((("ATTRIBUTION_NETWORKS_MB", "1000"),))
    until(lambda: network() is None)


def test_a_network_that_nobody_knows_is_said() -> None:
    with pytest.raises(ValueError, match="There is no network 'vgg61' here; choose one of "):
        load_network("vgg61", {}, Cache(1))
