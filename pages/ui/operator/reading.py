"""What the server does and holds at one moment: what the operator's page and metrics both say."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from streamlit.runtime import Runtime

from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.running.cache import CacheStatistics
from attribution_core.running.memory import most_bytes, resident_bytes
from attribution_core.running.standing import Load
from pages.ui.operator.incidents import Incident, Incidents
from pages.ui.worker.engine import Engine
from pages.ui.worker.housekeeping import held_by_visitors
from pages.ui.worker.model_list import OWN_MODEL

_BEGUN = time.monotonic()


@dataclass(frozen=True)
class Reading:
    """What is known at one moment.

    Attributes
    ----------
    uptime : float
        Seconds since the server began.
    jobs, downloads : Load
    sessions : int
        Pages that are open in browsers.
    drawing : int
        Pages that are being drawn.
    resident_bytes, most_bytes : int or None
        What the process takes, and the most that it may; None where the system does not say it.
    cache : CacheStatistics
    networks : tuple of (str, int)
        Those in memory with what each is charged for, in bytes; visitors' without their names.
    upload_files, upload_bytes : int
        Of visitors, in memory.
    cluster : str
        Who computes besides this process, in a sentence; empty where no scheduler is named.
    incidents : tuple of Incident
        The newest first.
    incident_times : dict
        How many there have ever been, by level.
    """

    uptime: float
    jobs: Load
    downloads: Load
    sessions: int
    drawing: int
    resident_bytes: int | None
    most_bytes: int | None
    cache: CacheStatistics
    networks: tuple[tuple[str, int], ...]
    upload_files: int
    upload_bytes: int
    cluster: str = ""
    incidents: tuple[Incident, ...] = ()
    incident_times: dict[str, int] = field(default_factory=dict)


def running() -> Runtime | None:
    """The server of this process; None in tests of pages, which have a stand-in for it."""
    instance = Runtime.instance() if Runtime.exists() else None
    return instance if type(instance) is Runtime else None


def read(engine: Engine, incidents: Incidents) -> Reading:
    """Look at everything; takes milliseconds, and delays nobody."""
    instance = running()
    files, file_bytes = (0, 0) if instance is None else held_by_visitors(instance.uploaded_file_mgr)
    networks = [
        ("This server's own" if name == OWN_MODEL else KNOWN_NETWORKS[name], charge)
        for name, charge in engine.charges()
    ]
    networks += [("A visitor's", charge) for charge in engine.own_models.charges()]
    return Reading(
        time.monotonic() - _BEGUN,
        engine.jobs.load,
        engine.downloads.load,
        0 if instance is None else instance._session_mgr.num_active_sessions(),
        engine.page_runs.count,
        resident_bytes(),
        most_bytes(),
        engine.cache,
        tuple(networks),
        files,
        file_bytes,
        engine.cluster,
        incidents.newest_first(),
        incidents.times(),
    )
