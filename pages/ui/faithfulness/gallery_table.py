"""Areas of every method over the whole gallery: do they rank the same way elsewhere?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from attribution_core.measures.csv_tables import csv_text
from attribution_core.registry import METHODS
from attribution_core.scores import Link, Score
from attribution_core.segmentations import counted
from pages.ui.faithfulness.protocol import Protocol, removal_in_words
from pages.ui.faithfulness.tasks import RANDOM, DrawPictureCurves, PictureCurves
from pages.ui.faithfulness.templates import of_other_scores, templates_for, why_no_maps
from pages.ui.maps.csv_download import csv_download
from pages.ui.shell.choosers import choose_from_list
from pages.ui.shell.gallery import KINDS, GalleryPicture, gallery, pixels_of
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.waiting import instead_of
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Task

Areas = dict[str, tuple[float, float]]
"""Normalised deletion and insertion area by method."""


def choose_pictures() -> tuple[GalleryPicture, ...]:
    """All pictures of the gallery, or those of a kind."""
    counts = Counter(entry.kind for entry in gallery())
    titles = {"all": f"All {len(gallery())}"}
    titles |= {kind: f"{title} ({counts[kind]})" for kind, title in KINDS.items()}
    chosen = choose_from_list("faithfulness-pictures", "Pictures", titles, "all", width=220)
    return tuple(entry for entry in gallery() if chosen in ("all", entry.kind))


def render_gallery_areas(
    engine: Engine, scene: Scene, protocol: Protocol, pictures: Sequence[GalleryPicture]
) -> None:
    """Ask for the curves of each of these pictures' top class, and draw the mean areas."""
    classifier = engine.loaded(scene.settings.model)
    settings = scene.settings
    known, reasons = templates_for(scene, scene.picture, None)
    if classifier is None or not known:
        st.info(why_no_maps(reasons), icon=":material/info:")
        return
    tasks: dict[Task, str] = {}
    for entry in pictures:
        picture = pixels_of(entry.id, classifier.input_size)
        requests, _ = templates_for(scene, picture, None)
        task = DrawPictureCurves(
            settings.model, picture, requests, protocol.players, protocol.points
        )
        tasks[task] = entry.title

    def draw(snapshots: Snapshots, finished: bool) -> None:
        found = {
            title: estimate
            for task, title in tasks.items()
            if isinstance(estimate := snapshots[task].estimate, PictureCurves)
        }
        if not any(map(_complete, found.values())):
            st.caption(instead_of(snapshots.values(), "The first picture is under way …"))
            return
        _draw(scene, found, protocol.score)

    follow(
        engine,
        scene,
        predictions_for(settings, scene.picture),
        tasks,
        draw,
        noun="pictures",
        caption="Each picture for its own top class, with the sidebar's methods and layer. "
        + " ".join((removal_in_words(scene, protocol), of_other_scores(scene))),
    )


def _draw(scene: Scene, found: Mapping[str, PictureCurves], score: str) -> None:
    areas = {title: areas_of(each, score, scene.link) for title, each in found.items()}
    whole = {title: each for title, each in areas.items() if _complete(found[title])}
    st.markdown(f"**Mean normalised areas over {counted(len(whole), 'picture')}**")
    st.dataframe(ranked(list(whole.values())), hide_index=True, width=820, key="gallery_areas")
    st.caption(
        "Normalised: the reference's score counts as 0 and the picture's as 1. Ranks are means "
        "over the pictures, 1 the best: no single picture ranks a method. Contrast is with each "
        "picture's runner-up."
    )
    st.markdown("**Each picture**: deletion area ↓ / insertion area ↑, normalised")
    st.dataframe(
        [
            {"Picture": title, "Class": scene.labels[found[title].target], **_cells(each)}
            for title, each in whole.items()
        ],
        hide_index=True,
        key="gallery_pictures",
    )
    csv_download(
        "Areas of every picture as CSV",
        lambda: _csv(scene, found, score),
        f"faithfulness-gallery-{scene.settings.model}",
    )


def _complete(curves: PictureCurves) -> bool:
    return curves.done == curves.planned


def _cells(areas: Areas) -> dict[str, str]:
    return {
        title_of(method): f"{written(deletion)} / {written(insertion)}"
        for method, (deletion, insertion) in areas.items()
    }


def areas_of(each: PictureCurves, score: str, link: Link = "softmax") -> Areas:
    """Normalised areas by method."""
    read = _score(each, score, link)
    return {
        method: (
            deletion.read_as(read).normalised_area,
            insertion.read_as(read).normalised_area,
        )
        for method, deletion, insertion in each.curves
    }


def _score(each: PictureCurves, score: str, link: Link) -> Score:
    if score == "contrast":
        return Score(each.target, against=each.runner_up, link=link)
    return Score(each.target, probability=score == "probability", link=link)


def ranked(areas: list[Areas]) -> list[dict[str, str]]:
    """Rows with each method's mean areas and mean ranks over the pictures, ties sharing theirs."""
    from scipy.stats import rankdata

    methods = list(areas[0])
    table = np.array([[each[method] for method in methods] for each in areas])
    # The smaller the better in deletion, the larger in insertion.
    ranks = rankdata(table * [1, -1], axis=1)
    rows = []
    for number, method in enumerate(methods):
        (deletion, insertion), rank = table[:, number].mean(axis=0), ranks[:, number].mean(axis=0)
        rows.append(
            {
                "Method": title_of(method),
                "Deletion ↓": written(deletion, ".3f"),
                "mean rank in deletion": f"{rank[0]:.1f}",
                "Insertion ↑": written(insertion, ".3f"),
                "mean rank in insertion": f"{rank[1]:.1f}",
            }
        )
    return rows


def title_of(method: str) -> str:
    """A method's title, random order's too."""
    return "Random order" if method == RANDOM else METHODS[method].title


def _csv(scene: Scene, found: Mapping[str, PictureCurves], score: str) -> str:
    lines = []
    for title, each in found.items():
        read = _score(each, score, scene.link)
        for method, *pair in each.curves:
            deletion, insertion = (curve.read_as(read) for curve in pair)
            numbers = [
                deletion.area,
                deletion.normalised_area,
                insertion.area,
                insertion.normalised_area,
            ]
            lines.append(
                [
                    title,
                    str(each.target),
                    scene.labels[each.target],
                    title_of(method),
                    score,
                    *(f"{number:.6g}" for number in numbers),
                ]
            )
    heading = ["picture", "class", "label", "method", "score", "deletion_area"]
    heading += ["deletion_normalised_area", "insertion_area", "insertion_normalised_area"]
    return csv_text(heading, lines)
