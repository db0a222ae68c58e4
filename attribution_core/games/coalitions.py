"""Drawing coalitions: one random order for each size, which KernelSHAP and LIME both follow.

A seed puts the coalitions of each size in a random order of their own. Methods differ in how many
they take of each size, and each takes the first ones. So a sample is, size by size, a simple random
one whatever else is drawn, and where two methods or two budgets want the same size, they ask for
the same coalitions: a game that remembers them evaluates those once.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray

MOST_RANKED = 2**20
"""Up to so many coalitions of one size are put in order by their ranks."""


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


@dataclass(frozen=True)
class Draws:
    """Coalitions drawn with repetition.

    Attributes
    ----------
    members : bool array ``(draws, players)``
    pair : int array ``(draws,)``
        Equal for draws of one coalition or of its complement, which are not independent. Once all
        of a size have been drawn it starts over, and its pairs count as new ones.
    """

    members: BoolArray
    pair: npt.NDArray[np.int64]


def draw_pairs(players: int, pairs: int, seed: int) -> CoalitionPairs:
    """Draw up to ``pairs`` complementary pairs of coalitions, all of them where they fit.

    Sizes s are drawn in proportion to 1/√(s(l − s)), the geometric mean of the Shapley kernel's
    and the leverage scores' shares: the variance is least so where residuals of all sizes are
    alike (Musco and Witter 2025; Fumagalli et al. 2025, arXiv 2506.05216). A size that has fewer
    pairs than its share is taken whole and the rest goes to the others. The order is that of
    `first_of_size`, so that a larger draw contains the smaller one.
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
        blocks.append(first_of_size(players, int(size), int(count), seed))
        ranks.append((np.arange(count) + random.random()) / max(count, 1))
    if not blocks:
        return CoalitionPairs(np.zeros((0, players), bool), np.zeros(half + 1, np.int64))
    order = np.argsort(np.concatenate(ranks), kind="stable")
    bounded = np.minimum(available, np.iinfo(np.int64).max).astype(np.int64)
    return CoalitionPairs(np.concatenate(blocks)[order], bounded)


def draw_uniform(players: int, count: int, seed: int) -> Draws:
    """Draw ``count`` coalitions, each uniformly from {0, 1}^l.

    Sizes are drawn as they come, binomially; those of size s follow the order of `first_of_size`,
    or are complements in the order of size l − s, and start over where they are exhausted. Each
    draw alone is uniform. No coalition is repeated before all of its size have been drawn, and most
    come with their complements, so estimates are sharper than from independent draws. A larger
    count contains the smaller one.
    """
    first, second = np.random.default_rng(seed).spawn(2)
    sizes = first.binomial(players, 0.5, count)
    flipped = second.random(count) < 0.5
    members = np.empty((count, players), bool)
    pairs = np.empty((count, 3), np.int64)
    for size in np.unique(sizes).tolist():
        chosen = np.flatnonzero(sizes == size)
        small, number = min(size, players - size), np.arange(len(chosen))
        available = _pairs_of_size(players, small)
        rounds, place = np.divmod(number, min(available, len(chosen)))
        block = first_of_size(players, small, int(place.max()) + 1, seed)[place]
        if 2 * size == players:
            # A pair is two coalitions of this size: by chance one, and in the next round the other.
            turned = flipped[chosen][place] ^ (rounds % 2 == 1)
        else:
            turned = np.full(len(chosen), size > small)
        members[chosen] = block ^ turned[:, None]
        pairs[chosen] = np.column_stack([np.full(len(chosen), small), place, rounds])
    return Draws(members, np.unique(pairs, axis=0, return_inverse=True)[1].ravel())


def first_of_size(players: int, size: int, count: int, seed: int) -> BoolArray:
    """The first ``count`` coalitions of ``size`` ≤ players / 2 members, in the seed's random order.

    Distinct; at half the players, only such without the last player, one of each pair. The order
    depends on the players, the size and the seed alone: a smaller count gives a leading part.
    """
    random = np.random.default_rng((seed, players, size))
    drawn_from = players - 1 if 2 * size == players else players
    population = comb(drawn_from, size)
    members = np.zeros((count, players), bool)
    if population <= MOST_RANKED:
        ranks = random.permutation(population)[:count]
        members[:, :drawn_from] = _of_rank(ranks, drawn_from, size)
    else:
        chosen = _draw_distinct(drawn_from, size, count, random)
        np.put_along_axis(members, chosen, True, axis=1)
    return members


def _of_rank(ranks: npt.NDArray[np.int64], players: int, size: int) -> BoolArray:
    """Coalitions of one size by their ranks 0..C(l, s) − 1 (the combinatorial number system)."""
    members = np.zeros((len(ranks), players), bool)
    left, missing = ranks.copy(), np.full(len(ranks), size)
    for player in reversed(range(players)):
        # So many coalitions have their missing members among the players below this one.
        below = np.array([comb(player, some) for some in range(size + 1)])[missing]
        joins = left >= below
        members[:, player] = joins
        left -= below * joins
        missing -= joins
    return members


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


def _draw_distinct(
    players: int, size: int, count: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    # Row after row from one stream, so that the count does not change what comes first.
    seen: dict[bytes, npt.NDArray[np.int64]] = {}
    while len(seen) < count:
        missing = count - len(seen)
        candidates = np.sort(np.argsort(random.random((missing, players)), axis=1)[:, :size])
        for candidate in candidates:
            seen.setdefault(candidate.tobytes(), candidate)
    return np.array(list(seen.values()), np.int64).reshape(count, size)
