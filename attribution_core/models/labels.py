"""Names of a network's classes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from attribution_core.assets import ASSETS

IMAGENET_LABELS = ASSETS / "imagenet_labels.txt"
"""The 1000 classes of ILSVRC 2012; ``assets/README.md`` names the source."""


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
        UTF-8. A file whose name ends in ``.json`` holds a list of names, or an object that maps
        the class index to a name or, as Keras's ``imagenet_class_index.json``, to a list whose
        last entry is the name. Any other file holds one name a line, the first for class 0.
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
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"The labels file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"The labels file {path} is not UTF-8 text; save it as UTF-8.") from error
    if path.suffix.lower() == ".json":
        labels = _names_in_json(content, path)
    else:
        labels = content.rstrip().splitlines()
    labels = [label.strip() for label in labels]
    if len(labels) != classes:
        raise ValueError(
            f"The labels file {path} names {len(labels)} classes, but the network has {classes}."
        )
    if "" in labels:
        raise ValueError(
            f"The labels file {path} has no name for class {labels.index('')}; "
            "give every class one."
        )
    return tuple(labels)


def _names_in_json(content: str, path: Path) -> list[str]:
    try:
        found = json.loads(content)
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
