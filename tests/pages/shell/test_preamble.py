"""What every page says where something is missing, and the controls that it offers for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from attribution_core.images import Picture
from attribution_core.network.classifier import Classifier
from pages.ui.worker.engine import engine
from tests.conftest import tiny_network
from tests.pages.conftest import forget_own_model
from tests.pages.visits import Visit
from tests.patience import UNCHANGED

PAGES = (
    "explore",
    "superpixels",
    "layers",
    "references",
    "randomisation",
    "faithfulness",
    "axioms",
)
QUICK = {"layer": "top_relu", "references-path": "no", "axioms-network": "no"}
SHORT = {"layer": "pooled", "methods": "gradient"}


def keys(page: Visit) -> list[str]:
    return [str(button.key) for button in page.app.button]


def maps_of(page: Visit) -> list[object]:
    """What stands in a grid of maps; the cells of the axioms' table have verdicts."""
    return [cell for cell in page.cells if "status" in cell]


def go_to(page: Visit, name: str) -> Visit:
    page.app.switch_page(f"pages/{name}.py")
    return page.run()


def test_without_a_class_every_page_offers_the_top_five(visit: Callable[..., Visit]) -> None:
    page = visit(class_choice="own", classes="", **QUICK)
    for name in PAGES:
        go_to(page.run(), name).wait(lambda: "offered_class_all" in keys(page))
        assert "Choose a target class" in page.words, name
        assert not maps_of(page), name
        prediction = page.scene.prediction
        assert prediction is not None
        for number in prediction.top(5):
            label = page.app.button(key=f"offered_class_{number}").label
            assert label.startswith(page.scene.labels[number])
            assert label.endswith(f" · {100 * prediction.probabilities[number]:.1f} %")
        chosen = prediction.top(2)[1]
        page.press(f"offered_class_{chosen}")
        assert page.scene.classes == (chosen,), name
        assert page.scene.settings.class_choice == "own"
        assert "Choose a target class" not in page.words, name
        assert page.link["classes"] == str(chosen)
        assert page.app.multiselect(key="choose_classes").value == [chosen]
        page.choose("multiselect", "classes", [])


def test_all_five_at_once(visit: Callable[..., Visit]) -> None:
    page = visit(class_choice="own", classes="", **QUICK).finish()
    page.press("offered_class_all")
    assert page.scene.prediction is not None
    assert page.scene.classes == page.scene.prediction.top(5)
    page.finish()
    assert page.statuses == ["done"] * 5


@pytest.mark.parametrize("name", ["explore", "faithfulness"])
def test_without_a_method_one_can_be_chosen(visit: Callable[..., Visit], name: str) -> None:
    page = visit(methods="", **QUICK).open(name)
    page.wait(lambda: "offered_method_usual" in keys(page))
    assert "Choose a method" in page.words
    page.press("offered_method_gradient")
    assert page.scene.settings.methods == ("gradient",)
    assert page.app.multiselect(key="choose_methods").value == ["gradient"]
    assert "Choose a method" not in page.words
    assert page.link["methods"] == "gradient"


def test_neither_class_nor_method_is_said_at_once(visit: Callable[..., Visit]) -> None:
    page = visit(class_choice="own", classes="", methods="", layer="input").finish()
    assert "Choose a target class" in page.words
    assert "Choose a method" in page.words
    # Grad-CAM makes no sense at the input.
    assert "offered_method_grad_cam" not in keys(page)
    page.press("offered_method_usual")
    assert len(page.scene.settings.methods) == 4
    assert "Choose a target class" in page.words
    assert not page.cells


def test_pages_with_methods_of_their_own_do_not_ask_for_one(visit: Callable[..., Visit]) -> None:
    page = visit(methods="", **QUICK).finish()
    for name in ("superpixels", "layers", "references", "randomisation", "axioms"):
        assert "Choose a method" not in go_to(page, name).words, name


@pytest.mark.parametrize("view", ["gallery", "mosaic"])
def test_views_of_other_pictures_ask_for_no_class(visit: Callable[..., Visit], view: str) -> None:
    page = visit(
        class_choice="own",
        classes="",
        methods="gradient",
        layer="top_relu",
        **{"faithfulness-view": view},
    ).open("faithfulness")
    page.wait(lambda: page.scene.prediction is not None).run()
    assert "Choose a target class" not in page.words
    assert "offered_class_all" not in keys(page)


@pytest.fixture
def own_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A model file that nobody has asked for anything."""
    file = tmp_path / "tiny.keras"
    tiny_network().save(file)
    monkeypatch.setenv("ATTRIBUTION_MODEL", str(file))
    forget_own_model()
    yield file
    forget_own_model()


def test_a_prediction_that_fails_is_said_on_every_page_and_can_be_tried_again(
    visit: Callable[..., Visit], own_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Classifier, *arguments: object) -> np.ndarray:
        raise MemoryError("secret")

    page = visit(model="own", class_choice="suggested", picture="rocket", **SHORT)
    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "activations", fail)
        page.run().wait(lambda: "ask_again" in keys(page))
        for name in PAGES:
            # The picture is cut to the network's size, and asked of again, once that is known.
            go_to(page, name).wait(lambda: "ask_again" in keys(page))
            (error,) = page.app.error
            assert "could not be computed (MemoryError)" in error.value, name
            assert "Choose another picture or model" in error.value
            assert "secret" not in page.words
            assert not maps_of(page), name
            assert "ask_again" in keys(page), name
    page.press("ask_again").wait(lambda: page.scene.prediction is not None).run()
    assert not page.app.error
    assert "ask_again" not in keys(page)


def test_a_model_file_that_cannot_be_read_is_said_on_every_page(
    visit: Callable[..., Visit], own_model: Path
) -> None:
    own_model.write_bytes(b"PK nothing")
    page = visit(model="own", class_choice="suggested", picture="coffee", layer="somewhere")
    page.run().wait(lambda: "ask_again" in keys(page))
    for name in PAGES:
        go_to(page, name).wait(lambda: "ask_again" in keys(page))
        (error,) = page.app.error
        assert own_model.name in error.value, name
        assert "Choose another picture or model" in error.value
        assert "Traceback" not in page.words


def test_who_stops_the_opening_question_can_ask_it(
    visit: Callable[..., Visit], own_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, answer = threading.Event(), Classifier.activations

    def answer_later(self: Classifier, picture: Picture, layer: str) -> np.ndarray:
        assert released.wait(UNCHANGED)
        return answer(self, picture, layer)

    monkeypatch.setattr(Classifier, "activations", answer_later)
    page = visit(model="own", class_choice="own", classes="", **SHORT)
    # Its size decides which picture it is asked about: a cancel before that is of another question.
    page.run().wait(lambda: engine().loaded("own") is not None).run()
    for name in ("explore", "layers"):
        go_to(page, name).press("cancel")
        assert "has not been asked" in page.words, name
        page.press("ask_again")
        assert "has not been asked" not in page.words, name
    released.set()
    page.wait(lambda: "offered_class_all" in keys(page))
