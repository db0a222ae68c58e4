"""Saved maps in a browser: downloaded, opened together with others, and computed again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from attribution_core.images import Picture
from attribution_core.saved_maps.files import load, save
from tests.browser.patience import expect, settle

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("width", [1280, 390])
def test_several_files_are_opened_and_computed_again(
    server: Any, new_page: Callable[..., Page], tmp_path: Path, width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 720})
    link = {"model": "efficientnet_lite0", "methods": "gradient,grad_cam", "classes": "285"}
    page.goto(f"{server.url}/?{urlencode(link)}")
    grids = page.locator(".heatmap-grid")
    expect(grids.locator(".map.done")).to_have_count(2)
    with page.expect_download() as waited:
        page.get_by_role("button", name="Arrays as NPZ").click()
    own = tmp_path / "own.npz"
    waited.value.save_as(own)

    saved = load(own)
    first, second = saved.attributions
    assert (first.request.method, second.request.method) == ("gradient", "grad_cam")
    # The same map of another picture, and a file that is none.
    turned = Picture.of(first.request.picture.pixels[:, ::-1])
    other = replace(
        first,
        request=replace(first.request, picture=turned, method="gradient", layer="block5c_add"),
    )
    save(tmp_path / "other.npz", [other], made=saved.made)
    (tmp_path / "bad.npz").write_bytes(own.read_bytes()[:500])

    page.locator("summary", has_text="Open saved maps").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="saved maps")
    uploader.locator("input[type=file]").set_input_files(
        [own, tmp_path / "other.npz", tmp_path / "bad.npz"]
    )
    expect(page.get_by_text("The file bad.npz is not a complete NPZ file")).to_be_visible()
    expect(page.get_by_text(re.compile("^.*Saved · made"))).to_have_count(2)
    expect(grids).to_have_count(3)
    expect(grids.locator(".map.done")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    settle(page.get_by_role("button", name="Compute again").nth(1)).click()
    expect(page.get_by_text(re.compile("at block5c_add"))).to_be_visible()
    expect(grids).to_have_count(3)
    expect(grids.nth(0).locator(".map.done")).to_have_count(1)
    page.wait_for_function(
        "new URLSearchParams(location.search).get('layer') === 'block5c_add'"
        " && new URLSearchParams(location.search).get('picture') === 'upload'"
    )
