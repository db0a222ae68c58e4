"""Metrics: the page's numbers, in Prometheus's words, and not public."""

from __future__ import annotations

import urllib.request
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.exceptions import HTTPException
from streamlit.runtime.stats import StatsManager

from pages.ui.operator.metrics import (
    _Readings,
    hide_streamlits,
    place_asked,
    serve_metrics,
)
from pages.ui.operator.page import drawn
from tests.browser.servers import free_port
from tests.pages.operator.readings import READING


def samples(text: str) -> dict[str, float]:
    """Values by name, with labels where there are any."""
    return {
        sample.name + "".join(f"{{{value}}}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_are_what_the_page_shows() -> None:
    registry = CollectorRegistry()
    registry.register(_Readings(lambda: READING))
    found = samples(generate_latest(registry).decode())
    assert found["attribution_jobs_running"] == 1
    assert found["attribution_jobs_waiting"] == 2
    assert found["attribution_jobs_failed_total"] == 4
    assert found["attribution_steps_seconds_total"] == 61.5
    assert found["attribution_cache_hits_total"] == 30
    assert found["attribution_networks_charged_bytes{A visitor's}"] == 42_000_000
    assert found["attribution_incidents_total{error}"] == 3
    assert found["attribution_memory_limit_bytes"] == 1e9
    shown = drawn(READING)
    for row in ("<dd>1</dd>", "<dd>40, 4</dd>", "<dd>30 of 40, 75 %</dd>", "<dd>900 MB</dd>"):
        assert row in shown
    assert "up for 2 h 3 min · 5 pages open" in shown
    assert "a &lt;b&gt; &amp; c" in shown


def test_what_is_not_known_is_no_metric() -> None:
    registry = CollectorRegistry()
    registry.register(_Readings(lambda: replace(READING, most_bytes=None)))
    assert "attribution_memory_limit_bytes" not in samples(generate_latest(registry).decode())


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("", None),
        ("9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:9464", ("0.0.0.0", 9464)),
        ("[::1]:9464", ("::1", 9464)),
    ],
)
def test_they_are_off_unless_asked_for_and_on_loopback_unless_told(
    said: str, place: tuple[str, int] | None
) -> None:
    assert place_asked({"ATTRIBUTION_METRICS": said}) == place


@pytest.mark.parametrize("said", ["yes", "0", "70000", "example.org:9464", "-1", "1.2.3:9464"])
def test_a_place_that_is_none_is_refused_in_a_sentence(said: str) -> None:
    with pytest.raises(ValueError, match="should be a port, such as 9464"):
        place_asked({"ATTRIBUTION_METRICS": said})


def test_they_are_served_anew_for_each_who_asks(caplog: pytest.LogCaptureFixture) -> None:
    port, readings = free_port(), iter([READING, replace(READING, sessions=6)])
    serve_metrics(("127.0.0.1", port), lambda: next(readings))
    for expected in (5, 6):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert samples(answer.read().decode())["attribution_sessions"] == expected
    serve_metrics(("127.0.0.1", port), lambda: READING)
    assert "There are no metrics" in caplog.text


def test_streamlits_own_are_hidden() -> None:
    statistics = StatsManager()
    hide_streamlits(statistics)
    with pytest.raises(HTTPException) as refused:
        statistics.registered_families()
    assert refused.value.status_code == 404
