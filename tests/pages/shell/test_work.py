"""Tasks that are stopped, and tasks that fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from attribution_core import Classifier, explanation
from pages.ui.shell import progress
from tests.pages.conftest import forget_own_model
from tests.pages.visits import Visit
from tests.patience import UNCHANGED
from tests.small_network import CHOSEN

LONG = {
    "layer": "input",
    "methods": "kernel_shap",
    "classes": "285",
    "kernel_shap.budget": "100000",
}
"""Takes minutes."""


def test_cancel_and_resume(visit: Callable[..., Visit]) -> None:
    page = visit(**LONG).run()
    page.wait(lambda: bool(page.maps))
    assert page.statuses == ["running"]
    assert 0 < page.cells[0]["progress"] < 1
    page.press("cancel")
    assert page.statuses == ["cancelled"]
    assert page.maps  # what was there stays
    assert "1 of 1 maps are not finished." in page.words
    page.run()
    assert page.statuses == ["cancelled"]
    page.press("resume").wait(lambda: page.statuses == ["running"])
    # Another choice takes its place at once.
    page.choose("multiselect", "methods", ["gradient"]).finish()
    assert page.statuses == ["done"]


def test_quick_work_is_drawn_in_the_run_that_asks_for_it(
    any_visit: Callable[..., Visit], small_model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is known from others like it: no poll is needed, and no second run."""
    page = any_visit(**CHOSEN, classes="285,7").finish()
    page.choose("multiselect", "classes", [285, 1]).finish()
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", UNCHANGED)
    page.choose("multiselect", "classes", [285, 2])
    assert page.statuses == ["done", "done"]
    assert page.labels[0][1] == page.scene.labels[2]
    # A picture's prediction is in the sidebar, and the sidebar is drawn before it is asked for.
    other = any_visit(**CHOSEN, classes="285,7", picture="rocket").run()
    assert other.statuses == ["done", "done"]
    assert other.scene.prediction is not None


def test_work_that_fails_is_said_in_a_sentence_and_can_be_tried_again(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Iterator[None]:
        raise MemoryError("secret: /home/someone at 0x7f")
        yield

    page = visit(classes="285,7").finish()
    with monkeypatch.context() as patch:
        patch.setattr(explanation, "refine_request", fail)
        page.choose("selectbox", "layer", "block4c_add").finish()
        assert page.statuses == ["failed", "failed"]
        for cell in page.cells:
            assert "could not be computed (MemoryError)" in cell["message"]
            assert cell["map"] is None
        everything = page.words + json.dumps(page.grid)
        assert "Traceback" not in everything
        assert "secret" not in everything
        assert "2 of 2 maps are not finished." in page.words
    page.press("resume").finish()
    assert page.statuses == ["done", "done"]


def test_a_model_that_cannot_be_loaded_is_said(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"PK nothing")
    monkeypatch.setenv("ATTRIBUTION_MODEL", str(broken))
    forget_own_model()
    page = visit().finish()
    page.choose("selectbox", "model", "own").wait(lambda: bool(page.app.error))
    (error,) = page.app.error
    assert "broken.keras" in error.value
    assert "Traceback" not in error.value
    page.choose("selectbox", "model", "efficientnet_lite0").finish()
    assert page.statuses == ["done"]
