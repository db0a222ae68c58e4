"""What is placed on a figure, and where it came to lie, in millimetres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from attribution_core.figures.lines import height_of, width_of
from attribution_core.figures.style import Width
from attribution_core.painting import Cell

Role = Literal["title", "row", "scale", "caption"]
"""What a text is for."""


@dataclass(frozen=True)
class Format:
    """A kind of figure: lengths in millimetres, sizes of type in points.

    Attributes
    ----------
    width, height : float
        Of the whole; the height is the largest allowed where it is not ``fixed``.
    fixed : bool
        Whether the figure always has its full height.
    margin, gap : float
        Around all, and between maps.
    title, least_title, small, caption : float
        Sizes of titles (between two, as columns need), of scales, of the caption.
    bar : float
        Height of a colour bar.
    smallest, largest : float
        Width of a map; columns that would get less go below the others.
    """

    width: float
    height: float
    fixed: bool
    margin: float
    gap: float
    title: float
    least_title: float
    small: float
    caption: float
    bar: float
    smallest: float
    largest: float


FORMATS: Mapping[Width, Format] = {
    "one column": Format(85, 230, False, 1, 2, 8, 6.5, 6.5, 7, 1.4, 15, 80),
    "two columns": Format(175, 230, False, 1, 2.5, 8, 7, 6.5, 7, 1.6, 18, 80),
    "slide": Format(338.7, 190.5, True, 9, 5, 18, 12, 11.5, 12, 3, 24, 150),
}


@dataclass(frozen=True)
class Scale:
    """What stands at a colour bar: the limits, and the unit of what lies between them."""

    low: str
    high: str
    unit: str


@dataclass(frozen=True)
class Content:
    """What is to be placed.

    Attributes
    ----------
    rows, columns : sequence of str
        Titles.
    shapes : mapping of (row, column) to (height, width)
        Of each map's picture, in any unit.
    scales : mapping of (row, column) to Scale
        Under which maps there are colour bars.
    picture : str
        The title of a column of pictures before the first; none where empty.
    caption : str
    """

    rows: Sequence[str]
    columns: Sequence[str]
    shapes: Mapping[Cell, tuple[int, int]]
    scales: Mapping[Cell, Scale]
    picture: str
    caption: str


@dataclass(frozen=True)
class Box:
    """A rectangle: its left and upper edge, its width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Text:
    """A block of lines.

    Attributes
    ----------
    lines : tuple of str
    x, y : float
        The middle of the block's left edge for a row's title, which reads upwards; else a point of
        its upper edge: the left end, the centre or the right end.
    size : float
        In points.
    role : {"title", "row", "scale", "caption"}
    align : {"left", "center", "right"}
    """

    lines: tuple[str, ...]
    x: float
    y: float
    size: float
    role: Role
    align: Literal["left", "center", "right"] = "center"

    @property
    def box(self) -> Box:
        """The room that the block takes."""
        across = max(width_of(line, self.size) for line in self.lines)
        along = height_of(self.lines, self.size)
        if self.role == "row":
            return Box(self.x, self.y - across / 2, along, across)
        left = {"left": self.x, "center": self.x - across / 2, "right": self.x - across}[self.align]
        return Box(left, self.y, across, along)


@dataclass
class Sheet:
    """The placed content.

    ``pictures`` are by row and by the first column that they stand before; ``shortened`` are the
    titles that had no room.
    """

    width: float
    height: float = 0.0
    maps: dict[Cell, Box] = field(default_factory=dict)
    pictures: dict[Cell, Box] = field(default_factory=dict)
    bars: dict[Cell, Box] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    shortened: list[str] = field(default_factory=list)
