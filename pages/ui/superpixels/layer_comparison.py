"""The thesis's figure 3.2: superpixels at the pixels against positions of the last layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from attribution_core.images import INPUT
from attribution_core.registry import METHODS
from attribution_core.request import Request
from attribution_core.segmentations import MOST_POSITIONS
from pages.ui.maps.grid import done_in, names_of, render_maps
from pages.ui.maps.table import MapTable, cell_for
from pages.ui.shell.choosers import choose_whether
from pages.ui.shell.game_methods import LEADING
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots
from pages.ui.shell.requests import request_for
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Task, TimeCoalitions

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


@dataclass(frozen=True)
class LayerComparison:
    """One method and class in two games, and the time per coalition in each."""

    table: MapTable
    times: tuple[TimeCoalitions, ...]

    @property
    def tasks(self) -> dict[Task, str]:
        """All that is asked for, with names for the progress line."""
        named = names_of(self.table)
        named.update((time, "the time per coalition") for time in self.times)
        return named


def ask_to_compare(classifier: Classifier, scene: Scene, target: int) -> LayerComparison | None:
    """The comparison, if the visitor asks for it."""
    last = classifier.layers[-1]
    wanted = choose_whether(
        "superpixels-compare",
        f"Compare with {last}",
        False,
        f"{METHODS[LEADING].title} for the same class on both games, superpixels at the pixels and "
        "positions of the last layer: the head above it is all that has to be computed for a "
        "coalition there (thesis, figure 3.2).",
    )
    if not wanted:
        return None
    settings = scene.settings
    at_input = replace(settings.at(INPUT), segmentation="superpixels")
    at_last = replace(settings.at(last), count=max(settings.count, MOST_POSITIONS))
    asked = [
        request_for(replace(scene, settings=each), LEADING, target) for each in (at_input, at_last)
    ]
    title = METHODS[LEADING].title
    table = MapTable(
        rows=(scene.labels[target],),
        columns=(f"{title} at input", f"{title} at {last}"),
        cells=tuple(cell_for(scene, 0, column, each) for column, each in enumerate(asked)),
        row_names=(str(target),),
        column_names=(INPUT, last),
    )
    times = [TimeCoalitions(settings.model, each) for each in asked if isinstance(each, Request)]
    return LayerComparison(table, tuple(times))


def draw_comparison(
    engine: Engine,
    scene: Scene,
    comparison: LayerComparison,
    snapshots: Snapshots,
) -> None:
    """Both maps, and under them the cost of each when nothing is cached."""
    table = comparison.table
    st.markdown("#### Superpixels at the pixels, and positions of the last layer")
    render_maps(engine, scene, table, snapshots, key="compared_maps")
    done = done_in(table, snapshots)
    estimates = [snapshots[time].estimate for time in comparison.times]
    seconds = [each for each in estimates if isinstance(each, float)]
    if len(done) < 2 or len(seconds) < 2:
        return
    at_input, at_last = ((done[0, column].evaluations, each) for column, each in enumerate(seconds))
    st.caption(
        f"Without cached values, the {at_input[0]} coalitions take {_readable(at_input)} at the "
        f"pixels and the {at_last[0]} take {_readable(at_last)} at "
        f"{literal(table.column_names[1])}: "
        f"a coalition there is {at_input[1] / at_last[1]:.0f} times faster. The seconds under a "
        "map are fewer where its coalitions were in the cache."
    )


def _readable(task: tuple[int, float]) -> str:
    evaluations, each = task
    total = evaluations * each
    return f"{total:.1f} s" if total >= 1 else f"{1000 * total:.2g} ms"
