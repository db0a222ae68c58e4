"""The axioms on the loaded network: the task that checks them, and the table of outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import streamlit as st

from attribution_core.axioms.network_outcomes import NETWORK_AXIOMS, NetworkOutcome, NetworkOutcomes
from attribution_core.axioms.verdicts import AXIOMS
from attribution_core.measures.csv_tables import csv_text
from attribution_core.registry import METHODS
from attribution_core.request import Reason, Request, evaluations_of
from attribution_core.scores import several
from pages.ui.components.axiom_table import STATES, AxiomCase, AxiomCell, axiom_table
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.drawing import titles_of
from pages.ui.shell.choosers import choose_class, choose_whether
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import Snapshots, TaskSnapshot, follow, message, score_name
from pages.ui.shell.requests import predictions_for, request_for
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Task

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


@dataclass(frozen=True)
class CheckAxioms:
    """All checks of one method on one picture."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    against: int

    def steps(self, classifier: Classifier) -> Iterator[NetworkOutcomes]:
        from attribution_core.axioms.on_network import check_method

        return check_method(classifier, self.request, self.against)

    def multiplications(self, classifier: Classifier) -> float:
        # The map, the point with one part, four more maps, and some passes of the whole network.
        here = classifier.layer(self.request.layer).multiplications
        whole = classifier.layer("input").multiplications
        return 6 * evaluations_of(classifier, self.request) * here + 32 * whole


def render_network_axioms(engine: Engine, scene: Scene) -> None:
    """Draw the checks of all methods at the sidebar's layer."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = choose_class("axioms-class", "Class", scene)
        wanted = choose_whether(
            "axioms-network",
            "Check the network",
            True,
            "Runs each method about seven times at the sidebar's layer; slowest at the input.",
        )
    if not wanted:
        return
    against = _other_class(scene, target)
    tasks = _tasks(scene, target, against)
    names: dict[Task, str] = {
        task: METHODS[name].title for name, task in tasks.items() if not isinstance(task, Reason)
    }

    def draw(snapshots: Snapshots, finished: bool) -> None:
        axiom_table(
            rows=[METHODS[name].title for name in tasks],
            columns=[AXIOMS[name].title for name in NETWORK_AXIOMS],
            cells=[
                _row(engine, scene, task, None if isinstance(task, Reason) else snapshots[task])
                for task in tasks.values()
            ],
            hint="Click on a cell for the numbers behind it.",
            key="network_axioms",
        )
        st.caption(_checks_in_words(scene, target, against))
        if finished:
            found = (snapshots[task].estimate for task in names)
            _download(scene, [each for each in found if isinstance(each, NetworkOutcomes)])

    follow(
        engine,
        scene,
        predictions_for(scene.settings, scene.picture),
        names,
        draw,
        noun="methods",
        caption=f"The {score_name(scene)} of **{literal(scene.labels[target])}** at "
        f"**{literal(scene.settings.layer)}**, against {literal(scene.settings.reference)}, with "
        "the sidebar's options.",
    )


def _checks_in_words(scene: Scene, target: int, against: int) -> str:
    """What each column checks, and how closely, in Markdown."""
    return (
        "**Completeness:** do the values sum to f(x) − f(x′), to within 2 %? **Dummy** and "
        "**sensitivity:** at a point that equals the picture in one part and the reference "
        "elsewhere, the rest should get nothing and the part something. The percentages are "
        "the largest value elsewhere over the largest of all, and the part's share of the "
        f"change. **Linearity:** the {scene.quantity} of {literal(scene.labels[target])} minus "
        f"that of {literal(scene.labels[against])} should have the difference of the two "
        f"attributions; this check is always about {several(scene.quantity)}, and so is "
        "**monotonicity:** of at most four parts of the plane, all of whose coalitions are "
        "evaluated, one that contributes more "
        "to a class than to another, whichever other parts are there, should get more. It takes "
        "the other class of which most parts can be compared. **Implementation invariance:** "
        "attributions at the pixels, of the whole network against the body below "
        f"{literal(scene.settings.layer)} followed by the head above it, with few samples. "
        "Equal means to 0.1 % of the largest value, and to 5 % for the linearity of "
        f"{titles_of('quadrature')}, whose sum stops at its tolerance. Symmetry is not "
        "checked: in general no two positions of a picture are interchangeable for a network."
    )


def _other_class(scene: Scene, target: int) -> int:
    """The class that linearity subtracts: another chosen one, else the strongest other."""
    ranked = () if scene.prediction is None else scene.prediction.top(2)
    return next(number for number in (*scene.classes, *ranked) if number != target)


def _tasks(scene: Scene, target: int, against: int) -> dict[str, CheckAxioms | Reason]:
    """The task for each method, or why there is none."""
    settings = scene.settings
    if settings.score == "contrast" and target == settings.against:
        scene = replace(scene, settings=replace(settings, score=scene.quantity))
    found: dict[str, CheckAxioms | Reason] = {}
    for name in METHODS:
        asked = request_for(scene, name, target)
        found[name] = (
            asked if isinstance(asked, Reason) else CheckAxioms(settings.model, asked, against)
        )
    return found


def _row(
    engine: Engine, scene: Scene, task: CheckAxioms | Reason, snapshot: TaskSnapshot | None
) -> list[AxiomCell]:
    if isinstance(task, Reason) or snapshot is None:
        return [_empty("not possible", str(task))] * len(NETWORK_AXIOMS)
    known: dict[str, NetworkOutcome] = {}
    if isinstance(snapshot.estimate, NetworkOutcomes):
        known = {outcome.axiom: outcome for outcome in snapshot.estimate.outcomes}
    missing = _empty("…", message(engine, scene, snapshot))
    if snapshot.state in ("cancelled", "failed"):
        missing = _empty(snapshot.state, message(engine, scene, snapshot))
    return [_cell(known[name]) if name in known else missing for name in NETWORK_AXIOMS]


def _empty(verdict: str, reason: str) -> AxiomCell:
    return AxiomCell("none", verdict, (), (AxiomCase("none", "", reason or verdict),))


def _cell(outcome: NetworkOutcome) -> AxiomCell:
    if outcome.holds is None:
        return _empty("not possible", outcome.finding)
    state = STATES[outcome.holds]
    case = AxiomCase(state, "", outcome.finding + ".")
    return AxiomCell(state, state, (_in_words(outcome),), (case,))


def _in_words(outcome: NetworkOutcome) -> str:
    size = percent(outcome.error)
    return {
        "completeness": f"gap {size}",
        "dummy": f"elsewhere {size}",
        "sensitivity": f"gets {size}",
        "linearity": f"off by {size}",
        "monotonicity": f"off by {size}",
        "implementation_invariance": f"off by {size}",
    }[outcome.axiom]


def percent(share: float) -> str:
    """A share in percent, to two significant digits, on one line."""
    value = 100 * share
    if value == 0:
        return "0\N{NO-BREAK SPACE}%"
    if abs(value) < 0.01:
        return "under 0.01\N{NO-BREAK SPACE}%"
    return f"{written(value, '.2g' if abs(value) < 10 else '.0f')}\N{NO-BREAK SPACE}%"


def _download(scene: Scene, found: list[NetworkOutcomes]) -> None:
    csv_download(
        "Checks as CSV",
        lambda: network_csv(found),
        f"axioms-{scene.settings.model}-{scene.settings.picture}",
    )


def network_csv(found: list[NetworkOutcomes]) -> str:
    """A line for each method and check."""
    held = {True: "yes", False: "no", None: "not possible"}
    lines = (
        [each.method, outcome.axiom, held[outcome.holds], f"{outcome.error:.6g}", outcome.finding]
        for each in found
        for outcome in each.outcomes
    )
    return csv_text(["method", "axiom", "holds", "error", "finding"], lines)
