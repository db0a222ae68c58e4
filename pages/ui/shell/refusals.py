"""Why what a visitor brought was refused: said until the visitor does something else."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from pages.ui.shell.markdown import literal
from pages.ui.shell.session import Refusal, session

Place = Literal["picture", "model"]


def refuse(place: Place, sentence: str) -> None:
    """Say from the next run on why what was brought to a place is refused; from a callback."""
    session().refusals[place] = Refusal(sentence)


def draw_refusal(place: Place) -> None:
    """Draw what is to be said at a place.

    Results that come rerun the page too: what one run alone says may be gone before it is read. So
    it goes with the next run that a click begins.
    """
    refusal = session().refusals.get(place)
    if refusal is None:
        return
    if refusal.drawn and session().clicked:
        del session().refusals[place]
        return
    refusal.drawn = True
    st.error(literal(refusal.sentence))
