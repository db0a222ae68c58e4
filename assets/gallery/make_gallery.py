"""Make the gallery's pictures and ``gallery.json`` from scikit-image's own data.

Only needed to repeat what has been done: the result is in the repository. From the top folder of
a clean checkout, after ``make run`` or ``make test`` has made the virtual environment::

    .venv/bin/python assets/gallery/make_gallery.py

The single pictures are copied byte for byte, so that the network sees exactly what scikit-image
ships. No picture needs a download, and only pictures whose licence scikit-image states are taken.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import skimage
from PIL import Image

SOURCES = Path(skimage.__file__).parent / "data"
DESTINATION = Path(__file__).resolve().parent

HALF_WIDTH = 224
HALF_HEIGHT = 448


@dataclass(frozen=True)
class Picture:
    """An entry of ``gallery.json``.

    Attributes
    ----------
    id : str
        Stable name, used in permalinks.
    title : str
        What a person reads under the thumbnail.
    file : str
        Name of the picture's file beside ``gallery.json``.
    licence : str
        Under which terms it may be used.
    source : str
        Who made it, and where it was taken from.
    classes : tuple of int
        ImageNet's classes whose comparison the picture was made for.
    """

    id: str
    title: str
    file: str
    licence: str
    source: str
    classes: tuple[int, ...] = ()


CAT = "CC0, Stefan van der Walt; scikit-image, skimage.data.chelsea"
COFFEE = "CC0, Rachel Michetti, courtesy of Pikolo Espresso Bar; scikit-image, skimage.data.coffee"
CAMERAMAN = "CC0, Lav Varshney; scikit-image, skimage.data.camera"

PICTURES = (
    Picture(
        "cat_coffee", "Cat beside coffee", "cat_coffee.png", "CC0", f"{CAT} | {COFFEE}", (285, 967)
    ),
    Picture("cat", "Cat", "chelsea.png", "CC0", CAT),
    Picture("coffee", "Cup of coffee", "coffee.png", "CC0", COFFEE),
    Picture("cameraman", "Cameraman", "camera.png", "CC0", CAMERAMAN),
    Picture(
        "cat_cameraman",
        "Cat beside cameraman",
        "cat_cameraman.png",
        "CC0",
        f"{CAT} | {CAMERAMAN}",
        (285, 872),
    ),
    Picture(
        "rocket",
        "Rocket",
        "rocket.jpg",
        "Public domain (CC0)",
        "SpaceX, launch of DSCOVR on Falcon 9; scikit-image, skimage.data.rocket",
    ),
    Picture(
        "astronaut",
        "Astronaut",
        "astronaut.png",
        "Public domain",
        "NASA, Eileen Collins; scikit-image, skimage.data.astronaut",
    ),
    Picture(
        "clock",
        "Clock, blurred by motion",
        "clock_motion.png",
        "Public domain",
        "Stefan van der Walt; scikit-image, skimage.data.clock",
    ),
)

COMPOSITES = {
    "cat_coffee.png": ("chelsea.png", "coffee.png"),
    "cat_cameraman.png": ("chelsea.png", "camera.png"),
}
"""File -> the pictures of its left and its right half."""


def half(file: str) -> Image.Image:
    """Cut the middle out of a picture, as one half of a square.

    Parameters
    ----------
    file : str
        A picture in scikit-image's data.

    Returns
    -------
    PIL.Image.Image
        RGB, 224 wide and 448 high, the aspect ratio kept.
    """
    with Image.open(SOURCES / file) as opened:
        picture = opened.convert("RGB")
    width = round(picture.width * HALF_HEIGHT / picture.height)
    resized = picture.resize((width, HALF_HEIGHT), Image.Resampling.BICUBIC)
    left = (width - HALF_WIDTH) // 2
    return resized.crop((left, 0, left + HALF_WIDTH, HALF_HEIGHT))


def beside(left: str, right: str) -> Image.Image:
    """Put the middles of two pictures side by side.

    Parameters
    ----------
    left, right : str
        Pictures in scikit-image's data.

    Returns
    -------
    PIL.Image.Image
        RGB, 448 wide and 448 high: a centre crop takes nothing away from it.
    """
    composite = Image.new("RGB", (2 * HALF_WIDTH, HALF_HEIGHT))
    composite.paste(half(left), (0, 0))
    composite.paste(half(right), (HALF_WIDTH, 0))
    return composite


def main() -> None:
    """Write every picture and the list."""
    for picture in PICTURES:
        destination = DESTINATION / picture.file
        if picture.file in COMPOSITES:
            beside(*COMPOSITES[picture.file]).save(destination, optimize=True)
        else:
            shutil.copyfile(SOURCES / picture.file, destination)
    listing = json.dumps([asdict(picture) for picture in PICTURES], indent=2, ensure_ascii=False)
    (DESTINATION / "gallery.json").write_text(listing + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
