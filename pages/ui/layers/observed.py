"""Whether the thesis's observations hold for a network, over the gallery: tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import streamlit as st

from attribution_core.assets import ASSETS
from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.measures.class_observations import Change, Spread, Verdict
from attribution_core.measures.observed import Observed, costs_in_words, read_observed
from attribution_core.measures.observing import Kind
from attribution_core.registry import METHODS
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import written

_FOLDER = ASSETS / "observations"

_COLUMNS: Mapping[tuple[Kind, str], str] = {
    ("classes", "absolute"): "Two classes: strength",
    ("classes", "signed"): "Two classes: signed",
    ("parameters", "absolute"): "New parameters: strength",
    ("parameters", "signed"): "New parameters: signed",
}
_CLAIMS: Mapping[Kind, str] = {
    "classes": "Two classes’ maps are alike at the pixels, and less so at {layer} (figure 3.1)",
    "parameters": "A map stays at the pixels when the top of the network is re-initialised, and "
    "less so at {layer} (figures 3.3 and 3.4)",
}
_SAID: Mapping[Verdict, str] = {
    "holds": "it holds for {methods}",
    "holds in part": "it holds in part for {methods}, whose maps are not alike at the pixels",
    "is not clear": "it is not clear for {methods}",
    "does not hold": "it does **not** hold for {methods}",
    "cannot be checked": "it cannot be checked for {methods}",
}
_MEASURES = {"absolute": "By strength", "signed": "By signed values"}


@cache
def shipped(model: str) -> Observed | None:
    """What was measured on a built-in network; None for the others."""
    path = _FOLDER / f"{model}.json"
    if model not in KNOWN_NETWORKS or not path.is_file():
        return None
    return read_observed(path.read_text("utf-8"))


def draw_shipped(observed: Observed) -> None:
    """The tables that come with the app, and what they say."""
    st.markdown("#### Does it hold over the gallery?")
    draw_observed(observed)
    if observed.costs:
        st.markdown(f"**What Shapley values cost** (figure 3.2). {costs_in_words(observed.costs)}")
    stages = observed.settings.get("stages")
    st.caption(
        f"Measured on {observed.made} by `{observed.command.partition(' --out ')[0]}`: mean ± "
        f"standard deviation over {observed.pictures('classes')} pictures of several things. Two "
        "classes: Pearson’s correlation of their maps. New parameters: rank correlation of the "
        f"maps with and without, the top {stages} stages re-initialised. Strength compares "
        "|values|."
    )


def draw_observed(observed: Observed) -> None:
    """A row for each method and layer, and a sentence for each claim and measure."""
    rows = rows_of(observed)
    st.dataframe(rows, hide_index=True, key="observed", width=960, height="content")
    for sentence in sentences_of(observed):
        st.markdown(sentence)


def rows_of(observed: Observed) -> list[dict[str, str]]:
    """Mean and deviation of each correlation, by method and layer."""
    shown = [kind for kind in _CLAIMS if observed.methods(kind)]
    methods = dict.fromkeys(method for kind in shown for method in observed.methods(kind))
    return [
        {
            "Method": METHODS[method].title,
            "Layer": layer,
            **{
                title: _cell(observed.spread(kind, measure, method, layer))
                if method in observed.methods(kind)
                else ""
                for (kind, measure), title in _COLUMNS.items()
                if kind in shown
            },
        }
        for method in methods
        for layer in observed.layers
    ]


def sentences_of(observed: Observed) -> list[str]:
    """For which methods each claim holds at the highest layer, in Markdown."""
    return [
        _sentence(observed, kind, observed.layers[-1]) for kind in _CLAIMS if observed.methods(kind)
    ]


def _sentence(observed: Observed, kind: Kind, layer: str) -> str:
    parts = []
    for measure, words in _MEASURES.items():
        found = {
            method: observed.change(kind, measure, method, layer)
            for method in observed.methods(kind)
        }
        parts.append(f"{words}, {_said(found)}.")
    return f"*{_CLAIMS[kind].format(layer=literal(layer))}*: {' '.join(parts)}"


def _said(found: Mapping[str, Change]) -> str:
    return "; ".join(
        words.format(methods=_listed([METHODS[each].title for each in methods]))
        for verdict, words in _SAID.items()
        if (methods := [each for each, change in found.items() if change.verdict == verdict])
    )


def _listed(titles: Sequence[str]) -> str:
    *first, last = titles
    return f"{', '.join(first)} and {last}" if first else last


def _cell(spread: Spread) -> str:
    if not spread.count:
        return "none"
    deviation = f" ± {written(spread.deviation)}" if spread.count > 1 else ""
    return f"{written(spread.mean)}{deviation}"
