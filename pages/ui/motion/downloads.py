"""A film as a file: the pictures of the grid, with heading, label and caption."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.ui.components.heatmap_grid import FilmReel, MapCell
from pages.ui.motion.film import Film
from pages.ui.shell.scene import Scene

if TYPE_CHECKING:
    from attribution_core.figures.film import FilmKind, Tile

_MIME: Mapping[FilmKind, str] = {"gif": "image/gif", "mp4": "video/mp4", "webm": "video/webm"}


def render_film_downloads(scene: Scene, film: Film, reel: FilmReel) -> None:
    """Buttons that make their file when pressed."""
    name = f"film-{scene.settings.model}-{scene.settings.picture}-{film.name.split()[0]}"
    theme = st.context.theme.type or "light"
    with st.container(horizontal=True, key="film_downloads"):
        for kind, mime in _MIME.items():
            st.download_button(
                f"Film as {kind.upper() if kind != 'webm' else 'WebM'}",
                partial(film_file, scene, film, reel, kind, theme),
                f"{name}.{kind}",
                mime,
                icon=":material/movie:",
                on_click="ignore",
                key=f"film_as_{kind}",
                help="With titles, scales and a caption, 1280 × 720 pixels (GIF: 960 × 540).",
            )


def film_file(scene: Scene, film: Film, reel: FilmReel, kind: FilmKind, theme: str) -> bytes:
    """The film as a file's content, in the colours of the page."""
    from attribution_core.figures.film import FilmPicture, FilmStyle
    from attribution_core.figures.film import film as made
    from attribution_core.painting import COLOUR_SCALES

    settings = scene.settings
    scale = COLOUR_SCALES[settings.colours]
    sides = f"{scale.positive.capitalize()} speaks for the class, {scale.negative} against it"
    style = FilmStyle(
        heading=film.title,
        caption=f"{scene.model.title} · {sides if scale.signed else '|values|'}",
        theme="dark" if theme == "dark" else "light",
        colours=settings.colours,
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        seconds=reel.seconds,
    )
    ground = scene.picture.pixels.astype(np.uint8)
    pictures = [
        FilmPicture(
            shot.label,
            tuple(_tile(film, cell) for cell in shot.cells),
            ground if shot.picture is None else shot.picture,
        )
        for shot in reel.shots
    ]
    return made(pictures, style, kind)


def _tile(film: Film, cell: MapCell) -> Tile:
    from attribution_core.figures.film import Tile

    titles = (film.rows[cell.row], film.columns[cell.column])
    return Tile(
        " · ".join(title for title in titles if title),
        cell.values,
        cell.limit,
        cell.unit,
        cell.bars,
        cell.message,
    )
