"""The colour scales as eyes without one kind of cone see them.

Simulated after Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for
Simulation of Color Vision Deficiency", severity 1.0, on linear RGB; differences are CIEDE2000, of
which about 2 are just seen side by side.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from skimage import color

from attribution_core.painting import COLOUR_SCALES, Colours, Theme, ramp, tinted

Rgb = npt.NDArray[np.uint8]
Lab = npt.NDArray[np.float64]

SIGHT = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227969],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
THEMES: tuple[Theme, ...] = ("light", "dark")
LUMA = np.arange(256.0)
"""Of all greys that a picture can have."""


def seen(pixels: Rgb, sight: str) -> Lab:
    """CIELAB ``(n, 3)`` of sRGB ``(n, 3)`` as an eye of this kind sees it."""
    encoded = pixels / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    simulated = np.clip(linear @ SIGHT[sight].T, 0, 1)
    shown = np.where(
        simulated <= 0.0031308, 12.92 * simulated, 1.055 * simulated ** (1 / 2.4) - 0.055
    )
    convert: Any = color.rgb2lab
    return np.asarray(convert(shown[None])[0])


def difference(one: Lab, other: Lab) -> npt.NDArray[np.float64]:
    compare: Any = color.deltaE_ciede2000
    return np.asarray(compare(one, other))


def over_greys(colours: Colours, theme: Theme, share: float) -> Rgb:
    """A share of the limit, over every grey, at the opacity with which the app begins."""
    values = np.full((1, 256), share)
    return tinted(values, 1.0, theme, colours=colours, opacity=0.85, grey=LUMA[None])[0]


def least_from_grey(colours: Colours, theme: Theme, share: float, sight: str) -> float:
    """How far a colour over any grey is from whatever grey looks most like it."""
    greys = seen(over_greys(colours, theme, 0.0), sight)
    shown = seen(over_greys(colours, theme, share), sight)
    return float(difference(shown[:, None], greys[None]).min())


def cases(*names: Colours) -> list[tuple[Colours, Theme, str]]:
    return list(itertools.product(names, THEMES, SIGHT))


@pytest.mark.parametrize(("colours", "theme", "sight"), cases("orange-blue", "absolute"))
def test_half_of_the_limit_is_no_grey_of_the_picture(
    colours: Colours, theme: Theme, sight: str
) -> None:
    for share in (0.5, -0.5, 1.0, -1.0):
        assert least_from_grey(colours, theme, share, sight) > 12


def test_red_over_a_picture_is_one_of_its_greys_where_cones_for_long_waves_lack() -> None:
    """Why there is another scale."""
    assert least_from_grey("red-blue", "light", 0.5, "protanopia") < 2
    assert least_from_grey("red-blue", "light", 0.5, "all cones") > 12


@pytest.mark.parametrize(("colours", "theme", "sight"), cases("orange-blue"))
def test_for_and_against_are_two_colours(colours: Colours, theme: Theme, sight: str) -> None:
    over = [seen(over_greys(colours, theme, share), sight) for share in (0.5, -0.5)]
    assert difference(*over).min() > 30
    plain = seen(ramp(theme, colours=colours), sight)
    against, positive = plain[126::-1], plain[128:]
    assert (difference(positive, against)[38:] > 25).all()  # from three tenths of the limit on


@pytest.mark.parametrize(("colours", "theme", "sight"), cases(*COLOUR_SCALES))
def test_a_plain_map_gets_darker_or_lighter_step_by_step(
    colours: Colours, theme: Theme, sight: str
) -> None:
    lightness = seen(ramp(theme, colours=colours), sight)[:, 0]
    away = -1 if theme == "light" else 1
    arms = [lightness[127:], lightness[127::-1]] if COLOUR_SCALES[colours].signed else [lightness]
    for arm in arms:
        steps = away * np.diff(arm[::8])
        assert (steps > 0).all()
        assert away * (arm[-1] - arm[0]) > 40
