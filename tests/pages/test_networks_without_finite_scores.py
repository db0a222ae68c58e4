"""Pages of a network whose scores are not finite: a sentence, and no map called done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from attribution_core import Classifier
from attribution_core.running.standing import Snapshot, State
from pages.ui.shell.waiting import instead_of
from pages.ui.worker.engine import engine
from tests.network.test_finite import everywhere, of_some_coalitions
from tests.pages.visits import Visit

SENTENCE = "as the logit of class 0 and no finite one for 4 other classes, computed from the layer"
PAGES = (
    "explore",
    "superpixels",
    "layers",
    "references",
    "randomisation",
    "faithfulness",
    "axioms",
)


@pytest.fixture
def own_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Makes a network the app's own model, loaded already."""

    def use(classifier: Classifier) -> None:
        path = tmp_path / "odd.keras"
        classifier.network.save(path)
        monkeypatch.setenv("ATTRIBUTION_MODEL", str(path))
        engine()._classifiers["own"] = engine()._load("own")

    yield use
    engine()._classifiers.pop("own", None)


def snapshots(page: Visit) -> list[Snapshot[object]]:
    """Of all that the page asked for."""
    jobs = engine().jobs
    waiter = jobs._waiting.waiters.get(page.app.session_state["session"].visitor)
    return [] if waiter is None else [jobs.look(task) for task in waiter.requests]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "classes"), [*((name, "0,1") for name in PAGES), ("explore", ""), ("layers", "")]
)
def test_none_of_the_picture(
    any_visit: Callable[..., Visit], own_model: Callable[..., None], name: str, classes: str
) -> None:
    own_model(everywhere())
    asked = {"model": "own", "classes": classes, "layer": "halves", "reference": "white"}
    page = any_visit(**asked, methods="gradient,kernel_shap").open(name)
    page.wait(lambda: bool(page.app.error))
    (said,) = (each.value for each in page.app.error)
    assert "The network odd gives nan" in said
    assert SENTENCE in said
    # A page asks for nothing where it is known already that this will fail.
    failed = [str(each.error) for each in snapshots(page) if each.state == "failed"]
    assert all("The network odd gives nan" in each and SENTENCE in each for each in failed)
    assert "nan %" not in page.words
    if name != "axioms":
        # Its cells are those of a table.
        assert not page.maps


def test_none_of_some_coalitions(
    any_visit: Callable[..., Visit], own_model: Callable[..., None]
) -> None:
    own_model(of_some_coalitions())
    # Of another picture: the runner remembers what failed of the network tested above.
    asked = {"model": "own", "picture": "rocket", "classes": "0,1", "layer": "halves"}
    page = any_visit(**asked, reference="white", methods="gradient,kernel_shap").finish()
    assert page.statuses == ["done", "failed", "done", "failed"]
    assert not page.app.error
    failed = [cell for cell in page.cells if cell["status"] == "failed"]
    assert all(SENTENCE in cell["message"] and cell["map"] is None for cell in failed)
    assert all(np.isfinite(each).all() for each in page.maps)


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["queued", "failed"], "Asked …"),
        (["unknown"], "Asked …"),
        (["running"], "Asked …"),
        (["failed", "done"], "This could not be computed."),
        (["cancelled", "cancelled"], "Cancelled."),
    ],
)
def test_what_stands_in_the_place_of_a_result(states: list[State], said: str) -> None:
    assert instead_of([Snapshot(state) for state in states], "Asked …") == said
