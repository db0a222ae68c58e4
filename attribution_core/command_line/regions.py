"""``regions``: what speaks where in pictures, as a table, and as files."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime

from attribution_core.command_line.each_picture import classifier_of, each_picture, file_of
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.named_classes import class_named
from attribution_core.command_line.progress import printable
from attribution_core.figures.style import FigureStyle
from attribution_core.images import Picture
from attribution_core.measures.class_files import (
    described,
    regions_csv,
    regions_drawn,
    save_regions,
)
from attribution_core.measures.class_values import ClassValues, class_values
from attribution_core.network.classifier import Classifier


def list_regions(asked: argparse.Namespace) -> int:
    """Print the regions of each picture, and write the file asked for; return the exit code."""
    if asked.out is not None:
        prepared(asked.out.parent)
    classifier = classifier_of(asked)
    if asked.layer is not None:
        classifier.layer(asked.layer)
    among = None
    if asked.classes is not None:
        named = [class_named(classifier, text) for text in asked.classes]
        among = tuple(dict.fromkeys(named))
    return each_picture(
        classifier,
        asked,
        lambda name, picture: _of_picture(classifier, name, picture, asked, among),
    )


def _of_picture(
    classifier: Classifier,
    name: str,
    picture: Picture,
    asked: argparse.Namespace,
    among: Sequence[int] | None,
) -> None:
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
        path = file_of(asked.out, name, picture, asked)
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
