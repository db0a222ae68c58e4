"""Two players of the game: are they worth more together than separately?"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from attribution_core.methods.estimate import Estimate
from attribution_core.request import Request
from pages.ui.shell.choosers import choose_whether, choose_whole
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots, plain, score_name
from pages.ui.shell.scene import Scene
from pages.ui.superpixels.game_board import Board
from pages.ui.worker.tasks import Interact, InteractAmongAll

ROUNDING = 1e-5
"""Networks compute in single precision: smaller interactions may be rounding."""


@dataclass(frozen=True)
class Question:
    """A pair of players, and the task that answers it."""

    pair: tuple[int, int]
    task: Interact | InteractAmongAll


def ask_about_two(scene: Scene, board: Board, game: Request) -> Question | None:
    """Let the visitor choose two players; None unless the visitor asks."""
    if board.players < 2:
        return None
    wanted = choose_whether(
        "superpixels-interaction",
        "Are two parts worth more together?",
        False,
        "The pairwise Shapley interaction. Take two parts out to choose them.",
    )
    if not wanted:
        return None
    two_absent = len(board.absent) == 2
    first = _player("first", "Player", board, board.absent[0] if two_absent else 0)
    second = _player("second", "and player", board, board.absent[1] if two_absent else 1)
    if first == second:
        st.warning("Choose two different players.")
        return None
    model = scene.settings.model
    pair = (first, second)
    task = Interact(model, game) if board.exact else InteractAmongAll(model, game, pair)
    return Question(pair, task)


def _player(name: str, label: str, board: Board, default: int) -> int:
    return choose_whole(f"superpixels-{name}", label, 0, board.players - 1, default)


def draw_answer(scene: Scene, board: Board, question: Question, snapshots: Snapshots) -> None:
    """Show the interaction of the two, as soon as it is known."""
    snapshot, (first, second) = snapshots[question.task], question.pair
    if snapshot.state == "failed":
        st.warning(plain(snapshot.error))
        return
    if snapshot.state != "done":
        st.caption(f"Players {first} and {second}: not all coalitions are evaluated yet.")
        return
    if isinstance(snapshot.estimate, Estimate):
        value = float(snapshot.estimate.values[question.pair])
        kind = "Shapley interaction, exact"
    elif isinstance(snapshot.estimate, float):
        value = snapshot.estimate
        kind = (
            "with all others present; the exact Shapley interaction is for local heads and games "
            f"of at most {board.most_exact} players"
        )
    else:
        return
    if abs(value) < ROUNDING:
        said = "the same together as apart"
    else:
        said = f"{abs(value):.3g} {'more' if value > 0 else 'less'} together than apart"
    st.info(
        f"For “{literal(scene.labels[board.focus])}”, players {first} and {second} are worth "
        f"**{said}** ({score_name(scene)}; {kind}).",
        icon=":material/join_inner:",
    )
