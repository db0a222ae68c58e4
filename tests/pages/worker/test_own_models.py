"""Visitors' networks: whose they are, how many there may be, and that their memory comes back."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from attribution_core.models.labels import imagenet_labels
from pages.ui.worker.own_model_names import (
    Ends,
    Undecided,
    Use,
    digest_in,
    is_own,
    name_while_tried,
)
from pages.ui.worker.own_models import CACHE_BYTES, OwnModels, labels_for
from pages.ui.worker.uploads import Uploads, uploads_of
from tests.conftest import tiny_network
from tests.patience import until

LABELS = ("ant", "bee", "cat", "dog", "eel")
USE = Use("minus_one_to_one", LABELS)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"tiny{seed}.keras" for seed in range(4)]
    for seed, path in enumerate(paths):
        tiny_network(seed + 1).save(path)
    return [path.read_bytes() for path in paths]


@pytest.fixture
def forgotten() -> list[str]:
    return []


@pytest.fixture
def held(forgotten: list[str]) -> Iterator[OwnModels]:
    yield OwnModels(Uploads(True), forgotten.append)
    gc.freeze()  # as a load does


@pytest.mark.parametrize(
    ("said", "address", "allowed"),
    [
        (None, "127.0.0.1", True),
        (None, "localhost", True),
        (None, "::1", True),
        (None, "0.0.0.0", False),
        (None, "192.168.1.7", False),
        (None, None, False),
        ("on", None, True),
        ("ON", "0.0.0.0", True),
        ("off", "127.0.0.1", False),
        ("perhaps", None, False),
    ],
)
def test_on_where_only_this_machine_can_come(
    said: str | None, address: str | None, allowed: bool
) -> None:
    environment = {} if said is None else {"ATTRIBUTION_UPLOADS": said}
    assert uploads_of(environment, address).allowed is allowed


def test_limits_by_variables() -> None:
    said = {"COUNT": "5", "FILE_MB": "10", "TOTAL_MB": "-3"}
    found = uploads_of({f"ATTRIBUTION_UPLOADS_{name}": text for name, text in said.items()}, None)
    assert (found.per_visitor, found.file_bytes) == (5, 10 * 2**20)
    assert found.in_all_bytes == Uploads(True).in_all_bytes


def test_names() -> None:
    name = USE.name_of("ab" * 32)
    assert is_own(name)
    assert digest_in(name) == "ab" * 32
    assert name != Use("none", LABELS).name_of("ab" * 32) != name_while_tried("ab" * 32)
    for other in ("vgg16", "own", "sha256-ab", name.upper(), f"{name}/..", ""):
        assert not is_own(other)
    assert labels_for(1000) == imagenet_labels()
    assert labels_for(2) == ("class 0", "class 1")


def test_two_sessions_with_one_file(
    held: OwnModels, forgotten: list[str], files: list[bytes]
) -> None:
    first, second = (held.bring(who, "mine.keras", files[0]) for who in ("ann", "bob"))
    assert first == second
    name = held.use("ann", first, USE)
    assert [each.name for each in held.of("ann")] == [name]
    assert held.of("bob") == held.of("eve") == ()
    assert held.labels(name) == LABELS
    classifier = held.classifier(name)
    assert (classifier.name, classifier.labels) == ("mine", LABELS)
    assert held.of("ann")[0].highest == classifier.layers[-1]
    assert held.use("bob", second, USE) == name
    assert held.classifier(name_while_tried(first)).labels[0] == "class 0"
    held.drop("ann")
    assert name not in forgotten
    assert held.has(name)
    with pytest.raises(ValueError, match="no longer here"):
        held.use("ann", first, USE)
    held.drop("bob", second)
    assert {*forgotten} == {name, name_while_tried(first)}
    assert held.nbytes == 0
    with pytest.raises(ValueError, match="no longer here"):
        held.classifier(name)


def test_another_preprocessing_of_the_same_network(
    held: OwnModels, forgotten: list[str], files: list[bytes]
) -> None:
    digest = held.bring("ann", "mine.keras", files[0])
    first = held.use("ann", digest, USE)
    picture = np.full((16, 16, 3), 200, np.float32)
    before = held.classifier(first).scores(picture)
    second = held.use("ann", digest, Use("zero_to_one", LABELS))
    assert first in forgotten
    assert not held.has(first)
    assert not np.allclose(held.classifier(second).scores(picture), before)


@pytest.fixture(scope="module")
def open_ended(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A network for pictures of any size, that ends in one output without an activation."""
    import keras

    entry = keras.Input((None, None, 3))
    flow = keras.layers.Conv2D(4, 3, 2, activation="relu", name="top")(entry)
    output = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(flow))
    path = tmp_path_factory.mktemp("open") / "open.keras"
    keras.Model(entry, output).save(path)
    return path.read_bytes()


def test_what_a_network_leaves_open_is_its_owners_choice(
    held: OwnModels, forgotten: list[str], open_ended: bytes, files: list[bytes]
) -> None:
    digest = held.bring("ann", "open.keras", open_ended)
    assert held.undecided(digest) == Undecided()
    assert held.classifier(name_while_tried(digest)).input_size == (224, 224)
    assert held.undecided(digest) == Undecided((None, None), 1)
    ends = Ends((40, 60), "sigmoid")
    tried = held.classifier(name_while_tried(digest, ends))
    assert (tried.input_size, tried.classes, tried.link) == ((40, 60), 2, "softmax")
    assert name_while_tried(digest) in forgotten, "one of its trials is kept, not all"
    name = held.use("ann", digest, Use("none", ("no", "yes"), ends))
    assert name_while_tried(digest, ends) in forgotten
    assert name != held.use("bob", held.bring("bob", "b.keras", open_ended), Use("none", ("no",)))
    assert held.classifier(name).labels == ("no", "yes")
    assert [(each.input_size, each.highest) for each in held.of("ann")] == [((40, 60), "top")]
    decided = held.bring("ann", "mine.keras", files[0])
    held.classifier(name_while_tried(decided))
    assert held.undecided(decided) == Undecided((16, 16))


@pytest.mark.parametrize("size", [(15, 40), (40, 641), (0, 0)])
def test_sizes_have_bounds(held: OwnModels, open_ended: bytes, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="16 to 640 pixels a side"):
        Ends(size)
    digest = held.bring("ann", "open.keras", open_ended)
    assert not held.has("sha256-{}-{}x{}".format(digest, *size))


def test_a_size_that_takes_too_much_is_refused_before_it_is_taken(
    held: OwnModels, open_ended: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.ui.worker.own_models._MOST_ACTIVATION_BYTES", 700_000)
    digest = held.bring("ann", "open.keras", open_ended)
    assert held.classifier(name_while_tried(digest))
    with pytest.raises(ValueError, match=r"shape \(200, 320, 3\).*may take at most 1 MB"):
        held.classifier(name_while_tried(digest, Ends((200, 320))))
    assert held.undecided(digest).sides == (None, None)


def test_so_many_and_no_more(held: OwnModels, files: list[bytes]) -> None:
    for number in range(3):
        held.bring("ann", f"{number}.keras", files[number])
    with pytest.raises(ValueError, match="3 networks here already"):
        held.bring("ann", "3.keras", files[3])
    assert held.bring("ann", "again.keras", files[1])
    held.bring("bob", "3.keras", files[3])
    assert held.nbytes == pytest.approx(4 * CACHE_BYTES, rel=0.01)


def test_all_sessions_together_have_a_bound(files: list[bytes]) -> None:
    room = OwnModels(Uploads(True, in_all_bytes=2 * CACHE_BYTES + 2**20), lambda name: None)
    for who, content in zip(("ann", "bob"), files, strict=False):
        room.bring(who, "mine.keras", content)
    with pytest.raises(ValueError, match=r"no room for mine\.keras now: of 68 MB .* Remove one"):
        room.bring("eve", "mine.keras", files[2])
    room.drop("ann")
    room.bring("eve", "mine.keras", files[2])
    with pytest.raises(ValueError, match=r"at most 0 MB can be taken"):
        OwnModels(Uploads(True, file_bytes=1000), lambda name: None).bring(
            "ann", "mine.keras", files[0]
        )
    with pytest.raises(ValueError, match="takes no networks"):
        OwnModels(Uploads(False), lambda name: None).bring("ann", "mine.keras", files[0])
    with pytest.raises(ValueError, match=r"is no \.keras or \.h5 file"):
        room.bring("eve", "mine.zip", files[0])


def test_no_file_stays_on_the_disk(
    held: OwnModels, files: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    digest = held.bring("ann", "../../mine.keras", files[0])
    assert len(list(tmp_path.rglob("*.keras"))) == 1
    held.classifier(name_while_tried(digest))
    held.bring("ann", "other.keras", files[1])
    held.drop("ann")
    assert list(tmp_path.iterdir()) == []


def test_memory_comes_back(held: OwnModels, files: list[bytes]) -> None:
    """Also where a load has taken everything out of the garbage collector's sight."""
    digest = held.bring("ann", "mine.keras", files[0])
    name = held.use("ann", digest, USE)
    classifier = held.classifier(name)
    classifier.scores(np.zeros((16, 16, 3), np.float32))
    network = weakref.ref(classifier.network)
    gc.freeze()
    del classifier
    gc.collect()
    assert network() is not None, "it refers to itself, and is out of sight"
    held.drop("ann")
    until(lambda: network() is None)
