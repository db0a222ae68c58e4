"""Labels: ImageNet's own, and those a person brings along."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from attribution_core.models.labels import imagenet_labels, read_labels


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (0, "tench"),
        (134, "crane (bird)"),
        (285, "Egyptian cat"),
        (517, "crane (machine)"),
        (638, "maillot"),
        (639, "maillot (tank suit)"),
        (872, "tripod"),
        (967, "espresso"),
        (999, "toilet tissue"),
    ],
)
def test_imagenet_labels_stand_at_their_index(index: int, name: str) -> None:
    assert imagenet_labels()[index] == name


def test_no_two_imagenet_labels_read_alike() -> None:
    labels = imagenet_labels()
    assert len(labels) == 1000
    assert len({label.casefold() for label in labels}) == 1000
    assert all(label and label == label.strip() for label in labels)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.txt", "cat\ndog\nMöwe\n"),
        ("windows.txt", "\ufeffcat\r\ndog \r\nMöwe\r\n\r\n"),
        ("numbered.txt", "0 cat\n1 dog\n2 Möwe\n"),
        ("names.csv", "cat\r\ndog\r\nMöwe\r\n"),
        ("titled.csv", "\ufeffname\r\ncat\r\ndog\r\nMöwe\r\n"),
        ("numbers.csv", "1,dog\n0,cat\n2,Möwe\n"),
        ("columns.csv", "\ufeffindex;name;animal\r\n0;cat;yes\r\n1;dog;yes\r\n2;Möwe;yes\r\n"),
        ("after.csv", 'name,id\n"cat",0\ndog,1\nMöwe,2\n'),
        ("list.json", json.dumps(["cat", "dog", "Möwe"])),
        ("object.json", json.dumps({"2": "Möwe", "0": "cat", "1": "dog"})),
        (
            "keras.json",
            json.dumps({"0": ["n1", "cat"], "1": ["n2", "dog"], "2": ["n3", "Möwe"]}),
        ),
    ],
)
def test_every_layout_is_read(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    assert read_labels(path, 3) == ("cat", "dog", "Möwe")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("few.txt", b"cat\ndog\n", "names 2 classes, but the network has 3"),
        ("many.txt", b"cat\ndog\ncow\nhen\n", "names 4 classes, but the network has 3"),
        ("gap.txt", b"cat\n\ncow\n", "no name for class 1"),
        ("latin.txt", b"cat\ndog\nM\xf6we\n", "not UTF-8"),
        ("ragged.csv", b"0,cat\n1\n2,cow\n", "as many columns"),
        ("words.csv", b"cat,yes\ndog,no\ncow,yes\n", "none of them numbers the classes"),
        ("empty.csv", b"", "a row for each class"),
        ("broken.json", b'["cat", ', "not valid JSON"),
        ("number.json", b"3", "must hold a JSON list"),
        ("numbers.json", b"[1, 2, 3]", "must hold a JSON list"),
        ("keys.json", b'{"0": "cat", "1": "dog", "3": "cow"}', "no entry for class 2"),
        ("empty.json", b'{"0": [], "1": [], "2": []}', "must hold a JSON list"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_labels(path, 3)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.txt cannot be read"):
        read_labels(tmp_path / "none.txt", 3)


def test_labels_need_neither_tensorflow_nor_keras() -> None:
    code = (
        "import sys; from attribution_core.models.labels import imagenet_labels; "
        "imagenet_labels(); assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
