"""Metrics for Prometheus, at a port of their own: off unless asked for, on loopback unless told."""

from __future__ import annotations

import ipaddress
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from streamlit.runtime.stats import Stat, StatsManager

from attribution_core.version import VERSION
from pages.ui.operator.reading import Reading

VARIABLE = "ATTRIBUTION_METRICS"
_NAMES = "attribution"
_log = logging.getLogger(__name__)


def place_asked(environment: Mapping[str, str] = os.environ) -> tuple[str, int] | None:
    """Where metrics are served, as ``ATTRIBUTION_METRICS`` says: an address and a port.

    None where they are not asked for. ValueError where it is neither a port nor an address with
    one; one sentence says so.
    """
    said = environment.get(VARIABLE, "").strip()
    if not said:
        return None
    address, _, port = said.rpartition(":")
    host = address.removeprefix("[").removesuffix("]") or "127.0.0.1"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host = ""
    if not host or not (port.isascii() and port.isdecimal() and 0 < int(port) < 2**16):
        raise ValueError(
            f"{VARIABLE} is '{said}'; it should be a port, such as 9464, which is heard on this "
            "machine alone, or an address with one, such as 0.0.0.0:9464."
        )
    return host, int(port)


def serve_metrics(place: tuple[str, int], look: Callable[[], Reading]) -> None:
    """Answer at a place with what is read then, on a thread of its own.

    Where the port is taken, it is logged, and the app is served without.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Readings(look))
    address, port = place
    try:
        start_http_server(port, address, registry)
    except OSError as error:
        _log.error("There are no metrics: the port %d cannot be used (%s).", port, error.strerror)


class _Readings(Collector):
    """Reads anew for each answer."""

    def __init__(self, look: Callable[[], Reading]) -> None:
        self._look = look

    def describe(self) -> list[Metric]:
        return []  # else it would be read once before anybody asks

    def collect(self) -> Iterator[Metric]:
        reading = self._look()
        yield InfoMetricFamily(_NAMES, "The program.", {"version": VERSION})
        yield from (
            GaugeMetricFamily(f"{_NAMES}_{name}", said, value)
            for name, said, value in gauges(reading)
        )
        yield from (
            CounterMetricFamily(f"{_NAMES}_{name}", said, value)
            for name, said, value in counters(reading)
        )
        charged = GaugeMetricFamily(
            f"{_NAMES}_networks_charged_bytes",
            "What networks in memory are taken to need, by title; visitors' together.",
            labels=["network"],
        )
        for title in dict.fromkeys(title for title, _ in reading.networks):
            charged.add_metric(
                [title], sum(charge for each, charge in reading.networks if each == title)
            )
        yield charged
        incidents = CounterMetricFamily(
            f"{_NAMES}_incidents", "Warnings and errors in the log.", labels=["level"]
        )
        for level in ("warning", "error", "critical"):
            incidents.add_metric([level], reading.incident_times.get(level, 0))
        yield incidents


def gauges(reading: Reading) -> Iterator[tuple[str, str, float]]:
    """What goes up and down: names, what they are, and values."""
    yield "uptime_seconds", "Since the server began.", reading.uptime
    yield "sessions", "Pages open in browsers.", reading.sessions
    yield "pages_drawing", "Pages being drawn.", reading.drawing
    yield "jobs_running", "Jobs that take their turns.", reading.jobs.running
    yield "jobs_waiting", "Jobs that have not started.", reading.jobs.queued
    yield "visitors_waiting", "Visitors who wait for a result.", reading.jobs.waiters
    yield "step_under_way_seconds", "Of the step under way.", reading.jobs.step_under_way
    yield "downloads_running", "Downloads of weights.", reading.downloads.running
    yield "cache_entries", "Results that are kept.", reading.cache.entries
    yield "cache_bytes", "Of results that are kept.", reading.cache.nbytes
    yield "cache_limit_bytes", "The most that results may take.", reading.cache.max_bytes
    yield "upload_files", "Files of visitors in memory.", reading.upload_files
    yield "upload_bytes", "Of files of visitors in memory.", reading.upload_bytes
    if reading.most_bytes is not None:
        yield "memory_limit_bytes", "The most that the process may take.", reading.most_bytes


def counters(reading: Reading) -> Iterator[tuple[str, str, float]]:
    """What only grows: names, what they are, and values."""
    yield "jobs_done_total", "Jobs that ended with a result.", reading.jobs.done
    yield "jobs_failed_total", "Jobs that ended in an error.", reading.jobs.failed
    yield "steps_seconds_total", "That steps of jobs took.", reading.jobs.busy
    yield "cache_hits_total", "Results found in the cache.", reading.cache.hits
    yield "cache_misses_total", "Results that were not.", reading.cache.misses
    yield "cache_evictions_total", "Results dropped for room.", reading.cache.evictions


class _NotPublic(StatsManager):
    """Streamlit's metrics, which would be at the app's own address: there are none."""

    def registered_families(self) -> Sequence[str]:
        raise HTTPException(404)

    def get_stats(self, family_names: Sequence[str] | None = None) -> Mapping[str, Sequence[Stat]]:
        raise HTTPException(404)


def hide_streamlits(statistics: StatsManager) -> None:
    """Have Streamlit answer 404 where it serves metrics of its own, to everybody.

    The server has made its keeper of statistics already, and handed it to the route.
    """
    statistics.__class__ = _NotPublic
