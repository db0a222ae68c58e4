"""What whoever runs the server sees of a real one: its page, its metrics, its log, and its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from attribution_core.running.jobs import RESTARTING
from pages.ui.operator.ending import MOST_SECONDS, STEP_SECONDS
from tests.browser.patience import expect
from tests.browser.servers import ROOT, Server, free_port
from tests.patience import UNCHANGED

pytestmark = pytest.mark.browser

TOKEN = "correct-horse-battery"
CONTAINER_SECONDS = 10
"""After which a container that was asked to stop is killed."""


@dataclass(frozen=True)
class Served:
    """A server, and where it writes its log."""

    server: Server
    log: Path

    def end(self, page: Page) -> int:
        """Ask it to end, as a container is, which a page is to say; its exit code."""
        self.server.process.send_signal(signal.SIGTERM)
        expect(page.get_by_text(RESTARTING).first).to_be_visible()
        page.close()  # before its server goes
        return self.server.process.wait(UNCHANGED)


@contextmanager
def served(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[Served]:
    port = free_port()
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("ATTRIBUTION_")
    }
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, *command, f"--server.port={port}"],
            cwd=ROOT,
            env={**inherited, "KERAS_HOME": str(log.parent), "PYTHONPATH": str(ROOT)} | environment,
            stdout=written,
            stderr=written,
        )
        try:
            server = Server(f"http://127.0.0.1:{port}", process)
            server.wait_until_healthy()
            yield Served(server, log)
        finally:
            process.kill()
            process.wait(UNCHANGED)


def test_an_operator_looks_and_ends_the_server(
    tmp_path: Path, with_small: dict[str, str], new_page: Callable[..., Page]
) -> None:
    port = free_port()
    asked = {"ATTRIBUTION_OPERATOR": TOKEN, "ATTRIBUTION_METRICS": str(port)}
    with served(["-m", "pages.ui.serve"], tmp_path / "log", with_small | asked) as made:
        page = new_page()
        page.goto(f"{made.server.url}/operator")  # the first request of all
        box = page.get_by_label("The operator's token")
        box.fill(TOKEN)
        box.press("Enter")
        uptime = page.locator(".operator .about")
        expect(uptime).to_contain_text("1 page open")
        before = uptime.inner_text()
        expect(uptime).not_to_have_text(before)  # by itself
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"attribution_sessions 1.0" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{made.server.url}/_stcore/metrics")
        assert made.end(page) == 0
        log = made.log.read_text("utf-8")
    assert TOKEN not in log
    assert "SIGTERM: nothing new is begun" in log
    assert "Traceback" not in log
    records = [line for line in log.splitlines() if re.match(r"\d{4}-\d\d-\d\d ", line)]
    assert all(re.match(r"\S+ \S+ (INFO|WARNING) [\w.]+: ", record) for record in records)


def test_a_step_that_does_not_end_keeps_no_server_from_ending(
    tmp_path: Path, with_small: dict[str, str], new_page: Callable[..., Page]
) -> None:
    with served(["-m", "tests.browser.stuck_server"], tmp_path / "log", with_small) as made:
        page = new_page()
        page.goto(f"{made.server.url}/?model=own")
        expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_visible()
        begun = time.monotonic()
        assert made.end(page) == 0
        assert time.monotonic() - begun < CONTAINER_SECONDS
    # That server had a sixth of these.
    assert STEP_SECONDS < MOST_SECONDS < CONTAINER_SECONDS


def test_a_variable_that_is_nonsense_is_said_before_the_server_begins() -> None:
    for name, value in (("METRICS", "yes"), ("LOG", "loud")):
        done = subprocess.run(
            [sys.executable, "-m", "pages.ui.serve"],
            cwd=ROOT,
            env={**os.environ, f"ATTRIBUTION_{name}": value},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith(f"ATTRIBUTION_{name} is '{value}'; it should be ")
