"""``explain --figure``: the maps of each picture as one figure for print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attribution_core.command_line.files import write
from attribution_core.figures.style import FigureStyle
from attribution_core.painting import Colours
from attribution_core.saved_maps.files import load


def figure_path(asked: Path, of_picture: str, pictures: int) -> Path:
    """Where the figure of a picture goes: to the file asked for, or beside it where they are many.

    Parameters
    ----------
    asked : Path
    of_picture : str
        What a picture's maps are called by.
    pictures : int
        That maps are made of.
    """
    return asked if pictures == 1 else asked.with_stem(f"{asked.stem}-{of_picture}")


def draw_figure(path: Path, maps: Sequence[bytes], colours: Colours) -> None:
    """Draw saved maps of one picture, files' contents: a row a class, a column a method and layer.

    Raises
    ------
    ValueError
        When a map cannot be read.
    """
    from attribution_core.figures.figure import figure

    attributions = [each for saved in maps for each in load(saved).attributions]
    write(path, figure(attributions, FigureStyle(colours=colours)).rendered(path.suffix))
