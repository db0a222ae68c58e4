"""Saved maps: attributions in one file, with everything needed to compute them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from attribution_core.attribution import Attribution
from attribution_core.images import INPUT, Picture
from attribution_core.registry import METHODS
from attribution_core.request import Request, granted, request_or_reason
from attribution_core.saved_maps.archive import MOST_BYTES, read_archive, write_archive
from attribution_core.saved_maps.text import Part
from attribution_core.scores import LINKS, QUANTITIES, Contrast, Link, Quantity
from attribution_core.segmentations import Given, Grid, Segmentation, Slic, validated_segments
from attribution_core.version import PROGRAM

FORMAT = "attributions"
VERSION = 2
"""Version 1 was two formats, one of the page and one of the command line."""

TEXT = "attributions.json"
MOST_MAPS = 512
_ARRAYS = ("values", "heatmap", "segments", "player_values", "standard_error")
_ROUNDING = 1e-3
"""What two float32 sums of the same values may differ by, as a share of the largest value."""


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
    return {"against": score.against} | ({"of": score.of} if score.of != "logit" else {})


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
    names = {"picture": pictures[picture]}
    for kind in _ARRAYS:
        array = getattr(attribution, kind)
        if array is not None:
            names[kind] = f"{kind}_{number}"
            arrays[names[kind]] = array
            _require_finite(array, f"The {kind.replace('_', ' ')} of map {number}")
    if isinstance(request.segmentation, Given):
        names["segmentation"] = f"segmentation_{number}"
        arrays[names["segmentation"]] = request.segmentation.labels.astype(np.int64)
    return {
        "model": attribution.model,
        "model_fingerprint": attribution.model_fingerprint,
        "label": attribution.label,
        "request": described_request(request),
        "result": _result(attribution),
        "arrays": names,
    }


def _described_segmentation(segmentation: Segmentation) -> Any:
    if isinstance(segmentation, Slic):
        return {"slic": {"count": segmentation.count, "compactness": segmentation.compactness}}
    if isinstance(segmentation, Grid):
        return {"grid": {"rows": segmentation.rows, "columns": segmentation.columns}}
    if isinstance(segmentation, Given):
        return {"given_sha256": segmentation.digest}
    return segmentation


def _result(attribution: Attribution) -> dict[str, Any]:
    return {
        "score": attribution.score,
        "reference_score": attribution.reference_score,
        "completeness_gap": attribution.completeness_gap,
        "evaluations": attribution.evaluations,
        "seconds": attribution.seconds,
        "done": attribution.done,
        "planned": attribution.planned,
        "finished": attribution.finished,
        "diagnostics": dict(attribution.diagnostics),
        "rounding": attribution.rounding,
        "constant": attribution.constant,
        "quantity": attribution.quantity,
    }


def _as_bytes_if_whole(pixels: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
    """Pictures from files have whole numbers, which take a quarter of the space."""
    whole = pixels.astype(np.uint8)
    return whole if np.array_equal(whole, pixels) else pixels


def _require_finite(array: npt.NDArray[Any], what: str) -> None:
    if not np.isfinite(array).all():
        raise ValueError(f"{what} are not all finite; such a map cannot be saved.")


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
    names = part.part("arrays")
    found = {kind: _array(names, kind, arrays) for kind in _ARRAYS}
    values, heatmap = found["values"], found["heatmap"]
    if values is None or heatmap is None:
        raise ValueError("has a map without values or without a heatmap")
    request = _request(part.part("request"), names, arrays, pictures)
    result = part.part("result")
    attribution = Attribution(
        request=request,
        model=part.text("model", 200),
        model_fingerprint=part.text("model_fingerprint", 64),
        label=part.text("label", 1000),
        values=values,
        heatmap=heatmap,
        segments=found["segments"],
        player_values=found["player_values"],
        standard_error=found["standard_error"],
        score=result.number("score"),
        reference_score=result.number("reference_score"),
        completeness_gap=result.number_or_none("completeness_gap"),
        evaluations=result.whole("evaluations"),
        seconds=result.number("seconds"),
        done=result.whole("done"),
        planned=result.whole("planned"),
        finished=result.flag("finished"),
        diagnostics=result.part("diagnostics").numbers(),
        # Files of earlier versions do not say it.
        rounding=result.number_or_none("rounding") or 0.0,
        constant=result.flag_or_no("constant"),
        quantity=_quantity(result, "quantity"),
    )
    _require_consistency(attribution)
    return attribution


def _quantity(part: Part, name: str) -> Quantity:
    """Of a network; files of earlier versions do not say it, and are of logits."""
    said = part.text_or_none(name, 40) or "logit"
    found = next((each for each in QUANTITIES if each == said), None)
    if found is None:
        raise ValueError(f"has scores of a kind “{said}” that this version does not know")
    return found


def _array(
    names: Part, kind: str, arrays: Mapping[str, npt.NDArray[Any]]
) -> npt.NDArray[Any] | None:
    """The array of a kind that a map names; None where it names none."""
    name = names.text_or_none(kind, 60)
    if name is None:
        return None
    if name not in arrays:
        raise ValueError(f"lacks the array {name}")
    array = arrays[name]
    whole = kind in ("segments", "segmentation")
    if kind != "picture" and array.dtype != (np.int64 if whole else np.float32):
        raise ValueError(f"has an array {name} of {array.dtype}")
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"has an array {name} that is empty or not finite")
    return array


def _request(
    part: Part,
    names: Part,
    arrays: Mapping[str, npt.NDArray[Any]],
    pictures: dict[str, Picture],
) -> Request:
    pixels = _array(names, "picture", arrays)
    if pixels is None:
        raise ValueError("has a map without its picture")
    name = names.text("picture", 60)
    if name not in pictures:
        if pixels.dtype == np.int64:
            raise ValueError(f"has a picture {name} of {pixels.dtype}")
        with _as_clause(f"has no picture in {name}"):
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
        "segmentation": _segmentation(part, _array(names, "segmentation", arrays)),
        "seed": part.whole("seed"),
        "options": part.part("options").values(),
    }
    method = part.text("method", 100)
    _leave_former_options(method, asked)
    with _as_clause("has a map that this version does not know how to make"):
        request = granted(request_or_reason(None, picture=picture, method=method, **asked))
    unknown = part.names() - set(described_request(request))
    if unknown:
        raise ValueError(f"has a setting {min(unknown)[:60]} that this version does not know")
    return request


def _contrast(part: Part) -> Contrast:
    return Contrast(part.whole("against"), _quantity(part, "of"))


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


@contextmanager
def _as_clause(what: str) -> Iterator[None]:
    """Turn the core's own sentences into the end of one about the file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None


def _require_consistency(attribution: Attribution) -> None:
    """ValueError where the arrays of one map contradict one another."""
    values, heatmap, segments = attribution.values, attribution.heatmap, attribution.segments
    players, error = attribution.player_values, attribution.standard_error
    if heatmap.ndim != 2 or values.ndim not in (2, 3) or values.shape[:2] != heatmap.shape:
        raise ValueError(
            f"has values of shape {values.shape} beside a heatmap of shape {heatmap.shape}"
        )
    picture = attribution.request.picture.pixels
    if attribution.request.layer == INPUT and heatmap.shape != picture.shape[:2]:
        raise ValueError(
            f"has a map of {heatmap.shape} of the pixels of a picture of {picture.shape[:2]}"
        )
    _require_same(heatmap, values if values.ndim == 2 else values.sum(axis=2), "heatmap")
    if (segments is None) != (players is None):
        raise ValueError("has players without values, or values of players that are nowhere")
    if segments is not None and players is not None:
        with _as_clause("has no players"):
            labels = validated_segments(segments, *heatmap.shape)
        sizes = np.bincount(labels.ravel())
        if players.shape != sizes.shape:
            raise ValueError(f"has {players.shape} values for {len(sizes)} players")
        _require_same(values, np.asarray(players / sizes, np.float32)[labels], "values")
    if error is not None and error.shape != (values if players is None else players).shape:
        raise ValueError(f"has standard errors of shape {error.shape} that belong to no values")


def _require_same(found: npt.NDArray[Any], expected: npt.NDArray[Any], what: str) -> None:
    largest = float(np.abs(expected).max())
    if found.shape != expected.shape or not np.allclose(
        found, expected, rtol=0, atol=_ROUNDING * largest
    ):
        raise ValueError(f"has a {what} that contradicts the rest of its map")
