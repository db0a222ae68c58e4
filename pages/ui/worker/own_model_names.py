"""What a visitor says of a network of one's own, and the name that it has by that."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attribution_core.models.preprocessing import Preprocessing
from attribution_core.scores import LINKS, Link

if TYPE_CHECKING:
    from attribution_core.network.endings import Ended

_OWN = re.compile(
    r"sha256-([0-9a-f]{64})(?:-[0-9a-f]{8}|(?:-(\d{1,4})x(\d{1,4}))?(?:-(softmax|sigmoid|none))?)"
)

SMALLEST_SIDE, LARGEST_SIDE = 16, 640
"""Of pictures, in pixels, for a network that takes any size."""


def is_own(model: str) -> bool:
    """Whether a model's name is that of a network that a visitor brought."""
    return digest_in(model) != ""


def digest_in(model: str) -> str:
    """The SHA-256 of the file that a model's name names; empty where it names no file."""
    found = _OWN.fullmatch(model)
    return "" if found is None else found[1]


@dataclass(frozen=True)
class Ends:
    """What a visitor says of a network's ends, where the network leaves it open.

    ValueError where a side of the size is none that is taken.

    Attributes
    ----------
    size : (height, width) or None
        Of its pictures, for a network that takes any; None for the usual one.
    link : Link or None
        What becomes of its outputs, for one that does not say it; None for the usual.
    """

    size: tuple[int, int] | None = None
    link: Link | None = None

    def __post_init__(self) -> None:
        sides = self.size or (SMALLEST_SIDE,)
        if not SMALLEST_SIDE <= min(sides) <= max(sides) <= LARGEST_SIDE:
            raise ValueError(
                f"Pictures may have {SMALLEST_SIDE} to {LARGEST_SIDE} pixels a side here."
            )


USUAL = Ends()


@dataclass(frozen=True)
class Undecided:
    """What a network leaves to its owner.

    Attributes
    ----------
    sides : (int or None, int or None)
        Height and width of its pictures; None for any.
    outputs : int
        How many it has, where it does not say what becomes of them; 0 where it does.
    """

    sides: tuple[int | None, int | None] = (0, 0)
    outputs: int = 0

    @classmethod
    def by(cls, ended: Ended) -> Undecided:
        """What a network with these ends leaves to its owner."""
        outputs = 1 if ended.one_unit else ended.classes
        return cls(ended.takes.sides, 0 if ended.says_link else outputs)


def name_while_tried(digest: str, ends: Ends = USUAL) -> str:
    """The name of a network for which no preprocessing is chosen yet."""
    size = "" if ends.size is None else "-{}x{}".format(*ends.size)
    return f"sha256-{digest}{size}{'' if ends.link is None else f'-{ends.link}'}"


def ends_while_tried(model: str) -> Ends | None:
    """What `name_while_tried` gave the name for; None for other names."""
    found = _OWN.fullmatch(model)
    if found is None:
        return None
    size = None if found[2] is None else (int(found[2]), int(found[3]))
    try:
        ends = Ends(size, next((link for link in LINKS if link == found[4]), None))
    except ValueError:
        return None
    return ends if model == name_while_tried(found[1], ends) else None


@dataclass(frozen=True)
class Use:
    """How a visitor uses a network; ``labels`` has a name for each class."""

    preprocessing: Preprocessing
    labels: tuple[str, ...]
    ends: Ends = USUAL

    def name_of(self, digest: str) -> str:
        """The model's name: equal files with equal choices are one model."""
        chosen: tuple[object, ...] = str(self.preprocessing), self.labels
        if self.ends != USUAL:
            chosen += (self.ends.size, self.ends.link)
        return f"sha256-{digest}-{hashlib.sha256(repr(chosen).encode()).hexdigest()[:8]}"
