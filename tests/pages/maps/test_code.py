"""The maps of a page as code: which are written, and what is said of files that only you have."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from attribution_core import Picture
from attribution_core.images import Pixels
from pages.ui.maps.code import written_requests
from tests.pages.maps.scenes import scene_of, table_of


def test_every_map_of_the_scenes_picture_is_written(tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (3, 0))
    requests = written_requests(scene, table_of(scene))
    assert [(each.target, each.method) for each in requests] == [
        (3, "gradient"),
        (3, "kernel_shap"),
        (0, "gradient"),
        (0, "kernel_shap"),
    ]


def test_no_map_of_another_picture_is_written(tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (3,))
    other = replace(scene, picture=Picture.of(255 - tiny_image))
    assert written_requests(other, table_of(scene)) == []


def _drawn(picture: str, segmentation: str, more: int) -> None:
    import numpy as np

    from pages.ui.maps.code import render_both
    from tests.pages.maps.scenes import scene_of, table_of

    image = np.zeros((8, 8, 3))
    scene = scene_of(
        image, (3,), picture=picture, segmentation=segmentation, layer="input", count=4
    )
    requests = [each.task.request for each in table_of(scene).cells if each.task]
    render_both(scene, requests, len(requests) + more)


@pytest.mark.parametrize(
    ("picture", "segmentation", "said", "codes"),
    [
        ("cat_coffee", "superpixels", "your_network.keras", 2),
        ("upload", "superpixels", "your_picture.png", 2),
        ("cat_coffee", "grid", "no argument", 1),
    ],
)
def test_what_the_code_lacks_is_said(
    picture: str, segmentation: str, said: str, codes: int
) -> None:
    app = AppTest.from_function(_drawn, args=(picture, segmentation, 0)).run(timeout=60)
    assert not app.exception
    assert any(said in each.value for each in app.caption)
    assert len(app.code) == codes
    assert all(("your_picture.png" in each.value) == (picture == "upload") for each in app.code)


@pytest.mark.parametrize(
    ("more", "said"), [(0, ""), (1, "Without 1 map of"), (3, "Without 3 maps of")]
)
def test_it_says_how_many_maps_the_code_leaves_out(more: int, said: str) -> None:
    app = AppTest.from_function(_drawn, args=("cat_coffee", "superpixels", more)).run(timeout=60)
    assert not app.exception
    assert [each.value.startswith(said) for each in app.caption if "Without" in each.value] == (
        [True] if said else []
    )
