"""The pictures that come with the app: there, licensed, and as networks want them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from attribution_core.models.labels import imagenet_labels
from pages.ui.shell import gallery as ui
from pages.ui.shell import own_picture, refusals
from pages.ui.shell.gallery import KINDS, GalleryPicture, gallery, gallery_picture, pixels_of
from pages.ui.shell.session import Session
from tests.pages.visits import Visit
from tests.patience import UNCHANGED

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "gallery"
PICTURES = pytest.mark.parametrize("entry", gallery(), ids=lambda entry: entry.id)


def test_what_was_promised_is_there() -> None:
    wanted = {"cat", "coffee", "cat_coffee", "rocket", "astronaut", "cameraman"}
    wanted |= {"dog_cat", "bird_of_prey"}  # figures 3.1 and 3.3
    assert wanted <= {entry.id for entry in gallery()}
    assert gallery()[0].id == "cat_coffee"
    assert len(gallery()) >= 24
    assert sum(len(entry.classes) >= 2 for entry in gallery()) >= 10


def test_pictures_of_a_kind_stand_together() -> None:
    kinds = [entry.kind for entry in gallery()]
    assert list(dict.fromkeys(kinds)) == list(KINDS)
    assert kinds == sorted(kinds, key=list(KINDS).index)
    assert all((entry.kind == "several") == (len(entry.classes) >= 2) for entry in gallery())


def test_all_pictures_together_are_small() -> None:
    assert sum((FOLDER / entry.file).stat().st_size for entry in gallery()) < 6_000_000


def test_identifiers_and_titles_are_unique() -> None:
    assert len({entry.id for entry in gallery()}) == len(gallery())
    assert len({entry.title for entry in gallery()}) == len(gallery())
    assert "upload" not in {entry.id for entry in gallery()}


@PICTURES
def test_licence_and_source_are_written_down(entry: GalleryPicture) -> None:
    allowed = {"CC0", "Public domain", "Public domain (CC0)", "CC BY 2.0", "CC BY 3.0"}
    assert set(entry.licence.split(" and ")) <= allowed
    assert entry.author
    parts = entry.source.removeprefix("A composite of ").split(" | ")
    known = ("scikit-image: skimage.data.", "gcompris-qt-data 3.1: https://")
    assert all(part.startswith(known) for part in parts)
    assert (len(parts) > 1) == entry.source.startswith("A composite of ")


@PICTURES
@pytest.mark.parametrize("size", [(224, 224), (64, 96)])
def test_every_picture_can_be_shown_to_a_network(
    entry: GalleryPicture, size: tuple[int, int]
) -> None:
    pixels = pixels_of(entry.id, size).pixels
    assert pixels.shape == (*size, 3)
    assert pixels.dtype == np.float32
    assert 0 <= pixels.min() < pixels.max() <= 255
    assert pixels.std() > 5  # something is on it


@PICTURES
def test_pictures_are_small_enough_for_a_repository(entry: GalleryPicture) -> None:
    file = FOLDER / entry.file
    assert file.stat().st_size < 1_000_000
    with Image.open(file) as image:
        assert min(image.size) >= 224


@PICTURES
def test_suggested_classes_exist(entry: GalleryPicture) -> None:
    assert all(0 <= number < len(imagenet_labels()) for number in entry.classes)
    assert len(set(entry.classes)) == len(entry.classes) <= 8


def test_no_file_is_left_over() -> None:
    listed = {entry.file for entry in gallery()}
    there = {file.name for file in FOLDER.iterdir() if file.suffix not in (".json", ".py", ".md")}
    assert there == listed


def test_an_unknown_identifier_gives_the_first_picture() -> None:
    assert gallery_picture("../../etc/passwd") == gallery()[0]


def choose_a_picture() -> None:
    import streamlit as st

    from pages.ui.shell.gallery import pick_from_gallery

    pick_from_gallery("cat", key="gallery", on_pick=st.text, on_paste=st.json)


def test_the_gallery_shows_all_thumbnails_and_the_chosen_one() -> None:
    app = AppTest.from_function(choose_a_picture, default_timeout=UNCHANGED).run()
    assert not app.exception
    (part,) = app.get("bidi_component")
    sent = json.loads(part.proto.json)
    assert sent["chosen"] == "cat"
    assert [each["id"] for each in sent["pictures"]] == [entry.id for entry in gallery()]
    assert all(each["title"] for each in sent["pictures"])
    assert [each["origin"] for each in sent["pictures"]] == [entry.origin for entry in gallery()]
    assert all(each["image"].startswith("data:image/webp;base64,") for each in sent["pictures"])
    assert len(part.proto.json) < 100_000  # it is sent with every run


@pytest.mark.parametrize(
    ("picked", "expected"),
    [("rocket", ["rocket"]), (None, []), ("../secret", []), ({"id": 1}, []), ([], [])],
)
def test_a_click_is_taken_only_for_what_is_on_offer(
    monkeypatch: pytest.MonkeyPatch, picked: object, expected: list[str]
) -> None:
    taken: list[str] = []
    monkeypatch.setattr(ui.st, "session_state", {"gallery": {"picked": picked}})
    monkeypatch.setattr(ui, "_component", lambda **given: given["on_picked_change"]())
    ui.pick_from_gallery("cat", key="gallery", on_pick=taken.append, on_paste=taken.append)
    assert taken == expected


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"bytes": 10**9}, "at most 20 MB"),
        ({"content": "A" * 40_000_000}, "at most 20 MB"),
        ({"content": 7}, "at most 20 MB"),
        ({"content": "no base64!"}, "not a picture that can be read"),
        ({"content": base64.b64encode(b"no picture").decode()}, "not a picture that can be read"),
        (None, ""),
        ("text", ""),
    ],
)
def test_what_is_pasted_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, sent: object, sentence: str
) -> None:
    session = Session()
    monkeypatch.setattr(own_picture, "session", lambda: session)
    monkeypatch.setattr(refusals, "session", lambda: session)
    own_picture.take_pasted(sent)
    said = [each.sentence for each in session.refusals.values()]
    assert len(said) == bool(sentence)
    assert all(sentence in each for each in said)
    assert session.own_picture is None


def test_a_pasted_picture_is_shown(any_visit: Callable[..., Visit]) -> None:
    page = any_visit().run()
    content = (FOLDER / "chelsea.png").read_bytes()
    session = page.app.session_state["session"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_picture, "session", lambda: session)
        patch.setattr(own_picture, "decide", lambda name, value: taken.append((name, value)))
        taken: list[tuple[str, object]] = []
        own_picture.take_pasted({"content": base64.b64encode(content).decode()})
    assert session.own_picture == content
    assert taken == [("picture", "upload")]
