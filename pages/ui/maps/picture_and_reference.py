"""The picture and the reference, each with the model's prediction for it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from attribution_core.images import Picture
from attribution_core.running.jobs import Snapshot
from pages.ui.maps.charts import GREY, VERMILION, framed, plain, show
from pages.ui.shell.markdown import literal
from pages.ui.shell.requests import reference_of
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.shell.waiting import instead_of
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Predict, Prediction

BARS = 5
_SIDE = 150
_BARS_WIDTH = 230


def render_picture_and_reference(engine: Engine, scene: Scene) -> None:
    """Draw both, side by side where the page is wide enough."""
    reference = reference_of(scene.settings, scene.picture)
    with st.container(horizontal=True, gap="small"):
        asked = engine.jobs.look(Predict(scene.settings.model, scene.picture), visitor())
        _pair("The picture", scene.picture, asked, scene, key="picture_bars")
        if reference is None:
            with st.container(width=_SIDE):
                st.markdown("**The reference: zeros**")
                st.caption(
                    f"All activations at {literal(scene.settings.layer)} set to zero, as in the "
                    "thesis: no picture has them."
                )
        else:
            asked = engine.jobs.look(Predict(scene.settings.model, reference), visitor())
            _pair("The reference", reference, asked, scene, key="reference_bars")


@lru_cache(maxsize=64)
def as_url(picture: Picture) -> str:
    """The picture as a data URL, which Streamlit passes on; pixels it would encode every run."""
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels.astype(np.uint8)).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _pair(title: str, picture: Picture, asked: Snapshot[object], scene: Scene, *, key: str) -> None:
    with st.container(width=_SIDE):
        st.markdown(f"**{title}**")
        st.image(as_url(picture), width=_SIDE, alt=title)
    with st.container(width=_BARS_WIDTH):
        st.markdown("**The model's top five**")
        prediction = asked.estimate
        if not isinstance(prediction, Prediction):
            st.caption(instead_of([asked], "The model is being asked …"))
        else:
            figure = top_bars(prediction, scene.labels, scene.classes)
            show(figure, key, alt=described(prediction, scene.labels))


def described(prediction: Prediction, labels: Sequence[str]) -> str:
    """The top classes in words."""
    return ", ".join(
        f"{labels[number]} {100 * prediction.probabilities[number]:.1f} %"
        for number in prediction.top(BARS)
    )


def top_bars(prediction: Prediction, labels: Sequence[str], targets: Sequence[int]) -> go.Figure:
    """The most probable classes as bars, the target classes among them stronger."""
    return _bars(
        tuple(
            _Bar(
                number,
                labels[number],
                100 * float(prediction.probabilities[number]),
                float(prediction.logits[number]),
                number in targets,
            )
            for number in prediction.top(BARS)
        )
    )


class _Bar(NamedTuple):
    number: int
    label: str
    share: float
    logit: float
    is_target: bool


@lru_cache(maxsize=256)
def _bars(bars: tuple[_Bar, ...]) -> go.Figure:
    """The figure, made once: Plotly takes longer over it than the rest of a rerun does."""
    figure = go.Figure(
        go.Bar(
            x=[bar.share for bar in bars],
            y=list(range(len(bars))),
            orientation="h",
            marker={
                "color": [VERMILION if bar.is_target else GREY for bar in bars],
                "cornerradius": 3,
            },
            text=[f"{plain(bar.label)}  {bar.share:.1f} %" for bar in bars],
            textposition=["inside" if bar.share > 45 else "outside" for bar in bars],
            insidetextanchor="start",
            cliponaxis=False,
            customdata=[[bar.number, bar.logit] for bar in bars],
            hovertemplate="class %{customdata[0]}<br>%{x:.2f} %<br>"
            "logit %{customdata[1]:.2f}<extra></extra>",
        )
    )
    framed(figure, _SIDE)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, bargap=0.25)
    figure.update_xaxes(visible=False, range=[0, 100])
    figure.update_yaxes(visible=False, autorange="reversed")
    return figure
