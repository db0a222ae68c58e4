"""Make the pictures that teacher and student look at, from the photographs and a seed.

A crop is one of these, each with its own random position, size, turn, colour and mirror:

* a part of a scene (most often);
* a part of a scene with one or two cut-outs on it;
* two crops side by side or above each other, or four in a square (so that a picture holds
  several classes, each on its own place, which the teacher's map tells apart).

Nothing is random but the seed: crop ``i`` of shard ``s`` is the same picture everywhere.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

SIZE = 224
"""Height and width of a crop."""

CACHE_SIDE = 640
"""The longer side at which scenes are held in memory."""

FOLDS = 5
"""Into so many parts the files for training are divided, by group; a crop shows files of one."""


class Photographs:
    """The photographs of one part of the split, in memory.

    Parameters
    ----------
    folder : pathlib.Path
        What ``photographs.py`` wrote.
    part : str
        ``train`` or ``held_out``.
    fold : int, optional
        Take only the files of this fold, of ``FOLDS``.
    manuals : bool
        Whether the scenes are those of manuals, or all others.
    """

    def __init__(
        self, folder: Path, part: str, fold: int | None = None, *, manuals: bool = False
    ) -> None:
        entries = json.loads((folder / "split.json").read_text())
        self.names = {"scenes": [], "cutouts": []}
        self.images = {"scenes": [], "cutouts": []}
        self.sources: dict[str, str] = {}
        drawn = {place for place, entry in entries.items() if not entry["eligible"]}
        for place, entry in sorted(entries.items()):
            if entry["part"] != part or fold not in (None, fold_of(entry["group"])):
                continue
            kind = place.split("/")[0]
            if kind == "scenes" and (entry["source"] == "manuals") != manuals:
                continue
            with Image.open(folder / place) as image:
                image.load()
            if kind == "scenes" and max(image.size) > CACHE_SIDE:
                image = ImageOps.contain(image, (CACHE_SIDE, CACHE_SIDE), Image.Resampling.BICUBIC)
            self.names[kind].append(place)
            self.images[kind].append(image)
            self.sources[place] = entry["source"]
        self.weights: dict[str, np.ndarray] = {}
        for kind, names in self.names.items():
            weights = np.array(
                [
                    (0.45 if self.sources[name] == "wallpapers" else 1.0)
                    * (0.45 if name in drawn else 1.0)
                    for name in names
                ]
            )
            self.weights[kind] = np.cumsum(weights / weights.sum())
        self.backgrounds = [
            index
            for index, name in enumerate(self.names["scenes"])
            if self.sources[name] in ("wallpapers", "scratch")
        ]

    def draw(self, kind: str, random: np.random.Generator) -> Image.Image:
        """Draw a photograph; wallpapers, many of them abstract, and drawings come less often.

        Parameters
        ----------
        kind : str
            ``scenes`` or ``cutouts``.
        random : numpy.random.Generator
            The crop's own.

        Returns
        -------
        PIL.Image.Image
            RGB or RGBA, any size.
        """
        index = int(np.searchsorted(self.weights[kind], random.random()))
        return self.images[kind][min(index, len(self.weights[kind]) - 1)]


def hashed(name: str) -> int:
    """Turn a name into a number that is the same everywhere.

    Parameters
    ----------
    name : str
        Of a file or a group of files.

    Returns
    -------
    int
        From 0 to 2**32 - 1: the first four bytes of the name's SHA-256.
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def fold_of(group: str) -> int:
    """Decide the fold of a group of files.

    Parameters
    ----------
    group : str
        Its first name.

    Returns
    -------
    int
        From 0 to ``FOLDS`` - 1; it hangs on the SHA-256 of the name alone.
    """
    return hashed(f"fold {group}") % FOLDS


def _part(image: Image.Image, random: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Cut a random part out and scale it to the size, with a stretch of at most 4 : 3."""
    width, height = image.size
    share = float(random.uniform(0.12, 1.0)) if random.random() < 0.75 else 1.0
    stretch = float(np.exp(random.uniform(-0.29, 0.29))) * size[0] / size[1]
    across = min(width, np.sqrt(share * width * height * stretch))
    down = min(height, across / stretch)
    across = min(across, down * stretch)
    left = float(random.uniform(0, width - across))
    top = float(random.uniform(0, height - down))
    return image.resize(
        size, Image.Resampling.BICUBIC, (left, top, left + across, top + down), reducing_gap=2.0
    )


def _colours(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Change brightness, contrast, saturation and tint a little, now and then the sharpness."""
    if random.random() < 0.6:
        image = ImageEnhance.Brightness(image).enhance(float(random.uniform(0.65, 1.35)))
    if random.random() < 0.5:
        image = ImageEnhance.Contrast(image).enhance(float(random.uniform(0.65, 1.4)))
    if random.random() < 0.5:
        image = ImageEnhance.Color(image).enhance(float(random.uniform(0.3, 1.6)))
    if random.random() < 0.3:
        tint = random.uniform(0.85, 1.15, 3)
        table = [min(255, round(value * tint[c])) for c in range(3) for value in range(256)]
        image = image.point(table)
    if random.random() < 0.06:
        image = ImageOps.grayscale(image).convert("RGB")
    if random.random() < 0.1:
        image = image.filter(ImageFilter.GaussianBlur(float(random.uniform(0.4, 1.6))))
    return image


def _pasted(
    ground: Image.Image, cutout: Image.Image, random: np.random.Generator, largest: float
) -> Image.Image:
    """Lay a cut-out on the ground: scaled, mirrored, turned, at a random place."""
    if random.random() < 0.5:
        cutout = ImageOps.mirror(cutout)
    side = float(random.uniform(0.35, largest)) * min(ground.size)
    factor = side / max(cutout.size)
    size = (max(8, round(cutout.width * factor)), max(8, round(cutout.height * factor)))
    cutout = cutout.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    if random.random() < 0.4:
        angle = float(random.normal(0, 15)) if random.random() < 0.8 else random.uniform(0, 360)
        cutout = cutout.rotate(float(angle), Image.Resampling.BICUBIC, expand=True)
    slack = 0.12 * side
    left = random.uniform(-slack, max(ground.width - cutout.width, 0) + slack)
    top = random.uniform(-slack, max(ground.height - cutout.height, 0) + slack)
    ground = ground.copy()
    ground.paste(cutout, (round(left), round(top)), cutout)
    return ground


def _single(
    photographs: Photographs, random: np.random.Generator, size: tuple[int, int]
) -> Image.Image:
    """Make one picture of one scene, or of one or two cut-outs."""
    if random.random() < 0.52:
        image = _part(photographs.draw("scenes", random), random, size)
    else:
        draw = random.random()
        if draw < 0.65:
            ground = _part(photographs.draw("scenes", random), random, size)
        elif draw < 0.85:
            first, second = random.integers(0, 256, 3), random.integers(0, 256, 3)
            ramp = np.linspace(0, 1, size[1])[:, None, None]
            rows = first * (1 - ramp) + second * ramp
            pixels = np.broadcast_to(rows, (size[1], size[0], 3)).astype(np.uint8)
            ground = Image.fromarray(np.ascontiguousarray(pixels))
        else:
            ground = Image.new("RGB", size, (255, 255, 255))
        two = random.random() < 0.2
        image = _pasted(ground, photographs.draw("cutouts", random), random, 0.7 if two else 1.1)
        if two:
            image = _pasted(image, photographs.draw("cutouts", random), random, 0.7)
    if random.random() < 0.5:
        image = ImageOps.mirror(image)
    return _colours(image, random)


def crop(photographs: Photographs, seed: tuple[int, int]) -> np.ndarray:
    """Make a crop.

    Parameters
    ----------
    photographs : Photographs
        Where the content comes from.
    seed : tuple of int
        Number of the shard, number within the shard.

    Returns
    -------
    numpy.ndarray
        Uint8 (224, 224, 3), RGB.
    """
    random = np.random.default_rng(seed)
    draw = random.random()
    if draw < 0.74:
        return np.asarray(_single(photographs, random, (SIZE, SIZE)))
    canvas = Image.new("RGB", (SIZE, SIZE))
    cut = int(random.integers(80, SIZE - 80 + 1))
    if draw < 0.82:
        boxes = [(0, 0, cut, SIZE), (cut, 0, SIZE, SIZE)]
    elif draw < 0.90:
        boxes = [(0, 0, SIZE, cut), (0, cut, SIZE, SIZE)]
    else:
        over = int(random.integers(80, SIZE - 80 + 1))
        boxes = [
            (0, 0, cut, over),
            (cut, 0, SIZE, over),
            (0, over, cut, SIZE),
            (cut, over, SIZE, SIZE),
        ]
    for left, top, right, bottom in boxes:
        part = _single(photographs, random, (right - left, bottom - top))
        canvas.paste(part, (left, top))
    return np.asarray(canvas)


def centre(image: Image.Image) -> np.ndarray:
    """Cut the central square out and scale it.

    Parameters
    ----------
    image : PIL.Image.Image
        RGB.

    Returns
    -------
    numpy.ndarray
        Uint8 (224, 224, 3).
    """
    fitted = ImageOps.fit(image, (SIZE, SIZE), Image.Resampling.BICUBIC)
    return np.asarray(fitted.convert("RGB"))


def further(photographs: Photographs, kind: str, index: int, number: int) -> np.ndarray:
    """Make one of several less orderly pictures of a held-out file.

    Parameters
    ----------
    photographs : Photographs
        The held-out part.
    kind : str
        ``scenes`` (a random part) or ``cutouts`` (anywhere on a part of a held-out background).
    index : int
        Which file.
    number : int
        Which of its pictures.

    Returns
    -------
    numpy.ndarray
        Uint8 (224, 224, 3), RGB.
    """
    random = np.random.default_rng((77, index, number, int(kind == "scenes")))
    image = photographs.images[kind][index]
    if kind == "scenes":
        return np.asarray(_part(image, random, (SIZE, SIZE)))
    choice = photographs.backgrounds[int(random.integers(len(photographs.backgrounds)))]
    ground = _part(photographs.images["scenes"][choice], random, (SIZE, SIZE))
    return np.asarray(_pasted(ground, image, random, 1.1))


def examination(photographs: Photographs, kind: str, index: int) -> np.ndarray:
    """Make the one picture with which a held-out file is examined.

    Parameters
    ----------
    photographs : Photographs
        The held-out part.
    kind : str
        ``scenes`` (the central square) or ``cutouts`` (upright and whole, in the middle of
        a held-out background that the file's name chooses).
    index : int
        Which file.

    Returns
    -------
    numpy.ndarray
        Uint8 (224, 224, 3), RGB.
    """
    image = photographs.images[kind][index]
    if kind == "scenes":
        return centre(image)
    number = hashed(photographs.names[kind][index])
    choice = photographs.backgrounds[number % len(photographs.backgrounds)]
    ground = Image.fromarray(centre(photographs.images["scenes"][choice]))
    fitted = ImageOps.contain(image, (190, 190), Image.Resampling.BICUBIC)
    corner = ((SIZE - fitted.width) // 2, (SIZE - fitted.height) // 2)
    ground.paste(fitted, corner, fitted)
    return np.asarray(ground)
