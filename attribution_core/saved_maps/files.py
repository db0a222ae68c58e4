"""Saved maps: attributions in one file, with everything needed to compute them again."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from attribution_core.attribution import Attribution
from attribution_core.images import Picture
from attribution_core.registry import METHODS
from attribution_core.request import Request, granted, request_or_reason
from attribution_core.saved_maps.archive import MOST_BYTES, read_archive, write_archive
from attribution_core.saved_maps.one_map import (
    array_of,
    as_clause,
    described_map,
    quantity_of,
    read_map,
)
from attribution_core.saved_maps.text import Part
from attribution_core.scores import LINKS, Contrast, Link
from attribution_core.segmentations import Given, Grid, Segmentation, Slic
from attribution_core.version import PROGRAM

FORMAT = "attributions"
VERSION = 2
"""Version 1 was two formats, one of the page and one of the command line."""

TEXT = "attributions.json"
MOST_MAPS = 512


@dataclass(frozen=True)
class ModelFile:
    """Where the network of a map is, if it is not a built-in one.

    Attributes
    ----------
    path : str
        Of a ``.keras`` or ``.h5`` file.
    labels : str or None
        Path of the file with its classes.
    preprocessing : str
        As `read_preprocessing` reads it.
    link : Link or None
        What becomes of the outputs of a network that does not say it.
    """

    path: str
    labels: str | None = None
    preprocessing: str = "none"
    link: Link | None = None


@dataclass(frozen=True)
class SavedMaps:
    """What a file holds.

    Attributes
    ----------
    attributions : tuple of Attribution
        In the order in which they were saved.
    made : datetime
        When they were saved, in UTC.
    program : str
        The name and version of what saved them.
    model_file : ModelFile or None
    """

    attributions: tuple[Attribution, ...]
    made: datetime
    program: str
    model_file: ModelFile | None = None


def save(
    target: Path | BinaryIO,
    attributions: Sequence[Attribution],
    *,
    made: datetime,
    model_file: ModelFile | None = None,
) -> None:
    """Write attributions to one NPZ file; equal content gives equal bytes.

    `numpy.load` reads it too: ``picture_0``, ``values_0``, ``heatmap_0`` and so on are arrays,
    numbered by map (pictures by different picture), and ``attributions.json`` is the rest.

    Parameters
    ----------
    target : path or binary file
    attributions : sequence of Attribution
        At least one and at most 512, of any classes, methods, layers and pictures.
    made : datetime
        When they were made; with a time zone.
    model_file : ModelFile, optional
        Where their network is, if it is a file.

    Raises
    ------
    ValueError
        When there are none or too many, the date has no time zone, or a number is not finite.
    """
    if not 0 < len(attributions) <= MOST_MAPS:
        raise ValueError(
            f"{len(attributions)} maps do not make a file; give at least 1 and at most {MOST_MAPS}."
        )
    if made.tzinfo is None:
        raise ValueError("The date has no time zone; give it in UTC.")
    arrays: dict[str, npt.NDArray[Any]] = {}
    pictures: dict[Picture, str] = {}
    described = [
        _described(attribution, number, arrays, pictures)
        for number, attribution in enumerate(attributions)
    ]
    text = {
        "format": FORMAT,
        "version": VERSION,
        "made": made.astimezone(UTC).isoformat(timespec="seconds"),
        "program": PROGRAM,
        "model_file": None
        if model_file is None
        else {
            "path": model_file.path,
            "labels": model_file.labels,
            "preprocessing": model_file.preprocessing,
            "link": model_file.link,
        },
        "maps": described,
    }
    write_archive(target, TEXT, text, arrays)


def load(
    source: Path | bytes | BinaryIO, *, name: str = "", most_bytes: int = MOST_BYTES
) -> SavedMaps:
    """Read what `save` wrote; the file is not trusted.

    Parameters
    ----------
    source : path, bytes or binary file
    name : str
        What errors call the file; that of the path where not given.
    most_bytes : int
        Of its arrays together, unpacked.

    Raises
    ------
    ValueError
        When the file does not hold saved maps, is damaged, contradicts itself, is larger than
        allowed, or has a version, method or option that is not known here; one sentence says which.
    """
    called = name or (source.name if isinstance(source, Path) else "")
    file = f"The file {called}" if called else "The file"
    try:
        # A pipe that nobody writes to would be waited for without end.
        if isinstance(source, Path) and not (source.is_file() or source.is_dir()):
            source.stat()
            raise OSError(errno.EINVAL, "Not a file but a pipe or a device")
        archive = read_archive(source, TEXT, most_bytes=most_bytes)
        return _saved_maps(Part(archive.text, "the file"), archive.arrays)
    except OSError as error:
        raise ValueError(
            f"{file} cannot be read ({error.strerror or 'no reason given'})."
        ) from None
    except ValueError as error:
        # Names in the file are quoted, which may hold line breaks.
        said = " ".join(str(error).split()).rstrip(".")
        raise ValueError(f"{file} {said}.") from None


def described_request(request: Request) -> dict[str, Any]:
    """A request as JSON can hold it, its picture and given segments by their SHA-256."""
    score = request.score
    return {
        "picture_sha256": request.picture.digest,
        "method": request.method,
        "target": request.target,
        "layer": request.layer,
        "reference": request.reference,
        "score": _described_contrast(score) if isinstance(score, Contrast) else score,
        "segmentation": _described_segmentation(request.segmentation),
        "seed": request.seed,
        "options": dict(request.options),
    }


def _described_contrast(score: Contrast) -> dict[str, Any]:
    described: dict[str, Any] = {"against": score.against}
    if score.of != "logit":
        described["of"] = score.of
    if score.also:
        described["also"] = list(score.also)
    if score.weight != 1:
        described["weight"] = score.weight
    return described


def _described(
    attribution: Attribution,
    number: int,
    arrays: dict[str, npt.NDArray[Any]],
    pictures: dict[Picture, str],
) -> dict[str, Any]:
    """One map as JSON can hold it; its arrays, and its picture if new, are added to the others."""
    request, picture = attribution.request, attribution.request.picture
    if picture not in pictures:
        pictures[picture] = f"picture_{len(pictures)}"
        arrays[pictures[picture]] = _as_bytes_if_whole(picture.pixels)
    described = described_map(attribution, number, arrays)
    names = described["arrays"]
    names["picture"] = pictures[picture]
    if isinstance(request.segmentation, Given):
        names["segmentation"] = f"segmentation_{number}"
        arrays[names["segmentation"]] = request.segmentation.labels.astype(np.int64)
    return {"request": described_request(request), **described}


def _described_segmentation(segmentation: Segmentation) -> Any:
    if isinstance(segmentation, Slic):
        return {"slic": {"count": segmentation.count, "compactness": segmentation.compactness}}
    if isinstance(segmentation, Grid):
        return {"grid": {"rows": segmentation.rows, "columns": segmentation.columns}}
    if isinstance(segmentation, Given):
        return {"given_sha256": segmentation.digest}
    return segmentation


def _as_bytes_if_whole(pixels: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
    """Pictures from files have whole numbers, which take a quarter of the space."""
    whole = pixels.astype(np.uint8)
    return whole if np.array_equal(whole, pixels) else pixels


def _saved_maps(text: Part, arrays: Mapping[str, npt.NDArray[Any]]) -> SavedMaps:
    """Everything in a file, checked; ValueErrors are clauses that follow the file's name."""
    text.choice("format", (FORMAT,))
    number = text.whole("version")
    if number != VERSION:
        raise ValueError(f"is of version {number}; this program reads version {VERSION}")
    parts = text.parts("maps", MOST_MAPS)
    if not parts:
        raise ValueError("has no maps")
    pictures: dict[str, Picture] = {}
    file = text.part_or_none("model_file")
    return SavedMaps(
        tuple(_attribution(part, arrays, pictures) for part in parts),
        _date(text.text("made", 40)),
        text.text("program", 200),
        None if file is None else _model_file(file),
    )


def _model_file(file: Part) -> ModelFile:
    said = file.text_or_none("link", 40)
    link = next((each for each in LINKS if each == said), None)
    if link != said:
        raise ValueError(f"has “{said}” for what its network's outputs are")
    return ModelFile(
        file.text("path", 4096),
        file.text_or_none("labels", 4096),
        file.text("preprocessing", 400),
        link,
    )


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"has “{text}” for a date") from None


def _attribution(
    part: Part, arrays: Mapping[str, npt.NDArray[Any]], pictures: dict[str, Picture]
) -> Attribution:
    request = _request(part.part("request"), part.part("arrays"), arrays, pictures)
    return read_map(part, arrays, request)


def _request(
    part: Part,
    names: Part,
    arrays: Mapping[str, npt.NDArray[Any]],
    pictures: dict[str, Picture],
) -> Request:
    pixels = array_of(names, "picture", arrays)
    if pixels is None:
        raise ValueError("has a map without its picture")
    name = names.text("picture", 60)
    if name not in pictures:
        if pixels.dtype == np.int64:
            raise ValueError(f"has a picture {name} of {pixels.dtype}")
        with as_clause(f"has no picture in {name}"):
            pictures[name] = Picture.of(pixels.astype(np.float32))
    picture = pictures[name]
    if part.text("picture_sha256", 64) != picture.digest:
        raise ValueError("has another picture than the one that was explained")
    score = part.part_or_text("score")
    asked: dict[str, Any] = {
        "target": part.whole("target"),
        "layer": part.text("layer", 500),
        "reference": part.text("reference", 100),
        "score": score if isinstance(score, str) else _contrast(score),
        "segmentation": _segmentation(part, array_of(names, "segmentation", arrays)),
        "seed": part.whole("seed"),
        "options": part.part("options").values(),
    }
    method = part.text("method", 100)
    _leave_former_options(method, asked)
    with as_clause("has a map that this version does not know how to make"):
        request = granted(request_or_reason(None, picture=picture, method=method, **asked))
    unknown = part.names() - set(described_request(request))
    if unknown:
        raise ValueError(f"has a setting {min(unknown)[:60]} that this version does not know")
    return request


_MOST_RIVALS = 1000


def _contrast(part: Part) -> Contrast:
    weight = part.number_or_none("weight")
    return Contrast(
        part.whole("against"),
        quantity_of(part, "of"),
        part.wholes("also", _MOST_RIVALS),
        1.0 if weight is None else weight,
    )


def _leave_former_options(method: str, asked: dict[str, Any]) -> None:
    """Read what an earlier version called a setting as what it is called now."""
    former = METHODS[method].former_options if method in METHODS else ()
    for added in METHODS[method].options if method in METHODS else ():
        if added.before is not None:
            asked["options"].setdefault(added.name, added.before)
    given = {name: asked["options"].pop(name) for name in former if name in asked["options"]}
    # Exact Shapley values once had a number of players of their own.
    if isinstance(players := given.get("players"), int) and players > 0:
        asked["segmentation"] = players


def _segmentation(part: Part, given: npt.NDArray[Any] | None) -> Segmentation:
    asked = part.whole_part_or_none("segmentation")
    if asked is None or isinstance(asked, int):
        return asked
    kinds = asked.names()
    if kinds == {"slic"}:
        slic = asked.part("slic")
        return Slic(slic.whole("count"), slic.number("compactness"))
    if kinds == {"grid"}:
        grid = asked.part("grid")
        return Grid(grid.whole("rows"), grid.whole("columns"))
    if kinds == {"given_sha256"} and given is not None:
        segmentation = Given.of(given)
        if segmentation.digest != asked.text("given_sha256", 64):
            raise ValueError("has other segments than those that were given")
        return segmentation
    raise ValueError(f"has a segmentation {', '.join(sorted(kinds))[:60]} that is not known")
