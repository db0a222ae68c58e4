"""Names of a network's classes."""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from pathlib import Path

from attribution_core.assets import ASSETS
from attribution_core.regular_files import open_regular

IMAGENET_LABELS = ASSETS / "imagenet_labels.txt"
"""The 1000 classes of ILSVRC 2012; ``assets/README.md`` names the source."""

MOST_BYTES = 4 * 2**20
"""Of a labels file: 40,000 names of a hundred letters."""


@cache
def imagenet_labels() -> tuple[str, ...]:
    """Return the names of ImageNet's 1000 classes.

    Returns
    -------
    tuple of str
        Class index -> name; no two are equal.
    """
    return read_labels(IMAGENET_LABELS, 1000)


def read_labels(path: Path, classes: int) -> tuple[str, ...]:
    """Read the names of a network's classes from a file.

    Parameters
    ----------
    path : pathlib.Path
        As `labels_in` reads it.
    classes : int
        How many classes the network has.

    Returns
    -------
    tuple of str
        Class index -> name, without white space at the ends.

    Raises
    ------
    ValueError
        If the file cannot be read as described, a name is empty, or their number is not
        ``classes``.
    """
    with open_regular(path, "name a file with the classes' names") as file:
        content = file.read(MOST_BYTES + 1)
    return checked_labels(labels_in(content, str(path)), str(path), classes)


def labels_in(content: bytes, name: str) -> tuple[str, ...]:
    """The names of classes in a labels file's content.

    Parameters
    ----------
    content : bytes
        UTF-8, with or without a byte order mark, lines ending in any way.
    name : str
        The file's. Where it ends in ``.json``, the file holds a list of names, or an object that
        maps the class index to a name or, as Keras's ``imagenet_class_index.json``, to a list whose
        last entry is the name. Where it ends in ``.csv``, a row a class: the name, or its index and
        the name in any order; a first row of titles is passed over. Any other file holds one name a
        line, the first for class 0; where every line begins with its number, that is left out.

    Returns
    -------
    tuple of str
        Class index -> name, without white space at the ends.

    Raises
    ------
    ValueError
        If the content is not of this form, or has more than 4 MB.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(
            f"The labels file {name} has more than {MOST_BYTES // 2**20} MB; it should hold the "
            "names of a network's classes alone."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"The labels file {name} is not UTF-8 text; save it as UTF-8.") from error
    suffix = Path(name).suffix.lower()
    if suffix == ".json":
        labels = _names_in_json(text, name)
    elif suffix == ".csv":
        labels = _names_in_csv(text, name)
    else:
        labels = _without_numbers(text.rstrip().splitlines())
    return tuple(label.strip() for label in labels)


def checked_labels(labels: tuple[str, ...], name: str, classes: int) -> tuple[str, ...]:
    """The labels of a file, once there is one for each class; ValueError where there is not."""
    if len(labels) != classes:
        raise ValueError(
            f"The labels file {name} names {len(labels)} classes, but the network has {classes}."
        )
    if "" in labels:
        raise ValueError(
            f"The labels file {name} has no name for class {labels.index('')}; "
            "give every class one."
        )
    return labels


def _without_numbers(lines: list[str]) -> list[str]:
    """Lines without the number of the class before the name, where all have it."""
    parted = [re.fullmatch(r"(\d+)[ \t:,]+(\S.*)", line.strip()) for line in lines]
    if all(part is not None and int(part[1]) == index for index, part in enumerate(parted)):
        return [part[2] for part in parted if part is not None]
    return lines


def _names_in_csv(text: str, name: str) -> list[str]:
    try:
        dialect = csv.Sniffer().sniff(text[:4096], ",;\t")
        separator = dialect.delimiter
    except csv.Error:
        separator = ","  # of a single column
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise ValueError(f"The labels file {name} is not valid CSV: {error}.") from error
    if not rows or len({len(row) for row in rows}) != 1:
        raise ValueError(
            f"The labels file {name} should have a row for each class, all of as many columns."
        )
    if len(rows[0]) == 1:
        names = [row[0] for row in rows]
        titled = names[0].strip().lower() in _TITLES
        return names[1:] if titled else names
    for first in (0, 1):
        for column in range(len(rows[0])):
            numbers = [row[column].strip() for row in rows[first:]]
            if sorted(numbers) == sorted(str(index) for index in range(len(numbers))):
                named = _named_column(rows, column, titled=first == 1)
                by_number = {int(row[column]): row[named] for row in rows[first:]}
                return [by_number[index] for index in range(len(by_number))]
    raise ValueError(
        f"The labels file {name} has several columns and none of them numbers the classes from 0; "
        "leave the names alone, a row for each class."
    )


_TITLES = ("label", "labels", "name", "names", "class", "classes", "class_name", "class name")


def _named_column(rows: list[list[str]], numbers: int, *, titled: bool) -> int:
    """The column with the names: the one titled so, else the last that has no numbers."""
    others = [column for column in range(len(rows[0])) if column != numbers]
    if titled:
        for column in others:
            if rows[0][column].strip().lower() in _TITLES:
                return column
    return others[-1]


def _names_in_json(content: str, path: str) -> list[str]:
    try:
        found = json.loads(content)
    except RecursionError:
        raise ValueError(f"The labels file {path} is not a list of names.") from None
    except ValueError as error:
        raise ValueError(f"The labels file {path} is not valid JSON: {error}.") from error
    if isinstance(found, dict):
        missing = [str(index) for index in range(len(found)) if str(index) not in found]
        if missing:
            raise ValueError(
                f"The labels file {path} has no entry for class {missing[0]}; "
                f'its keys must be "0" to "{len(found) - 1}".'
            )
        found = [found[str(index)] for index in range(len(found))]
        found = [entry[-1] if isinstance(entry, list) and entry else entry for entry in found]
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        raise ValueError(
            f"The labels file {path} must hold a JSON list of names, "
            "or an object that maps each class index to a name."
        )
    return found
