"""The maps of a page as a figure for print: a form with a preview, and the file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast

import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.figures.style import FigureStyle, Sharing, Width
from attribution_core.images import digest
from attribution_core.painting import Theme, drawn_values
from pages.ui.maps.table import MapTable
from pages.ui.shell.choosers import choose_from_list, choose_whether
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings

if TYPE_CHECKING:
    from attribution_core.figures.printed import MapFigure

WIDTHS: Mapping[Width, str] = {
    "one column": "One column, 85 mm",
    "two columns": "Two columns, 175 mm",
    "slide": "Slide, 16:9",
}
THEMES: Mapping[Theme, str] = {"light": "Light", "dark": "Dark"}
_SCALES: Mapping[Sharing, str] = {"map": "Each map its own", "method": "Shared by column"}
KINDS = {"png": "PNG", "pdf": "PDF", "svg": "SVG"}
TYPES = {"png": "image/png", "pdf": "application/pdf", "svg": "image/svg+xml"}
PREVIEW = 1000
"""Pixels of its width."""


@dataclass(frozen=True)
class Sheet:
    """What is drawn: rows of maps with titles, and the labels of all classes."""

    maps: tuple[tuple[Attribution | None, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(
        cls, table: MapTable, finished: Mapping[tuple[int, int], Attribution], labels: Sequence[str]
    ) -> Sheet:
        """The finished maps, without rows and columns in which there is none."""
        rows = sorted({row for row, _ in finished})
        columns = sorted({column for _, column in finished})
        return cls(
            tuple(tuple(finished.get((row, column)) for column in columns) for row in rows),
            tuple(table.rows[row] for row in rows),
            tuple(table.columns[column] for column in columns),
            tuple(labels),
        )

    @property
    def identity(self) -> str:
        """A hash of all that a figure shows of it."""
        content = hashlib.sha256(repr((self.rows, self.columns)).encode())
        for each in (attribution for line in self.maps for attribution in line):
            if each is None:
                content.update(b"nothing")
                continue
            request = each.request
            content.update(digest(drawn_values(each)).encode())
            content.update(request.picture.digest.encode())
            if each.segments is not None:
                content.update(digest(each.segments).encode())
            said = (
                each.model,
                each.label,
                request.method,
                request.layer,
                request.reference,
                request.score,
                request.seed,
                request.options,
            )
            content.update(repr(said).encode())
        return content.hexdigest()

    def figure(self, style: FigureStyle) -> MapFigure:
        """The figure; Matplotlib is loaded with the first one."""
        from attribution_core.figures.figure import figure

        return figure(self.maps, style, rows=self.rows, columns=self.columns, labels=self.labels)


def render_figure_form(
    scene: Scene,
    table: MapTable,
    finished: Mapping[tuple[int, int], Attribution],
    name: str,
) -> None:
    """The form, closed at first: nothing is drawn before somebody opens it.

    Parameters
    ----------
    scene, table
    finished : mapping of (row, column) to Attribution
        At least one.
    name : str
        Of the file, without its suffix.
    """
    form = st.expander(
        "Figure for print", icon=":material/print:", key="figure_form", on_change="rerun"
    )
    if not form.open:
        return
    sheet = Sheet.of(table, finished, scene.labels)
    with form:
        controls, shown = st.columns([1, 2], gap="large")
        with controls:
            style = _chosen_style(scene.settings)
            suffix = choose_from_list("figure-format", "Format", KINDS, "png")
        try:
            preview, millimetres = _preview(f"{sheet.identity} {style!r}", sheet, style)
        except ValueError as error:  # too many maps
            shown.info(str(error), icon=":material/print_disabled:")
            return
        with shown:
            st.image(preview, alt="Preview of the figure", width="stretch")
        with controls:
            st.download_button(
                f"Download {KINDS[suffix]}",
                lambda: sheet.figure(style).rendered(suffix),
                f"{name}.{suffix}",
                TYPES[suffix],
                icon=":material/download:",
                on_click="ignore",
                type="primary",
            )
            detail = "300 dpi" if suffix == "png" else "text as text, maps as images"
            st.caption(f"{millimetres[0]:.0f} × {millimetres[1]:.0f} mm, {detail}")


def _chosen_style(settings: Settings) -> FigureStyle:
    """The style chosen in the form; what it does not ask is as in the sidebar."""
    width = choose_from_list("figure-width", "Width", WIDTHS, "two columns")
    theme = choose_from_list("figure-theme", "Theme", THEMES, "light")
    scale = choose_from_list("figure-scale", "Scale", _SCALES, cast(Sharing, settings.scale))
    return FigureStyle(
        width=width,
        theme=theme,
        scale=scale,
        caption=choose_whether(
            "figure-caption",
            "Caption",
            True,
            "Model, layer, reference, score, options of the methods, and the date.",
        ),
        picture=choose_whether(
            "figure-picture", "Picture beside the maps", False, "In a first column."
        ),
        outlines=choose_whether(
            "figure-outlines",
            "Outlines of players",
            False,
            "Of superpixels, cells or positions, on the maps of methods that have players.",
        ),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        clip=settings.clip,
        colours=settings.colours,
        dated=date.today(),
    )


# The identity stands for the sheet, which begins with an underscore so that it is not looked at.
@st.cache_data(max_entries=16, show_spinner=False)
def _preview(
    identity: str, _sheet: Sheet, _style: FigureStyle
) -> tuple[bytes, tuple[float, float]]:
    """A small PNG, and the figure's width and height in millimetres."""
    figure = _sheet.figure(_style)
    width, height = figure.get_size_inches()
    return figure.rendered("png", PREVIEW / width), (25.4 * width, 25.4 * height)
