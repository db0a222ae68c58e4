"""Segmentations: partitions of a plane into players."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isqrt, sqrt

import numpy as np
import numpy.typing as npt

from attribution_core.images import Pixels, digest
from attribution_core.region_merging import (
    connected_clusters,
    in_reading_order,
    merge_regions,
    straighten_borders,
)

Segments = npt.NDArray[np.int64]

MOST_SUPERPIXELS = 1000

FINER = 2
"""SLIC starts with this many clusters for each superpixel asked for, ..."""

FEWEST_CLUSTERS = 200
"""... and with at least this many, so that few superpixels follow the edges as well as many do."""


def superpixels(image: Pixels, count: int, *, compactness: float = 10.0) -> Segments:
    """Exactly this many connected superpixels: SLIC (Achanta et al. 2012), then merging (Ward
    1963).

    SLIC cuts the picture finer than asked for; the two neighbouring regions that cost least to
    merge are merged, again and again; and the borders are straightened. All three lower the same
    sum over pixels of squared distances to the mean of their region, in Lab colour (smoothed, and
    stretched to the whole range) and in place, with SLIC's weight of ``compactness`` per √(h·w /
    count) pixels.

    Parameters
    ----------
    image : float array ``(h, w, 3)``, RGB 0..255
    count : int
        From 1 to 1000, and no more than the picture has pixels.
    compactness : float
        Higher values give squarer superpixels, lower ones follow the colours more closely.

    Returns
    -------
    int array ``(h, w)``
        Labels 0..count−1 in the order in which reading meets them. Each superpixel is 4-connected.
        Equal pictures have equal superpixels.

    Raises
    ------
    ValueError
        When the picture cannot have that many, or the compactness is not a finite number above 0.
    """
    height, width = image.shape[:2]
    most = min(MOST_SUPERPIXELS, height * width)
    if not 1 <= count <= most:
        raise ValueError(
            f"A picture of {height}x{width} pixels cannot be cut into {count} superpixels; "
            f"give a count between 1 and {most}."
        )
    if not 0 < compactness < inf:
        raise ValueError(
            f"Superpixels of compactness {compactness} cannot be made; give a finite number "
            "above 0."
        )
    colours = _smooth_lab(image)
    place = np.indices((height, width)) / sqrt(height * width / count)
    # Laid out plane by plane, in which regions are summed up.
    planes = np.concatenate([np.moveaxis(colours, -1, 0), compactness * place])
    features = np.moveaxis(planes, 0, -1)
    fine = _finer_than(count, colours, features, compactness)
    merged = merge_regions(fine, features, count)
    return in_reading_order(straighten_borders(merged, features))


def _smooth_lab(image: Pixels) -> npt.NDArray[np.float64]:
    """The picture in the Lab colours that SLIC compares: stretched to 0..1, smoothed a little."""
    from scipy.ndimage import gaussian_filter
    from skimage.color import rgb2lab

    stretched = np.asarray(image, np.float64) - float(image.min())
    stretched /= float(stretched.max()) or 1.0
    smooth: npt.NDArray[np.float64] = gaussian_filter(rgb2lab(stretched), sigma=(1, 1, 0))
    return smooth


def _finer_than(
    count: int,
    colours: npt.NDArray[np.float64],
    features: npt.NDArray[np.float64],
    compactness: float,
) -> Segments:
    """At least this many connected regions: SLIC's clusters, or pixels where they are few."""
    from skimage.segmentation import slic

    height, width = colours.shape[:2]
    aim = max(FINER * count, FEWEST_CLUSTERS)
    while 2 * aim <= height * width:
        clusters = slic(
            colours,
            n_segments=aim,
            # SLIC stretches its input to 0..1, Lab included.
            compactness=compactness / (float(np.ptp(colours)) or 1.0),
            max_num_iter=5,
            sigma=0,
            convert2lab=False,
            enforce_connectivity=False,
            start_label=0,
            channel_axis=-1,
        )
        if len(np.unique(clusters)) >= count:
            return connected_clusters(clusters, features)
        # Its centres stand on a grid, which can have fewer places than asked.
        aim *= 2
    return positions(height, width)


def grid(height: int, width: int, rows: int, columns: int) -> Segments:
    """A regular grid of rows x columns cells, as equal in size as whole positions allow.

    Returns
    -------
    int array ``(height, width)``
        Labels 0..rows·columns−1 in reading order, every one of them present.

    Raises
    ------
    ValueError
        When the plane has fewer points than cells in either direction, or a number is below 1.
    """
    if not (1 <= rows <= height and 1 <= columns <= width):
        raise ValueError(
            f"A plane of {height}x{width} points has no grid of {rows}x{columns} cells; "
            f"give 1 to {height} rows and 1 to {width} columns."
        )
    row_of = np.arange(height) * rows // height
    column_of = np.arange(width) * columns // width
    return (row_of[:, None] * columns + column_of).astype(np.int64)


def grid_of_about(height: int, width: int, count: int) -> Segments:
    """A grid of at most ``count`` cells (at least one), as many rows as columns where it can be."""
    return grid(height, width, *rows_and_columns(height, width, count))


def rows_and_columns(height: int, width: int, count: int) -> tuple[int, int]:
    """Of the grid of at most ``count`` cells; ValueError where the count is below 1."""
    if count < 1:
        raise ValueError(f"A layer cannot be cut into {count} cells; give at least 1.")
    rows = min(height, isqrt(count))
    columns = min(width, count // rows)
    # Where the plane is too narrow for so many columns, rows make up for them.
    return min(height, count // columns), columns


def positions(height: int, width: int) -> Segments:
    """Every position of the plane its own player, in reading order."""
    return grid(height, width, height, width)


def validated_segments(segments: npt.ArrayLike, height: int, width: int) -> Segments:
    """Labels given by a caller, as a partition of the plane; ValueError where they are none."""
    labels = np.asarray(segments)
    if labels.shape != (height, width) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"The segments have shape {labels.shape} and type {labels.dtype}; "
            f"they should be whole numbers of shape ({height}, {width})."
        )
    present = np.unique(labels)
    if not np.array_equal(present, np.arange(len(present))):
        raise ValueError(
            "The segments' labels have gaps; they should be 0, 1, 2, ... with every one present."
        )
    return labels.astype(np.int64)


@dataclass(frozen=True)
class Slic:
    """SLIC superpixels of the picture, to be made when needed."""

    count: int = 50
    compactness: float = 10.0


@dataclass(frozen=True)
class Grid:
    """A regular grid of rows x columns cells, to be laid over a plane."""

    rows: int
    columns: int


@dataclass(frozen=True, eq=False)
class Given:
    """Labels made elsewhere, compared by content."""

    labels: Segments
    digest: str

    @classmethod
    def of(cls, labels: npt.ArrayLike) -> Given:
        array = np.array(labels)
        array.flags.writeable = False
        return cls(array, digest(array))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Given) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


Segmentation = Slic | Grid | Given | int | None


def segmentation_of(asked: Segmentation | npt.ArrayLike) -> Segmentation:
    """What a caller asks for as a segmentation; ValueError where it is none."""
    if asked is None or isinstance(asked, Slic | Grid | Given):
        return asked
    labels = np.asarray(asked)
    if labels.ndim == 0 and np.issubdtype(labels.dtype, np.integer):
        return int(labels)
    if labels.ndim != 2:
        raise ValueError(
            f"The superpixels cannot be {asked!r}; give a whole number, Slic, Grid or labels of "
            "shape (height, width)."
        )
    return Given.of(labels)


def middles(segments: npt.NDArray[np.integer]) -> list[tuple[float, float]]:
    """A place (x, y) inside of each segment: the middle of its pixel that is next to its centroid.

    Parameters
    ----------
    segments : int array ``(h, w)``
        Labels from 0, each of which owns a pixel.
    """
    found = []
    for label in range(int(segments.max()) + 1):
        own = np.argwhere(segments == label)
        nearest = own[((own - own.mean(axis=0)) ** 2).sum(axis=1).argmin()]
        found.append((float(nearest[1]) + 0.5, float(nearest[0]) + 0.5))
    return found


MOST_POSITIONS = 256
"""Planes with more positions than this are cut into a grid where nothing else is asked for."""


def segments_of(
    segmentation: Segmentation, picture: Pixels, height: int, width: int, *, at_input: bool
) -> Segments:
    """The partition of a layer's plane that a segmentation describes.

    Parameters
    ----------
    segmentation : Slic, Grid, Given, int or None
        A whole number means exactly that many superpixels at the input, and the regular grid of at
        most that many cells at an inner layer. None means 50 superpixels at the input; at an inner
        layer, as saved maps of earlier versions have it, every position, or a grid of 196 cells
        where there are more than 256 positions.
    picture : float array ``(h, w, 3)``, RGB 0..255
    height, width : int
        Of the plane.
    at_input : bool
        Whether the plane is the picture's own.

    Returns
    -------
    int array ``(height, width)``, labels 0..n−1, every one of them present

    Raises
    ------
    ValueError
        When the segmentation does not fit the plane.
    """
    found = _superpixels_or_segments(segmentation, height, width, at_input=at_input)
    if isinstance(found, Slic):
        return superpixels(picture, found.count, compactness=found.compactness)
    return found


def players_of(segmentation: Segmentation, height: int, width: int, *, at_input: bool) -> int:
    """How many players `segments_of` makes of a plane, known without making any superpixel.

    ValueError as in `segments_of`, but for the count and compactness of superpixels.
    """
    found = _superpixels_or_segments(segmentation, height, width, at_input=at_input)
    return found.count if isinstance(found, Slic) else int(found.max()) + 1


def _superpixels_or_segments(
    segmentation: Segmentation, height: int, width: int, *, at_input: bool
) -> Slic | Segments:
    """The superpixels that a segmentation asks for, or the partition that needs no picture."""
    if segmentation is None:
        if not at_input and height * width <= MOST_POSITIONS:
            return positions(height, width)
        segmentation = min(50, height * width) if at_input else 196
    if isinstance(segmentation, int):
        if not at_input:
            return grid_of_about(height, width, segmentation)
        return Slic(segmentation)
    if isinstance(segmentation, Slic):
        if not at_input:
            raise ValueError(
                "SLIC superpixels belong to the picture; at an inner layer give a number of cells "
                "or Grid(rows, columns)."
            )
        return segmentation
    if isinstance(segmentation, Grid):
        return grid(height, width, segmentation.rows, segmentation.columns)
    return validated_segments(segmentation.labels, height, width)


def kind_of_player(
    players: int, segmentation: Segmentation, positions: int, *, at_input: bool
) -> str:
    """What each player is: a superpixel, a position or a grid cell; a segment if made elsewhere.

    Parameters
    ----------
    players : int
        How many there are.
    segmentation : Slic, Grid, Given, int or None
        As in `segments_of`.
    positions : int
        Of the layer's plane.
    at_input : bool
    """
    if isinstance(segmentation, Given):
        return "segment"
    if at_input and not isinstance(segmentation, Grid):
        return "superpixel"
    return "position" if not at_input and players == positions else "grid cell"


def counted(number: int, noun: str) -> str:
    """A number with its noun, which has its plural in -s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
