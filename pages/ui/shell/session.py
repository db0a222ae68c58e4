"""What the server remembers of one visitor, between the runs of a page; all of it is here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from pages.ui.shell.scene import Scene

GameName = tuple[str, ...]
"""Picture, layer and segmentation of a game played by hand."""


@dataclass
class Choices:
    """What a visitor chose, as it stands in the address bar.

    Attributes
    ----------
    asked : dict
        What the link asked for and no page has read yet.
    chosen : dict
        What differs from the defaults.
    handed : dict
        What each widget was told to show last: whatever else it shows, the visitor chose.
    """

    asked: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    handed: dict[str, object] = field(default_factory=dict)


@dataclass
class Session:
    """One visitor's.

    Attributes
    ----------
    visitor : str
        The name under which this session waits for tasks.
    choices : Choices
    page : str
        The name of the page that is shown, as links have it.
    scene : Scene or None
        What `make_scene` made last.
    started : bool
        Whether the link that the session began with has been read.
    own_picture : bytes or None
        The file that was uploaded or taken last, once it was found to be a picture.
    refused_picture : str
        Why the file that came last is none; empty once it was said.
    asked_for_vgg16 : bool
        Whether this visitor asked for the download of VGG16's weights.
    absent : dict
        The players that are out, by the game's name.
    ranked : dict
        A game's players from the best down, by the game's name and the class.
    opened : dict
        What was found in each file of saved maps that is open, by the file's identifier.
    formula : str or None
        The last one typed on the Axioms page that could be read.
    """

    visitor: str = field(default_factory=lambda: uuid.uuid4().hex)
    choices: Choices = field(default_factory=Choices)
    page: str = ""
    scene: Scene | None = None
    started: bool = False
    own_picture: bytes | None = None
    refused_picture: str = ""
    asked_for_vgg16: bool = False
    absent: dict[GameName, tuple[int, ...]] = field(default_factory=dict)
    ranked: dict[tuple[GameName, int], Sequence[int]] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)
    formula: str | None = None


def session() -> Session:
    """The session of the visitor whose run this is."""
    found: Session = st.session_state.setdefault("session", Session())
    return found


def visitor() -> str:
    """The name under which this session waits for tasks."""
    return session().visitor
