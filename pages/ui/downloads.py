"""What can be taken home: the grid as a picture and as a page, the arrays with their settings."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image, ImageDraw, ImageFont

from attribution_core.attribution import Attribution
from attribution_core.scores import Contrast
from pages.ui.attributions import MapTable, caption, drawn_values, limits
from pages.ui.colours import BLUE, RED, grey_of, painted
from pages.ui.sidebar import Scene

_CELL, _GAP, _HEAD, _FOOT, _LABEL = 320, 16, 40, 52, 34

Finished = Mapping[tuple[int, int], Attribution]
"""By row and column."""


def render_downloads(scene: Scene, table: MapTable, finished: Finished) -> None:
    """Three buttons; each file is made when its button is pressed."""
    if not finished:
        return
    name = f"attributions-{scene.settings.model}-{scene.settings.picture}"
    with st.container(horizontal=True, key="downloads"):
        st.download_button(
            "Grid as PNG",
            lambda: grid_png(scene, table, finished),
            f"{name}.png",
            "image/png",
            icon=":material/image:",
            on_click="ignore",
        )
        st.download_button(
            "Interactive HTML",
            lambda: grid_html(scene, table, finished),
            f"{name}.html",
            "text/html",
            icon=":material/html:",
            on_click="ignore",
            help="One file with linked zoom and values on hover; needs no network.",
        )
        st.download_button(
            "Arrays as NPZ",
            lambda: arrays_npz(scene, table, finished),
            f"{name}.npz",
            "application/octet-stream",
            icon=":material/data_array:",
            on_click="ignore",
            help="Values, heatmaps, players and standard errors, with the settings as JSON.",
        )


def arrays_npz(scene: Scene, table: MapTable, finished: Finished) -> bytes:
    """All arrays, named ``row_column_array``, and ``settings``, a JSON text that made them."""
    arrays: dict[str, Any] = {"picture": scene.picture.pixels}
    described = []
    for (row, column), attribution in finished.items():
        request = attribution.request
        name = f"{table.row_names[row]}_{table.column_names[column]}"
        arrays[f"{name}_values"] = attribution.values
        arrays[f"{name}_heatmap"] = attribution.heatmap
        for extra in ("segments", "player_values", "standard_error"):
            array = getattr(attribution, extra)
            if array is not None:
                arrays[f"{name}_{extra}"] = array
        score = request.score
        described.append(
            {
                "name": name,
                "model": scene.settings.model,
                "label": scene.labels[request.target],
                "target": request.target,
                "method": request.method,
                "layer": request.layer,
                "reference": request.reference,
                "score": f"contrast with {score.against}" if isinstance(score, Contrast) else score,
                "segmentation": repr(request.segmentation),
                "players": attribution.players,
                "seed": request.seed,
                "options": dict(request.options),
                "picture": scene.settings.picture,
                "picture_sha256": request.picture.digest,
                "score_of_picture": attribution.score,
                "score_of_reference": attribution.reference_score,
                "evaluations": attribution.evaluations,
                "seconds": attribution.seconds,
                "completeness_gap": attribution.completeness_gap,
                "diagnostics": dict(attribution.diagnostics),
            }
        )
    arrays["settings"] = np.array(json.dumps(described, indent=1, ensure_ascii=False))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def grid_png(scene: Scene, table: MapTable, finished: Finished) -> bytes:
    """The grid as one picture, with the names of classes and methods and the captions."""
    rows, columns = len(table.rows), len(table.columns)
    width = columns * (_CELL + _GAP) + _GAP
    row_height = _LABEL + _CELL + _FOOT
    sheet = Image.new("RGB", (width, _HEAD + rows * row_height + _GAP), "white")
    draw = ImageDraw.Draw(sheet)
    title, body, small = (ImageFont.load_default(size) for size in (20, 18, 13))
    for column, text in enumerate(table.columns):
        draw.text((_GAP + column * (_CELL + _GAP), 10), text, "black", title)
    for row, text in enumerate(table.rows):
        draw.text((_GAP, _HEAD + row * row_height + 6), text, "#444444", body)
    for (row, column), colours, attribution in _painted_cells(scene, finished):
        left = _GAP + column * (_CELL + _GAP)
        top = _HEAD + row * row_height + _LABEL
        sheet.paste(
            Image.fromarray(colours).resize((_CELL, _CELL), Image.Resampling.NEAREST), (left, top)
        )
        for line, text in enumerate(caption(attribution)):
            draw.text((left, top + _CELL + 4 + 18 * line), text, "#444444", small)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def grid_html(scene: Scene, table: MapTable, finished: Finished) -> str:
    """The grid as a page of its own, with linked zoom and values on hover."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows, columns = len(table.rows), len(table.columns)
    texts = {place: caption(attribution) for place, attribution in finished.items()}
    saturate = limits(finished, scene.settings)
    figure = make_subplots(
        rows,
        columns,
        row_titles=list(table.rows),
        subplot_titles=[
            "<br>".join(
                [
                    *([f"<b>{title}</b>"] if row == 0 else []),
                    *(f"<sub>{line}</sub>" for line in texts.get((row, column), ())),
                ]
            )
            for row in range(rows)
            for column, title in enumerate(table.columns)
        ],
        horizontal_spacing=0.02,
        vertical_spacing=min(0.12, 0.6 / max(rows, 1)),
    )
    size = scene.picture.pixels.shape[:2]
    scale = [[0, f"rgb{BLUE}"], [0.5, "rgb(247,247,247)"], [1, f"rgb{RED}"]]
    for (row, column), attribution in finished.items():
        limit = saturate[row, column]
        figure.add_trace(
            go.Heatmap(
                z=_enlarged(drawn_values(attribution), size).astype(np.float32),
                zmin=-limit,
                zmax=limit,
                colorscale=scale,
                showscale=False,
                hovertemplate="%{x}, %{y}: %{z:.3g}<extra></extra>",
            ),
            row + 1,
            column + 1,
        )
    figure.update_xaxes(matches="x", visible=False, constrain="domain")
    figure.update_yaxes(
        matches="y", visible=False, constrain="domain", autorange="reversed", scaleanchor="x"
    )
    figure.update_layout(
        title=f"{scene.model.title} · {scene.settings.layer} · reference {scene.settings.reference}"
        f" · {scene.settings.score}",
        width=90 + 300 * columns,
        height=130 + 340 * rows,
        paper_bgcolor="white",
        plot_bgcolor="white",
    )
    return str(figure.to_html(include_plotlyjs=True, full_html=True))


def _painted_cells(
    scene: Scene, finished: Finished
) -> list[tuple[tuple[int, int], npt.NDArray[np.uint8], Attribution]]:
    settings = scene.settings
    saturate = limits(finished, settings)
    grey = grey_of(scene.picture.pixels) if settings.view == "overlay" else None
    size = scene.picture.pixels.shape[:2]
    return [
        (
            place,
            painted(
                _enlarged(drawn_values(attribution), size),
                saturate[place],
                settings.opacity,
                grey,
            ),
            attribution,
        )
        for place, attribution in finished.items()
    ]


def _enlarged(values: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """A map stretched over the picture, each position a block."""
    row_of = np.arange(size[0]) * values.shape[0] // size[0]
    column_of = np.arange(size[1]) * values.shape[1] // size[1]
    return np.asarray(values[row_of[:, None], column_of])
