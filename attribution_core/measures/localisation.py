"""The grid pointing game: is the attribution of a class inside the tile that shows it?

Böhle et al. 2021, "Convolutional Dynamic Alignment Networks for Interpretable Classifications";
Rao et al. 2022, "Towards Better Understanding Attribution Methods".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.images import Pixels
from attribution_core.resampling import area_means
from attribution_core.segmentations import Segments, grid


@dataclass(frozen=True)
class Mosaic:
    """Pictures in tiles.

    Attributes
    ----------
    pixels : float32 array ``(h, w, 3)``, RGB 0..255
    tiles : int array ``(h, w)``
        The picture that each pixel belongs to, in the order given.
    """

    pixels: Pixels
    tiles: Segments


def mosaic(
    pictures: Sequence[Pixels], columns: int = 2, *, size: tuple[int, int] | None = None
) -> Mosaic:
    """Pictures side by side, each scaled as a whole into its tile.

    Parameters
    ----------
    pictures : sequence of float arrays ``(h, w, 3)``, RGB 0..255
        In reading order, as many as fill whole rows.
    columns : int
    size : (height, width), optional
        Of the mosaic, such as a classifier's ``input_size``; the first picture's where not given.

    Raises
    ------
    ValueError
        When there are no pictures, the last row has a gap, or the tiles are smaller than a pixel.
    """
    if columns < 1 or not pictures or len(pictures) % columns:
        raise ValueError(
            f"{len(pictures)} pictures do not fill rows of {columns} tiles; give a whole number of "
            "rows."
        )
    from skimage import transform

    resize: Callable[..., Any] = transform.resize
    height, width = pictures[0].shape[:2] if size is None else size
    tiles = grid(height, width, len(pictures) // columns, columns)
    pixels = np.empty((height, width, 3), np.float32)
    for number, picture in enumerate(pictures):
        rows, places = (np.flatnonzero((tiles == number).any(axis=axis)) for axis in (1, 0))
        # Bicubic overshoots at edges, past what a picture may hold.
        pixels[np.ix_(rows, places)] = resize(
            np.asarray(picture, np.float64),
            (len(rows), len(places)),
            order=3,
            mode="edge",
            anti_aliasing=True,
        ).clip(0, 255)
    return Mosaic(pixels, tiles)


def grid_pointing(heatmap: FloatArray, tiles: npt.NDArray[np.int64], tile: int) -> float:
    """The share of a map's positive attribution that lies inside a tile.

    The shares of one map in all tiles sum to 1. So a map that is the same for every class, whether
    uniform, centred or an edge detector's, has a mean of 1/n over n tiles: the baseline.

    Parameters
    ----------
    heatmap : float array ``(h, w)``
        On any plane: a position that straddles tiles counts in each by area.
    tiles : int array ``(height, width)``
        Of a `Mosaic`.
    tile : int
        That of the map's class.

    Returns
    -------
    float
        0..1; a uniform map has the tile's share of the area, ¼ in a 2 x 2 mosaic. 0 where nothing
        is positive, as in Rao et al.'s code: such a map does not point at the tile.

    Raises
    ------
    ValueError
        When there is no such tile, or the map is not a plane of finite numbers.
    """
    inside = tiles == tile
    if not inside.any():
        raise ValueError(
            f"The mosaic has no tile {tile}; give a number between 0 and {int(tiles.max())}."
        )
    heatmap = np.asarray(heatmap, np.float64)
    if heatmap.ndim != 2 or not np.isfinite(heatmap).all():
        raise ValueError(
            f"The map has shape {heatmap.shape}; it should be finite numbers of shape "
            "(height, width)."
        )
    share = share_inside(heatmap, inside)
    return 0.0 if np.isnan(share) else share


def share_inside(heatmap: FloatArray, region: BoolArray) -> float:
    """The share of a map's positive values inside a region (Wang et al. 2020, section 4.2).

    Parameters
    ----------
    heatmap : float array ``(h, w)``
        On any plane: a position that straddles the region's border counts by area.
    region : bool array ``(height, width)``

    Returns
    -------
    float
        0..1; NaN where nothing is positive.
    """
    positive = np.maximum(np.asarray(heatmap, np.float64), 0)
    total = positive.sum()
    if total == 0:
        return float("nan")
    share = area_means(region.astype(np.float64), (positive.shape[0], positive.shape[1]))
    return float((positive * share).sum() / total)
