"""Two players of the game: are they worth more together than separately?"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from attribution_core.measures.pair_interactions import ROUNDING
from attribution_core.methods.estimate import Estimate
from attribution_core.request import Request
from pages.ui.shell.choosers import choose_whether, choose_whole
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots, plain, score_name
from pages.ui.shell.scene import Scene
from pages.ui.superpixels.all_pairs import ask_for_all_pairs, together
from pages.ui.superpixels.effort import Effort
from pages.ui.superpixels.game_board import Board
from pages.ui.worker.tasks import Interact, InteractAmongAll

MOST_LINES = 30


@dataclass(frozen=True)
class Question:
    """A pair of players, and what answers it.

    Attributes
    ----------
    pair : (int, int)
    lines : int
        How many of the strongest pairs are drawn on the picture.
    all_pairs : Interact
    among_all : InteractAmongAll or None
        Where the values of all pairs are not exact: of the one pair, with all others present.
    """

    pair: tuple[int, int]
    lines: int
    all_pairs: Interact
    among_all: InteractAmongAll | None

    @property
    def tasks(self) -> tuple[Interact | InteractAmongAll, ...]:
        """The quick one first."""
        return (self.all_pairs,) if self.among_all is None else (self.among_all, self.all_pairs)


def ask_about_two(scene: Scene, board: Board, game: Request, effort: Effort) -> Question | None:
    """Let the visitor choose two players; None unless the visitor asks."""
    if board.players < 2:
        return None
    wanted = choose_whether(
        "superpixels-interaction",
        "Are two parts worth more together?",
        False,
        "The Shapley interactions of all pairs, as lines on the picture and as a table; a click on "
        "a line takes its two parts out. Two parts that are out are those that are asked about.",
    )
    if not wanted:
        return None
    two_absent = len(board.absent) == 2
    first = _player("first", "Player", board, board.absent[0] if two_absent else 0)
    second = _player("second", "and player", board, board.absent[1] if two_absent else 1)
    lines = choose_whole("superpixels-lines", "Strongest pairs", 0, MOST_LINES, 8, width=130)
    if first == second:
        st.warning("Choose two different players.")
        return None
    pair = (first, second)
    among_all = None if board.exact else InteractAmongAll(scene.settings.model, game, pair)
    return Question(pair, lines, ask_for_all_pairs(scene, board, game, effort), among_all)


def _player(name: str, label: str, board: Board, default: int) -> int:
    return choose_whole(f"superpixels-{name}", label, 0, board.players - 1, default)


def draw_answer(scene: Scene, board: Board, question: Question, snapshots: Snapshots) -> None:
    """Say what the two are worth together, as soon as it is known."""
    first, second = question.pair
    task = question.all_pairs if question.among_all is None else question.among_all
    snapshot = snapshots[task]
    if snapshot.state == "failed":
        st.warning(plain(snapshot.error))
        return
    if snapshot.state != "done":
        st.caption(f"Players {first} and {second}: not all coalitions are evaluated yet.")
        return
    if isinstance(snapshot.estimate, Estimate):
        value, kind = float(snapshot.estimate.values[question.pair]), "Shapley interaction, exact"
    elif isinstance(snapshot.estimate, float):
        value, kind = snapshot.estimate, "with all others present"
        estimate = snapshots[question.all_pairs].estimate
        if isinstance(estimate, Estimate):
            kind += f"; their Shapley interaction is {together(estimate, question.pair)}"
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
