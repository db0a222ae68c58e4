"""Owen values from coarse to fine: a click on a part opens it into the two that it is made of."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from attribution_core.figures.style import FigureStyle
from attribution_core.measures.owen_parts import OwenParts
from attribution_core.measures.part_files import parts_csv, parts_drawn
from attribution_core.request import Request
from attribution_core.segmentations import counted
from pages.ui.components.opened_parts import PartShown, Step, opened_parts
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.figure_form import KINDS, TYPES
from pages.ui.shell.choices import decide, recalled, remember
from pages.ui.shell.choosers import choose_whether
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots, plain, score_name
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session
from pages.ui.superpixels.effort import Effort
from pages.ui.superpixels.game_board import Board
from pages.ui.worker.tasks import OpenParts

OPENED = "superpixels-opened"
NONE = "none"
"""In the link, where the whole picture is one part."""

BUDGET = 512
"""Coalitions at first; as many times as often as the other estimates'."""

OPENED_AT_FIRST = 3
_CHANGED = "superpixels_parts_changed"


def ask_for_parts(scene: Scene, board: Board, game: Request, effort: Effort) -> OpenParts | None:
    """The task, where there are parts to open and the visitor asks for them."""
    if board.players < 2:
        return None
    wanted = choose_whether(
        "superpixels-parts",
        "Coarse to fine",
        False,
        "Owen values: what large parts of the picture are worth, and, at a click on one, how that "
        "is shared between the two parts that it is made of, down to single ones. Alike "
        "neighbours belong together.",
    )
    if not wanted:
        return None
    first = opened_at_first(board.players)
    opened = recalled(OPENED, first, lambda text: read_opened(text, board.players))
    remember(OPENED, opened or NONE, first)
    return OpenParts(scene.settings.model, game, opened, BUDGET * effort.times)


def opened_at_first(players: int) -> tuple[int, ...]:
    """The parts that were merged last: each is in sight when those before it are opened."""
    whole = 2 * players - 2
    return tuple(range(whole, max(whole - OPENED_AT_FIRST, players - 1), -1))


def read_opened(text: str, players: int) -> tuple[int, ...]:
    """The opened parts of a link; ValueError where they cannot be of so many players.

    The first one opened is always the whole, whose number says how many players there are.
    """
    if text == NONE:
        return ()
    whole = 2 * players - 2
    parts = tuple(int(each) if each.isdecimal() else -1 for each in text.split(","))
    if parts[0] != whole or not all(players <= each <= whole for each in parts):
        raise ValueError(f"these are no parts of {players} superpixels, the first one {whole}")
    return parts


def draw_parts(scene: Scene, board: Board, task: OpenParts, snapshots: Snapshots) -> None:
    """The picture with its parts, the list of them, the way back, and files."""
    if st.session_state.pop(_CHANGED, False):
        # What is opened is part of the task and of the link, and a click draws only this part.
        st.rerun()
    snapshot = snapshots[task]
    if snapshot.state == "failed":
        st.warning(plain(snapshot.error))
        return
    found = snapshot.estimate
    if not isinstance(found, OwenParts):
        return
    st.markdown(
        "#### From coarse to fine",
        help="The Owen value of a part: what it adds, averaged over the orders in which parts that "
        "belong together stay together. It stays the same when the part is opened, and the two "
        "halves sum to it (Owen 1977, Winter 1989).",
    )
    opened_parts(
        picture=scene.picture.pixels.astype(np.uint8),
        labels=found.hierarchy.labels(found.segments, found.opened),
        parts=parts_shown(found, board.kind_of_player),
        hint="Click on a part to open it; click on an opened one in the list to join it again.",
        colours=scene.settings.colours,
        read_only=session().led,
        key="opened_parts",
        on_choose=lambda step, part: _change(found, step, part),
    )
    with st.container(horizontal=True, vertical_alignment="center", key="parts_back"):
        _back("One step back", "parts_step_back", found.opened[:-1], disabled=not found.opened)
        _back("The whole picture", "parts_whole", (), disabled=not found.opened)
        _offer_files(scene, board, task, found)
    st.caption(_said(scene, board, found, finished=snapshot.state == "done"))


def parts_shown(found: OwenParts, kind_of_player: str) -> list[PartShown]:
    """The whole, and below each opened part its halves."""
    from attribution_core.figures.parts import part_name

    inside: dict[int, tuple[int, ...]] = {found.hierarchy.whole: ()}
    shown = []
    for part, _ in found.hierarchy.walk(found.opened):
        opened, halves = part in found.opened, found.hierarchy.halves(part)
        if opened:
            inside |= dict.fromkeys(halves, (part, *inside[part]))
        name = part_name(found, part, kind_of_player)
        shown.append(PartShown(part, name, found.values[part], inside[part], opened, bool(halves)))
    return shown


def _change(found: OwenParts, step: Step, part: int) -> None:
    """Open a part, or join it, in a callback."""
    if step == "open":
        _decide((*found.opened, part))
    else:
        _decide(found.hierarchy.joined(found.opened, part))


def _decide(opened: tuple[int, ...]) -> None:
    decide(OPENED, opened or NONE)
    st.session_state[_CHANGED] = True


def _back(label: str, key: str, opened: tuple[int, ...], *, disabled: bool) -> None:
    st.button(label, key=key, on_click=_decide, args=(opened,), disabled=disabled)


def _offer_files(scene: Scene, board: Board, task: OpenParts, found: OwenParts) -> None:
    name = f"parts-{scene.settings.model}-{scene.settings.picture}"
    csv_download("Parts as CSV", lambda: parts_csv(found), name)
    classifier = scene.classifier
    if classifier is None:
        return

    def drawn(suffix: str) -> bytes:
        return parts_drawn(found, task.request, classifier, board.kind_of_player, style, suffix)

    style = FigureStyle(colours=scene.settings.colours, opacity=scene.settings.opacity)
    with st.popover("Figure for print", icon=":material/print:", key="parts_figure"):
        for suffix, kind in KINDS.items():
            st.download_button(
                kind,
                partial(drawn, suffix),
                f"{name}.{suffix}",
                TYPES[suffix],
                key=f"parts_{suffix}",
                on_click="ignore",
                width="stretch",
            )


def _said(scene: Scene, board: Board, found: OwenParts, *, finished: bool) -> str:
    parts = counted(len(found.shown), "part")
    said = (
        f"“{literal(scene.labels[board.focus])}” ({score_name(scene)}): {parts} in sight, from "
        f"{counted(found.evaluations, 'coalition')}"
    )
    if found.undivided and finished:
        said += (
            f"; {found.undivided:.0%} of what is opened is not told apart yet: halves have equal "
            "shares there, and twice the coalitions tell more"
        )
    return f"{said}."
