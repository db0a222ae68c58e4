"""``explain``: every picture by every method, for every class, at every layer."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attribution_core.classifier import Classifier
from attribution_core.command_line import DONE, SOME_FAILED, sentence
from attribution_core.command_line_files import is_there, prepared, safe, save
from attribution_core.command_line_progress import ProgressBar
from attribution_core.explanation import explain_request, request_of
from attribution_core.images import INPUT, Picture, load_image
from attribution_core.loading import BUILT_IN, load_classifier
from attribution_core.registry import method_named
from attribution_core.request import Request
from attribution_core.scores import Contrast


def explain_pictures(asked: argparse.Namespace) -> int:
    """Make all maps that are asked for and not there yet; the exit code."""
    methods = _distinct(asked.method or ["gradient_times_input"])
    for method in methods:
        method_named(method)
    layers = _distinct(asked.layer or [INPUT])
    folder = prepared(asked.out)
    classifier = load_classifier(
        asked.model, labels=asked.labels, preprocessing=asked.preprocessing
    )
    for layer in layers:
        classifier.layer(layer)
    classes = None
    if asked.classes is not None:
        classes = _distinct([class_named(classifier, text) for text in asked.classes])
    score = _score(classifier, asked.score)
    kinds = [(method, layer, _options(asked, method)) for layer in layers for method in methods]
    maps_each = len(kinds) * (1 if classes is None else len(classes))
    pictures = _distinct(asked.pictures)
    bar = ProgressBar(len(pictures) * maps_each)
    failed = 0
    for name in pictures:
        try:
            picture = Picture.of(load_image(name, classifier.input_size))
        except (ValueError, OSError) as error:
            failed += 1
            bar.say(f"{name}: {sentence(error)}")
            bar.step(name, maps_each)
            continue
        targets = classes
        if targets is None:
            targets = [int(np.argmax(classifier.scores(picture.pixels)))]
        for target, (method, layer, options) in itertools.product(targets, kinds):
            try:
                request = request_of(
                    classifier,
                    picture.pixels,
                    method,
                    target,
                    layer,
                    asked.reference,
                    score,
                    asked.superpixels,
                    asked.seed,
                    options,
                )
                done = _make(classifier, request, asked, name, folder)
                bar.step(f"{Path(name).name}: {method}, {classifier.labels[target]}, {done}")
            except Exception as error:
                # Whatever is wrong with one map, the others are still wanted.
                failed += 1
                bar.say(f"{name}: {method} at {layer}: {sentence(error)}")
                bar.step(name)
    bar.close()
    return SOME_FAILED if failed else DONE


def _make(
    classifier: Classifier, request: Request, asked: argparse.Namespace, name: str, folder: Path
) -> str:
    """One map, unless it is there."""
    # Pictures of one name are told apart by what they show.
    of_picture = f"{safe(Path(name).stem)}-{request.picture.digest[:8]}"
    path = folder / ".".join(
        [of_picture, request.method, str(request.target), safe(request.layer), "npz"]
    )
    settings = settings_of(classifier, request, asked)
    if is_there(path, settings):
        return "already there"
    attribution = explain_request(classifier, request)
    save(path, attribution, settings)
    return ", ".join(filter(None, [attribution.players, "done"]))


def settings_of(
    classifier: Classifier, request: Request, asked: argparse.Namespace
) -> dict[str, Any]:
    """Everything that a map depends on, as JSON can hold it."""
    score = request.score
    return {
        "model": asked.model if asked.model in BUILT_IN else str(Path(asked.model).resolve()),
        "model_labels": None if asked.labels is None else str(asked.labels.resolve()),
        "preprocessing": asked.preprocessing,
        "fingerprint": classifier.fingerprint,
        "picture_sha256": request.picture.digest,
        "method": request.method,
        "options": dict(request.options),
        "target": request.target,
        "label": classifier.labels[request.target],
        "layer": request.layer,
        "reference": request.reference,
        "score": f"against:{score.against}" if isinstance(score, Contrast) else score,
        "superpixels": asked.superpixels,
        "seed": request.seed,
    }


def class_named(classifier: Classifier, text: str) -> int:
    """A class by number or by label, whatever its case; ValueError where there is none."""
    if text.isdecimal():
        number = int(text)
        if number >= classifier.classes:
            raise ValueError(
                f"There is no class {number}; give a number between 0 and {classifier.classes - 1}."
            )
        return number
    wanted = text.strip().casefold()
    found = [number for number, label in enumerate(classifier.labels) if label.casefold() == wanted]
    if not found:
        near = [label for label in classifier.labels if wanted and wanted in label.casefold()][:5]
        hint = f"did you mean {', '.join(near)}?" if near else "give a number or a whole label."
        raise ValueError(f"No class is called '{text}'; {hint}")
    if len(found) > 1:
        raise ValueError(
            f"The classes {', '.join(map(str, found))} are all called '{text}'; give a number."
        )
    return found[0]


def _score(classifier: Classifier, text: str) -> str | Contrast:
    kind, colon, against = text.partition(":")
    if kind == "against" and colon:
        return Contrast(class_named(classifier, against))
    if text not in ("logit", "probability"):
        raise ValueError(
            f"The score '{text}' is not known; use logit, probability or against:CLASS."
        )
    return text


def _options(asked: argparse.Namespace, method: str) -> dict[str, Any]:
    return {name: value for owner, name, value in asked.option if owner == method}


def _distinct(items: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(items))
