"""Connected regions of a plane, and their merging until a given number is left.

Regions are labels ``(h, w)``; two are neighbours where a pixel of one lies above, below, left or
right of a pixel of the other. A feature vector belongs to every pixel, and merging two regions
costs what it adds to the sum of squared distances between pixels and the mean of their region:
``a·b / (a + b) · ‖m_a − m_b‖²`` for regions of ``a`` and ``b`` pixels with means ``m_a`` and
``m_b`` (Ward 1963). Small regions are therefore cheap to merge, and large ones merge only where
they are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]
Features = npt.NDArray[np.float64]


def connected_clusters(clusters: npt.NDArray[np.integer], features: Features) -> Labels:
    """Make every cluster connected: its largest part stays, the others go to a neighbour.

    Parameters
    ----------
    clusters : int array ``(h, w)``
        Labels of any kind, whose pixels need not be connected.
    features : float array ``(h, w, d)``

    Returns
    -------
    int array ``(h, w)``
        Labels 0..n−1 of as many connected regions as there were clusters. A part that was cut off
        from its cluster joins the neighbour that costs least to merge with.
    """
    parts = _connected_parts(clusters)
    size, mean = _statistics(parts, features)
    cluster_of = np.empty(len(size), clusters.dtype)
    cluster_of[parts] = clusters
    # Of parts of one size, the first in reading order.
    order = np.lexsort((np.arange(len(size)), -size, cluster_of))
    largest = order[np.unique(cluster_of[order], return_index=True)[1]]
    region = np.full(len(size), -1)
    region[largest] = np.arange(len(largest))
    one, other = _borders(parts).T
    one, other = np.concatenate([one, other]), np.concatenate([other, one])
    while (region < 0).any():
        outside = (region[one] < 0) & (region[other] >= 0)
        part, target = one[outside], other[outside]
        cost = _cost(size[part], mean[part], size[target], mean[target])
        order = np.lexsort((target, cost, part))
        joining, cheapest = np.unique(part[order], return_index=True)
        region[joining] = region[target[order][cheapest]]
    connected: Labels = region[parts]
    return connected


def merge_regions(labels: Labels, features: Features, count: int) -> Labels:
    """Merge the two neighbours that it costs least to merge, again and again.

    Parameters
    ----------
    labels : int array ``(h, w)``
        Connected regions 0..n−1, every one of them present.
    features : float array ``(h, w, d)``
    count : int
        The number of regions to keep, from 1 to n.

    Returns
    -------
    int array ``(h, w)``
        Labels 0..count−1 of connected regions. Of equal costs the regions numbered first are merged
        first, so equal input has equal output.
    """
    size, mean = _statistics(labels, features)
    whole = _parents(size, mean, _borders(labels), count)
    # Numbers grow with every merge: from the last to the first, each finds its whole decided.
    for each in range(len(whole) - 1, -1, -1):
        whole[each] = whole[whole[each]]
    _, number = np.unique(whole[: len(size)], return_inverse=True)
    return number[labels]


def merging_order(labels: Labels, features: Features) -> npt.NDArray[np.int64]:
    """Which two regions merge first, which next, and so on until all are one.

    Parameters
    ----------
    labels : int array ``(h, w)``
        Regions 0..n−1, every one of them present.
    features : float array ``(h, w, d)``

    Returns
    -------
    int array ``(n − 1, 2)``
        Row k has the two that merge into region n + k, the lower number first.
    """
    size, mean = _statistics(labels, features)
    parent = _parents(size, mean, _borders(labels), 1)
    # Of 2n − 1 numbers only the last has no parent but itself, and every parent has two children.
    order = np.argsort(parent[:-1], kind="stable")
    return np.sort(order.reshape(-1, 2), axis=1)


def straighten_borders(labels: Labels, features: Features) -> Labels:
    """Give each pixel to the nearest mean among its own region and the neighbours of that.

    One step of k-means (Lloyd 1982) after merging, which leaves borders where the regions merged
    had theirs. It lowers the sum of squared distances, except for pixels that it cuts off from
    their region: these join a neighbour.

    Parameters
    ----------
    labels : int array ``(h, w)``
        Connected regions 0..n−1, every one of them present.
    features : float array ``(h, w, d)``

    Returns
    -------
    int array ``(h, w)``
        As many connected regions; the same as before where one of them would lose all its pixels.
    """
    from scipy.spatial.distance import cdist

    size, mean = _statistics(labels, features)
    neighbours = _neighbours(_borders(labels), len(size))
    pixels = features.reshape(labels.size, -1)
    nearest = labels.ravel().copy()
    by_region = np.split(np.argsort(nearest, kind="stable"), np.cumsum(size).astype(int)[:-1])
    for region, own in enumerate(by_region):
        # Its own comes first: of equal distances it is the one taken.
        candidates = np.array([region, *sorted(neighbours[region])])
        distances = cdist(pixels[own], mean[candidates], "sqeuclidean")
        nearest[own] = candidates[distances.argmin(axis=1)]
    if len(np.unique(nearest)) < len(size):
        return labels
    return connected_clusters(nearest.reshape(labels.shape), features)


def in_reading_order(labels: Labels) -> Labels:
    """Regions renumbered 0..n−1 in reading order of their first pixels."""
    flat = labels.ravel()
    first = np.empty(int(flat.max()) + 1, np.int64)
    # Written from the end, the first pixel of each region is the last one written.
    first[flat[::-1]] = np.arange(flat.size)[::-1]
    rank = np.empty_like(first)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[labels]


def _parents(
    size: npt.NDArray[np.float64],
    mean: Features,
    borders: npt.NDArray[np.int64],
    count: int,
) -> npt.NDArray[np.int64]:
    """For each region, and each that arises, what it is merged into; itself at the end."""
    one, other = borders.T
    costs = _cost(size[one], mean[one], size[other], mean[other])
    heap = list(zip(costs.tolist(), one.tolist(), other.tolist(), strict=True))
    heapify(heap)
    neighbours = _neighbours(borders, len(size))
    # A merged region gets a number of its own, so entries of the heap for its parts are known to be
    # old.
    sizes, means = size.tolist(), [tuple(each) for each in mean.tolist()]
    merged_into = list(range(len(sizes)))
    for _ in range(len(sizes) - count):
        _, a, b = heappop(heap)
        while merged_into[a] != a or merged_into[b] != b:
            _, a, b = heappop(heap)
        new = len(sizes)
        merged_into[a] = merged_into[b] = new
        merged_into.append(new)
        total = sizes[a] + sizes[b]
        share = sizes[a] / total
        centre = tuple(share * x + (1 - share) * y for x, y in zip(means[a], means[b], strict=True))
        sizes.append(total)
        means.append(centre)
        around = (neighbours[a] | neighbours[b]) - {a, b}
        neighbours.append(around)
        for each in around:
            beside = neighbours[each]
            beside.discard(a)
            beside.discard(b)
            beside.add(new)
            weight = total * sizes[each] / (total + sizes[each])
            apart = sum((x - y) ** 2 for x, y in zip(centre, means[each], strict=True))
            heappush(heap, (weight * apart, each, new))
    return np.array(merged_into)


def _connected_parts(clusters: npt.NDArray[np.integer]) -> Labels:
    """Labels 0..n−1 of the connected pieces of one label."""
    from skimage import measure

    label: Callable[..., npt.NDArray[np.integer]] = measure.label
    return label(clusters, background=-1, connectivity=1).astype(np.int64) - 1


def _statistics(labels: Labels, features: Features) -> tuple[npt.NDArray[np.float64], Features]:
    """Pixels ``(n,)`` and mean features ``(n, d)`` of each region."""
    flat = labels.ravel()
    size = np.bincount(flat).astype(np.float64)
    sums = [np.bincount(flat, each.ravel()) for each in np.moveaxis(features, -1, 0)]
    return size, np.stack(sums, axis=1) / size[:, None]


def _borders(labels: Labels) -> npt.NDArray[np.int64]:
    """Every pair of neighbours once, ``(pairs, 2)``, the lower label first."""
    one = np.concatenate([labels[:, :-1].ravel(), labels[:-1].ravel()])
    other = np.concatenate([labels[:, 1:].ravel(), labels[1:].ravel()])
    different = one != other
    one, other = one[different], other[different]
    regions = int(labels.max()) + 1
    codes = np.unique(np.minimum(one, other) * regions + np.maximum(one, other))
    return np.stack(np.divmod(codes, regions), axis=1)


def _neighbours(borders: npt.NDArray[np.int64], regions: int) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in range(regions)]
    for one, other in borders.tolist():
        found[one].add(other)
        found[other].add(one)
    return found


def _cost(
    size: npt.NDArray[np.float64],
    mean: Features,
    other_size: npt.NDArray[np.float64],
    other_mean: Features,
) -> npt.NDArray[np.float64]:
    """What merging each pair adds to the sum of squared distances, ``(pairs,)``."""
    weight = size * other_size / (size + other_size)
    cost: npt.NDArray[np.float64] = weight * ((mean - other_mean) ** 2).sum(axis=1)
    return cost
