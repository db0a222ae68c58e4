"""Attributions of a function of two variables, and the axioms they satisfy on it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from attribution_core.axioms.examples import EXAMPLES
from attribution_core.axioms.expression import FUNCTIONS, latex_of_expression
from attribution_core.axioms.expression_parser import LONGEST_FORMULA, FormulaError
from attribution_core.axioms.formula import OutsideDomain, PlaneFunction, point_as_text
from attribution_core.axioms.probes import FIXED_PROBES, Probe, own_probes
from attribution_core.axioms.two_variables import (
    PlaneAttribution,
    attribute_plane,
    change_of,
    plane_methods,
)
from attribution_core.axioms.verdicts import AXIOMS, Outcome, Verdict, joined, verdicts
from attribution_core.measures.csv_tables import csv_text
from attribution_core.methods.method import Method
from attribution_core.painting import COLOUR_SCALES, Colours, ColourScale
from pages.ui.components.axiom_table import STATES, AxiomCase, AxiomCell, axiom_table
from pages.ui.components.function_plane import FARTHEST, Coordinates, function_plane
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.drawing import titles_of
from pages.ui.shell.choices import changed, choice, decide, forget
from pages.ui.shell.choosers import choose_from_list, choose_number
from pages.ui.shell.fragments import draw_fragment
from pages.ui.shell.markdown import literal
from pages.ui.shell.session import session
from pages.ui.shell.settings import number

OWN = "own"
OWN_FORMULA = "relu(x)*y - sin(x)"
OWN_COORDINATES: tuple[Coordinates, Coordinates] = ((2.0, 1.5), (-1.0, -1.0))
START = "rectifier"
COORDINATES = ("axioms-x", "axioms-y", "axioms-x0", "axioms-y0")


@dataclass(frozen=True)
class Question:
    """The function that the visitor chose, the point and the reference."""

    function: PlaneFunction
    point: Coordinates
    reference: Coordinates


def render_axioms(colours: Colours) -> None:
    """Draw plane, bars, table and formulas: a fragment, so that a drag redraws nothing else."""
    draw_fragment(lambda: _draw(colours))


def _draw(colours: Colours) -> None:
    st.caption(
        "Every method divides the change of a function between its variables, each by its own "
        "rules. Drag the point or the reference: do the two bars add up to the dashed line, which "
        "is f(x, y) − f(x′, y′)? The table below shows which of seven axioms each method "
        "satisfies."
    )
    question = _question()
    try:
        change = change_of(
            question.function, np.array(question.point), np.array(question.reference)
        )
    except OutsideDomain as problem:
        st.warning(str(problem), icon=":material/block:")
        change = None
    attributions = attribute_plane(
        question.function, np.array(question.point), np.array(question.reference)
    )
    drawn = function_plane(
        function=question.function,
        point=question.point,
        reference=question.reference,
        attributions=attributions,
        notes={each.name: "slopes, no shares" for each in plane_methods() if each.slopes},
        change=change,
        on_move=_move,
        colours=colours,
        key="axioms_plane",
    )
    st.caption(
        f"{_said(COLOUR_SCALES[colours])} "
        + ("Grey: f has no value there. " if drawn.undefined else "")
        + "The arrow is the straight path of Integrated Gradients. Handles also move with the "
        "arrow keys, ten times as far with Shift. At a kink, where no slope exists, that of relu "
        "is 0 and max and min share theirs."
    )
    table = joined(
        verdicts(own_probes(question.function, question.point, question.reference)),
        _fixed_verdicts(tuple(each.name for each in plane_methods())),
    )
    _render_table(table)
    _render_formulas()
    _render_downloads(question, attributions, change, table)


def _said(scale: ColourScale) -> str:
    """What the plane's colours mean."""
    if scale.signed:
        return (
            f"{scale.positive.capitalize()}: f is above its value at the reference, "
            f"{scale.negative}: below."
        )
    return (
        f"The stronger the {scale.positive}, the farther f is from its value at the reference, "
        "above or below."
    )


def _question() -> Question:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = choose_from_list(
            "axioms-function",
            "Function",
            {**{example: each.title for example, each in EXAMPLES.items()}, OWN: "My own"},
            START,
            width=260,
            on_change=_forget_coordinates,
        )
        # It stands between function and points, but errors in it are shown below.
        typed = _typed_formula() if name == OWN else EXAMPLES[name].formula
        example = EXAMPLES.get(name)
        default = OWN_COORDINATES if example is None else (example.point, example.reference)
        values = [
            _coordinate(link, title, start)
            for link, title, start in zip(
                COORDINATES, ("x", "y", "x′", "y′"), (*default[0], *default[1]), strict=True
            )
        ]
    function = _function_of(typed)
    st.markdown(
        f"$f(x, y) = {latex_of_expression(function.expression)}$"
        + ("" if example is None else f" \u2003{example.remark}")
    )
    return Question(function, (values[0], values[1]), (values[2], values[3]))


def _typed_formula() -> str:
    return choice(
        "axioms-formula",
        lambda key, value: st.text_input(
            "f(x, y)",
            key=key,
            max_chars=LONGEST_FORMULA,
            help="Numbers, x, y, + − * / ^, parentheses, and " + ", ".join(FUNCTIONS) + ".",
        ),
        OWN_FORMULA,
        _formula_of_link,
    )


def _function_of(text: str) -> PlaneFunction:
    """The formula's function; while the formula is not valid, that of the last valid one."""
    try:
        function = PlaneFunction(text)
    except FormulaError as mistake:
        st.error(literal(str(mistake)), icon=":material/edit:")
        return PlaneFunction(session().formula or OWN_FORMULA)
    session().formula = text
    return function


def _formula_of_link(text: str) -> str:
    if len(text) > LONGEST_FORMULA:
        raise ValueError(f"it should have at most {LONGEST_FORMULA} characters")
    return text


def _coordinate(name: str, title: str, start: float) -> float:
    what = "reference" if title.endswith("′") else "point"
    return choose_number(
        name,
        title,
        -FARTHEST,
        FARTHEST,
        start,
        step=0.1,
        width=104,
        help=f"Of the {what}, from −60 to 60.",
    )


def _move(point: Coordinates, reference: Coordinates) -> None:
    """Set the coordinates to where the handles were dragged."""
    for name, value in zip(COORDINATES, (*point, *reference), strict=True):
        decide(name, value)


def _forget_coordinates() -> None:
    """Go back to the coordinates that suit the new function."""
    if not changed("axioms-function"):
        return
    for name in COORDINATES:
        forget(name)


def _show(asked: object) -> None:
    """Show a case of the table on the plane; check it, since the browser can send anything."""
    if not isinstance(asked, list) or len(asked) != 5 or not isinstance(asked[0], str):
        return
    with contextlib.suppress(ValueError, TypeError):
        PlaneFunction(asked[0])
        x, y, x0, y0 = (number(str(value), -FARTHEST, FARTHEST) for value in asked[1:])
        decide("axioms-function", OWN)
        decide("axioms-formula", asked[0])
        _move((x, y), (x0, y0))


@st.cache_resource(show_spinner=False)
def _fixed_verdicts(methods: tuple[str, ...]) -> tuple[Verdict, ...]:
    """The verdicts on the fixed functions, cached until there is another method."""
    return verdicts(FIXED_PROBES)


def _render_table(table: Sequence[Verdict]) -> None:
    st.markdown("#### Which axioms each method satisfies")
    axioms = tuple(AXIOMS.values())
    methods = plane_methods()
    cells = [[_cell(each) for each in table if each.method == method] for method in methods]
    axiom_table(
        rows=[method.title for method in methods],
        columns=[axiom.title for axiom in axioms],
        cells=cells,
        hint="Click on a cell to see every case behind it, with its numbers.",
        key="axioms_table",
        on_show=_show,
    )
    st.caption(
        "Every cell is computed: on fixed functions chosen for each axiom, and on yours where the "
        "axiom applies to it. “Holds” means that it held in all those cases, which is no proof; "
        "one counterexample is enough to refute it. Numbers count as equal to 1e-9, for "
        f"{titles_of('quadrature')} to 1e-4, for {titles_of('sampled')} also within four "
        "standard errors. "
        "None of these methods depends on how a formula is written, so all satisfy implementation "
        "invariance; layer-wise rules such as LRP and DeepLIFT do not (Sundararajan et al. 2017)."
    )
    with st.expander("The axioms in full", icon=":material/rule:"):
        for axiom in axioms:
            st.markdown(f"**{axiom.title}.** {axiom.statement} *{axiom.source}.*")


def _cell(verdict: Verdict) -> AxiomCell:
    cases = tuple(_case(outcome) for outcome in verdict.outcomes)
    failed = verdict.counterexample
    if failed is not None:
        words: tuple[str, ...] = (formula_of(failed.probe), f"{failed.finding}.")
        count = f"fails in {verdict.tried - verdict.held} of {verdict.tried}"
        return AxiomCell("fails", count, words, cases)
    words = ("partly within sampling error",) if verdict.only_by_sampling else ()
    return AxiomCell("holds", f"holds in all {verdict.tried}", words, cases)


def _case(outcome: Outcome) -> AxiomCase:
    probe = outcome.probe
    finding = outcome.finding.removesuffix(".")
    if outcome.only_by_sampling:
        finding += ", which the sample explains"
    formula = str(probe.functions[-1] if len(probe.functions) == 3 else probe.functions[0])
    show: list[str | float] | None = None
    if len(formula) <= LONGEST_FORMULA:
        show = [formula, *probe.point, *probe.reference]
    return AxiomCase(
        STATES[outcome.holds],
        ("yours: " if probe.own else "") + formula_of(probe),
        finding + ".",
        show,
    )


def formula_of(probe: Probe) -> str:
    """A probe in one line: formulas, point, reference."""
    if len(probe.functions) == 3:
        a, b = probe.weights
        formula = f"{a:g}·({probe.functions[0]}) + {b:g}·({probe.functions[1]})".replace(
            "+ -", "- "
        )
    else:
        formula = f" {probe.relation} ".join(map(str, probe.functions))
    return (
        f"{formula.replace('-', '−')} at {point_as_text(np.array(probe.point))} from "
        + point_as_text(np.array(probe.reference))
    )


def _render_formulas() -> None:
    with st.expander("The methods' formulas", icon=":material/function:"):
        for method in plane_methods():
            shown = method.two_variables
            if shown is None:
                continue
            said = [f"{method.source}.", shown.remark, promised(method)]
            with st.container(horizontal=True, vertical_alignment="center"):
                with st.container(width=170):
                    st.markdown(f"**{method.title}**")
                with st.container():
                    words = " ".join(each for each in said if each)
                    st.markdown(f"$\\displaystyle {shown.formula}$  \n:small[{words}]")


def promised(method: Method[Any]) -> str:
    """The axioms a method satisfies on every function, in a sentence."""
    titles = [axiom.title.lower() for axiom in AXIOMS.values() if axiom.name in method.promises]
    return f"Proven to satisfy: {', '.join(titles)}." if titles else ""


def _render_downloads(
    question: Question,
    attributions: Sequence[PlaneAttribution],
    change: float | None,
    table: Sequence[Verdict],
) -> None:
    with st.container(horizontal=True):
        csv_download(
            "Attributions as CSV",
            lambda: attributions_csv(question, attributions, change),
            "attributions-of-two-variables",
        )
        csv_download("Axioms as CSV", lambda: axioms_csv(table), "axioms")


def attributions_csv(
    question: Question, attributions: Sequence[PlaneAttribution], change: float | None
) -> str:
    """A line a method."""
    lines = []
    for each in attributions:
        values: list[object] = ["", "", ""]
        if each.values is not None:
            values = [f"{value:.9g}" for value in (*each.values, each.values.sum())]
        lines.append(
            [
                each.method.name,
                question.function,
                *question.point,
                *question.reference,
                *values,
                "" if change is None else f"{change:.9g}",
                each.problem,
            ]
        )
    coordinates = ["x", "y", "x0", "y0"]
    heading = ["method", "function", *coordinates, "to_x", "to_y", "sum", "change", "problem"]
    return csv_text(heading, lines)


def axioms_csv(table: Sequence[Verdict]) -> str:
    """A line a method, axiom and case."""
    held = {True: "yes", False: "no", None: "not tried"}
    lines = (
        [
            verdict.method.name,
            verdict.axiom.name,
            formula_of(outcome.probe),
            "yes" if outcome.probe.own else "no",
            held[outcome.holds],
            f"{outcome.error:.6g}",
            outcome.finding,
        ]
        for verdict in table
        for outcome in verdict.outcomes
    )
    return csv_text(["method", "axiom", "case", "own", "holds", "error", "finding"], lines)
