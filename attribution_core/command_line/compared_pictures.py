"""Which pictures ``observations`` compares classes on, and which classes."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from attribution_core.assets import ASSETS
from attribution_core.command_line.named_classes import class_named
from attribution_core.models.labels import imagenet_labels
from attribution_core.network.classifier import Classifier


@dataclass(frozen=True)
class Compared:
    """A picture's file, what it is called, and the two classes to compare; None: the likeliest."""

    file: Path
    name: str
    classes: tuple[int, int] | None


def compared_pictures(classifier: Classifier, arguments: argparse.Namespace) -> list[Compared]:
    """The pictures with their classes, as many as are asked for; the gallery's where none are.

    ValueError where the network has no such classes, or both are one.
    """
    classes = None
    if arguments.classes is not None:
        first, second = (class_named(classifier, text) for text in arguments.classes)
        if first == second:
            raise ValueError(
                f"Both classes are “{classifier.labels[first]}”; name two different ones."
            )
        classes = first, second
    if arguments.files:
        return [
            Compared(Path(name).absolute(), name, classes)
            for name in dict.fromkeys(arguments.files)
        ][: arguments.most]
    folder = ASSETS / "gallery"
    pairs = {
        each["file"]: (each["classes"][0], each["classes"][1])
        for each in json.loads((folder / "gallery.json").read_text("utf-8"))
        if len(each.get("classes", ())) > 1
    }
    known = tuple(classifier.labels) == imagenet_labels()
    return [
        Compared(folder / name, name, classes or (pair if known else None))
        for name, pair in pairs.items()
    ][: arguments.most]
