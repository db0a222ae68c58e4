"""A visitor's own network: brought in the sidebar, tried, used, given back."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import pytest
from keras import layers

from pages.ui.worker.engine import engine
from tests.conftest import tiny_network
from tests.pages.visits import Visit

LABELS = b"\xef\xbb\xbfindex,name\r\n0,ant\r\n1,bee\r\n2,cat\r\n3,dog\r\n4,eel\r\n"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("brought") / "tiny.keras"
    tiny_network().save(path)
    return path.read_bytes()


@pytest.fixture
def visit(any_visit: Callable[..., Visit]) -> Iterator[Callable[..., Visit]]:
    """Makes visitors who give back what they have brought."""
    visits: list[Visit] = []

    def make(**parameters: str) -> Visit:
        visits.append(any_visit(**parameters).run())
        return visits[-1]

    yield make
    for each in visits:
        me = each.app.session_state["session"].visitor
        engine().own_models.drop(me)
        engine().jobs.ask(f"{me} own model", [])
    assert engine().own_models.nbytes == 0
    assert not [name for name in engine()._classifiers if name.startswith("sha256-")]


def bring(page: Visit, name: str, content: bytes) -> Visit:
    key = f"own_model_file_{page.app.session_state['session'].brought}"
    page.app.file_uploader(key=key).set_value([(name, content, "application/octet-stream")])
    return page.run()


def try_(page: Visit) -> Visit:
    """Wait for its answers under each preprocessing."""
    return page.wait(lambda: any(each.key == "own_model_as" for each in page.app.radio))


def choose(page: Visit, kind: str, labels: bytes = b"", name: str = "labels.csv") -> Visit:
    page.app.radio(key="own_model_as").set_value(kind)
    page.run()
    if labels:
        page.app.file_uploader(key="own_model_labels").set_value([(name, labels, "text/csv")])
        page.run()
    return page


def errors(page: Visit) -> list[str]:
    return [each.value.replace("\\", "") for each in page.app.error]


def test_brought_tried_named_and_used(visit: Callable[..., Visit], network: bytes) -> None:
    page = try_(bring(visit(methods="gradient"), "tiny.keras", network))
    radio = page.app.radio(key="own_model_as")
    assert len(radio.options) == 5
    assert radio.value is None, "nothing in this network tells"
    captions = list(radio.proto.captions)
    assert all(each.count("%") == 5 and "class" in each for each in captions)
    assert len(set(captions)) > 1
    assert "Nothing in the network tells" in page.words
    assert page.app.button(key="own_model_use").disabled
    choose(page, "minus_one_to_one", LABELS)
    assert "ant" in page.app.radio(key="own_model_as").proto.captions[0]
    page.press("own_model_use").finish()
    digest = hashlib.sha256(network).hexdigest()
    assert page.link["model"].startswith(f"sha256-{digest}-")
    assert page.scene.model.title == "tiny.keras"
    assert page.statuses == ["done", "done"]
    assert {*page.labels[0]} <= {"ant", "bee", "cat", "dog", "eel"}
    classifier = page.scene.classifier
    assert classifier is not None
    page.expect_maps_of(classifier)


def test_a_mean_and_deviation_of_ones_own(visit: Callable[..., Visit], network: bytes) -> None:
    page = try_(bring(visit(methods="gradient"), "tiny.keras", network))
    page.app.text_input(key="own_model_mean").set_value("0.5")
    page.app.text_input(key="own_model_std").set_value("0")
    page.press("own_model_try")
    assert "should be above zero" in errors(page)[0]
    page.app.text_input(key="own_model_std").set_value("0.5, 0.5, 0.5")
    page.press("own_model_try")
    page.wait(lambda: len(try_(page).app.radio(key="own_model_as").options) == 6)
    radio = page.app.radio(key="own_model_as")
    assert radio.value == "mean=0.5,0.5,0.5 std=0.5,0.5,0.5"
    # It is the same as −1..1.
    assert radio.proto.captions[5] == radio.proto.captions[2]
    page.press("own_model_use").finish()
    assert page.statuses == ["done", "done"]


def test_a_link_asks_for_the_file_and_shows_its_screen(
    visit: Callable[..., Visit], network: bytes
) -> None:
    link = {"model": f"sha256-{hashlib.sha256(network).hexdigest()}-01234567", "layer": "joined"}
    page = visit(**link, class_choice="own", classes="3", methods="gradient")
    assert "SHA-256" in page.words
    assert "bring that file" in page.words
    assert page.scene.settings.model != link["model"]
    choose(try_(bring(page, "mine.keras", network)), "zero_to_one").press("own_model_use").finish()
    assert page.scene.settings.layer == "joined"
    assert page.scene.classes == (3,)
    assert page.statuses == ["done"]


def test_it_belongs_to_its_session(visit: Callable[..., Visit], network: bytes) -> None:
    page = try_(bring(visit(methods="gradient"), "tiny.keras", network))
    choose(page, "torch").press("own_model_use").finish()
    other = visit(model=page.link["model"], methods="gradient")
    assert "bring that file" in other.words
    assert "tiny.keras" not in other.app.selectbox(key="choose_model").options
    assert "tiny.keras" in page.app.selectbox(key="choose_model").options
    assert engine().own_models.nbytes > 0
    page.press(f"remove_{hashlib.sha256(network).hexdigest()}")
    assert "tiny.keras" not in page.app.selectbox(key="choose_model").options
    assert engine().own_models.nbytes == 0


def test_discarded(visit: Callable[..., Visit], network: bytes) -> None:
    page = try_(bring(visit(methods="gradient"), "tiny.keras", network))
    page.press("own_model_discard")
    assert engine().own_models.nbytes == 0
    assert page.app.file_uploader(key="own_model_file_1")


def with_lambda(path: Path) -> None:
    entry = keras.Input((8, 8, 3))
    flow = layers.Lambda(lambda images: images * 2, name="doubled")(entry)
    keras.Model(entry, layers.Dense(2)(layers.Flatten()(flow))).save(path)


def with_two_inputs(path: Path) -> None:
    entries = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    flow = layers.Flatten()(layers.Add()(entries))
    keras.Model(entries, layers.Dense(2)(flow)).save(path)


def of_nothing(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize(
    ("write", "said"),
    [
        (with_lambda, "asks for code of its own (Lambda), in its layer “doubled”, which is not"),
        (with_two_inputs, "has 2 inputs and 1 outputs"),
        (of_nothing, "should be a whole model saved by Keras"),
        (lambda path: path.write_bytes(b"no network"), "has no description of a model"),
    ],
)
def test_what_is_refused(
    visit: Callable[..., Visit], tmp_path: Path, write: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "odd.keras"
    write(path)
    page = bring(visit(methods="gradient"), "odd.keras", path.read_bytes())
    page.wait(lambda: bool(page.app.error))
    (sentence,) = errors(page)
    assert said in sentence
    assert "Traceback" not in sentence
    if page.app.session_state["session"].own_model is not None:
        page.press("own_model_discard")
    assert engine().own_models.nbytes == 0


def test_labels_that_do_not_fit(visit: Callable[..., Visit], network: bytes) -> None:
    page = try_(bring(visit(methods="gradient"), "tiny.keras", network))
    choose(page, "none", b"cat\ndog\n", "two.txt")
    assert errors(page) == ["The labels file two.txt names 2 classes, but the network has 5."]
    assert "numbered unless you bring names" in page.words


def test_not_offered_where_it_is_not_allowed(
    any_visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = engine().own_models
    monkeypatch.setattr(allowed, "limits", type(allowed.limits)(False))
    page = any_visit(model=f"sha256-{'0' * 64}").run()
    assert not [each for each in page.app.file_uploader if "own_model" in str(each.key)]
    assert "this server takes no networks of visitors" in page.words


@pytest.fixture(scope="module")
def open_ended(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A network for pictures of any size from 40 pixels on, which does not say what its outputs
    are."""
    entry = keras.Input((None, None, 3))
    flow = layers.Conv2D(4, 40, 8, activation="relu", name="top")(entry)
    outputs = layers.Dense(3)(layers.GlobalAveragePooling2D()(flow))
    path = tmp_path_factory.mktemp("open") / "open.keras"
    keras.Model(entry, outputs).save(path)
    return path.read_bytes()


@pytest.mark.thorough
def test_size_and_outputs_where_the_network_leaves_them_open(
    visit: Callable[..., Visit], open_ended: bytes
) -> None:
    page = try_(bring(visit(methods="gradient"), "open.keras", open_ended))
    assert page.app.number_input(key="own_model_height").value == 224
    choose(page, "zero_to_one")
    page.app.number_input(key="own_model_height").set_value(20)
    page.run()
    page.wait(lambda: bool(errors(page)))
    assert "cannot take pictures of 20 × 224 pixels; choose another size" in errors(page)[0]
    page.app.number_input(key="own_model_height").set_value(96)
    try_(page.run())
    page.app.number_input(key="own_model_width").set_value(64)
    try_(page.run())
    outputs = page.app.selectbox(key="own_model_outputs")
    assert len(outputs.options) == 3
    assert outputs.value == "softmax"
    outputs.set_value("sigmoid")
    try_(page.run())
    assert page.app.radio(key="own_model_as").value == "zero_to_one", "it stays chosen"
    page.press("own_model_use").finish()
    classifier = page.scene.classifier
    assert classifier is not None
    assert (classifier.input_size, classifier.link) == ((96, 64), "sigmoid")
    assert {*page.statuses} == {"done"}
    # What was chosen is where it is changed again.
    digest = hashlib.sha256(open_ended).hexdigest()
    page.press(f"change_{digest}")
    try_(page)
    assert page.app.number_input(key="own_model_width").value == 64
    assert page.app.selectbox(key="own_model_outputs").value == "sigmoid"
    # Brought again, what it leaves open is known from before.
    engine().own_models.drop(page.app.session_state["session"].visitor, digest)
    again = try_(bring(visit(methods="gradient"), "open.keras", open_ended))
    assert again.app.number_input(key="own_model_width").value == 224


def test_nothing_is_asked_of_a_network_that_says_it(
    visit: Callable[..., Visit], network: bytes
) -> None:
    page = try_(bring(visit(methods="gradient"), "tiny.keras", network))
    asked = [str(each.key) for each in (*page.app.number_input, *page.app.selectbox)]
    assert not [key for key in asked if key.startswith("own_model")]
