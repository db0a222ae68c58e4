"""The path of Integrated Gradients: a film strip, the score along it, the gap by gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from attribution_core.images import Picture
from attribution_core.measures.csv_tables import csv_text
from attribution_core.methods.paths import PathProfile, profile_path, quadrature_gaps
from attribution_core.request import Request
from pages.ui.maps.charts import GREY, framed, mark_position, mark_zero, plain, show, stroke
from pages.ui.maps.csv_download import csv_download
from pages.ui.references.strips import draw_path
from pages.ui.shell.choices import choice
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import Snapshots, score_name
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import number
from pages.ui.shell.waiting import instead_of

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

INTERVALS = 64


@dataclass(frozen=True)
class Walked:
    """A path so far; ``adaptive``: the gap of Integrated Gradients' own rule by gradients."""

    profile: PathProfile
    adaptive: tuple[tuple[int, float], ...]
    done: int
    planned: int


@dataclass(frozen=True)
class WalkPath:
    """The score and its slope between the reference and the picture of a request."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request

    def steps(self, classifier: Classifier) -> Iterator[Walked]:
        from attribution_core.explanation import pose
        from attribution_core.methods.integrated_gradients import integrated_gradients

        problem = pose(classifier, self.request)
        function, point, reference = problem.function, problem.point, problem.reference
        planned = 2 * (INTERVALS + 1)
        profile: PathProfile | None = None
        for profile in profile_path(function, point, reference, INTERVALS):
            yield Walked(profile, (), profile.done, planned)
        assert profile is not None
        gaps: list[tuple[int, float]] = []
        for estimate in integrated_gradients.refine(
            function, point, reference, steps=INTERVALS + 1
        ):
            total = float(np.asarray(estimate.values, np.float64).sum())
            gaps.append((estimate.evaluations, abs(total - profile.change)))
            yield Walked(profile, tuple(gaps), profile.done + estimate.done, planned)

    def multiplications(self, classifier: Classifier) -> float:
        return 6 * INTERVALS * classifier.layer(self.request.layer).multiplications


def _choose_alpha() -> float:
    """The slider of the film strip, α in 0..1."""
    return choice(
        "references-place",
        lambda key, value: st.slider(
            "Position α on the path: 0 is the reference, 1 the picture",
            0.0,
            1.0,
            step=0.01,
            key=key,
        ),
        0.5,
        lambda text: number(text, 0, 1),
    )


def render_path(
    scene: Scene,
    reference: Picture | None,
    paths: Mapping[int, WalkPath],
    snapshots: Snapshots,
) -> None:
    """Draw the strip and three curves, as far as they are computed."""
    st.markdown(
        f"#### The path from the {literal(scene.settings.reference)} reference to the picture"
    )
    walked = {
        target: estimate
        for target, task in paths.items()
        if isinstance(estimate := snapshots[task].estimate, Walked)
    }
    at_input = scene.settings.layer == "input"
    alpha = None if reference is None else _choose_alpha()
    if reference is not None and alpha is not None:
        draw_path(reference, scene.picture, alpha)
    if not at_input:
        st.caption(
            f"The path runs through the activations at {literal(scene.settings.layer)}, from those "
            "of the reference to those of the picture: no picture in between has them"
            + ("; the strip shows the path at the pixels." if reference is not None else ".")
        )
    if not walked:
        st.caption(
            instead_of(map(snapshots.__getitem__, paths.values()), "The path is being evaluated …")
        )
        return
    labels = {target: scene.labels[target] for target in walked}
    _draw_charts(scene, walked, labels, alpha)
    st.caption("  \n".join(_halves(walked, labels)))
    csv_download(
        "Path as CSV",
        lambda: path_csv(walked),
        f"path-{scene.settings.model}-{scene.settings.picture}",
    )


def _draw_charts(
    scene: Scene, walked: Mapping[int, Walked], labels: Mapping[int, str], alpha: float | None
) -> None:
    """The score along the path, its slope, and the gap of the quadrature rules."""
    with st.container(horizontal=True, gap="small", key="charts_path"):
        with st.container():
            st.markdown(f"**The {score_name(scene)} along the path**")
            show(_scores(walked, labels, alpha), "path_scores")
        with st.container():
            st.markdown(
                "**Where the attribution accumulates**",
                help="The slope of the score, ∇f · (x − x′). Its integral is what the attributions "
                "of Integrated Gradients sum to (thesis, equation 2.18; Sundararajan et al. 2017).",
            )
            show(_slopes(walked, labels, alpha), "path_slopes")
        with st.container():
            st.markdown(
                "**Gap by number of gradients**",
                help="|Σ attributions − (f(x) − f(x′))| as a share of the difference. A small gap "
                "alone does not mean that the map has converged.",
            )
            show(_gaps(walked, labels), "path_gaps")


def _halves(walked: Mapping[int, Walked], labels: Mapping[int, str]) -> list[str]:
    """For each class, where on the path half of the score's difference is reached."""
    return [
        f"{literal(labels[target])}: from {written(each.profile.scores[0])} to "
        f"{written(each.profile.scores[-1])}; half of the difference is reached at α = {half:.2f}."
        for target, each in walked.items()
        if (half := first_alpha(each.profile, 0.5)) is not None
    ]


def path_csv(walked: Mapping[int, Walked]) -> str:
    """A line for each class and α."""
    lines = []
    for target, each in walked.items():
        profile = each.profile
        columns = (profile.alphas, profile.scores, profile.slopes, profile.earned)
        lines += [
            [target, *(f"{value:.6g}" for value in row)] for row in zip(*columns, strict=True)
        ]
    return csv_text(["class", "alpha", "score", "slope", "earned"], lines)


def first_alpha(profile: PathProfile, share: float) -> float | None:
    """The α at which a share of the difference is first reached, by linear interpolation."""
    earned = profile.earned
    reached = np.flatnonzero(earned >= share)
    if not len(reached):
        return None
    after = int(reached[0])
    around = slice(max(after - 1, 0), after + 1)
    return float(np.interp(share, earned[around], profile.alphas[around]))


def _scores(
    walked: Mapping[int, Walked], labels: Mapping[int, str], alpha: float | None
) -> go.Figure:
    figure = go.Figure()
    for row, (target, each) in enumerate(walked.items()):
        figure.add_scatter(
            x=each.profile.alphas,
            y=each.profile.scores,
            name=plain(labels[target]),
            mode="lines",
            line=stroke(row).line,
            hovertemplate="α = %{x:.2f}: %{y:.3f}<extra></extra>",
        )
    return _laid_out(figure, "α", alpha)


def _slopes(
    walked: Mapping[int, Walked], labels: Mapping[int, str], alpha: float | None
) -> go.Figure:
    figure = go.Figure()
    for row, (target, each) in enumerate(walked.items()):
        figure.add_scatter(
            x=each.profile.alphas,
            y=each.profile.slopes,
            name=plain(labels[target]),
            mode="lines",
            line=stroke(row).line,
            fill="tozeroy" if len(walked) == 1 else None,
            hovertemplate="α = %{x:.2f}: slope %{y:.3f}<extra></extra>",
        )
    mark_zero(figure)
    return _laid_out(figure, "α", alpha)


RULE_MARKERS = {"adaptive": "circle", "midpoint": "square-open", "trapezoid": "triangle-up-open"}


def _gaps(walked: Mapping[int, Walked], labels: Mapping[int, str]) -> go.Figure:
    figure = go.Figure()
    for row, (target, each) in enumerate(walked.items()):
        change = abs(each.profile.change)
        finished = each.profile.done == each.profile.planned
        if not finished or not change:
            continue
        rules = {**quadrature_gaps(each.profile), "adaptive": list(each.adaptive)}
        for rule, symbol in RULE_MARKERS.items():
            rows = rules[rule]
            figure.add_scatter(
                x=[gradients for gradients, _ in rows],
                y=[100 * gap / change for _, gap in rows],
                mode="lines+markers",
                marker={"size": 8, "symbol": symbol},
                line={**stroke(row).line, "width": 1.5},
                showlegend=False,
                hovertemplate=f"{plain(labels[target])}, {rule}, %{{x}} gradients: %{{y:.2f}} %"
                "<extra></extra>",
            )
    # Strokes are the classes' as in the charts beside it; the legend names the rules only.
    for rule, symbol in RULE_MARKERS.items():
        marker = {"symbol": symbol, "color": GREY, "size": 8}
        figure.add_scatter(x=[None], y=[None], name=rule, mode="markers", marker=marker)
    figure.update_xaxes(type="log", tickvals=[1, 2, 4, 8, 16, 32, 64])
    figure.update_yaxes(type="log", dtick=1, ticksuffix=" %", exponentformat="none")
    return _laid_out(figure, "gradients", None)


def _laid_out(figure: go.Figure, title: str, alpha: float | None) -> go.Figure:
    if alpha is not None:
        mark_position(figure, alpha)
    framed(figure, 300, x=title)
    figure.update_layout(
        showlegend=True, legend={"y": 0, "yanchor": "bottom", "font": {"size": 12}}
    )
    return figure
