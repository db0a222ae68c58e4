"""A bundle: one file with what is needed to open the same screen elsewhere, its picture too."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from attribution_core.version import PROGRAM

SCREEN, PICTURE = "screen.json", "picture"
FORMAT = 1
MOST_BYTES = {SCREEN: 64 * 2**10, PICTURE: 20 * 2**20}
"""Of each part, unpacked."""

MOST_PARAMETERS = 256
LONGEST = 2000
"""Characters of a parameter's name or text."""


@dataclass(frozen=True)
class Bundle:
    """A screen and its picture.

    Attributes
    ----------
    page : str
        Its name in links; empty for the first one.
    parameters : mapping of str to str
        Those of its link.
    picture : bytes
        The picture's file, as it was uploaded or as the gallery has it.
    """

    page: str
    parameters: Mapping[str, str]
    picture: bytes


def packed(bundle: Bundle) -> bytes:
    """Write a bundle as a ZIP file, without the time: the same screen gives the same bytes."""
    screen = {
        "format": FORMAT,
        "program": PROGRAM,
        "page": bundle.page,
        "parameters": dict(bundle.parameters),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (
            (SCREEN, json.dumps(screen, indent=2, ensure_ascii=False).encode()),
            (PICTURE, bundle.picture),
        ):
            archive.writestr(zipfile.ZipInfo(name), part)
    return content.getvalue()


def unpacked(content: bytes, name: str) -> Bundle:
    """Read a bundle that may come from anyone. Nothing is written to disk.

    Parameters
    ----------
    content : bytes
    name : str
        The file's, for the sentence.

    Raises
    ------
    ValueError
        When it is no bundle; one sentence says why.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sorted(archive.namelist()) != sorted((SCREEN, PICTURE)):
                raise _refused(name, f"it should hold {SCREEN} and {PICTURE}, and nothing else")
            screen, picture = (_part(archive, part, name) for part in (SCREEN, PICTURE))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise _refused(name, "it is not a ZIP file that can be read") from None
    page, parameters = _screen(screen, name)
    return Bundle(page, parameters, picture)


def _part(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    """A part's content; what it says of its own size is not believed."""
    most = MOST_BYTES[part]
    with archive.open(part) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise _refused(name, f"its {part} should have at most {most // 2**10} KB")
    return content


def _screen(content: bytes, name: str) -> tuple[str, dict[str, str]]:
    try:
        screen = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _refused(name, f"its {SCREEN} is not valid JSON") from None
    if not isinstance(screen, dict) or screen.get("format") != FORMAT:
        raise _refused(name, f"its {SCREEN} should have the format {FORMAT}")
    page, parameters = screen.get("page"), screen.get("parameters")
    if not isinstance(page, str) or not isinstance(parameters, dict):
        raise _refused(name, f"its {SCREEN} should have a page and parameters")
    if len(parameters) > MOST_PARAMETERS or not all(
        isinstance(text, str) and len(text) <= LONGEST and len(key) <= LONGEST
        for key, text in parameters.items()
    ):
        raise _refused(name, f"its parameters should be at most {MOST_PARAMETERS} short texts")
    return page, parameters


def _refused(name: str, what: str) -> ValueError:
    return ValueError(f"The file {name} is no bundle of this app: {what}.")
