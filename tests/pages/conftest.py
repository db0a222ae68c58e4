"""Visitors for the tests of pages, and an engine that ends with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from pages.ui.engine import engine
from tests.pages.visits import Visit


@pytest.fixture(scope="module", autouse=True)
def machine_without_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No models but the built-in ones, and an engine that ends with these tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MODEL", "MODEL_LABELS", "MODEL_PREPROCESSING", "VGG16_WEIGHTS"):
            patch.delenv(f"ATTRIBUTION_{name}", raising=False)
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        st.cache_data.clear()
        st.cache_resource.clear()
        yield
        engine().jobs.close(30)
        engine().downloads.close(30)
        st.cache_data.clear()
        st.cache_resource.clear()


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Visit]]:
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
