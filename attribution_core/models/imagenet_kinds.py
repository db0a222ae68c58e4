"""What kind of thing each of ImageNet's classes is, roughly."""

from __future__ import annotations

from bisect import bisect_right

CLASSES = 1000

# ILSVRC 2012 numbers its classes along WordNet, so that each kind is a few unbroken ranges.
_BEGINNINGS: tuple[tuple[int, str], ...] = (
    (0, "fish"),
    (7, "bird"),
    (25, "amphibian or reptile"),
    (69, "arthropod"),
    (80, "bird"),
    (101, "mammal"),
    (107, "invertebrate"),
    (118, "arthropod"),
    (127, "bird"),
    (147, "mammal"),
    (151, "dog"),
    (281, "cat"),
    (294, "mammal"),
    (300, "arthropod"),
    (327, "invertebrate"),
    (330, "mammal"),
    (389, "fish"),
    (398, "thing"),
    (924, "food"),
    (970, "landscape"),
    (981, "person"),
    (984, "plant"),
    (998, "food"),
    (999, "thing"),
)
_FIRST = tuple(first for first, _ in _BEGINNINGS)


def imagenet_kind(number: int) -> str:
    """The kind of a class, such as "cat" or "thing".

    Parameters
    ----------
    number : int
        0 to 999.

    Returns
    -------
    str
        Wild dogs and foxes are dogs, wild cats are cats; what people make is a thing unless it is
        eaten or drunk.

    Raises
    ------
    ValueError
        When there is no class of this number.
    """
    if not 0 <= number < CLASSES:
        raise ValueError(f"ImageNet has no class {number}; give 0 to {CLASSES - 1}.")
    return _BEGINNINGS[bisect_right(_FIRST, number) - 1][1]
