"""What a visitor says of an own network's ends: its pictures' size, and what its outputs are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from attribution_core.scores import Link
from pages.ui.shell.refusals import refuse
from pages.ui.shell.whole_numbers import whole_number_input
from pages.ui.worker.own_model_names import LARGEST_SIDE, SMALLEST_SIDE, Ends, Undecided

SIDES = {"Height": "own_model_height", "Width": "own_model_width"}
OUTPUTS = "own_model_outputs"
OF_SEVERAL: dict[Link, str] = {
    "softmax": "One class among all (softmax)",
    "sigmoid": "Each class by itself (sigmoid)",
    "none": "Numbers to be predicted",
}
OF_ONE: dict[Link, str] = {
    "none": "A number to be predicted",
    "sigmoid": "The second of two classes (sigmoid)",
}
_USUAL_SIDE = 224

Retry = Callable[[Ends], None]


def choose_ends(undecided: Undecided, ends: Ends, retry: Retry) -> None:
    """Draw the controls of what the network leaves open; nothing where it leaves nothing.

    ``retry`` is called, in a callback, with what the visitor chose.
    """
    if None in undecided.sides:
        _choose_size(undecided.sides, ends, retry)
    if undecided.outputs:
        _choose_link(OF_ONE if undecided.outputs == 1 else OF_SEVERAL, ends, retry)


def _choose_size(sides: tuple[int | None, int | None], ends: Ends, retry: Retry) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for number, (title, key) in enumerate(SIDES.items()):
            demanded = sides[number]
            shown = ends.size[number] if ends.size else demanded or _USUAL_SIDE
            st.session_state[key] = shown
            whole_number_input(
                f"{title} of its pictures",
                *((SMALLEST_SIDE, LARGEST_SIDE) if demanded is None else (demanded, demanded)),
                disabled=demanded is not None,
                key=key,
                on_change=_resize,
                args=(ends, retry),
                help="In pixels: the network takes any size. Take the one it was trained with.",
            )


def _resize(ends: Ends, retry: Retry) -> None:
    height, width = (int(st.session_state[key]) for key in SIDES.values())
    try:
        resized = replace(ends, size=(height, width))
    except ValueError as error:
        refuse("model", str(error))
    else:
        retry(resized)


def _choose_link(titles: dict[Link, str], ends: Ends, retry: Retry) -> None:
    st.session_state[OUTPUTS] = ends.link or next(iter(titles))
    st.selectbox(
        "Its outputs are",
        tuple(titles),
        format_func=lambda link: titles[link],
        key=OUTPUTS,
        on_change=_relink,
        args=(ends, retry),
        help="It ends in neither softmax nor sigmoid, and does not say what makes probabilities of "
        "its outputs.",
    )


def _relink(ends: Ends, retry: Retry) -> None:
    retry(replace(ends, link=st.session_state[OUTPUTS]))
