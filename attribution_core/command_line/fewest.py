"""``fewest``: how few parts keep the network's answer, and how few change it by their absence."""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from attribution_core.command_line.each_picture import classifier_of, each_picture, file_of
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.progress import printable
from attribution_core.explanation import pose
from attribution_core.images import INPUT, Picture
from attribution_core.measures.fewest_files import fewest_csv, save_fewest
from attribution_core.measures.smallest_parts import Aim, SmallestParts, smallest_parts
from attribution_core.methods.estimate import last_of
from attribution_core.network.classifier import Classifier
from attribution_core.request import granted, request_or_reason
from attribution_core.segmentations import counted, kind_of_player


def list_fewest(asked: argparse.Namespace) -> int:
    """Print both sets of each picture, and write the files; return the exit code."""
    for path in asked.out:
        prepared(path.parent)
    classifier = classifier_of(asked)
    classifier.layer(asked.layer)
    return each_picture(
        classifier, asked, lambda name, picture: _of_picture(classifier, name, picture, asked)
    )


def _of_picture(
    classifier: Classifier, name: str, picture: Picture, asked: argparse.Namespace
) -> None:
    request = granted(
        request_or_reason(
            classifier,
            picture=picture,
            method="kernel_shap",
            target=int(np.argmax(classifier.scores(picture.pixels))),
            layer=asked.layer,
            reference=asked.reference,
            segmentation=asked.superpixels,
            seed=asked.seed,
        )
    )
    aims: tuple[Aim, ...] = ("keep", "change")
    found = [last_of(smallest_parts(classifier, request, aim, budget=asked.budget)) for aim in aims]
    segments = pose(classifier, request).segments_of(None)
    players = int(segments.max()) + 1
    kind = kind_of_player(
        players, request.segmentation, segments.size, at_input=request.layer == INPUT
    )
    print(printable(f"{name}: layer {request.layer}, {counted(players, kind)}"))
    for each in found:
        print(printable(_said(each, kind, classifier.labels)))
    for out in asked.out:
        path = file_of(out, name, picture, asked)
        if path.suffix.lower() == ".csv":
            write(path, fewest_csv(found, classifier.labels).encode())
        else:
            buffer = io.BytesIO()
            save_fewest(buffer, found, segments, request, classifier, made=datetime.now(UTC))
            write(path, buffer.getvalue())


def _said(result: SmallestParts, kind: str, labels: Sequence[str]) -> str:
    """What was found, its members, whether it is proven, and what it took."""
    found, answer = result.found, labels[result.answer]
    took = counted(found.evaluations, "evaluation")
    if found.members is None:
        if found.proven:
            return f"Whatever is taken out, the answer stays {answer} ({took})."
        return (
            f"No parts were found whose absence changes {answer} ({took}); try a larger --budget."
        )
    members = np.flatnonzero(found.members)
    parts = f"{counted(len(members), kind)} ({' '.join(map(str, members))})"
    if result.aim == "keep":
        said = f"{parts} alone {'keeps' if len(members) == 1 else 'keep'} {answer}"
    else:
        becomes = labels[result.answer if result.becomes is None else result.becomes]
        said = f"Without {parts} {answer} becomes {becomes}"
    proof = (
        "fewer will not do"
        if found.proven
        else f"fewer than {found.at_least} will not do, and of more not all were tried"
    )
    return f"{said}; {proof} ({took})."
