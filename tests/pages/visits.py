"""A visitor of the app, without a browser."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from attribution_core import Classifier, Request
from attribution_core.explanation import explain_request
from pages.ui.components.heatmap_grid import decode_values
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import engine
from tests.patience import UNCHANGED, until


class Visit:
    """A visitor of the app, and what it sees."""

    def __init__(self, **parameters: str) -> None:
        self.app = AppTest.from_file("../../app.py", default_timeout=UNCHANGED)
        self._opened = False
        for name, text in parameters.items():
            self.app.query_params[name] = text

    def open(self, page: str) -> Visit:
        """Go to the page of a file in ``pages/``: by its link, where nothing was opened before."""
        if page != "explore" or self._opened:
            self.app.switch_page(f"pages/{page}.py")
        return self.run()

    def run(self) -> Visit:
        self.app.run()
        self._opened = True
        assert not self.app.exception, self.app.exception
        return self

    def wait(self, condition: Callable[[], bool]) -> Visit:
        """Do what the page's timer does, until something is so.

        More and more rarely while work goes on: the worker, a thread of this process, is as much
        slower as pages are drawn.
        """
        me = self.app.session_state["session"].visitor
        longest = 0.05

        def unfinished() -> int:
            return engine().jobs.standing(me).unfinished

        def timer() -> None:
            nonlocal longest
            working = unfinished()
            end = time.monotonic() + (longest if working else 0.05)
            while time.monotonic() < end and (not working or unfinished()):
                time.sleep(0.005)
            longest = min(2 * longest, 1.0)
            self.run()

        until(condition, watched=lambda: (self.words, str(self.grid)), pause=timer)
        return self

    def finish(self) -> Visit:
        """Run until nothing is under way any more."""
        return self.run().wait(
            lambda: (
                self.scene.prediction is not None
                and not {"queued", "running"}.intersection(self.statuses)
            )
        )

    def choose(self, kind: str, key: str, value: object) -> Visit:
        """Set a control of the sidebar and let the page run."""
        getattr(self.app, kind)(key=f"choose_{key}").set_value(value)
        return self.run()

    def press(self, key: str) -> Visit:
        self.app.button(key=key).click()
        return self.run()

    @property
    def scene(self) -> Scene:
        scene = self.app.session_state["session"].scene
        assert isinstance(scene, Scene)
        return scene

    @property
    def grid(self) -> dict[str, Any]:
        """What the browser gets to draw; empty where there is no grid."""
        sent = [json.loads(part.proto.json) for part in self.app.get("bidi_component")]
        return next((data for data in sent if "cells" in data), {"cells": []})

    @property
    def cells(self) -> list[dict[str, Any]]:
        cells: list[dict[str, Any]] = self.grid["cells"]
        return cells

    @property
    def statuses(self) -> list[str]:
        return [cell["status"] for cell in self.cells]

    @property
    def maps(self) -> list[np.ndarray]:
        return [decode_values(cell["map"]) for cell in self.cells if cell["map"]]

    @property
    def labels(self) -> tuple[list[str], list[str]]:
        """The names of the rows and the columns."""
        return self.grid["rows"], [column["label"] for column in self.grid["columns"]]

    @property
    def requests(self) -> list[Request]:
        """What the runner holds for this visitor, predictions apart."""
        waiter = engine().jobs._waiting.waiters.get(self.app.session_state["session"].visitor)
        assert waiter is not None
        return [task.request for task in waiter.requests if hasattr(task, "request")]

    @property
    def link(self) -> dict[str, str]:
        """The parameters in the address bar."""
        return {name: str(text) for name, text in self.app.query_params.items()}

    @property
    def words(self) -> str:
        """All text outside the sidebar and the grid, and the toasts."""
        app = self.app
        parts = [*app.caption, *app.markdown, *app.warning, *app.error, *app.info, *app.toast]
        texts = [str(part.value) for part in parts]
        texts += [str(part.proto.text) for part in app.get("progress")]
        return "\n".join(texts).replace("\\", "")

    @property
    def sidebar_words(self) -> str:
        """Captions and progress in the sidebar."""
        sidebar = self.app.sidebar
        texts = [str(part.value) for part in sidebar.caption]
        texts += [str(part.proto.text) for part in sidebar.get("progress")]
        return "\n".join(texts).replace("\\", "")

    def expect_maps_of(self, classifier: Classifier) -> None:
        """What is drawn is what the core says of the same requests, on a network of its own."""
        for request, values in zip(self.requests, self.maps, strict=True):
            found = explain_request(classifier, request)
            expected = found.heatmap
            if found.player_values is not None and found.segments is not None:
                expected = found.player_values[found.segments]
            np.testing.assert_allclose(values, expected, rtol=0, atol=1e-3 * np.abs(expected).max())

    def leave(self) -> None:
        with contextlib.suppress(KeyError):
            me = self.app.session_state["session"].visitor
            engine().jobs.ask(me, [])
            engine().downloads.ask(me, [])
