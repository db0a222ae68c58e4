"""Saved maps on Explore: opened as they were made, and computed again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from attribution_core import Attribution, Contrast, Grid, Picture, Request, Slic
from attribution_core.explanation import explain_request
from attribution_core.request import granted, request_or_reason
from attribution_core.saved_maps.files import load, save
from pages.ui.components.heatmap_grid import decode_values
from pages.ui.maps.saved_grids import OpenedMap, SavedGrid, grids_of
from pages.ui.maps.saved_settings import again
from pages.ui.shell.settings import Settings
from pages.ui.worker.engine import engine
from tests.made_attributions import of_request
from tests.pages.visits import Visit

MADE = datetime(2026, 11, 26, 18, 40, 57, tzinfo=UTC)
NPZ = "application/octet-stream"


def file_of(attributions: Sequence[Attribution]) -> bytes:
    content = io.BytesIO()
    save(content, attributions, made=MADE)
    return content.getvalue()


def explained(page: Visit, requests: Sequence[Request]) -> list[Attribution]:
    classifier = engine().loaded(page.scene.settings.model)
    assert classifier is not None
    return [explain_request(classifier, request) for request in requests]


def requested(picture: Picture, method: str, target: int, **settings: Any) -> Request:
    asked = request_or_reason(None, picture=picture, method=method, target=target, **settings)
    return granted(asked)


def own_picture() -> Picture:
    coarse = np.random.default_rng(5).integers(0, 256, (7, 7, 3))
    return Picture.of(np.kron(coarse, np.ones((32, 32, 1))).astype(np.float32))


def open_files(page: Visit, *files: tuple[str, bytes]) -> Visit:
    uploader = page.app.file_uploader(key="saved_maps")
    uploader.set_value([(name, content, NPZ) for name, content in files])
    return page.run()


def saved_grids(page: Visit) -> list[dict[str, Any]]:
    """What the browser gets to draw of saved maps."""
    sent = [json.loads(part.proto.json) for part in page.app.get("bidi_component")]
    return [data for data in sent if "cells" in data][1:]


def test_maps_are_shown_as_they_were_made_and_computed_again(visit: Callable[..., Visit]) -> None:
    page = visit(methods="gradient,lime", classes="285,967", layer="block6d_add").finish()
    inside = own_picture()
    requests = [
        requested(
            inside,
            "lime",
            target,
            layer="block5c_add",
            reference="mean",
            score=Contrast(1),
            segmentation=40,
            seed=9,
            options={"samples": 60},
        )
        for target in (285, 7)
    ]
    made = explained(page, requests)
    open_files(page, ("mine.npz", file_of(made)), ("bad.npz", b"PK"))
    assert "The file bad.npz is not a complete NPZ file" in page.words
    assert "Saved" in page.words
    for words in ("made 26 Nov 2026, 18:40 UTC", "EfficientNet-Lite0", "block5c_add", "mine.npz"):
        assert words in page.words
    assert "reference mean · lead over goldfish" in page.words
    (grid,) = saved_grids(page)
    assert grid["rows"] == ["Egyptian cat", "cock"]
    assert [column["label"] for column in grid["columns"]] == ["LIME"]
    for cell, attribution in zip(grid["cells"], made, strict=True):
        players, segments = attribution.player_values, attribution.segments
        assert players is not None
        assert segments is not None
        drawn = decode_values(cell["map"])
        np.testing.assert_allclose(drawn, players[segments], atol=1e-3 * np.abs(players).max())

    page.press("compute_again_0").finish()
    settings = page.scene.settings
    assert page.scene.picture == inside
    assert page.scene.classes == (285, 7)
    assert (settings.picture, settings.methods, settings.layer) == (
        "upload",
        ("lime",),
        "block5c_add",
    )
    assert (settings.reference, settings.score, settings.against) == ("mean", "contrast", 1)
    assert [each.digest for each in (page.scene.picture,)] == [inside.digest]
    assert page.requests == requests
    assert page.statuses == ["done"] * 2
    for cell, before in zip(page.cells, saved_grids(page)[0]["cells"], strict=True):
        assert cell["map"] == before["map"]
    # What the visitor changes from there on counts.
    page.choose("number_input", "seed", 3).finish()
    assert [request.seed for request in page.requests] == [3, 3]


def test_the_page_opens_its_own_file(visit: Callable[..., Visit]) -> None:
    page = visit(methods="gradient,kernel_shap", classes="285,967").finish()
    content = file_of(explained(page, page.requests))
    assert len(load(content).attributions) == 4
    shown = page.cells
    open_files(page, ("grid.npz", content), ("copy.npz", content))
    (grid,) = saved_grids(page)
    assert [cell["map"] for cell in grid["cells"]] == [cell["map"] for cell in shown]
    page.choose("multiselect", "methods", ["grad_cam"]).finish()
    # What opens slowly would move the button away under the pointer.
    sliding = [button.key for part in page.app.expander for button in part.button]
    assert "compute_again_0" not in sliding
    page.press("compute_again_0").finish()
    assert page.scene.settings.picture == "cat_coffee"
    assert page.labels == (["Egyptian cat", "espresso"], ["Gradient", "KernelSHAP"])


def test_a_network_that_is_not_here(visit: Callable[..., Visit]) -> None:
    page = visit().finish()
    (made,) = explained(page, page.requests)
    elsewhere = replace(made, model="my_network")
    retrained = replace(made, model_fingerprint="0" * 64)
    open_files(page, ("1.npz", file_of([elsewhere])), ("2.npz", file_of([retrained])))
    assert len(saved_grids(page)) == 2
    assert "there is no model “my_network”" in page.words
    assert "“efficientnet_lite0” is another network than theirs" in page.words
    assert not [each for each in page.app.button if str(each.key).startswith("compute_again")]


# --- without a page -------------------------------------------------------------------------------


def attribution_of(request: Request, value: float = 1.0) -> Attribution:
    values = np.full((7, 7), value, np.float32)
    loaded = engine().loaded("efficientnet_lite0")
    return of_request(
        request,
        values,
        model="efficientnet_lite0",
        model_fingerprint="0" * 64 if loaded is None else loaded.fingerprint,
    )


def grid_of(*requests: Request) -> SavedGrid:
    (grid,) = grids_of([OpenedMap(attribution_of(each), "x.npz", MADE) for each in requests])
    return grid


def test_columns_are_told_apart_by_what_differs() -> None:
    picture = own_picture()
    of = requested
    grid = grid_of(
        of(picture, "grad_cam", 1, layer="a"),
        of(picture, "grad_cam", 1, layer="b"),
        of(picture, "lime", 1, layer="a", options={"samples": 10}),
        of(picture, "lime", 2, layer="a", options={"samples": 20}),
    )
    assert grid.rows == ("class 1", "class 2")
    assert grid.columns == (
        "Grad-CAM · a",
        "Grad-CAM · b",
        "LIME · a · samples 10",
        "LIME · a · samples 20",
    )
    assert set(grid.maps) == {(0, 0), (0, 1), (0, 2), (1, 3)}


def test_one_request_with_two_answers_has_two_columns() -> None:
    request = requested(own_picture(), "gradient", 1)
    later = MADE.replace(hour=20)
    one, other = attribution_of(request), attribution_of(request, 2.0)
    (grid,) = grids_of(
        [OpenedMap(one, "a", MADE), OpenedMap(other, "b", later), OpenedMap(one, "c", later)]
    )
    assert grid.columns == ("Gradient · 26 Nov 2026, 18:40:57", "Gradient · 26 Nov 2026, 20:40:57")


def test_what_the_sidebar_cannot_ask_for_at_once_is_offered_apart() -> None:
    picture = own_picture()
    grid = grid_of(
        requested(picture, "grad_cam", 1, layer="block5c_add"),
        requested(picture, "grad_cam", 1, layer="block6d_add"),
        requested(picture, "gradient", 1, layer="block5c_add"),
    )
    offers = again(engine(), grid, Settings())
    assert [(each.settings.layer, each.settings.methods) for each in offers] == [
        ("block5c_add", ("grad_cam", "gradient")),
        ("block6d_add", ("grad_cam",)),
    ]


@pytest.mark.parametrize(
    "score", [Contrast(5, also=(6, 7)), Contrast(5, weight=0.6), Contrast(5, also=(6,), weight=0.6)]
)
def test_a_lead_that_the_sidebar_has_not_is_not_taken_for_another(score: Contrast) -> None:
    grid = grid_of(requested(own_picture(), "gradient", 1, layer="block6d_add", score=score))
    with pytest.raises(ValueError, match=r"the sidebar has no lead over .*class 5.* replay"):
        again(engine(), grid, Settings())


def test_scores_that_the_sidebar_has_are_taken() -> None:
    for score, expected in ((Contrast(5), ("contrast", 5)), ("finer", ("finer", None))):
        grid = grid_of(requested(own_picture(), "gradient", 1, layer="block6d_add", score=score))
        (offer,) = again(engine(), grid, Settings(against=None))
        assert (offer.settings.score, offer.settings.against) == expected


@pytest.mark.parametrize(
    ("segmentation", "layer", "expected"),
    [
        (Slic(30, 5.0), "input", ("superpixels", 30, 5.0)),
        (12, "input", ("superpixels", 12, 10.0)),
        (None, "input", ("superpixels", 50, 10.0)),
        (Grid(4, 4), "input", ("grid", 16, 10.0)),
        (30, "block6d_add", ("superpixels", 30, 10.0)),
        (None, "block6d_add", ("superpixels", 50, 10.0)),
        (Grid(2, 9), "input", None),
        (500, "input", None),
    ],
)
def test_players_that_the_sidebar_has_and_has_not(
    segmentation: Any, layer: str, expected: tuple[str, int, float] | None
) -> None:
    request = requested(own_picture(), "lime", 1, layer=layer, segmentation=segmentation)
    if expected is None:
        with pytest.raises(ValueError, match="no such superpixels"):
            again(engine(), grid_of(request), Settings())
        return
    (offer,) = again(engine(), grid_of(request), Settings())
    settings = offer.settings
    assert (settings.segmentation, settings.count, settings.compactness) == expected
