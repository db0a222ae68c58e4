"""Drawing coalitions for KernelSHAP: complementary pairs, without replacement, sizes balanced."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from attribution_core.estimate import BoolArray, FloatArray


@dataclass(frozen=True)
class CoalitionPairs:
    """Coalitions S with |S| <= players / 2, each standing for itself and its complement.

    Attributes
    ----------
    members : bool array ``(pairs, players)``
        Distinct; no row is another's complement. Any leading part is, size by size, a simple
        random sample without replacement, with the sizes in about the same shares.
    available : int array ``(players // 2 + 1,)``
        How many pairs there are of each size; the population that each size is drawn from.
    """

    members: BoolArray
    available: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.members)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        return np.asarray(self.members.sum(axis=1), np.int64)


def draw_pairs(players: int, pairs: int, seed: int) -> CoalitionPairs:
    """Draw up to ``pairs`` complementary pairs of coalitions, all of them where they fit.

    Sizes s are drawn in proportion to 1/√(s(l − s)), the geometric mean of the Shapley kernel's
    and the leverage scores' shares: the variance is least so where residuals of all sizes are
    alike (Musco and Witter 2025; Fumagalli et al. 2025, arXiv 2506.05216). A size that has fewer
    pairs than its share is taken whole and the rest goes to the others.
    """
    random = np.random.default_rng(seed)
    half = players // 2
    available = np.array(
        [0] + [_pairs_of_size(players, size) for size in range(1, half + 1)], object
    )
    sizes = np.arange(1, half + 1)
    # A pair of sizes s ≠ l/2 stands for two sizes, the middle one for a single size.
    shares = np.where(2 * sizes == players, 1.0, 2.0) / np.sqrt(sizes * (players - sizes))
    counts = _fill(shares, available[1:], pairs)
    blocks, ranks = [], []
    for size, count in zip(sizes, counts, strict=True):
        block = _draw_of_size(players, int(size), int(count), random)
        blocks.append(block)
        ranks.append((np.arange(count) + random.random()) / max(count, 1))
    if not blocks:
        return CoalitionPairs(np.zeros((0, players), bool), np.zeros(half + 1, np.int64))
    order = np.argsort(np.concatenate(ranks), kind="stable")
    bounded = np.minimum(available, np.iinfo(np.int64).max).astype(np.int64)
    return CoalitionPairs(np.concatenate(blocks)[order], bounded)


def _pairs_of_size(players: int, size: int) -> int:
    return comb(players, size) // (2 if 2 * size == players else 1)


def _fill(shares: FloatArray, caps: npt.NDArray[np.object_], total: int) -> list[int]:
    """Whole numbers in proportion to the shares, none above its cap, summing to the total."""
    total = min(total, sum(caps))
    counts = [0] * len(shares)
    open_sizes = list(range(len(shares)))
    left = total
    while open_sizes:
        unit = left / sum(shares[i] for i in open_sizes)
        full = [i for i in open_sizes if shares[i] * unit >= caps[i]]
        if not full:
            break
        for i in full:
            counts[i] = int(caps[i])
            left -= counts[i]
            open_sizes.remove(i)
    if open_sizes:
        # Rounding the running sum keeps every count within one of its share.
        running = np.cumsum([shares[i] for i in open_sizes])
        bounds = np.rint(running / running[-1] * left).astype(int)
        for i, count in zip(open_sizes, np.diff(bounds, prepend=0), strict=True):
            counts[i] = int(count)
    return counts


def _draw_of_size(players: int, size: int, count: int, random: np.random.Generator) -> BoolArray:
    """Distinct coalitions of one size; at half the players, only such without the last player."""
    drawn_from = players - 1 if 2 * size == players else players
    population = comb(drawn_from, size)
    if population <= 4 * count:
        every = np.array(list(combinations(range(drawn_from), size)), np.int64)
        chosen = every[random.permutation(population)[:count]]
    else:
        chosen = _draw_distinct(drawn_from, size, count, random)
    members = np.zeros((count, players), bool)
    np.put_along_axis(members, chosen.reshape(count, size), True, axis=1)
    return members


def _draw_distinct(
    players: int, size: int, count: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    seen: dict[bytes, npt.NDArray[np.int64]] = {}
    while len(seen) < count:
        missing = count - len(seen)
        candidates = np.sort(np.argsort(random.random((missing, players)), axis=1)[:, :size])
        for candidate in candidates:
            seen.setdefault(candidate.tobytes(), candidate)
    return np.array(list(seen.values()), np.int64).reshape(count, size)
