"""The fewest parts that keep the network's answer, and the fewest whose absence changes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from attribution_core.games.smallest_set import SmallestSet
from attribution_core.measures.smallest_parts import SmallestParts
from attribution_core.request import Request
from attribution_core.segmentations import counted
from pages.ui.shell.choosers import choose_whether
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots, plain
from pages.ui.shell.scene import Scene
from pages.ui.superpixels.game_board import Board, set_absent
from pages.ui.worker.tasks import FindFewest

BUDGET = 1024
"""Coalitions that each search may ask about."""


def ask_for_fewest(scene: Scene, game: Request) -> tuple[FindFewest, ...]:
    """Both searches, where there is another answer to give and the visitor asks for them."""
    if len(scene.labels) < 2:
        return ()
    wanted = choose_whether(
        "superpixels-fewest",
        "How few parts are enough?",
        False,
        "The fewest parts that keep the network's answer while all others are at the reference, "
        "and the fewest whose absence changes it: found greedily, then proven by trying all "
        f"smaller sets, as far as {BUDGET} coalitions go.",
    )
    if not wanted:
        return ()
    return tuple(FindFewest(scene.settings.model, game, aim, BUDGET) for aim in ("keep", "change"))


def draw_fewest(
    scene: Scene, board: Board, tasks: Sequence[FindFewest], snapshots: Snapshots
) -> None:
    """Say what was found, each with a button that shows it on the board."""
    for task in tasks:
        snapshot = snapshots[task]
        if snapshot.state == "failed":
            st.warning(plain(snapshot.error))
            continue
        result = snapshot.estimate
        if not isinstance(result, SmallestParts):
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(sentence(result, board, scene.labels, finished=snapshot.state == "done"))
            if result.found.members is not None:
                kept = result.found.members if task.aim == "keep" else ~result.found.members
                _show(board, task.aim, np.flatnonzero(~kept).tolist())


def _show(board: Board, aim: str, absent: Sequence[int]) -> None:
    alone = len(absent) == (board.players - 1 if aim == "keep" else 1)
    part = "it" if alone else "them"
    st.button(
        f"Show {part}" if aim == "keep" else f"Take {part} out",
        key=f"fewest_{aim}",
        on_click=lambda: set_absent(board.name, absent),
    )


def sentence(
    result: SmallestParts, board: Board, labels: Sequence[str], *, finished: bool = True
) -> str:
    """What was found, whether that is proven, and what it took, in Markdown."""
    found, answer = result.found, literal(labels[result.answer])
    took = f"{counted(found.evaluations, 'evaluation')}{'' if finished else ' so far'}"
    if found.members is None:
        if found.proven:
            return f"Whatever is taken out, the answer stays “{answer}” ({took})."
        return f"No parts are found yet whose absence changes “{answer}” ({took})."
    parts = counted(int(found.members.sum()), board.kind_of_player)
    if result.aim == "keep":
        said = f"**{parts}** alone {'keep' if found.size != 1 else 'keeps'} “{answer}”"
    else:
        becomes = literal(labels[answer_after(result)])
        said = f"Without **{parts}**, “{answer}” becomes “{becomes}”"
    return f"{said}; {_proof(found)} ({took})."


def answer_after(result: SmallestParts) -> int:
    """The class that is said of what is left."""
    return result.answer if result.becomes is None else result.becomes


def _proof(found: SmallestSet) -> str:
    if found.proven:
        return "fewer will not do"
    return f"fewer than {found.at_least} will not do, and of more not all are tried"
