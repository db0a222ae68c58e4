"""The app of two processes, whose work is done by the workers of one scheduler."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.browser.clusters import Cluster, clustered
from tests.browser.patience import expect
from tests.browser.servers import ROOT, Serve, Server
from tests.small_network import CHOSEN

LONG = {
    "layer": "input",
    "methods": "kernel_shap",
    "kernel_shap.budget": "100000",
    "classes": "285",
}
"""More work than a test waits for."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with clustered(2) as cluster:
        yield cluster


def test_two_processes_serve_two_visitors_by_one_scheduler(
    serve: Serve,
    with_small: dict[str, str],
    cluster: Cluster,
    new_page: Callable[..., Page],
) -> None:
    told = {**with_small, "ATTRIBUTION_SCHEDULER": cluster.address}
    before = cluster.seconds_of_workers()
    with serve(ROOT / "app.py", told) as one, serve(ROOT / "app.py", told) as other:
        pages = [new_page(), new_page()]
        for page, server in zip(pages, (one, other), strict=True):
            show(page, server, classes="285,967")
        for page in pages:
            expect(page.locator(".heatmap-grid .map.done")).to_have_count(2)
        # A worker that has loaded the network, and TensorFlow before, has been busy for seconds.
        spent = [now - then for now, then in zip(cluster.seconds_of_workers(), before, strict=True)]
        assert min(spent) > 1

        show(pages[0], one, classes="281,967")
        expect(pages[0].locator(".heatmap-grid .map.done")).to_have_count(2)
        long_work_is_stopped(pages[1], other, cluster)

        # A worker goes, and then the scheduler: visitors are served all the same.
        cluster.workers[0].kill()
        show(pages[0], one, classes="1,2,3")
        expect(pages[0].locator(".heatmap-grid .map.done")).to_have_count(3)
        cluster.scheduler.kill()
        show(pages[1], other, classes="4,5,6")
        expect(pages[1].locator(".heatmap-grid .map.done")).to_have_count(3)
        expect(pages[1].get_by_test_id("stAlert")).to_have_count(0)
        # What is still open complains of servers that have gone.
        for page in pages:
            page.close()


def show(page: Page, server: Server, **chosen: str) -> None:
    link = {**CHOSEN, "methods": "gradient_times_input", **chosen}
    page.goto(f"{server.url}/?{urlencode(link)}")


def long_work_is_stopped(page: Page, server: Server, cluster: Cluster) -> None:
    show(page, server, **LONG)
    expect(page.locator(".heatmap-grid .map.running canvas")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    begun = sum(cluster.seconds_of_workers())
    while True:
        used = sum(cluster.seconds_of_workers())
        time.sleep(1)
        now = sum(cluster.seconds_of_workers())
        if now - used < 0.3:
            return
        assert now < begun + 60, "the workers go on with what nobody waits for"
