"""A point on a curve, the picture that is left there, and the model's prediction for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from attribution_core.images import INPUT
from attribution_core.measures.curves import FaithfulnessCurve
from attribution_core.registry import METHODS
from pages.ui.faithfulness.figures import picture_at
from pages.ui.faithfulness.protocol import Protocol
from pages.ui.faithfulness.tasks import Curves
from pages.ui.shell.choices import choice
from pages.ui.shell.choosers import choose_from_list, choose_one
from pages.ui.shell.markdown import literal
from pages.ui.shell.requests import reference_of
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import whole
from pages.ui.worker.tasks import Prediction

WIDTH = 236


@dataclass(frozen=True)
class Cursor:
    """A point on one method's curve: the share of the picture removed or inserted, 0..1."""

    method: str
    direction: str
    share: float

    @property
    def verb(self) -> str:
        return "removed" if self.direction == "deletion" else "inserted"


def choose_cursor(methods: tuple[str, ...]) -> Cursor:
    """Draw the controls for method, direction and share."""
    method = choose_from_list(
        "faithfulness-method",
        "The picture in the order of",
        {name: METHODS[name].title for name in methods},
        methods[0],
    )
    direction = choose_one(
        "faithfulness-direction",
        "Direction",
        {"deletion": "Deletion", "insertion": "Insertion"},
        "deletion",
        label_visibility="collapsed",
    )
    share = choice(
        "faithfulness-share",
        lambda key, value: st.slider(
            "Share removed" if direction == "deletion" else "Share inserted",
            0,
            100,
            step=1,
            format="%d %%",
            key=key,
        ),
        25,
        lambda text: whole(text, 0, 100),
    )
    return Cursor(method, direction, share / 100)


def point_at(curve: FaithfulnessCurve, share: float) -> int:
    """The point of a curve that is nearest to a share; of two as near, the first."""
    return int(np.argmin(np.abs(curve.shares - share)))


def marks(cursor: Cursor, known: Mapping[str, Curves], direction: str) -> tuple[str, int] | None:
    """The method's title and the point that a direction's figure marks, if it is the cursor's."""
    if cursor.direction != direction or cursor.method not in known:
        return None
    curve = known[cursor.method].of(direction)
    return METHODS[cursor.method].title, point_at(curve, cursor.share)


def draw_point(
    scene: Scene, protocol: Protocol, curves: Curves, cursor: Cursor, target: int
) -> None:
    """Draw the picture at the cursor, with the model's top class on it."""
    curve = curves.of(cursor.direction)
    point = point_at(curve, cursor.share)
    reference = None
    if protocol.players.layer == INPUT:
        found = reference_of(scene.settings.at(INPUT), scene.picture)
        reference = None if found is None else found.pixels
    shown = f"{100 * curve.shares[point]:.0f} % {cursor.verb}"
    st.image(
        picture_at(scene.picture.pixels, reference, curves.present(cursor.direction, point)),
        width=WIDTH,
        alt=f"The picture with {shown}",
    )
    lines = [f"**{shown}**, the nearest point of the curve."]
    if curve.logits is not None:
        prediction = Prediction.of(curve.logits[point], scene.link)
        (top,) = prediction.top(1)
        lines.append(f"Top class: **{literal(scene.labels[top])}** {prediction.said(top)}")
        if top != target:
            lines.append(f"{literal(scene.labels[target])} {prediction.said(target)}")
    if reference is None:
        lines.append("Faded positions have the reference's activations.")
    st.caption("  \n".join(lines))
