"""What can be taken home: the grid as a picture and as a page, the arrays with their settings."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image, ImageDraw, ImageFont

from attribution_core.registry import METHODS
from attribution_core.scores import Contrast
from pages.ui.attributions import Place, caption, drawn_values, limits
from pages.ui.colours import BLUE, RED, grey_of, painted
from pages.ui.sidebar import Scene

if TYPE_CHECKING:
    from attribution_core.explanation import Attribution

_CELL, _GAP, _HEAD, _FOOT, _LABEL = 320, 16, 40, 52, 34

Finished = Mapping[Place, "Attribution"]


def render_downloads(scene: Scene, finished: Finished) -> None:
    """Three buttons; each file is made when its button is pressed."""
    name = f"attributions-{scene.settings.model}-{scene.settings.picture}"
    with st.container(horizontal=True, key="downloads"):
        st.download_button(
            "Grid as PNG",
            lambda: grid_png(scene, finished),
            f"{name}.png",
            "image/png",
            icon=":material/image:",
            on_click="ignore",
        )
        st.download_button(
            "Interactive HTML",
            lambda: grid_html(scene, finished),
            f"{name}.html",
            "text/html",
            icon=":material/html:",
            on_click="ignore",
            help="One file with linked zoom and values on hover; needs no network.",
        )
        st.download_button(
            "Arrays as NPZ",
            lambda: arrays_npz(scene, finished),
            f"{name}.npz",
            "application/octet-stream",
            icon=":material/data_array:",
            on_click="ignore",
            help="Values, heatmaps, players and standard errors, with the settings as JSON.",
        )


def arrays_npz(scene: Scene, finished: Finished) -> bytes:
    """All arrays, named ``class_method_array``, and ``settings``, a JSON text that made them."""
    arrays: dict[str, Any] = {"picture": scene.picture.pixels}
    described = []
    for attribution in finished.values():
        request = attribution.request
        name = f"{request.target}_{request.method}"
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


def grid_png(scene: Scene, finished: Finished) -> bytes:
    """The grid as one picture, with the names of classes and methods and the captions."""
    rows, columns = len(scene.classes), len(scene.settings.methods)
    width = columns * (_CELL + _GAP) + _GAP
    row_height = _LABEL + _CELL + _FOOT
    sheet = Image.new("RGB", (width, _HEAD + rows * row_height + _GAP), "white")
    draw = ImageDraw.Draw(sheet)
    title, body, small = (ImageFont.load_default(size) for size in (20, 18, 13))
    for column, method in enumerate(scene.settings.methods):
        left = _GAP + column * (_CELL + _GAP)
        draw.text((left, 10), METHODS[method].title, "black", title)
    for row, target in enumerate(scene.classes):
        draw.text((_GAP, _HEAD + row * row_height + 6), scene.labels[target], "#444444", body)
    for place, colours, attribution in _painted_cells(scene, finished):
        left = _GAP + place.column * (_CELL + _GAP)
        top = _HEAD + place.row * row_height + _LABEL
        sheet.paste(
            Image.fromarray(colours).resize((_CELL, _CELL), Image.Resampling.NEAREST), (left, top)
        )
        for line, text in enumerate(caption(attribution)):
            draw.text((left, top + _CELL + 4 + 18 * line), text, "#444444", small)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def grid_html(scene: Scene, finished: Finished) -> str:
    """The grid as a page of its own, with linked zoom and values on hover."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows, columns = len(scene.classes), len(scene.settings.methods)
    texts = {(place.row, place.column): caption(a) for place, a in finished.items()}
    saturate = limits({(p.row, p.column): a for p, a in finished.items()}, scene.settings)
    figure = make_subplots(
        rows,
        columns,
        row_titles=[scene.labels[number] for number in scene.classes],
        subplot_titles=[
            "<br>".join(
                [
                    *([f"<b>{METHODS[method].title}</b>"] if row == 0 else []),
                    *(f"<sub>{line}</sub>" for line in texts.get((row, column), ())),
                ]
            )
            for row in range(rows)
            for column, method in enumerate(scene.settings.methods)
        ],
        horizontal_spacing=0.02,
        vertical_spacing=min(0.12, 0.6 / max(rows, 1)),
    )
    size = scene.picture.pixels.shape[:2]
    scale = [[0, f"rgb{BLUE}"], [0.5, "rgb(247,247,247)"], [1, f"rgb{RED}"]]
    for place, attribution in finished.items():
        limit = saturate[place.row, place.column]
        figure.add_trace(
            go.Heatmap(
                z=_enlarged(drawn_values(attribution), size).astype(np.float32),
                zmin=-limit,
                zmax=limit,
                colorscale=scale,
                showscale=False,
                hovertemplate="%{x}, %{y}: %{z:.3g}<extra></extra>",
            ),
            place.row + 1,
            place.column + 1,
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
) -> list[tuple[Place, npt.NDArray[np.uint8], Attribution]]:
    settings = scene.settings
    saturate = limits({(p.row, p.column): a for p, a in finished.items()}, settings)
    grey = grey_of(scene.picture.pixels) if settings.view == "overlay" else None
    size = scene.picture.pixels.shape[:2]
    return [
        (
            place,
            painted(
                _enlarged(drawn_values(attribution), size),
                saturate[place.row, place.column],
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
