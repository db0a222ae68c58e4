"""The operator's page: what the server does and holds, anew every other second while it is open."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from html import escape

import streamlit as st

from attribution_core.assets import ASSETS
from attribution_core.version import VERSION
from pages.ui.operator.operations import operations
from pages.ui.operator.reading import Reading
from pages.ui.shell.fragments import draw_fragment
from pages.ui.shell.html import draw_html

EVERY_SECONDS = 2.0
_ADMITTED, _TYPED, _REFUSED = "operator", "operator_token", "operator_refused"

Row = tuple[str, str]
"""What something is, and how much of it."""


def render_operator() -> None:
    """Draw the page for whoever has given the token, else the place to give it."""
    st.html(ASSETS / "operator.css")
    with st.container(key="heading"):
        st.subheader("How is the server doing?", anchor=False)
    if not st.session_state.get(_ADMITTED, False):
        st.text_input(
            "The operator's token",
            type="password",
            key=_TYPED,
            autocomplete="off",
            max_chars=512,
            on_change=_try,
            width=400,
        )
        if st.session_state.get(_REFUSED, False):
            st.error("This is not the operator's token.", width=400)
        return
    draw_fragment(_draw, run_every=EVERY_SECONDS)


def _try() -> None:
    admitted = operations().access.admits(str(st.session_state[_TYPED]))
    st.session_state[_ADMITTED] = admitted
    st.session_state[_REFUSED] = not admitted


def _draw() -> None:
    draw_html(drawn(operations().look()))


def drawn(reading: Reading) -> str:
    """A reading as HTML; texts within it are escaped."""
    cards = (
        _card("Work", _work(reading)),
        _card("Memory", _memory(reading), _share(reading.resident_bytes, reading.most_bytes)),
        _card("Results", _results(reading), _share(reading.cache.nbytes, reading.cache.max_bytes)),
        _card("Networks", _networks(reading)),
    )
    line = (
        f"Attribution Explorer {VERSION} · Python {platform.python_version()} · up for "
        f"{duration(reading.uptime)} · {_counted(reading.sessions, 'page')} open"
    )
    return (
        f'<div class="operator"><p class="about">{line}</p>'
        f'<div class="cards">{"".join(cards)}</div>{_incidents(reading)}</div>'
    )


def _work(reading: Reading) -> Iterator[Row]:
    jobs = reading.jobs
    yield "Running", str(jobs.running)
    yield "Waiting", str(jobs.queued)
    yield "Visitors who wait", str(jobs.waiters)
    yield "The step under way", f"{jobs.step_under_way:.1f} s" if jobs.step_under_way else "none"
    yield "Done, failed", f"{jobs.done}, {jobs.failed}"
    yield "Computed for", duration(jobs.busy)
    yield "Pages being drawn", str(reading.drawing)
    if reading.cluster:
        yield "Cluster", reading.cluster
    if reading.downloads.running:
        yield "Downloads", str(reading.downloads.running)


def _memory(reading: Reading) -> Iterator[Row]:
    unknown = "not known here"
    yield "The process", size(reading.resident_bytes, unknown)
    yield "At most", size(reading.most_bytes, unknown)
    yield "Results", size(reading.cache.nbytes)
    yield "Networks, charged", size(sum(charge for _, charge in reading.networks))
    files = _counted(reading.upload_files, "file")
    yield "Uploads", f"{files}, {size(reading.upload_bytes)}" if reading.upload_files else "none"


def _results(reading: Reading) -> Iterator[Row]:
    cache = reading.cache
    asked = cache.hits + cache.misses
    yield "Kept", str(cache.entries)
    yield "They take", f"{size(cache.nbytes)} of {size(cache.max_bytes)}"
    share = f", {100 * cache.hits / asked:.0f} %" if asked else ""
    yield "Found", f"{cache.hits} of {asked}{share}"
    yield "Dropped for room", str(cache.evictions)


def _networks(reading: Reading) -> Iterator[Row]:
    yield from ((title, size(charge)) for title, charge in reading.networks)
    if not reading.networks:
        yield "None in memory", ""


def _card(title: str, rows: Iterable[Row], bar: str = "") -> str:
    listed = "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in rows
    )
    return f"<section><h4>{escape(title)}</h4>{bar}<dl>{listed}</dl></section>"


def _share(taken: int | None, most: int | None) -> str:
    """How full something is, as a bar."""
    if taken is None or not most:
        return ""
    share = min(1.0, taken / most)
    full = " full" if share > 0.85 else ""
    return (
        f'<div class="bar{full}" role="img" aria-label="{100 * share:.0f} % taken">'
        f'<i style="width:{100 * share:.1f}%"></i></div>'
    )


def _incidents(reading: Reading) -> str:
    if not reading.incidents:
        return "<h4>Warnings and errors</h4><p>There were none.</p>"
    lines = "".join(
        f"<tr><td>{each.last:%d %b %H:%M:%S}</td><td>{escape(each.level)}</td>"
        f"<td>{each.times}</td><td>{escape(each.said)}</td></tr>"
        for each in reading.incidents
    )
    return (
        "<h4>Warnings and errors</h4><table><thead><tr><th>Last, UTC</th><th>Level</th>"
        f"<th>Times</th><th>What</th></tr></thead><tbody>{lines}</tbody></table>"
    )


def size(taken: int | None, unknown: str = "") -> str:
    """Bytes in MB of 10⁶, as the app says them everywhere."""
    if taken is None:
        return unknown
    return f"{taken / 1e9:.2f} GB" if taken >= 1e9 else f"{taken / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """A time in its two largest units."""
    whole = int(seconds)
    for unit, name, smaller, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= unit:
            return f"{whole // unit} {name} {whole % unit // smaller} {small}"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
