"""Visitors for the tests of pages, and an engine that ends with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager

from attribution_core import Classifier, load_classifier
from pages.ui.worker.engine import engine
from tests import small_network
from tests.conftest import tiny_network
from tests.pages.visits import Visit
from tests.patience import UNCHANGED, until


@pytest.fixture(scope="session", autouse=True)
def keras_keeps_its_session() -> Iterator[None]:
    """As in the app once a model is loaded: else Streamlit would, after each of a script's runs,
    have all objects in memory looked through for garbage, .3 s in these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras.backend.clear_session", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def packages_are_searched_once() -> Iterator[None]:
    """For components that installed packages bring: AppTest searches all of them at the first run
    of each visitor, which takes .15 s, a server once."""
    with pytest.MonkeyPatch.context() as patch:
        search = manifest_scanner.scan_component_manifests
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(search))
        yield


@pytest.fixture(scope="session", autouse=True)
def machine_without_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No models but the built-in ones, and one engine for all tests, which loads each once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MODEL", "MODEL_LABELS", "MODEL_PREPROCESSING", "VGG16_WEIGHTS"):
            patch.delenv(f"ATTRIBUTION_{name}", raising=False)
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        st.cache_data.clear()
        st.cache_resource.clear()
        yield
        forget_engine()


def forget_engine() -> None:
    """End the process's engine, and let the next visitor make another."""
    engine().jobs.close(UNCHANGED)
    engine().downloads.close(UNCHANGED)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def new_engine() -> None:
    """An engine that has loaded nothing yet."""
    forget_engine()


@pytest.fixture
def built_in_networks() -> None:
    """Says that a test has the app compute with its built-in networks."""


@pytest.fixture
def visit(any_visit: Callable[..., Visit], built_in_networks: None) -> Callable[..., Visit]:
    """Makes visitors of the built-in networks: see `any_visit`."""
    return any_visit


@pytest.fixture
def own_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """A model file with five classes of pictures of 16x16; yields that size."""
    network = tmp_path / "tiny.keras"
    tiny_network().save(network)
    labels = tmp_path / "labels.txt"
    labels.write_text("ant\nbee\ncat\ndog\neel\n")
    monkeypatch.setenv("ATTRIBUTION_MODEL", str(network))
    monkeypatch.setenv("ATTRIBUTION_MODEL_LABELS", str(labels))
    monkeypatch.setenv("ATTRIBUTION_MODEL_PREPROCESSING", "minus_one_to_one")
    forget_own_model()
    yield 16, 16
    forget_own_model()


def forget_own_model() -> None:
    """Forget the server's own model, and what it said of pictures: the next test has another.

    Nobody waits for it any more, a visitor who is about to leave neither: what is computed later
    would be said of the next one.
    """
    jobs = engine().jobs
    with jobs._changed:
        for waiter in list(jobs._waiting.waiters.values()):
            others = [request for request in waiter.requests if request.model != "own"]
            if len(others) < len(waiter.requests):
                jobs.ask(waiter.name, others)

    def forgotten() -> bool:
        with jobs._changed:
            asked = [request for request in jobs._waiting.jobs if request.model == "own"]
            for request in asked:
                if not jobs._waiting.jobs[request].started:
                    del jobs._waiting.jobs[request]
            return not any(request in jobs._waiting.jobs for request in asked)

    until(forgotten, pause=lambda: time.sleep(0.01))
    engine()._classifiers.pop("own", None)  # last: a step that was under way may have loaded it


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = tmp_path_factory.mktemp("network") / "small.keras"
    small_network.save(network)
    return network


@pytest.fixture
def small_model(monkeypatch: pytest.MonkeyPatch, small_file: Path) -> Iterator[Classifier]:
    """The app has `small_network`, and a link chooses it with `CHOSEN`."""
    for name, text in small_network.environment(small_file).items():
        monkeypatch.setenv(name, text)
    forget_own_model()
    yield load_classifier(small_file, labels=small_network.LABELS, preprocessing="minus_one_to_one")
    forget_own_model()


@pytest.fixture
def any_visit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Visit]]:
    """Makes visitors with a link's parameters, who take leave at the end.

    AppTest forgets at every run that the server has seen `st.navigation`, which no server does; the
    run that this costs would swallow clicks.
    """
    visits: list[Visit] = []
    begin = PagesManager.__init__

    def begin_later(self: PagesManager, *arguments: Any, **keywords: Any) -> None:
        begin(self, *arguments, **keywords)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", begin_later)

    def make(**parameters: str) -> Visit:
        # The quickest model, where the test names none.
        quick = {"model": "efficientnet_lite0", "methods": "gradient", "classes": "285"}
        visits.append(Visit(**{**quick, **parameters}))
        return visits[-1]

    yield make
    for each in visits:
        each.leave()
