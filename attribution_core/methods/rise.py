"""RISE: the mean score of random coalitions that have a player, against those that lack it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.games.coalitions import Draws, draw_uniform
from attribution_core.games.game import Game, batches, worth_a_look
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.method import (
    ALL_BUT_COMPLETENESS,
    Method,
    TwoVariables,
    game_of_variables,
)
from attribution_core.methods.options import bfloat16_option, option

if TYPE_CHECKING:
    from attribution_core.problem import Problem

Values = Literal["difference", "with"]


@Estimator
def rise(
    game: Game, *, samples: int = 1000, values: Values = "difference", seed: int = 0
) -> Iterator[Estimate]:
    """Σ_z z_i v(z) / Σ_z z_i − Σ_z (1 − z_i) v(z) / Σ_z (1 − z_i), over random coalitions z.

    Petsiuk et al. 2018 take the first term alone, in which every player has the mean score as well;
    the difference has a sign, and its mean is the Banzhaf value. Each player is there or not by the
    toss of a coin; see `draw_uniform`, whose coalitions LIME asks for too. Their masks are smooth
    and shifted at random; here players are whole.

    Parameters
    ----------
    game : Game
    samples : int
        Coalitions.
    values : {"difference", "with"}
        The difference, or the first term alone.
    seed : int

    Yields
    ------
    Estimate
        After each batch, with values ``(players,)``, 0 of a player that has been there always or
        never. Standard errors, from four pairs on, are those of means over pairs of complementary
        coalitions, as if pairs were drawn independently.

    Raises
    ------
    ValueError
        When samples < 2, or values are none of these.
    """
    if samples < 2:
        raise ValueError(f"RISE with {samples} samples has no mean; give at least 2.")
    if values not in get_args(Values):
        raise ValueError(f"RISE has no values '{values}'; use {' or '.join(get_args(Values))}.")
    draws = draw_uniform(game.players, samples, seed)
    worth = np.empty(0)
    looked = 0
    estimate: Estimate | None = None
    for batch in batches(draws.members, game.batch_size):
        worth = np.append(worth, game.values(batch))
        done = len(worth)
        if estimate is None or worth_a_look(done, looked, samples):
            looked = done
            known = Draws(draws.members[:done], draws.pair[:done])
            found, error = _means(known, worth, with_alone=values == "with")
            estimate = Estimate(
                values=found, done=done, planned=samples, evaluations=done, standard_error=error
            )
        yield replace(estimate, done=done)


def _means(
    draws: Draws, worth: FloatArray, *, with_alone: bool
) -> tuple[FloatArray, FloatArray | None]:
    """Values ``(players,)``, and their standard errors once there are four pairs."""
    present = draws.members.astype(np.float64)
    terms, values = np.zeros_like(present), np.zeros(present.shape[1])
    for side, sign in ((present, 1.0),) if with_alone else ((present, 1.0), (1 - present, -1.0)):
        count = side.sum(axis=0)
        mean = worth @ side / np.maximum(count, 1)
        values += sign * mean
        terms += sign * side * (worth[:, None] - mean) / np.maximum(count, 1)
    constant = np.ptp(present, axis=0) == 0
    values[constant] = 0
    numbers, of_pair = np.unique(draws.pair, return_inverse=True)
    pairs = len(numbers)
    if pairs < _FEWEST_PAIRS:
        return values, None
    by_pair = np.zeros((pairs, present.shape[1]))
    np.add.at(by_pair, of_pair, terms)
    error = np.sqrt(np.square(by_pair).sum(axis=0) * pairs / (pairs - 1))
    return values, np.asarray(np.where(constant, 0.0, error))


_FEWEST_PAIRS = 4


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    samples: int = option(500, "Samples", "Random coalitions.", 2, 20000, step=50)
    values: Values = option(
        "difference",
        "Values",
        "The mean score of coalitions with a player minus that of those without it; or, as "
        "published, the mean with it alone, which has no sign and hardly any contrast.",
        choices=get_args(Values),
    )
    bfloat16: bool = bfloat16_option()


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return rise.refine(
        problem.game(bfloat16=options.bfloat16),
        samples=options.samples,
        values=options.values,
        seed=problem.seed,
    )


SAMPLES = 512
"""On functions of two variables."""

METHOD = Method(
    name="rise",
    title="RISE",
    summary="The mean score of random coalitions that have a part, minus that of those that lack "
    "it: an estimate of the Banzhaf value.",
    paper="Petsiuk et al. 2018",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.samples,
    needs="game",
    uses_reference=True,
    positive_only=lambda options: options.values == "with",
    promises=ALL_BUT_COMPLETENESS,
    precision="sampled",
    of_players=True,
    quick=Options(samples=16),
    two_variables=TwoVariables(
        lambda function, point, reference: rise(
            game_of_variables(function, point, reference), samples=SAMPLES
        ),
        r"\varphi_i = \mathbb{E}_z\left[v(z) \mid z_i = 1\right]"
        r" - \mathbb{E}_z\left[v(z) \mid z_i = 0\right]",
        f"Over {SAMPLES} coalitions z of one seed.",
    ),
)
