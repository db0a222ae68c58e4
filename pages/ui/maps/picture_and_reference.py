"""The strip above the maps: picture and reference, and what the model answers to each."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from html import escape

import numpy as np
from PIL import Image

from attribution_core.images import Picture
from attribution_core.running.standing import Snapshot
from attribution_core.scores import Quantity, each_by_itself
from pages.ui.shell.html import draw_html
from pages.ui.shell.numbers import written
from pages.ui.shell.requests import reference_of, without_picture
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.shell.waiting import instead_of
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Predict, Prediction

BARS = 5


def render_picture_and_reference(engine: Engine, scene: Scene) -> None:
    """Draw both side by side, low enough that the maps below them stay in sight."""
    asked = engine.jobs.look(Predict(scene.settings.model, scene.picture), visitor())
    parts = [_square("The picture", scene.picture), answers(asked, scene)]
    reference = reference_of(scene.settings, scene.picture)
    if reference is None:
        parts.append(
            f'<div class="about"><b>The reference: {scene.settings.reference}</b>'
            f"<p>{escape(without_picture(scene.settings))}</p></div>"
        )
    else:
        asked = engine.jobs.look(Predict(scene.settings.model, reference), visitor())
        parts += [_square("The reference", reference), answer_to_reference(asked, scene)]
    draw_html(f'<div class="picture-strip">{"".join(parts)}</div>')


@lru_cache(maxsize=64)
def as_url(picture: Picture) -> str:
    """The picture as a data URL, which Streamlit passes on; pixels it would encode every run."""
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels.astype(np.uint8)).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _square(title: str, picture: Picture) -> str:
    return f'<img src="{as_url(picture)}" alt="{title}" title="{title}">'


def answers(asked: Snapshot[object], scene: Scene) -> str:
    """HTML of what the model says to the picture, or that it is being asked."""
    # Percentages that are no shares of one whole should not look like such.
    each = " of each class by itself" if each_by_itself(scene.link) else ""
    says = f"<b>{escape(scene.model.title)} says{each}</b>"
    prediction = _nameable(asked, scene)
    if prediction is None:
        meanwhile = _meanwhile(asked)
        return f'<div class="about">{says}<p>{meanwhile}</p></div>'
    words = escape(described(prediction, scene.labels))
    bars = top_bars(prediction, scene.labels, scene.classes, scene.quantity)
    return f'<div class="answers" role="figure" aria-label="{words}">{says}{bars}</div>'


def _nameable(asked: Snapshot[object], scene: Scene) -> Prediction | None:
    """The prediction, where it is there and the scene knows its classes.

    A network without labels of its own is loaded between the two, when the scene has none yet.
    """
    found = asked.estimate
    if not isinstance(found, Prediction) or len(scene.labels) < len(found.logits):
        return None
    return found


def _meanwhile(asked: Snapshot[object]) -> str:
    being_asked = "The model is being asked …"
    return being_asked if asked.state == "done" else instead_of([asked], being_asked)


def answer_to_reference(asked: Snapshot[object], scene: Scene) -> str:
    """HTML of what it says at most to the reference, or that it is being asked."""
    kind = f"<b>Reference: {scene.settings.reference}</b>"
    prediction = _nameable(asked, scene)
    if prediction is None:
        meanwhile = _meanwhile(asked)
        return f'<div class="about">{kind}<p>{meanwhile}</p></div>'
    first = described(prediction, scene.labels, 1)
    words = escape(described(prediction, scene.labels))
    return (
        f'<div class="about" role="figure" aria-label="{words}" title="{words}">{kind}'
        f"<p>The model’s top answer to it: {escape(first)}.</p></div>"
    )


def described(prediction: Prediction, labels: Sequence[str], most: int = BARS) -> str:
    """The top classes in words."""
    return ", ".join(
        f"{labels[number]} {prediction.said(number)}" for number in prediction.top(most)
    )


def top_bars(
    prediction: Prediction,
    labels: Sequence[str],
    targets: Sequence[int],
    quantity: Quantity = "logit",
) -> str:
    """HTML of the most probable classes as bars, the target classes among them stronger.

    Where outputs are no probabilities, a bar is as long as its share of the largest one.
    """
    rows = []
    largest = float(np.abs(prediction.logits).max()) or 1.0
    for number in prediction.top(BARS):
        about = f"class {number}: {prediction.said(number, 2)}"
        if prediction.probabilities is None:
            share = 100 * abs(float(prediction.logits[number])) / largest
        else:
            share = 100 * float(prediction.probabilities[number])
            about += f", {quantity} {written(float(prediction.logits[number]))}"
        rows.append(
            f'<div class="answer{" target" if number in targets else ""}" title="{about}">'
            f'<i style="width:{share:.1f}%"></i><span>{escape(labels[number])}</span>'
            f"<span>{prediction.said(number)}</span></div>"
        )
    return "".join(rows)
