"""The style of a figure for print."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from attribution_core.painting import Colours, Theme

Width = Literal["one column", "two columns", "slide"]
Sharing = Literal["map", "method"]
"""Whether each map has its own scale, or all maps of a method (of a column) share one."""
SUFFIXES = ("png", "pdf", "svg")
"""Of the files that a figure can be."""


@dataclass(frozen=True)
class FigureStyle:
    """How a figure looks.

    Attributes
    ----------
    width : {"one column", "two columns", "slide"}
        85 mm, 175 mm, or a slide of 338.7 × 190.5 mm.
    theme : {"light", "dark"}
    colours : {"red-blue", "orange-blue", "absolute"}
        Of values above and below 0; orange and blue are told apart without red–green vision, and
        the last shows |values|.
    picture : bool
        Whether a first column shows the pictures that are explained.
    overlay : bool
        Maps over the grey picture, or plain ones.
    opacity : float
        Of the strongest colours over the picture, 0..1.
    smooth : bool
        Whether coarse maps are interpolated, or show their positions as blocks.
    outlines : bool
        Whether the players of the coalition methods are outlined.
    clip : float
        The percentile of |values| at which colours saturate, 0..100.
    scale : {"map", "method"}
        Whether each map has its own scale, or all maps of a column share one.
    caption : bool
        Whether a caption says what was computed, and how.
    dated : date or None
        The caption's date, today's where nothing is given; None leaves it out.

    Raises
    ------
    ValueError
        When a value is none of those.
    """

    width: Width = "two columns"
    theme: Theme = "light"
    colours: Colours = "red-blue"
    picture: bool = False
    overlay: bool = True
    opacity: float = 0.85
    smooth: bool = True
    outlines: bool = False
    clip: float = 99.0
    scale: Sharing = "map"
    caption: bool = True
    dated: date | None = field(default_factory=date.today)

    def __post_init__(self) -> None:
        for name, choices in (
            ("width", get_args(Width)),
            ("theme", get_args(Theme)),
            ("colours", get_args(Colours)),
            ("scale", get_args(Sharing)),
        ):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"A figure's {name} cannot be {getattr(self, name)!r}; "
                    f"use {' or '.join(map(repr, choices))}."
                )
        for name, most in (("opacity", 1), ("clip", 100)):
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(
                    f"A figure's {name} cannot be {getattr(self, name)!r}; "
                    f"give a number from 0 to {most}."
                )
