"""Bundles: made, opened, and refused where they are none."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

import pytest

from pages.ui.shell import bundle as module
from pages.ui.shell.bundle import Bundle, packed, unpacked

SCREEN = Bundle("layers", {"model": "vgg16_cam", "layers-method": "gradient"}, b"a picture")
GOOD = json.dumps({"format": 1, "page": "", "parameters": {}}).encode()


def zipped(parts: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def test_what_was_packed_is_unpacked() -> None:
    content = packed(SCREEN)
    assert unpacked(content, "a.zip") == SCREEN
    assert packed(SCREEN) == content


def screen(**changed: object) -> dict[str, bytes]:
    told = {"format": 1, "page": "", "parameters": {}, **changed}
    return {"screen.json": json.dumps(told).encode(), "picture": b""}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no zip", "it is not a ZIP file that can be read"),
        (packed(SCREEN)[:-30], "it is not a ZIP file that can be read"),
        (zipped({"screen.json": GOOD}), "screen.json and picture, and nothing else"),
        (
            zipped({"screen.json": GOOD, "picture": b"", "../../evil.py": b"x"}),
            "screen.json and picture, and nothing else",
        ),
        (zipped({"screen.json": b"[" * 60_000, "picture": b""}), "is not valid JSON"),
        (zipped({"screen.json": b"[]", "picture": b""}), "should have the format 1"),
        (zipped({"screen.json": b"\xff\xfe", "picture": b""}), "is not valid JSON"),
        (zipped(screen(format=2)), "should have the format 1"),
        (zipped(screen(page=3)), "should have a page and parameters"),
        (zipped(screen(parameters={"a": 1})), "at most 256 short texts"),
        (zipped(screen(parameters={"a": "x" * 3000})), "at most 256 short texts"),
        (zipped(screen(parameters={str(n): "" for n in range(300)})), "at most 256 short texts"),
        (zipped({"screen.json": b" " * 70_000, "picture": b""}), "should have at most 64 KB"),
    ],
)
def test_a_file_that_is_no_bundle(content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"The file bad\.zip is no bundle of this app") as caught:
        unpacked(content, "bad.zip")
    assert sentence in str(caught.value)


def test_a_bomb_is_not_unpacked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 MB of zeros in 100 KB: no more than the limit is read."""
    monkeypatch.setitem(module.MOST_BYTES, "picture", 2**20)
    bomb = zipped({"screen.json": GOOD, "picture": bytes(100 * 2**20)})
    assert len(bomb) < 200_000
    asked: list[int] = []
    read = zipfile.ZipExtFile.read

    def noted(self: zipfile.ZipExtFile, n: int | None = -1) -> bytes:
        asked.append(-1 if n is None else n)
        return read(self, n)

    monkeypatch.setattr(zipfile.ZipExtFile, "read", noted)
    with pytest.raises(ValueError, match="its picture should have at most 1024 KB"):
        unpacked(bomb, "bomb.zip")
    assert 0 < max(asked) <= 2**20 + 1
    assert min(asked) > 0


def test_an_encrypted_bundle_is_refused() -> None:
    content = bytearray(packed(SCREEN))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 4)
    with pytest.raises(ValueError, match="not a ZIP file that can be read"):
        unpacked(bytes(content), "locked.zip")
