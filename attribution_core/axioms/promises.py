"""What a method is asked, needs, promises and costs, in sentences of Markdown."""

from __future__ import annotations

from typing import Any

from attribution_core.axioms.verdicts import AXIOMS
from attribution_core.methods.badges import cost_of
from attribution_core.methods.method import QUESTIONS, Method, Precision

NEEDS = {
    "gradient": "derivatives of the score",
    "graph": "each layer on the way to the score, with a rule for it",
    "game": "the score of coalitions: pictures in which some parts are taken out",
}
PRECISIONS: dict[Precision, str] = {
    "exact": "exact up to rounding",
    "quadrature": "exact up to the error of a quadrature, which is reported",
    "sampled": "estimated from samples; where there are enough of them, each value has a standard "
    "error",
}


def facts_of(method: Method[Any]) -> tuple[str, ...]:
    """What is to be known of a method, a sentence each, its source last."""
    promised = ", ".join(AXIOMS[name].title for name in method.promises)
    reference = ", and a reference" if method.uses_reference else ""
    facts = (
        f"**Asked:** {QUESTIONS[method.question]}",
        f"**Needs** {NEEDS[method.needs]}{reference}.",
        f"**Values** are {PRECISIONS[precision_shown(method)]}.",
        f"**Promises** {promised or 'nothing'}.",
        f"**Costs** {cost_of(method)}, at a layer with 49 players.",
        f"**Source:** {method.source}." if method.source else "",
    )
    return tuple(fact for fact in facts if fact)


def precision_shown(method: Method[Any]) -> Precision:
    """As `Method.precision`, of the values that the app shows: a budget means sampling there."""
    sampled = any(option.name in ("samples", "budget") for option in method.options)
    return "sampled" if sampled else method.precision
