"""Take the photographs out of Debian's packages and split them, by file, before any training.

See ``README.md`` beside this file for the packages. The result is a folder with

``scenes/*.jpg``
    whole pictures, at most 900 pixels on the longer side;
``cutouts/*.png``
    objects with an alpha channel, at most 640 pixels on the longer side;
``split.json``
    for each scene and cut-out its source and its part: ``train`` or ``held_out``.

The pictures of manuals, many of them worked over by filters, are scenes to train on only.

Pictures that are copies, crops in another size or colour variants of each other share one group,
and a group is never divided. The part hangs on the SHA-256 of the group's first name, and
on nothing else: the same files give the same split everywhere.
"""

from __future__ import annotations

import argparse
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from crops import hashed
from PIL import Image, ImageOps

HELD_OUT = 0.2
"""Share of the groups that is held out."""

SCENE_SIDE, CUTOUT_SIDE = 900, 640
"""The longer side at most, in pixels."""

SMALLEST_SCENE, SMALLEST_CUTOUT = 190, 90
"""The longer side at least, in pixels."""

ALIKE = 0.965
"""Correlation of two thumbnails from which on two pictures are one group."""

UNLIKE = 0.9
"""Correlation of two thumbnails up to which a manual's picture counts as a new one."""

RESOURCES = (
    "categorization",
    "clickgame",
    "details",
    "erase",
    "explore_farm_animals",
    "explore_monuments",
    "explore_world_animals",
    "explore_world_music",
    "louis-braille",
    "paintings",
)
"""GCompris resource files with opaque photographs (their cut pieces with alpha are left out)."""

CUTOUT_RESOURCES = ("clickgame", "lang")
"""GCompris resource files with objects on an alpha channel; those of ``lang`` are drawn."""

UNPHOTOGRAPHIC = (
    "/alphabets/english",
    "/alphabets/german",
    "/alphabets/spanish",
    "/math",
    "/symbols/music",
    "/symbols/shapes",
    "/00_symbols",
    "/symbols/chess",
)
"""Tux Paint's stamps that are glyphs."""

FOLDERS = {
    "gnome-backgrounds": ("wallpapers", "usr/share/backgrounds"),
    "lomiri-wallpapers-16.04": ("wallpapers", "usr/share/backgrounds"),
    "lomiri-wallpapers-20.04": ("wallpapers", "usr/share/backgrounds"),
    "mate-backgrounds": ("wallpapers", "usr/share/backgrounds"),
    "opencv-doc": ("opencv", "usr/share/doc/opencv-doc/examples/data"),
    "plasma-workspace-wallpapers": ("wallpapers", "usr/share/wallpapers"),
    "scratch": ("scratch", "usr/share/scratch/Media"),
    "ukui-wallpapers": ("wallpapers", "usr/share/backgrounds"),
}
"""Packages whose pictures are plain files: what they count as, and where they lie."""

MANUALS = {
    "gimp-help-en": ".",
    "opencv-doc": "usr/share/doc/opencv-doc/opencv4",
    "fotoxx-common": ".",
    "palapeli-data": ".",
    "python3-sklearn": ".",
    "hugin-data": ".",
}
"""Packages of which all colourful pictures are taken, and where they lie."""

GALLERY = Path(__file__).resolve().parents[2] / "gallery"
"""The dashboard's own pictures, never trained on."""

STREAM = re.compile(rb"RIFF....WEBPVP8|\xff\xd8\xff[\xe0\xe1\xdb]", re.DOTALL)
"""How a WebP or JPEG stream begins inside a resource file."""


def streams(path: Path) -> Iterator[Image.Image]:
    """Find the pictures inside a Qt resource file.

    Parameters
    ----------
    path : pathlib.Path
        An ``.rcc`` file. Its photographs lie in it uncompressed, one after the other.

    Yields
    ------
    PIL.Image.Image
        In the order of the file; what does not decode is skipped.
    """
    content = path.read_bytes()
    for match in STREAM.finditer(content):
        try:
            image = Image.open(io.BytesIO(content[match.start() :]))
            image.load()
        except (OSError, SyntaxError, ValueError):
            continue
        yield image


def found(root: Path) -> Iterator[tuple[str, str, str, bool, Image.Image]]:
    """Walk the unpacked packages.

    Parameters
    ----------
    root : pathlib.Path
        The folder with one sub-folder per package, each as ``dpkg -x`` leaves it.

    Yields
    ------
    tuple
        Name, source, name of the group, whether it may be held out (drawings may not),
        and the picture.
    """
    for path in sorted((root / "gcompris-qt-data").rglob("*.rcc")):
        resource = path.stem
        if resource not in RESOURCES and resource not in CUTOUT_RESOURCES:
            continue
        for number, image in enumerate(streams(path)):
            name = f"gcompris_{resource}_{number:03d}"
            transparent = image.mode == "RGBA"
            if transparent and resource in CUTOUT_RESOURCES:
                yield name, "gcompris cut-outs", name, resource != "lang", image
            elif not transparent and resource in RESOURCES:
                yield name, "gcompris", name, True, image
    stamps = root / "tuxpaint-stamps-default" / "usr/share/tuxpaint/stamps"
    for path in sorted(stamps.rglob("*.png")):
        place = "/" + path.relative_to(stamps).as_posix()
        if any(part in place for part in UNPHOTOGRAPHIC):
            continue
        name = "tuxpaint_" + re.sub(r"\W+", "_", place[1:-4])
        group = re.sub(r"_(mirror|flip|mirror_flip)$", "", name)
        try:
            with Image.open(path) as image:
                image.load()
                drawn = "/cartoon" in place or "/asl/" in place
                yield name, "tuxpaint", group, not drawn, image.convert("RGBA")
        except (OSError, ValueError):
            continue
    for package, (source, place) in FOLDERS.items():
        for path in sorted((root / package / place).rglob("*")):
            if path.suffix.lower() not in (".jpg", ".png", ".webp", ".gif") or path.is_symlink():
                continue
            if re.search(r"screenshot|/(left|right)[0-9]+|/Letters/", path.as_posix()):
                continue  # reduced copies; chessboards for the calibration of cameras; glyphs
            within = path.relative_to(root / package / place)
            name = re.sub(r"\W+", "_", f"{package}_{within.with_suffix('').as_posix()}")
            theme = within.parts[0] if package == "plasma-workspace-wallpapers" else path.stem
            group = f"{package}_{re.sub(r'(-[dl]|_[0-9]+x[0-9]+)$', '', theme)}"
            try:
                with Image.open(path) as image:
                    image.draft("RGB", (SCENE_SIDE, SCENE_SIDE))
                    transparent = package == "scratch" and "Costumes" in within.parts
                    drawn = re.search(r"Costumes/(Animals|Fantasy)", within.as_posix()) is not None
                    image = image.convert("RGBA" if transparent else "RGB")
                    yield name, source, group, not drawn, image
            except (OSError, ValueError):
                continue


def thumbnail(image: Image.Image) -> np.ndarray:
    """Reduce a picture to what is compared.

    Parameters
    ----------
    image : PIL.Image.Image
        Any size; an alpha channel is laid on grey.

    Returns
    -------
    numpy.ndarray
        Float32 (768,), mean zero and length one.
    """
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (127, 127, 127, 255))
        image = Image.alpha_composite(ground, image)
    small = image.convert("RGB").resize((16, 16), Image.Resampling.BOX)
    values = np.asarray(small, np.float32).ravel()
    values = values - values.mean()
    return values / max(float(np.linalg.norm(values)), 1e-6)


def manuals(root: Path, known: list[np.ndarray]) -> Iterator[tuple[str, Image.Image]]:
    """Pick the pictures of manuals: colourful, and unlike all that are known.

    Parameters
    ----------
    root : pathlib.Path
        The folder with one unpacked package each.
    known : list of numpy.ndarray
        Thumbnails of the scenes and cut-outs, and of the gallery.

    Yields
    ------
    tuple
        Name, and the picture in RGB.
    """
    seen = list(known)
    for package, place in MANUALS.items():
        for path in sorted((root / package / place).rglob("*")):
            if path.suffix.lower() not in (".jpg", ".jpeg", ".png") or path.is_symlink():
                continue
            try:
                with Image.open(path) as opened:
                    image = opened.convert("RGB")
            except (OSError, ValueError):
                continue
            if min(image.size) < 120 or max(image.size) > 3 * min(image.size):
                continue
            coarse = np.asarray(image.resize((64, 64))) // 4
            if path.stat().st_size < 12_000 or len(np.unique(coarse.reshape(-1, 3), axis=0)) < 900:
                continue
            look = thumbnail(image)
            mirrored = look.reshape(16, 16, 3)[:, ::-1].ravel()
            if np.maximum(np.stack(seen) @ look, np.stack(seen) @ mirrored).max() > UNLIKE:
                continue
            seen.append(look)
            within = path.relative_to(root / package).with_suffix("").as_posix()
            yield re.sub(r"\W+", "_", f"{package}_{within}"), image


def held_out(group: str) -> bool:
    """Decide the part of a group.

    Parameters
    ----------
    group : str
        Its first name.

    Returns
    -------
    bool
        Whether it is held out.
    """
    return hashed(group) < HELD_OUT * 2**32


def main() -> None:
    """Write the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Collect the photographs and split them.")
    parser.add_argument("packages", type=Path, help="folder with one unpacked package each")
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    for folder in ("scenes", "cutouts"):
        (arguments.output / folder).mkdir(parents=True, exist_ok=True)

    names: list[str] = []
    groups: list[str] = []
    thumbnails: list[np.ndarray] = []
    entries: dict[str, dict[str, object]] = {}
    for name, source, group, eligible, image in found(arguments.packages):
        cutout = image.mode == "RGBA" and image.getextrema()[3][0] < 250
        image = image.convert("RGBA" if cutout else "RGB")
        if cutout:
            box = image.getchannel("A").point(lambda alpha: 255 * (alpha > 20)).getbbox()
            if box is None:
                continue
            image = image.crop(box)
        if max(image.size) < (SMALLEST_CUTOUT if cutout else SMALLEST_SCENE):
            continue
        if not cutout and max(image.size) > 5 * min(image.size):
            continue
        side = CUTOUT_SIDE if cutout else SCENE_SIDE
        if max(image.size) > side:
            image = ImageOps.contain(image, (side, side), Image.Resampling.LANCZOS)
        look = thumbnail(image)
        if thumbnails:
            mirrored = look.reshape(16, 16, 3)[:, ::-1].ravel()
            known = np.stack(thumbnails)
            likeness = np.maximum(known @ look, known @ mirrored)
            nearest = int(likeness.argmax())
            if likeness[nearest] > ALIKE:
                group = groups[nearest]
        names.append(name)
        groups.append(group)
        thumbnails.append(look)
        folder, ending = ("cutouts", "png") if cutout else ("scenes", "jpg")
        place = f"{folder}/{name}.{ending}"
        if cutout:
            image.save(arguments.output / place, compress_level=1)
        else:
            image.save(arguments.output / place, quality=95)
        entries[place] = {"source": source, "group": group, "eligible": eligible}

    for entry in entries.values():
        out = held_out(str(entry["group"]))
        # Nobody is tested on drawings; those of a held-out group are used for nothing.
        entry["part"] = ("held_out" if entry["eligible"] else "none") if out else "train"
    for path in sorted(GALLERY.glob("*.*g")):
        with Image.open(path) as image:
            thumbnails.append(thumbnail(image.convert("RGB")))
    for name, image in manuals(arguments.packages, thumbnails):
        image.thumbnail((SCENE_SIDE, SCENE_SIDE), Image.Resampling.LANCZOS)
        image.save(arguments.output / "scenes" / f"{name}.jpg", quality=95)
        entry = {"source": "manuals", "group": name, "eligible": True, "part": "train"}
        entries[f"scenes/{name}.jpg"] = entry
    (arguments.output / "split.json").write_text(json.dumps(entries, indent=1) + "\n")
    for source in sorted({str(entry["source"]) for entry in entries.values()}):
        parts = [e["part"] for e in entries.values() if e["source"] == source]
        print(source, {part: parts.count(part) for part in ("train", "held_out", "none")})


if __name__ == "__main__":
    main()
