"""Everything the server remembers of one visitor between the runs of a page."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.components.stage_strip import StageControl
from pages.ui.worker.own_model_names import USUAL, Ends

if TYPE_CHECKING:
    from attribution_core.images import Decoded
    from attribution_core.models.preprocessing import MeanAndDeviation
    from pages.ui.shell.costs import Costs
    from pages.ui.shell.scene import Scene
    from pages.ui.stage.curtain import BeforeStage

GameName = tuple[str, ...]
"""Picture, layer and segmentation of a game played by hand."""


@dataclass
class Choices:
    """What a visitor chose, by the names in the address bar.

    Attributes
    ----------
    asked : dict
        Texts of the link that no page has read yet.
    chosen : dict
        Texts of the choices that differ from the defaults.
    handed : dict
        The value each widget was last set to show: any other value is the visitor's choice.
    offered : dict
        The options of each widget when it was last drawn; None for one without options.
    titles : dict
        What each widget called its options then, by option; empty for one without options.
    earlier : dict
        What was chosen in each widget as it was handed before, the latest last.
    sent : dict
        The text of what each widget was last set to by the server.
    shown : dict
        The text of what each widget shows, as the browser says, once all that was sent has come.
    shown_on : str
        The page that they stand on.
    reported : mapping of str to tuple of str
        What the browser said of widgets that it knew from before a restart and that have not been
        drawn since, as `restart.reports` gives it.
    """

    asked: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    handed: dict[str, object] = field(default_factory=dict)
    offered: dict[str, Collection[object] | None] = field(default_factory=dict)
    titles: dict[str, Mapping[Any, str]] = field(default_factory=dict)
    earlier: dict[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    shown_on: str = ""
    reported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Refusal:
    """Why something was refused, and whether a run has said so."""

    sentence: str
    drawn: bool = False


@dataclass(frozen=True)
class OwnDecoded:
    """A visitor's own picture, decoded.

    Attributes
    ----------
    content : bytes
        Of its file.
    at : dict
        The picture at each input size (height, width) asked for so far.
    """

    content: bytes
    at: dict[tuple[int, int], Decoded]


@dataclass(frozen=True)
class OwnModelTried:
    """A network that was brought and waits for its owner's decision.

    Attributes
    ----------
    digest : str
        SHA-256 of the file.
    labels : tuple of str
        Read from a file; empty where none was given.
    labels_file : str
        Its name.
    own_preprocessing : MeanAndDeviation or None
        Numbers of the owner's own.
    chosen : str
        The text of the preprocessing that the owner has chosen; empty until then.
    ends : Ends
        What the owner says of its pictures' size and its outputs, where the network does not.
    """

    digest: str
    labels: tuple[str, ...] = ()
    labels_file: str = ""
    own_preprocessing: MeanAndDeviation | None = None
    chosen: str = ""
    ends: Ends = USUAL


@dataclass
class Session:
    """The state of one visitor.

    Attributes
    ----------
    visitor : str
        The name under which this session waits for tasks.
    choices : Choices
    page : str
        The name of the page that is shown, as in links.
    scene : Scene or None
        The one that `make_scene` made last.
    started : bool
        Whether the link that the session began with has been read.
    notices : dict
        The notices about links so far, and when each was said, by their places (see `complain`).
    resumed : bool
        Whether the browser knew widgets from before a restart, and their values are not noticed.
    own_picture : bytes or None
        The last file uploaded or photo taken that could be read as a picture.
    own_decoded : OwnDecoded or None
        The same, decoded.
    clicked : bool
        Whether a click began this run, and not news of results.
    refusals : dict
        Why what was brought last was refused, by the place that it was brought to.
    own_model : OwnModelTried or None
        The network that this visitor has brought and not decided about yet.
    brought, decided : int
        How many files of networks were taken, and decided about.
    awaited : dict
        The parameters of a link that waits for the file of its network; empty if none does.
    asked_to_download : str
        The network whose weights this visitor asked for last; empty for none.
    absent : dict
        The players taken out, by the game's name.
    regions : dict
        Where a picture shows the class, drawn or uploaded, by kind and picture.
    ranked : dict
        A game's players from the best down, by the game's name and the class.
    opened : dict
        The content of each open file of saved maps, by the file's identifier.
    before_stage : BeforeStage or None
        What was chosen when the maps went on stage; None off stage.
    stage_controls, stage_offers : dict
        The controls on the stage's strip, by their roles, and those that the page being drawn has
        offered for the next one.
    told : dict
        Where the story stands that is being told, as in links; empty if none is.
    going : str
        The page that a story's step is on, until it is reached.
    leading, following : str
        The codes of the class that this session leads, and of the one that it follows; empty for
        none.
    followed : int
        The revision of what the followed class showed when the page was drawn.
    leader_left : bool
        Whether the followed class's leader had closed their page by then; this visitor's settings
        are free meanwhile.
    leaders_own_picture, leaders_own_model : bool
        Whether the followed class's leader shows a picture, or asks a network, of their own.
    formula : str or None
        The last valid one typed on the Axioms page.
    costs : (object, Costs) or None
        What each method's maps take, in words, and what that was worked out for.
    """

    visitor: str = field(default_factory=lambda: uuid.uuid4().hex)
    choices: Choices = field(default_factory=Choices)
    page: str = ""
    scene: Scene | None = None
    started: bool = False
    notices: dict[int, tuple[str, float]] = field(default_factory=dict)
    resumed: bool = False
    own_picture: bytes | None = None
    own_decoded: OwnDecoded | None = None
    clicked: bool = False
    refusals: dict[str, Refusal] = field(default_factory=dict)
    own_model: OwnModelTried | None = None
    brought: int = 0
    decided: int = 0
    awaited: dict[str, str] = field(default_factory=dict)
    asked_to_download: str = ""
    absent: dict[GameName, tuple[int, ...]] = field(default_factory=dict)
    ranked: dict[tuple[GameName, int], Sequence[int]] = field(default_factory=dict)
    regions: dict[tuple[str, str], Any] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)
    before_stage: BeforeStage | None = None
    stage_controls: dict[str, StageControl] = field(default_factory=dict)
    stage_offers: dict[str, StageControl] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    going: str = ""
    leading: str = ""
    following: str = ""
    followed: int = 0
    leader_left: bool = False
    leaders_own_picture: bool = False
    leaders_own_model: bool = False
    formula: str | None = None
    costs: tuple[object, Costs] | None = None

    @property
    def led(self) -> bool:
        """Whether a class's leader decides what is shown here."""
        return bool(self.following) and not self.leader_left


def session() -> Session:
    """The session of the visitor whose run this is."""
    try:
        found: Session = st.session_state["session"]
    except KeyError:
        found = st.session_state["session"] = Session()
    return found


def visitor() -> str:
    """The name under which this session waits for tasks."""
    return session().visitor
