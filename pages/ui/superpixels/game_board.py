"""The board of the superpixel game: the players, who is absent, and buttons to change that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.images import INPUT, Picture
from attribution_core.registry import METHODS
from attribution_core.segmentations import Segmentation, kind_of_player, segments_of
from pages.ui.components.player_board import PlayerPair, PlayerValues, player_board
from pages.ui.shell.choices import recalled, remember
from pages.ui.shell.choosers import choose_class, choose_whole
from pages.ui.shell.game_methods import LEADING, game_methods
from pages.ui.shell.requests import reference_of
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session
from pages.ui.shell.settings import segmentation_for, whole

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

EXACT_AT_INPUT, EXACT_AT_LAYER = 12, 16
"""All coalitions are evaluated in games of at most so many players, where the head is not local."""

ABSENT = "superpixels-absent"


@dataclass(frozen=True)
class Board:
    """The game on the table.

    Attributes
    ----------
    name : tuple
        Of this game: the absent players are remembered under it.
    segments : int array ``(h, w)``
    kind_of_player : str
        Such as "superpixel".
    absent : tuple of int
        The players taken out.
    focus : int
        The class whose values the board shows.
    most_exact : int
        How many players there may be for exact values where the head is not local.
    local : bool
        Whether the head is local, so that few coalitions give exact values of any players.
    """

    name: tuple[str, ...]
    segments: npt.NDArray[np.int64]
    kind_of_player: str
    absent: tuple[int, ...]
    focus: int
    most_exact: int
    local: bool

    @property
    def players(self) -> int:
        return int(self.segments.max()) + 1

    @property
    def exact(self) -> bool:
        """Whether exact values can be had."""
        return self.local or self.players <= self.most_exact

    @property
    def methods(self) -> tuple[str, ...]:
        """The names of the methods fitted."""
        return game_methods(exact=self.exact)


def set_up(classifier: Classifier, scene: Scene, affordable: int) -> Board:
    """The players at the sidebar's layer, and the buttons that take several out at once.

    ``affordable`` is the number of players up to which all coalitions take no longer than asked.
    """
    settings = scene.settings
    height, width, _ = classifier.layer(settings.layer).shape
    at_input = settings.layer == INPUT
    segmentation = segmentation_for(settings)
    segments = _segments(scene.picture, segmentation, height, width, at_input=at_input)
    players = int(segments.max()) + 1
    name = (scene.picture.digest, settings.layer, repr(segmentation))
    if not session().absent:
        nobody: tuple[int, ...] = ()
        set_absent(name, recalled(ABSENT, nobody, lambda text: _players_in(text, players)))
    with st.container(horizontal=True, vertical_alignment="bottom", key="moves"):
        focus = choose_class("superpixels-class", "Values for the class", scene)
        _move("all_in", "All in", name, _just(()))
        _move("all_out", "All out", name, _just(range(players)))
        _move("invert", "Invert", name, lambda absent: set(range(players)) - set(absent))
        best = choose_whole(
            "superpixels-best", "How many best", 1, players, min(5, players), width=110
        )
        order = session().ranked.get((name, focus))
        for verb, part in (("Keep", slice(best, None)), ("Remove", slice(None, best))):
            gone = [] if order is None else order[part]
            _move(
                f"{verb.lower()}_best",
                f"{verb} the {best} best",
                name,
                _just(gone),
                disabled=order is None,
                help=f"By {METHODS[LEADING].title}'s values for the class.",
            )
    remember(ABSENT, _absent(name), ())
    most = min(EXACT_AT_INPUT, affordable) if at_input else EXACT_AT_LAYER
    kind = kind_of_player(players, segmentation, segments.size, at_input=at_input)
    local = settings.score != "probability" and (
        classifier.colours(settings.layer, segments) is not None
    )
    return Board(name, segments, kind, _absent(name), focus, most, local)


def draw_board(
    scene: Scene, board: Board, known: Mapping[str, Attribution], pairs: Sequence[PlayerPair]
) -> Board:
    """The picture to click on, with lines for pairs, and the list beside it.

    `known` are attributions by method.

    Returns the board as it is after the clicks that came with this run.
    """
    board = replace(board, absent=_absent(board.name))
    leading = known.get(LEADING)
    if leading is not None and leading.player_values is not None:
        orders = session().ranked
        at = (board.name, board.focus)
        ranked = np.argsort(-leading.player_values, kind="stable").tolist()
        first_known = at not in orders
        orders[at] = ranked
        if first_known:
            # Redraws the buttons that were disabled until the ranking was known.
            st.rerun()
    reference = reference_of(scene.settings, scene.picture)
    clicked = player_board(
        picture=scene.picture.pixels.astype(np.uint8),
        reference=None if reference is None else reference.pixels.astype(np.uint8),
        segments=board.segments,
        kind_of_player=board.kind_of_player,
        absent=board.absent,
        methods=[
            PlayerValues(
                METHODS[method].title, attribution.player_values, attribution.standard_error
            )
            for method, attribution in known.items()
            if attribution.player_values is not None
        ],
        pairs=pairs,
        colours=scene.settings.colours,
        read_only=session().led,
        key="player_board",
    )
    if clicked is not None and not session().led:
        set_absent(board.name, clicked)
        remember(ABSENT, clicked, ())
        board = replace(board, absent=clicked)
    return board


def _move(
    key: str,
    label: str,
    name: tuple[str, ...],
    leave: Callable[[tuple[int, ...]], Iterable[int]],
    *,
    disabled: bool = False,
    help: str | None = None,
) -> None:
    """A button that sets who is absent, given who was."""
    st.button(
        label,
        on_click=lambda: set_absent(name, leave(_absent(name))),
        key=key,
        disabled=disabled,
        help=help,
    )


def _just(players: Iterable[int]) -> Callable[[tuple[int, ...]], Iterable[int]]:
    """Exactly these are absent afterwards."""
    return lambda absent: players


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs={Picture: lambda it: it.digest})
def _segments(
    picture: Picture, segmentation: Segmentation, height: int, width: int, *, at_input: bool
) -> npt.NDArray[np.int64]:
    return segments_of(segmentation, picture.pixels, height, width, at_input=at_input)


def _players_in(text: str, players: int) -> tuple[int, ...]:
    return tuple(sorted({whole(part, 0, players - 1) for part in text.split(",") if part}))


def _absent(name: tuple[str, ...]) -> tuple[int, ...]:
    return session().absent.get(name, ())


def set_absent(name: tuple[str, ...], players: Iterable[int]) -> None:
    session().absent[name] = tuple(sorted(int(each) for each in players))
