"""Which networks of Keras Applications leave when another one needs room."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.network.classifier import Classifier
from pages.ui.worker.engine import Engine
from pages.ui.worker.room import IDLE_SECONDS, UNUSED_SECONDS, bytes_taken, leaving
from tests.conftest import scaled, tiny_network
from tests.patience import until

NEEDS = {name: bytes_taken(4 * each.parameters) for name, each in KERAS_APPLICATIONS.items()}
LARGE = 10**12


def test_what_nobody_has_used_for_long_leaves_for_any_other() -> None:
    unused = {"resnet50": UNUSED_SECONDS + 1, "mobilenet_v2": UNUSED_SECONDS - 1}
    assert leaving("vgg16", unused, LARGE) == ("resnet50",)
    assert leaving("vgg16_cam", unused, LARGE) == ("resnet50",)


def test_the_longest_unused_leaves_first_and_no_more_than_needed() -> None:
    unused = {"mobilenet_v2": 200.0, "resnet50": 300.0, "densenet121": 100.0}
    room = NEEDS["vgg16"] + NEEDS["mobilenet_v2"] + NEEDS["densenet121"]
    assert leaving("vgg16", unused, room) == ("resnet50",)
    assert leaving("vgg16", unused, room - 1) == ("resnet50", "mobilenet_v2")
    assert leaving("vgg16_cam", unused, 0) == (), "the shipped ones are always there"


def test_what_is_in_use_stays_and_another_is_refused() -> None:
    unused = {"resnet50": IDLE_SECONDS - 1}
    room = NEEDS["vgg16"] + NEEDS["resnet50"] - 1
    with pytest.raises(ValueError, match=r"^There is no room for VGG16 now.* in a minute\.$"):
        leaving("vgg16", unused, room)
    assert leaving("vgg16", {"resnet50": IDLE_SECONDS + 1}, room) == ("resnet50",)
    with pytest.raises(ValueError, match=r"on this server: .* choose a smaller network"):
        leaving("vgg16", {}, NEEDS["vgg16"] - 1)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine with room for MobileNetV2 and ResNet50, that loads a small network for each."""
    megabytes = (NEEDS["mobilenet_v2"] + NEEDS["resnet50"]) // 2**20 + 1
    made = Engine({"ATTRIBUTION_NETWORKS_MB": str(megabytes)}, "127.0.0.1")

    def load(name: str) -> Classifier:
        return Classifier(name, tiny_network(), scaled, None, verified=True)

    monkeypatch.setattr(made, "_load", load)
    yield made
    made.jobs.close()
    made.downloads.close()


def age(engine: Engine, name: str, seconds: float) -> None:
    engine._used[name] = time.monotonic() - seconds


def test_the_engine_lets_go_and_the_memory_comes_back(engine: Engine) -> None:
    first = engine._classifier("mobilenet_v2")
    first.scores(np.zeros((16, 16, 3), np.float32))
    network = weakref.ref(first.network)
    del first
    age(engine, "mobilenet_v2", UNUSED_SECONDS + 1)
    engine._classifier("resnet50")
    assert engine.loaded("mobilenet_v2") is None
    assert engine.loaded("resnet50") is not None
    until(lambda: network() is None)


def test_the_engine_refuses_what_has_no_room(engine: Engine) -> None:
    engine._classifier("resnet50")
    engine._classifier("mobilenet_v2")
    with pytest.raises(ValueError, match="no room for DenseNet121 now"):
        engine._classifier("densenet121")
    assert engine.loaded("densenet121") is None
    age(engine, "resnet50", IDLE_SECONDS + 1)
    engine._classifier("densenet121")
    assert engine.loaded("resnet50") is None
    assert engine.loaded("mobilenet_v2") is not None
