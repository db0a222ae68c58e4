"""Owen values of parts as files: a table, a caption, and a figure for print."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from attribution_core.figures.style import FigureStyle
from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.owen_parts import OwenParts
from attribution_core.request import Request

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

COLUMNS = ("part", "inside", "level", "opened", "players", "value")
"""The table's columns: ``inside`` is the part that one was opened from, empty for the whole;
``players`` are the numbers of those it has, with a space between two."""


def parts_csv(found: OwenParts) -> str:
    """A row for each part, below the one that it was opened from, with the columns `COLUMNS`."""
    rows = []
    for part, level in found.hierarchy.walk(found.opened):
        around = next((each for each in found.opened if part in found.hierarchy.halves(each)), "")
        rows.append(
            (
                part,
                around,
                level,
                "yes" if part in found.opened else "no",
                " ".join(map(str, found.hierarchy.players_of(part))),
                float(found.values[part]),
            )
        )
    return csv_text(COLUMNS, rows)


def caption_of(
    found: OwenParts, request: Request, model: str, label: str, dated: date | None
) -> str:
    """What a figure says below: all that is needed to make it again."""
    from attribution_core.figures.words import model_title
    from attribution_core.scores import Contrast

    reference = "a reference of zeros" if request.reference == "zeros" else request.reference
    score = "lead" if isinstance(request.score, Contrast) else request.score
    sentences = [
        f"{model_title(model)}, layer {request.layer}, against {reference}; Owen values of parts "
        f"for the {score} of {label}, {found.evaluations} coalitions",
        "Alike neighbours merge first; the halves of a part sum to it",
        "Colour and bar: the part’s value",
    ]
    if found.undivided:
        sentences.append(f"{found.undivided:.0%} of what is opened is not told apart yet")
    if dated is not None:
        sentences.append(f"{dated.day} {dated:%B %Y}")
    return " ".join(f"{sentence}." for sentence in sentences)


def parts_drawn(
    found: OwenParts,
    request: Request,
    classifier: Classifier,
    kind_of_player: str,
    style: FigureStyle,
    suffix: str,
    dpi: float | None = None,
) -> bytes:
    """The parts as a figure's file: ``suffix`` png, pdf or svg."""
    from attribution_core.figures.parts import parts_figure
    from attribution_core.figures.printed import DPI

    label = classifier.labels[request.target]
    made = parts_figure(
        found,
        request.picture.pixels,
        kind_of_player,
        style=style,
        caption=caption_of(found, request, classifier.name, label, style.dated),
    )
    return made.rendered(suffix, dpi or DPI)
