"""``regions``: what speaks where in pictures, as a table, and as files."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.figure import figure_path
from attribution_core.command_line.files import prepared, safe, write
from attribution_core.command_line.named_classes import class_named
from attribution_core.command_line.progress import printable
from attribution_core.figures.style import FigureStyle
from attribution_core.images import Picture, decode
from attribution_core.measures.class_files import (
    described,
    regions_csv,
    regions_drawn,
    save_regions,
)
from attribution_core.measures.class_values import ClassValues, class_values
from attribution_core.models.loading import load_classifier
from attribution_core.network.classifier import Classifier


def list_regions(asked: argparse.Namespace) -> int:
    """Print the regions of each picture, and write the file asked for; return the exit code."""
    if asked.out is not None:
        prepared(asked.out.parent)
    classifier = load_classifier(
        asked.model,
        labels=asked.labels,
        preprocessing=asked.preprocessing,
        link=asked.link,
        input_size=asked.size,
        reproducible=True,
    )
    if asked.layer is not None:
        classifier.layer(asked.layer)
    among = None
    if asked.classes is not None:
        named = [class_named(classifier, text) for text in asked.classes]
        among = tuple(dict.fromkeys(named))
    failed = 0
    for name in dict.fromkeys(asked.pictures):
        try:
            _of_picture(classifier, name, asked, among)
        except (ValueError, OSError) as error:
            failed += 1
            print(f"{name}: {sentence(error)}", file=sys.stderr)
    return SOME_FAILED if failed else DONE


def _of_picture(
    classifier: Classifier, name: str, asked: argparse.Namespace, among: Sequence[int] | None
) -> None:
    decoded = decode(name, classifier.input_size)
    picture = Picture.of(decoded.pixels)
    if decoded.assumed:
        print(printable(f"{name}: {decoded.assumed}"), file=sys.stderr)
    values = class_values(
        classifier,
        picture.pixels,
        layer=asked.layer,
        reference=asked.reference,
        superpixels=asked.superpixels,
        budget=asked.budget,
        seed=asked.seed,
    )
    if asked.likeliest is not None:
        among = values.likeliest(asked.likeliest)
    for line in _lines(name, values, among):
        print(printable(line))
    if asked.out is not None:
        of_picture = f"{safe(Path(name).stem)}-{picture.digest[:8]}"
        path = figure_path(asked.out, of_picture, len(dict.fromkeys(asked.pictures)))
        write(path, _content(path.suffix.lower().removeprefix("."), values, among))


def _lines(name: str, values: ClassValues, among: Sequence[int] | None) -> list[str]:
    """A heading that says how exact it is, and a line for each region."""
    found = values.strongest(among)
    how = f"exact, {values.evaluations} evaluations"
    if values.linear:
        how = "exact, one forward pass"
    elif not values.exact:
        how = f"estimated from {values.evaluations} evaluations"
        if found.standard_error is not None:
            how += f", standard error {found.standard_error[:, 0].mean():.2g}"
    lines = [f"{name}: layer {values.request.layer}, {how}", "value  places  rank  class"]
    lines += [
        f"{each.value:5.2f}  {len(each.players):6d}  {values.rank(each.target):4d}  "
        f"{values.labels[each.target]}"
        for each in found.regions
    ]
    if not found.regions:
        lines.append("No place speaks for any of these classes.")
    return lines


def _content(suffix: str, values: ClassValues, among: Sequence[int] | None) -> bytes:
    if suffix == "csv":
        return regions_csv(values.strongest(among), values.labels).encode()
    now = datetime.now(UTC)
    if suffix == "json":
        text = json.dumps(described(values, among, made=now), indent=1, ensure_ascii=False)
        return f"{text}\n".encode()
    if suffix == "npz":
        buffer = io.BytesIO()
        save_regions(buffer, values, among, made=now)
        return buffer.getvalue()
    return regions_drawn(values, among, FigureStyle(dated=date.today()), suffix)
