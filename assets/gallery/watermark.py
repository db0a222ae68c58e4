"""A watermark in the corner of a picture, as a photographer's agency might leave it."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

WORDS = "© zoo"


def stamp(picture: Image.Image) -> Image.Image:
    """Return a copy with the watermark at the lower left.

    Parameters
    ----------
    picture : PIL.Image.Image
        RGB, square.

    Returns
    -------
    PIL.Image.Image
        RGB, of the same size; white letters on black, a third of the picture wide.
    """
    side = picture.width
    stamped = picture.copy()
    draw = ImageDraw.Draw(stamped)
    font = ImageFont.load_default(side / 9)
    corner = side * 0.04, side * 0.96
    left, top, right, bottom = draw.textbbox(corner, WORDS, font, anchor="lb")
    rim = side * 0.015
    draw.rectangle((left - rim, top - rim, right + rim, bottom + rim), fill="black")
    draw.text(corner, WORDS, "white", font, anchor="lb")
    return stamped
