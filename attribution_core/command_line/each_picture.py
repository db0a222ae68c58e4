"""What commands that say something of each picture have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.figure import figure_path
from attribution_core.command_line.files import safe
from attribution_core.command_line.progress import printable
from attribution_core.images import Picture, decode
from attribution_core.models.loading import load_classifier
from attribution_core.network.classifier import Classifier


def classifier_of(asked: argparse.Namespace) -> Classifier:
    """The network that the arguments of `add_model` name, which gives the same numbers again."""
    return load_classifier(
        asked.model,
        labels=asked.labels,
        preprocessing=asked.preprocessing,
        link=asked.link,
        input_size=asked.size,
        reproducible=True,
    )


def each_picture(
    classifier: Classifier, asked: argparse.Namespace, of_picture: Callable[[str, Picture], None]
) -> int:
    """Call a function with each picture's name and pixels; return the exit code.

    What a picture cannot have is said in a sentence, and the next one is taken.
    """
    failed = 0
    for name in dict.fromkeys(asked.pictures):
        try:
            decoded = decode(name, classifier.input_size)
            if decoded.assumed:
                print(printable(f"{name}: {decoded.assumed}"), file=sys.stderr)
            of_picture(name, Picture.of(decoded.pixels))
        except (ValueError, OSError) as error:
            failed += 1
            print(f"{name}: {sentence(error)}", file=sys.stderr)
    return SOME_FAILED if failed else DONE


def file_of(out: Path, name: str, picture: Picture, asked: argparse.Namespace) -> Path:
    """The file itself for one picture; for several, one each, named after it and the picture."""
    of_picture = f"{safe(Path(name).stem)}-{picture.digest[:8]}"
    return figure_path(out, of_picture, len(dict.fromkeys(asked.pictures)))
