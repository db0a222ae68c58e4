"""``interactions``: what pairs of parts are worth together, as a list, and as files."""

from __future__ import annotations

import argparse
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from attribution_core.command_line.each_picture import classifier_of, each_picture, file_of
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.named_classes import class_named, score_named
from attribution_core.command_line.progress import printable
from attribution_core.figures.style import FigureStyle
from attribution_core.images import Picture
from attribution_core.measures.pair_files import pairs_csv, pairs_drawn, save_pairs
from attribution_core.measures.pair_interactions import PairInteractions, pair_interactions
from attribution_core.methods.shapley_interactions import CONFIDENCE
from attribution_core.network.classifier import Classifier


def list_interactions(asked: argparse.Namespace) -> int:
    """Print the strongest pairs of each picture, and write the files; return the exit code."""
    for path in asked.out:
        prepared(path.parent)
    classifier = classifier_of(asked)
    classifier.layer(asked.layer)
    target = None if asked.target is None else class_named(classifier, asked.target)
    return each_picture(
        classifier,
        asked,
        lambda name, picture: _of_picture(classifier, name, picture, asked, target),
    )


def _of_picture(
    classifier: Classifier,
    name: str,
    picture: Picture,
    asked: argparse.Namespace,
    target: int | None,
) -> None:
    if target is None:
        target = int(np.argmax(classifier.scores(picture.pixels)))
    found = pair_interactions(
        classifier,
        picture.pixels,
        target=target,
        layer=asked.layer,
        reference=asked.reference,
        score=score_named(classifier, asked.score),
        superpixels=asked.superpixels,
        contexts=asked.contexts,
        seed=asked.seed,
    )
    for line in _lines(name, found, asked.strongest):
        print(printable(line))
    style = replace(FigureStyle(dated=date.today()), colours=asked.colours)
    for out in asked.out:
        path = file_of(out, name, picture, asked)
        write(path, _content(path.suffix.lower().removeprefix("."), found, style))


def _lines(name: str, found: PairInteractions, most: int) -> list[str]:
    """A heading that says how exact it is, and a line for each of the strongest pairs."""
    how = f"exact, {found.evaluations} evaluations"
    if not found.exact:
        how = f"estimated from {found.evaluations} evaluations"
        if found.standard_error is not None:
            how += f", standard errors up to {found.standard_error.max():.2g}"
    pairs = found.strongest(most)
    lines = [f"{name}: {found.label}, layer {found.request.layer}, {how}"]
    if not pairs:
        apart = (
            "is worth more or less together than apart" if found.exact else "is told apart from 0"
        )
        return [*lines, f"None of {found.pairs} pairs {apart}."]
    lines.append("interaction  within 95 %  players")
    for one, other in pairs:
        error = found.standard_error
        within = "" if error is None else f"± {CONFIDENCE * error[one, other]:.2g}"
        lines.append(f"{found.values[one, other]:+11.3g}  {within:<11}  {one} and {other}")
    return lines


def _content(suffix: str, found: PairInteractions, style: FigureStyle) -> bytes:
    if suffix == "csv":
        return pairs_csv(found.values, found.standard_error).encode()
    if suffix == "npz":
        buffer = io.BytesIO()
        save_pairs(buffer, found, made=datetime.now(UTC))
        return buffer.getvalue()
    return pairs_drawn(found, style, suffix)
