"""A reading made up for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from attribution_core.running.cache import CacheStatistics
from attribution_core.running.standing import Load
from pages.ui.operator.incidents import Incident
from pages.ui.operator.reading import Reading

READING = Reading(
    uptime=7384.0,
    jobs=Load(running=1, queued=2, waiters=3, step_under_way=0.5, done=40, failed=4, busy=61.5),
    downloads=Load(running=1),
    sessions=5,
    drawing=1,
    resident_bytes=900_000_000,
    most_bytes=1_000_000_000,
    cache=CacheStatistics(
        hits=30, misses=10, evictions=7, entries=12, nbytes=2_000_000, max_bytes=8_000_000
    ),
    networks=(("VGG16", 2_213_000_000), ("A visitor's", 40_000_000), ("A visitor's", 2_000_000)),
    upload_files=2,
    upload_bytes=3_000_000,
    incidents=(Incident("error", "a <b> & c", 3, datetime(2026, 11, 27, 12, 30, 1, tzinfo=UTC)),),
    incident_times={"error": 3, "warning": 1},
)
