"""Make the gallery's pictures and ``gallery.json`` from packages that state their licences.

Only needed to repeat what has been done: the result is in the repository. From the top folder of
a clean checkout, after ``make run`` or ``make test`` has made the virtual environment::

    apt-get download gcompris-qt-data
    dpkg -x gcompris-qt-data_*.deb gcompris
    .venv/bin/python assets/gallery/make_gallery.py gcompris

Pictures of scikit-image are copied byte for byte, so that the network sees exactly what it ships.
Of GCompris's, the central square is scaled to 448×448 and saved as JPEG. A composite is put
together from windows of such pictures, and says so in its source.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import skimage
from PIL import Image
from qt_resource import files
from sources import PHOTOGRAPHS, Photograph
from watermark import stamp

SKIMAGE = Path(skimage.__file__).parent / "data"
DESTINATION = Path(__file__).resolve().parent

SIDE = 448
"""Of every made picture, in pixels."""

SEVERAL = "several"


@dataclass(frozen=True)
class Entry:
    """An entry of ``gallery.json``.

    Attributes
    ----------
    id : str
        Stable name, used in permalinks.
    title : str
        What a person reads under the thumbnail.
    kind : {"several", "animals", "people and things", "places", "watermarks"}
        Under which the gallery lists it; ``several`` are pictures of two or more classes.
    file : str
        Name of the picture's file beside ``gallery.json``.
    author : str
        Who made it; of a composite, who made each part.
    licence : str
        Under which terms it may be used.
    source : str
        Where it was taken from.
    classes : tuple of int
        ImageNet's classes whose comparison the picture was made for.
    """

    id: str
    title: str
    kind: str
    file: str
    author: str
    licence: str
    source: str
    classes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Window:
    """A part of a photograph.

    Attributes
    ----------
    photograph : str
        Its name in ``sources.PHOTOGRAPHS``.
    x, y : float
        The centre, as shares of width and height.
    height : float
        As a share of the photograph's; the width follows from the window's aspect.
    """

    photograph: str
    x: float = 0.5
    y: float = 0.5
    height: float = 1.0


@dataclass(frozen=True)
class Single:
    """One photograph or a ``window`` of it, with the watermark of `watermark.py` if ``stamped``."""

    id: str
    title: str
    kind: str
    photograph: str
    classes: tuple[int, ...] = ()
    stamped: bool = False
    window: Window | None = None


@dataclass(frozen=True)
class Composite:
    """Two windows beside each other or one above the other, or four as quarters."""

    id: str
    title: str
    windows: tuple[Window, ...]
    classes: tuple[int, ...]
    above: bool = False


CAT = Window("chelsea")

PICTURES: tuple[Single | Composite, ...] = (
    Composite("cat_coffee", "Cat beside coffee", (CAT, Window("coffee")), (285, 967)),
    Composite("dog_cat", "Dog beside cat", (Window("dog", 0.78, 0.5, 0.9), CAT), (235, 285)),
    Composite("cat_cameraman", "Cat beside cameraman", (CAT, Window("camera")), (285, 872)),
    Single("clownfish", "Clownfish in a sea anemone", SEVERAL, "clownfish", (393, 108)),
    Composite(
        "two_pandas",
        "Giant panda beside red panda",
        (Window("panda", 0.38, 0.5, 0.95), Window("red_panda", 0.53)),
        (388, 387),
    ),
    Composite(
        "macaw_koala",
        "Macaw beside koala",
        (Window("macaw", 0.42, 0.5, 0.95), Window("koala", 0.45, 0.5, 0.9)),
        (88, 105),
    ),
    Composite(
        "lemur_gibbon",
        "Lemur beside gibbon",
        (Window("lemur", 0.5, 0.52, 0.95), Window("gibbon", 0.53)),
        (383, 368),
    ),
    Composite(
        "bear_chameleon",
        "Polar bear above chameleon",
        (Window("polar_bear", 0.55, 0.52, 0.47), Window("chameleon", 0.48, 0.5, 0.8)),
        (296, 47),
        above=True,
    ),
    Composite(
        "bison_crocodile",
        "Bison above crocodile",
        (Window("bison", 0.47, 0.5, 0.62), Window("crocodile", 0.45, 0.5, 0.9)),
        (347, 49),
        above=True,
    ),
    Composite(
        "castle_viaduct",
        "Castle above viaduct",
        (Window("castle", 0.5, 0.34, 0.66), Window("viaduct", 0.5, 0.46, 0.73)),
        (483, 888),
        above=True,
    ),
    Composite(
        "four_animals",
        "Dog, cat, panda and macaw",
        (
            Window("dog", 0.75, 0.36, 0.66),
            CAT,
            Window("panda", 0.42, 0.42, 0.76),
            Window("macaw", 0.42, 0.4, 0.76),
        ),
        (235, 285, 388, 88),
    ),
    Single("cat", "Cat", "animals", "chelsea"),
    Single("dog", "Dog: German shepherd", "animals", "dog"),
    Single("kitten", "Kitten", "animals", "kitten"),
    Single(
        "bird_of_prey",
        "Bird of prey: owl, close to",
        "animals",
        "owl",
        window=Window("owl", 0.6, 0.4, 0.7),
    ),
    Single("owl", "Owl", "animals", "owl"),
    Single("duck", "Aylesbury duck", "animals", "duck"),
    Single("macaw", "Scarlet macaw", "animals", "macaw"),
    Single("kingfisher", "Kingfisher", "animals", "kingfisher"),
    Single("panda", "Giant panda", "animals", "panda"),
    Single("lemur", "Ring-tailed lemurs", "animals", "lemur"),
    Single("hedgehog", "Hedgehog", "animals", "hedgehog"),
    Single("crab", "Sally Lightfoot crab", "animals", "crab"),
    Single("goldfish", "Goldfish", "animals", "goldfish"),
    Single("coffee", "Cup of coffee", "people and things", "coffee"),
    Single("cameraman", "Cameraman", "people and things", "camera"),
    Single("astronaut", "Astronaut", "people and things", "astronaut"),
    Single("rocket", "Rocket", "people and things", "rocket"),
    Single("clock", "Clock, blurred by motion", "people and things", "clock"),
    Single("hammer", "Sledgehammer", "people and things", "hammer"),
    Single("drums", "Drums", "people and things", "drums"),
    Single("castle", "Castle: Carcassonne", "places", "castle"),
    Single("viaduct", "Viaduct: Pont du Gard", "places", "viaduct"),
    Single("cliff_dwelling", "Cliff dwelling: Betatakin", "places", "cliff_dwelling"),
    Single("dog_watermark", "Dog with a watermark", "watermarks", "dog", stamped=True),
    Single("owl_watermark", "Owl with a watermark", "watermarks", "owl", stamped=True),
)


def cut(photograph: Image.Image, window: Window, size: tuple[int, int]) -> Image.Image:
    """Cut a window out of a photograph.

    Parameters
    ----------
    photograph : PIL.Image.Image
    window : Window
        Moved inwards where it would reach over the edge, and narrowed where it is too wide.
    size : tuple of int
        (width, height) of the result, in pixels.

    Returns
    -------
    PIL.Image.Image
        RGB, the aspect ratio kept.
    """
    aspect = size[0] / size[1]
    height = min(window.height * photograph.height, photograph.width / aspect)
    width = height * aspect
    left = min(max(window.x * photograph.width - width / 2, 0), photograph.width - width)
    top = min(max(window.y * photograph.height - height / 2, 0), photograph.height - height)
    box = left, top, left + width, top + height
    return photograph.convert("RGB").resize(size, Image.Resampling.LANCZOS, box)


def half(photograph: Image.Image) -> Image.Image:
    """Cut the middle out of a photograph, as one half of the first composites."""
    width = round(photograph.width * SIDE / photograph.height)
    resized = photograph.convert("RGB").resize((width, SIDE), Image.Resampling.BICUBIC)
    left = (width - SIDE // 2) // 2
    return resized.crop((left, 0, left + SIDE // 2, SIDE))


def composed(composite: Composite, opened: Mapping[str, Image.Image]) -> Image.Image:
    """Put the windows of a composite together, 448×448, RGB."""
    count = len(composite.windows)
    columns = 1 if composite.above else 2
    rows = count // columns
    size = SIDE // columns, SIDE // rows
    whole = Image.new("RGB", (SIDE, SIDE))
    for place, window in enumerate(composite.windows):
        photograph = opened[window.photograph]
        alone = window == Window(window.photograph) and count == 2
        part = half(photograph) if alone else cut(photograph, window, size)
        whole.paste(part, (place % columns * size[0], place // columns * size[1]))
    return whole


def terms(names: tuple[str, ...]) -> str:
    """The licence of a picture made from these photographs; the strictest says what it must."""
    found = dict.fromkeys(PHOTOGRAPHS[name].licence for name in names)
    return " and ".join(found)


def described(photographs: list[Photograph]) -> tuple[str, str]:
    """Author and source of a picture made from photographs."""
    authors = " | ".join(dict.fromkeys(each.author for each in photographs))
    sources = " | ".join(dict.fromkeys(f"{each.package}: {each.source}" for each in photographs))
    return authors, sources


def main() -> None:
    """Write every picture and the list."""
    parser = argparse.ArgumentParser(description="Make the gallery's pictures.")
    parser.add_argument("gcompris", type=Path, help="folder of the unpacked gcompris-qt-data")
    resources = sorted(parser.parse_args().gcompris.rglob("*.rcc"))
    contents = {place: content for resource in resources for place, content in files(resource)}
    opened = {
        name: Image.open(
            SKIMAGE / photograph.file
            if photograph.of_skimage
            else io.BytesIO(contents[photograph.file])
        )
        for name, photograph in PHOTOGRAPHS.items()
    }
    entries = []
    for picture in PICTURES:
        if isinstance(picture, Composite):
            names = tuple(dict.fromkeys(window.photograph for window in picture.windows))
            made_of = [PHOTOGRAPHS[name] for name in names]
            early = all(photograph.of_skimage for photograph in made_of)
            file = f"{picture.id}.{'png' if early else 'jpg'}"
            save(composed(picture, opened), DESTINATION / file)
            kind = SEVERAL
        else:
            names = (picture.photograph,)
            made_of = [PHOTOGRAPHS[picture.photograph]]
            kind = picture.kind
            if made_of[0].of_skimage:
                file = made_of[0].file
                shutil.copyfile(SKIMAGE / file, DESTINATION / file)
            else:
                file = f"{picture.id}.jpg"
                whole = cut(opened[names[0]], picture.window or Window(names[0]), (SIDE, SIDE))
                save(stamp(whole) if picture.stamped else whole, DESTINATION / file)
        author, source = described(made_of)
        if len(made_of) > 1:
            source = f"A composite of {source}"
        elif isinstance(picture, Single) and picture.stamped:
            source += " (the watermark was added)"
        entries.append(
            Entry(
                picture.id, picture.title, kind, file, author, terms(names), source, picture.classes
            )
        )
    listing = json.dumps([asdict(entry) for entry in entries], indent=2, ensure_ascii=False)
    (DESTINATION / "gallery.json").write_text(listing + "\n", encoding="utf-8")


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture as small as its format allows without visible loss."""
    picture.save(path, optimize=True, quality=88)


if __name__ == "__main__":
    main()
