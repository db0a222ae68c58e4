"""Methods × measures: all measures of all chosen methods, over pictures, beside their baselines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from attribution_core.images import Picture
from attribution_core.measures.known_measures import MEASURES, QUICK
from attribution_core.measures.localisation import mosaic
from attribution_core.measures.map_curves import Players
from attribution_core.measures.measure import Effort
from attribution_core.measures.measure_table import Cell, MeasureTable
from attribution_core.segmentations import counted
from pages.ui.faithfulness.localisation import TILES
from pages.ui.faithfulness.measure_downloads import render_table_downloads
from pages.ui.faithfulness.measure_tasks import Marked, MeasureMaps, PictureMeasures
from pages.ui.faithfulness.protocol import choose_players
from pages.ui.faithfulness.region import choose_region
from pages.ui.faithfulness.templates import of_other_scores, templates_for, why_no_maps
from pages.ui.shell.choosers import choose_class, choose_from_list, choose_several
from pages.ui.shell.gallery import KINDS, GalleryPicture, gallery, pixels_of
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.waiting import instead_of
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Task

THIS, ALL, MOSAICS = "this", "all", "mosaics"
EFFORT = Effort()


def render_measures(engine: Engine, scene: Scene) -> None:
    """Ask for the measures of each picture's maps, and draw the table as they come."""
    st.caption(
        "No measure says that a map is right: each asks one thing, and none can say another. So "
        "each stands beside maps without information, over many pictures, with the 95 % interval "
        "of its mean."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measured = choose_from_list(
            "faithfulness-measured", "Pictures", _pictures(), "animals", width=220
        )
        measures = choose_several(
            "faithfulness-measures",
            "Measures",
            {name: each.title for name, each in MEASURES.items()},
            QUICK,
            most=len(MEASURES),
            help="Those of a region need mosaics, whose tiles are regions, or a region of this "
            "picture. Those that explain changed pictures take many times as long.",
        )
        target = choose_class("faithfulness-class", "Class", scene) if measured == THIS else None
        players, removed = Players(), ""
        if any(MEASURES[name].needs == "scores" for name in measures):
            players, removed = choose_players(engine, scene)
    marked = choose_region(scene) if measured == THIS else None
    if not measures:
        st.info("Choose one or more measures.", icon=":material/straighten:")
        return
    tasks = _tasks(engine, scene, measured, measures, players, target, marked)
    if not tasks:
        _, reasons = templates_for(scene, scene.picture, target)
        st.info(why_no_maps(reasons), icon=":material/info:")
        return

    def draw(snapshots: Snapshots, finished: bool) -> None:
        estimates = [snapshots[task].estimate for task in tasks]
        known = [each for each in estimates if isinstance(each, PictureMeasures)]
        whole = [each.found for each in known if each.done == each.planned]
        table = MeasureTable(tuple(chain.from_iterable(whole)))
        if table.found:
            if set(measures) - set(table.measures):
                st.caption(_nothing(measured))
            _draw(scene, table)
        elif finished and len(whole) == len(tasks):
            st.info(_nothing(measured), icon=":material/info:")
        else:
            st.caption(instead_of(snapshots.values(), "The first picture is under way …"))

    follow(
        engine,
        scene,
        predictions_for(scene.settings, scene.picture),
        tasks,
        draw,
        noun="results" if measured == THIS else "pictures",
        caption="The sidebar's methods, layer and reference"
        + (f"; what is removed are {removed}. " if removed else ". ")
        + (of_other_scores(scene) if target is None else ""),
    )


def _pictures() -> dict[str, str]:
    counts = Counter(entry.kind for entry in gallery())
    titles = {THIS: "This picture", ALL: f"All {len(gallery())}"}
    titles |= {kind: f"{title} ({counts[kind]})" for kind, title in KINDS.items()}
    return titles | {MOSAICS: "Mosaics of the gallery"}


def _nothing(measured: str) -> str:
    """Why the table is empty, or lacks measures that were chosen."""
    if measured == MOSAICS:
        return "In no mosaic are there four different top classes; choose other pictures."
    return (
        "The pointing game and the energy inside need a region: choose mosaics, or this picture "
        "and where it shows the class."
    )


def _tasks(
    engine: Engine,
    scene: Scene,
    measured: str,
    measures: tuple[str, ...],
    players: Players,
    target: int | None,
    marked: Marked | None,
) -> dict[Task, str]:
    """A task for each picture, or tile of a mosaic, with its title."""
    classifier = engine.loaded(scene.settings.model)
    if classifier is None:
        return {}

    def task(title: str, picture: Picture) -> MeasureMaps | None:
        requests, _ = templates_for(scene, picture, target)
        if not requests:
            return None
        model = scene.settings.model
        return MeasureMaps(model, title, requests, players, measures, EFFORT, None, target)

    made: list[MeasureMaps | None]
    if measured == THIS:
        made = _with_region(task("This picture", scene.picture), marked)
    elif measured == MOSAICS:
        made = []
        for number, group in enumerate(_groups(gallery())):
            tiles = [pixels_of(entry.id, classifier.input_size) for entry in group]
            whole = mosaic([each.pixels for each in tiles])
            for place, (entry, tile) in enumerate(zip(group, tiles, strict=True)):
                one = task(f"{entry.title}, mosaic {number + 1}", Picture.of(whole.pixels))
                of_tile = Marked.of(np.asarray(whole.tiles == place))
                beside = tuple(each for each in tiles if each is not tile)
                made.append(one and replace(one, marked=of_tile, shown=tile, beside=beside))
    else:
        chosen = [each for each in gallery() if measured in (ALL, each.kind)]
        made = [task(entry.title, pixels_of(entry.id, classifier.input_size)) for entry in chosen]
    return {each: each.title for each in made if each is not None}


def _with_region(task: MeasureMaps | None, marked: Marked | None) -> list[MeasureMaps | None]:
    """Those of the region apart: where it changes, the others stay as they are."""
    if task is None or marked is None:
        return [task]
    of_region = tuple(name for name in task.measures if MEASURES[name].needs == "region")
    others = tuple(name for name in task.measures if name not in of_region)
    parts = ((others, None), (of_region, marked))
    return [replace(task, measures=names, marked=region) for names, region in parts if names]


def _groups(pictures: Sequence[GalleryPicture]) -> list[tuple[GalleryPicture, ...]]:
    """Four pictures a mosaic, each from another part of the gallery, whose neighbours are alike."""
    count = len(pictures) // TILES
    return [tuple(pictures[place::count][:TILES]) for place in range(count)]


def _draw(scene: Scene, table: MeasureTable) -> None:
    arrows = {name: "↑" if MEASURES[name].better == "higher" else "↓" for name in table.measures}
    st.markdown(
        f"**Means over {counted(len(table.pictures), 'picture')}**: ↑ higher is better, ↓ lower"
    )
    st.dataframe(
        _with_minus(
            [
                {"Method": title}
                | {name: _number(table.cell(row, name).values.mean) for name in table.measures}
                for title, row in zip(table.titles, table.rows, strict=True)
            ],
            ".2f",
        ),
        hide_index=True,
        key="measure_table",
        column_config={
            name: st.column_config.NumberColumn(
                f"{MEASURES[name].title} {arrows[name]}", help=MEASURES[name].help
            )
            for name in table.measures
        },
    )
    name = choose_from_list(
        "faithfulness-measure",
        "One measure, beside maps without information",
        {each: MEASURES[each].title for each in table.measures},
        table.measures[0],
        width=320,
    )
    measure = MEASURES[name]
    st.markdown(f"{measure.summary} **What it cannot say:** {measure.cannot_say}")
    st.dataframe(
        _with_minus(
            [
                {"Method": title, **_line(table.cell(row, name))}
                for title, row in zip(table.titles, table.rows, strict=True)
            ],
            ".3f",
        ),
        hide_index=True,
        key="one_measure",
    )
    st.caption(
        f"Without information: {measure.random}. Better by: how much better than that each map "
        f"is; a method is called better where the interval lies above 0. {measure.paper}."
    )
    render_table_downloads(scene, table)


_COLUMNS = (
    *("Mean", "from", "to", "Without information", "from ", "to ", "Better by", "from  ", "to  "),
)
"""Of one measure; spaces tell columns of one heading apart."""


def _line(cell: Cell) -> Mapping[str, object]:
    numbers = (
        *(cell.values.mean, *cell.interval),
        *(cell.baselines.mean, *cell.baseline_interval),
        *(cell.gains.mean, *cell.gain_interval),
    )
    named = zip(_COLUMNS, map(_number, numbers), strict=True)
    return {**dict(named), "Verdict": cell.verdict, "Pictures": cell.values.count}


def _with_minus(lines: Sequence[Mapping[str, object]], form: str) -> Styler:
    """A table that is sorted by its numbers, and shows them as `written` does."""
    frame = pd.DataFrame(lines)
    fractions = [name for name in frame if frame[name].dtype.kind == "f"]
    return frame.style.format(lambda value: written(value, form), subset=fractions, na_rep="")


def _number(value: float) -> float | None:
    """None, which a table leaves empty, where there is no number."""
    return None if np.isnan(value) else value
