"""Films as files: all pictures in order, as long as they should be seen, with what is on them."""

from __future__ import annotations

import io
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from attribution_core.figures.film import (
    SIZE,
    FilmKind,
    FilmPicture,
    FilmStyle,
    Tile,
    film,
    film_picture,
    size_below_scale,
)

GREY = np.full((64, 64, 3), 128, np.uint8)
STYLE = FilmStyle("Gradient from the pixels to the top", "Red speaks for the class", seconds=0.5)


def picture(number: int, count: int = 2) -> FilmPicture:
    """Maps that grow with the number, positive on the left and negative on the right."""
    values = np.ones((8, 8), np.float32) * (number + 1) / 4
    values[:, 4:] *= -1
    tiles = tuple(Tile(f"class {each}", values, 1.0, "logits") for each in range(count))
    return FilmPicture(f"picture {number}", tiles, GREY)


PICTURES = [picture(number) for number in range(4)]


def test_a_gif_has_all_pictures_and_their_times() -> None:
    with Image.open(io.BytesIO(film(PICTURES, STYLE, "gif"))) as gif:
        assert gif.n_frames == 4
        assert gif.info["loop"] == 0
        times = []
        for number in range(4):
            gif.seek(number)
            times.append(gif.info["duration"])
            expected = film_picture(PICTURES, number, STYLE).resize(gif.size)
            difference = np.abs(np.asarray(gif.convert("RGB"), int) - np.asarray(expected, int))
            assert difference.mean() < 4
    assert times == [500, 500, 500, 2000]


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_a_video_shows_each_picture_as_long_as_it_should(kind: FilmKind) -> None:
    with av.open(io.BytesIO(film(PICTURES, STYLE, kind))) as video:
        shown = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(shown) == 20 * (3 * 0.5 + 2)
    assert shown[0].shape == (SIZE[1], SIZE[0], 3)
    drawn = [np.asarray(film_picture(PICTURES, number, STYLE), int) for number in range(4)]
    nearest = [int(np.argmin([np.abs(each - frame).mean() for each in drawn])) for frame in shown]
    assert nearest == [0] * 10 + [1] * 10 + [2] * 10 + [3] * 40
    assert np.abs(drawn[3] - shown[-1]).mean() < 4


def test_maps_are_red_for_the_class_and_blue_against_it() -> None:
    drawn = np.asarray(film_picture(PICTURES, 3, STYLE), int)
    red = (drawn[..., 0] - drawn[..., 2] > 60).sum()
    blue = (drawn[..., 2] - drawn[..., 0] > 60).sum()
    assert red > 40_000
    assert blue > 40_000


def test_bars_stand_in_the_place_of_a_map_and_intervals_are_seen() -> None:
    def drawn(error: float | None) -> np.ndarray:
        bars = (("superpixel 1", 1.0, error), ("superpixel 2", -0.5, error))
        shown = FilmPicture("", (Tile("", bars=bars, limit=2.0),), GREY)
        return np.asarray(film_picture([shown], 0, STYLE), int)

    alone, with_errors = drawn(None), drawn(0.25)
    assert (alone != with_errors).any()
    wider = (drawn(0.5) != with_errors).any(axis=2)
    assert wider.any()


def test_what_does_not_fit_gets_smaller_and_nothing_leaves_the_picture() -> None:
    many = FilmPicture("a very long label " * 12, picture(0, 8).tiles, GREY)
    for theme in ("light", "dark"):
        style = replace(STYLE, heading="word " * 60, theme=theme)
        drawn = np.asarray(film_picture([many], 0, style), int)
        edge = np.concatenate([drawn[:, :8].reshape(-1, 3), drawn[:, -8:].reshape(-1, 3)])
        assert (edge == edge[0]).all()


def test_texts_below_a_narrow_scale_do_not_touch() -> None:
    texts = ("−0.0721", "logits per position", "0.0721")
    usual = size_below_scale(*texts, 600)
    assert usual == size_below_scale("0", "", "1", 200)
    assert 10 <= size_below_scale(*texts, 290) < usual


def test_a_map_that_is_not_there_says_why() -> None:
    shown = FilmPicture("", (Tile("Grad-CAM", message="It needs a convolution."),), GREY)
    empty = FilmPicture("", (Tile("Grad-CAM"),), GREY)
    said, silent = (np.asarray(film_picture([each], 0, STYLE)) for each in (shown, empty))
    assert (said != silent).any()


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        film([], STYLE, "gif")
    with pytest.raises(ValueError, match="use gif, mp4, webm"):
        film(PICTURES, STYLE, "avi")  # type: ignore[arg-type]
