"""Saved maps: files opened, shown as they were saved, with a button to compute them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.painting import drawn_values
from attribution_core.saved_maps.files import load
from pages.ui.components.heatmap_grid import MapCell, render_heatmap_grid
from pages.ui.maps.drawing import caption, limits
from pages.ui.maps.open_screen import render_bundle
from pages.ui.maps.saved_grids import OpenedMap, SavedGrid, grids_of, score_name
from pages.ui.maps.saved_settings import Again, again
from pages.ui.shell.markdown import literal
from pages.ui.shell.own_picture import NOT_HERE
from pages.ui.shell.scene import Scene, adopt
from pages.ui.shell.session import session
from pages.ui.shell.settings import Settings
from pages.ui.worker.engine import Engine
from pages.ui.worker.housekeeping import SAVED_MAPS

MOST_MEGABYTES = 64
MOST_BYTES_UNPACKED = 128 * 2**20
MOST_POSITIONS = 6_000_000
"""Of all maps that are open together: 120 maps of 224 × 224 pixels."""


@dataclass(frozen=True)
class _Read:
    """What a file was found to hold, or why it was not read."""

    maps: tuple[OpenedMap, ...] = ()
    complaint: str = ""

    @property
    def positions(self) -> int:
        return sum(each.attribution.heatmap.size for each in self.maps)


def render_open_saved(engine: Engine, scene: Scene) -> None:
    """Let the visitor open files, and draw their maps."""
    with st.expander("Open saved maps", icon=":material/folder_open:", key="open_saved"):
        files = st.file_uploader(
            "Files of saved maps",
            type=SAVED_MAPS,
            accept_multiple_files=True,
            max_upload_size=MOST_MEGABYTES,
            key="saved_maps",
            help="NPZ files of maps that this page or the command line saved, and bundles (ZIP) of "
            "“Share”, many at once, 100 MB together. They are kept in this server's memory, for "
            "you alone; during the upload, an unnamed temporary file may hold one.",
        )
        # Streamlit leaves out of its answer what is not here.
        if len(files) < len(st.session_state.get("saved_maps") or ()):
            st.error(NOT_HERE, icon=":material/error:")
        for number, file in enumerate(each for each in files if _is_bundle(each)):
            render_bundle(engine, file.name, file.getvalue(), f"open_bundle_{number}")
        read = _read_once([each for each in files if not _is_bundle(each)])
        opened: list[OpenedMap] = []
        positions = 0
        for name, found in read:
            positions += found.positions
            if found.complaint:
                st.error(literal(found.complaint), icon=":material/error:")
            elif positions > MOST_POSITIONS:
                st.error(
                    f"The file {literal(name)} is not shown: with it, too many maps are open. "
                    "Close some files first.",
                    icon=":material/error:",
                )
            else:
                opened += found.maps
    # Below the expander, which slides open to the height of what is in it: a button that slides
    # away under the pointer between press and release is not pressed.
    for place, grid in enumerate(grids_of(opened)):
        _render_grid(engine, scene.settings, grid, place)


def _is_bundle(file: UploadedFile) -> bool:
    return str(file.name).lower().endswith(".zip")


def _read_once(files: Sequence[UploadedFile]) -> list[tuple[str, _Read]]:
    """What is in each file, read when it is first seen; files that were closed are forgotten."""
    known: dict[str, _Read] = session().opened
    read = {
        file.file_id: known.get(file.file_id) or _read(file.name, file.getvalue()) for file in files
    }
    session().opened = read
    return [(file.name, read[file.file_id]) for file in files]


def _read(name: str, content: bytes) -> _Read:
    try:
        saved = load(content, name=name, most_bytes=MOST_BYTES_UNPACKED)
    except ValueError as error:
        return _Read(complaint=str(error))
    # The values of each channel are for the command line; here they would only fill the memory.
    flat = [replace(each, values=each.heatmap) for each in saved.attributions]
    return _Read(tuple(OpenedMap(each, name, saved.made) for each in flat))


def _render_grid(engine: Engine, settings: Settings, grid: SavedGrid, number: int) -> None:
    st.markdown(described(grid, engine.labels(grid.model) if grid.model in KNOWN_NETWORKS else ()))
    attributions = {at: each.attribution for at, each in grid.maps.items()}
    saturate = limits(attributions, settings)
    render_heatmap_grid(
        rows=grid.rows,
        columns=grid.columns,
        cells=[
            MapCell(
                *at,
                values=drawn_values(attribution),
                limit=saturate[at],
                caption=caption(attribution),
                message=attribution.blank,
            )
            for at, attribution in attributions.items()
        ],
        picture=grid.picture.pixels.astype(np.uint8),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        colours=settings.colours,
        column_help={title: f"Saved: {title}" for title in grid.columns},
        key=f"saved_grid_{number}",
    )
    try:
        offers = again(engine, grid, settings)
    except ValueError as error:
        st.caption(literal(str(error)))
        return
    _offer(offers, number)


def described(grid: SavedGrid, labels: Sequence[str] = ()) -> str:
    """What a grid shows and that it was saved, in Markdown."""
    maps = list(grid.maps.values())
    requests = [each.attribution.request for each in maps]
    parts = [
        f"made {_dates([each.made for each in maps])}",
        KNOWN_NETWORKS.get(grid.model, grid.model),
        _one_or_several([request.layer for request in requests], "layers"),
        _one_or_several([f"reference {request.reference}" for request in requests], "references"),
        _one_or_several([score_name(request.score, labels) for request in requests], "scores"),
        _one_or_several([each.file for each in maps], "files"),
    ]
    return f":material/save: **Saved** · {literal(' · '.join(parts))}"


def _one_or_several(names: Sequence[str], noun: str) -> str:
    distinct = list(dict.fromkeys(names))
    return distinct[0] if len(distinct) == 1 else f"{len(distinct)} {noun}"


def _dates(dates: Sequence[datetime]) -> str:
    first, last = min(dates), max(dates)
    begun, ended = (f"{date:%d %b %Y, %H:%M}" for date in (first, last))
    if begun == ended:
        return f"{begun} UTC"
    same_day = first.date() == last.date()
    return f"{begun} to {last:%H:%M} UTC" if same_day else f"{begun} to {ended} UTC"


def _offer(offers: Sequence[Again], number: int) -> None:
    """A button that sets the sidebar so that the maps are computed again."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = offers[0]
        if len(offers) > 1:
            chosen = st.selectbox(
                "Maps to compute again",
                offers,
                format_func=lambda offer: ", ".join(offer.columns),
                key=f"saved_columns_{number}",
                label_visibility="collapsed",
                width=320,
            )
        st.button(
            "Compute again",
            icon=":material/replay:",
            key=f"compute_again_{number}",
            on_click=adopt,
            args=(chosen.settings, chosen.own_picture),
            help="Sets the sidebar as it was, with the picture in the file, and computes the maps "
            "above.",
        )
