"""What is begun once a server: the log's rules, metrics where they are asked for, its end."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from pages.ui.operator.access import Access
from pages.ui.operator.ending import end_well
from pages.ui.operator.incidents import Incidents
from pages.ui.operator.log import keep_to_one_line, level_asked
from pages.ui.operator.metrics import hide_streamlits, place_asked, serve_metrics
from pages.ui.operator.reading import Reading, read, running
from pages.ui.worker.engine import engine

Said = TypeVar("Said")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Operations:
    """What the operator's page needs.

    Attributes
    ----------
    access : Access
    look : callable
        Gives a reading of this moment.
    """

    access: Access
    look: Callable[[], Reading]


@st.cache_resource(show_spinner=False)
def operations() -> Operations:
    """Those of this process, begun where they are not."""
    return begin(os.environ)


def begin(environment: Mapping[str, str]) -> Operations:
    """Begin them; where no server runs, nothing of the process is changed."""
    incidents, served = Incidents(), engine()

    def look() -> Reading:
        return read(served, incidents)

    if (server := running()) is not None:
        asked = _or_said(lambda: level_asked(environment))
        keep_to_one_line(incidents, whole=asked == "debug")
        hide_streamlits(server.stats_mgr)
        if (place := _or_said(lambda: place_asked(environment))) is not None:
            serve_metrics(place, look)
        end_well(server, served)
    access = Access.of(environment)
    if access.complaint:
        _log.warning(access.complaint)
    return Operations(access, look)


def _or_said(asked: Callable[[], Said]) -> Said | None:
    """What a variable says; where it is nonsense, that is logged, and it counts for nothing."""
    try:
        return asked()
    except ValueError as error:
        _log.warning("%s", error)
        return None
