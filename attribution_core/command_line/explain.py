"""``explain``: every picture by every method, for every class, at every layer."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.figure import draw_figure, figure_path
from attribution_core.command_line.files import (
    is_there,
    paint_again,
    prepared,
    safe,
    write_map,
)
from attribution_core.command_line.progress import ProgressBar
from attribution_core.explanation import explain_request
from attribution_core.images import INPUT, Picture, decode
from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.models.loading import load_classifier
from attribution_core.network.classifier import Classifier
from attribution_core.registry import methods_named
from attribution_core.request import Reason, Request, granted, request_or_reason
from attribution_core.saved_maps.files import ModelFile
from attribution_core.scores import QUANTITIES, Contrast


def explain_pictures(asked: argparse.Namespace) -> int:
    """Make all maps that are asked for and do not exist yet; return the exit code."""
    named = asked.method or ["gradient_times_input"]
    methods = _distinct([name for words in named for name in methods_named(words)])
    layers = _distinct(asked.layer or [INPUT])
    prepared(asked.out)
    if asked.figure is not None:
        prepared(asked.figure.parent)
    classifier = load_classifier(
        asked.model,
        labels=asked.labels,
        preprocessing=asked.preprocessing,
        link=asked.link,
        input_size=asked.size,
        # So that `replay` of one map gives the same bits, independent of what else is made in this
        # run.
        reproducible=True,
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
    failed = sum(
        _explain_picture(classifier, name, asked, classes, kinds, score, len(pictures), bar)
        for name in pictures
    )
    bar.close()
    return SOME_FAILED if failed else DONE


def _explain_picture(
    classifier: Classifier,
    name: str,
    asked: argparse.Namespace,
    classes: Sequence[int] | None,
    kinds: Sequence[tuple[str, str, dict[str, Any]]],
    score: str | Contrast | None,
    pictures: int,
    bar: ProgressBar,
) -> int:
    """All maps of one picture, and their figure; how many could not be made."""
    try:
        decoded = decode(name, classifier.input_size)
        picture = Picture.of(decoded.pixels)
        if decoded.assumed:
            bar.say(f"{name}: {decoded.assumed}")
        targets = classes
        if targets is None:
            targets = [int(np.argmax(classifier.scores(picture.pixels)))]
    except (ValueError, OSError) as error:
        bar.say(f"{name}: {sentence(error)}")
        bar.step(name, len(kinds) * (1 if classes is None else len(classes)))
        return 1
    # Pictures of the same name are told apart by their content.
    of_picture = f"{safe(Path(name).stem)}-{picture.digest[:8]}"
    failed, paths = 0, list[Path]()
    for target, (method, layer, options) in itertools.product(targets, kinds):
        try:
            answer = request_or_reason(
                classifier,
                picture=picture,
                method=method,
                target=target,
                layer=layer,
                reference=asked.reference,
                score=score,
                segmentation=asked.superpixels,
                seed=asked.seed,
                options=options,
            )
            if isinstance(answer, Reason) and method not in (asked.method or ()):
                # Only a set was asked for, of those that can be run here.
                bar.say(f"{name}: {method} at {layer} is left out: {answer}")
                bar.step(name)
                continue
            path = asked.out / f"{of_picture}.{method}.{target}.{safe(layer)}.npz"
            done = _make(classifier, granted(answer), asked, path)
            paths.append(path)
            bar.step(f"{Path(name).name}: {method}, {classifier.labels[target]}, {done}")
        except Exception as error:
            # One map that fails does not stop the others.
            failed += 1
            bar.say(f"{name}: {method} at {layer}: {sentence(error)}")
            bar.step(name)
    if asked.figure is not None and paths:
        try:
            draw_figure(figure_path(asked.figure, of_picture, pictures), paths, asked.colours)
        except (ValueError, OSError) as error:
            failed += 1
            bar.say(f"{name}: {sentence(error)}")
    return failed


def _make(classifier: Classifier, request: Request, asked: argparse.Namespace, path: Path) -> str:
    """Make one map, unless it exists."""
    model_file = model_file_of(asked)
    if is_there(path, request, classifier.fingerprint, model_file):
        paint_again(path, asked.colours)
        return "already there"
    attribution = explain_request(classifier, request)
    write_map(path, attribution, datetime.now(UTC), model_file, asked.colours)
    said = (attribution.blank,) if attribution.blank else attribution.notices
    return ", ".join(filter(None, [attribution.players, *map(str.lower, said), "done"]))


def model_file_of(asked: argparse.Namespace) -> ModelFile | None:
    """Where the requested model is; None for one that is known by name."""
    if asked.model in KNOWN_NETWORKS:
        return None
    labels = None if asked.labels is None else str(asked.labels.resolve())
    return ModelFile(str(Path(asked.model).resolve()), labels, asked.preprocessing, asked.link)


def class_named(classifier: Classifier, text: str) -> int:
    """A class by number or by label, whatever its case; ValueError where there is none."""
    if text.isascii() and text.isdecimal():
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


def _score(classifier: Classifier, text: str | None) -> str | Contrast | None:
    """The score that is asked for; None for the classifier's own."""
    if text is None:
        return None
    kind, colon, against = text.partition(":")
    if kind == "against" and colon:
        return Contrast(class_named(classifier, against))
    if text not in (*QUANTITIES, "probability"):
        raise ValueError(
            f"The score '{text}' is not known; use logit, log-probability, probability or "
            "against:CLASS."
        )
    return text


def _options(asked: argparse.Namespace, method: str) -> dict[str, Any]:
    return {name: value for owner, name, value in asked.option if owner == method}


def _distinct(items: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(items))
