"""Occlusion: how much the score drops when a square of the picture is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import BoolArray, IntArray
from attribution_core.games.game import Game
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.method import (
    ALL_BUT_COMPLETENESS,
    Method,
    Shapes,
    TwoVariables,
    game_of_variables,
)
from attribution_core.methods.options import option
from attribution_core.segmentations import Segments

if TYPE_CHECKING:
    from attribution_core.problem import Problem

MOST_SQUARES = 4096
SQUARES_ACROSS = 7
"""The sides of so many squares make the picture's shorter side, unless a window is given."""


@Estimator
def occlusion(game: Game, squares: BoolArray | None = None) -> Iterator[Estimate]:
    """v(all) − v(all but the square), averaged over the squares that hide a player.

    Zeiler and Fergus 2014; thesis, section 2.3. `sliding_squares` makes squares of a window and a
    stride; without squares each player is hidden alone.

    Parameters
    ----------
    game : Game
    squares : bool array ``(squares, players)``, optional
        True where a square hides a player.

    Yields
    ------
    Estimate
        After each batch, with values ``(players,)``; a player that no square has hidden yet is 0.

    Raises
    ------
    ValueError
        When the squares do not have one column per player.
    """
    if squares is None:
        squares = np.eye(game.players, dtype=bool)
    if squares.ndim != 2 or squares.shape[1] != game.players or not len(squares):
        raise ValueError(
            f"The squares have shape {squares.shape}; "
            f"they should have shape (squares, {game.players}), one column per player."
        )
    whole = game.values(np.ones((1, game.players), bool))[0]
    drops = np.zeros(game.players)
    times_hidden = np.zeros(game.players)
    # Early squares spread over the whole picture show its outline long before the last one.
    order = np.random.default_rng(0).permutation(len(squares))
    for start in range(0, len(squares), game.batch_size):
        hidden = squares[order[start : start + game.batch_size]]
        drops += (whole - game.values(~hidden)) @ hidden
        times_hidden += hidden.sum(axis=0)
        done = start + len(hidden) + 1
        yield Estimate(
            values=drops / np.maximum(times_hidden, 1),
            done=done,
            planned=len(squares) + 1,
            evaluations=done,
        )


def sliding_squares(
    height: int, width: int, window: int, stride: int
) -> tuple[Segments, BoolArray]:
    """The players and the squares of a window that slides over a plane.

    The last row and column of squares are moved inwards so that the whole plane is covered and
    every square has full size. Players are the rectangles between the squares' edges: the
    coarsest partition of which every square is a union.

    Returns
    -------
    segments : int array ``(height, width)``
    squares : bool array ``(squares, players)``

    Raises
    ------
    ValueError
        When the window does not fit the plane, or the stride leaves gaps or is below 1.
    """
    if not 1 <= window <= min(height, width):
        raise ValueError(
            f"A window of {window} does not fit a plane of {height}x{width}; "
            f"it should be between 1 and {min(height, width)}."
        )
    if not 1 <= stride <= window:
        raise ValueError(
            f"A stride of {stride} with a window of {window} leaves gaps or does not move; "
            f"it should be between 1 and {window}."
        )
    tops, row_of, rows = _slide(height, window, stride)
    lefts, column_of, columns = _slide(width, window, stride)
    segments = np.asarray(row_of[:, None] * columns + column_of, np.int64)
    squares = tops[:, None, :, None] & lefts[None, :, None, :]
    return segments, squares.reshape(len(tops) * len(lefts), rows * columns)


def _slide(length: int, window: int, stride: int) -> tuple[BoolArray, IntArray, int]:
    """For one axis: which cells each position of the window hides, each point's cell, cells."""
    starts = np.unique(np.append(np.arange(0, length - window + 1, stride), length - window))
    edges = np.unique(np.concatenate([starts, starts + window]))
    hides = (edges[:-1] >= starts[:, None]) & (edges[:-1] < starts[:, None] + window)
    return hides, np.searchsorted(edges, np.arange(length), side="right") - 1, len(edges) - 1


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    window: int = option(
        0,
        "Window",
        "Side of the square, in pixels of the input; 0 takes a seventh of the picture's shorter "
        "side, 32 of 224.",
        0,
        512,
        step=1,
        zero="a seventh of the side",
    )
    stride: int = option(
        0,
        "Stride",
        "Step between squares, in pixels of the input; 0 takes half the window.",
        0,
        512,
        step=1,
        zero="half of it",
    )


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    height, width, _ = problem.head.shape
    window, stride = _on_plane((height, width), problem.input_size, options)
    segments, squares = sliding_squares(height, width, window, stride)
    for estimate in occlusion.refine(problem.play(segments), squares):
        # The squares are what is hidden, the players only where their edges cross. So a map comes
        # out, with each square's drop spread evenly over its positions.
        yield replace(estimate, values=estimate.values[segments] / window**2)


def _unavailable(shapes: Shapes, options: Options) -> str:
    window, stride = _in_pixels(shapes.input_size, options)
    if stride > window:
        return (
            f"A stride of {stride} leaves gaps between squares of {window}; give at most the "
            "window."
        )
    if shapes.plane is None:
        return ""
    window, stride = _on_plane(shapes.plane, shapes.input_size, options)
    squares = _squares(shapes.plane, window, stride)
    if squares > MOST_SQUARES:
        return (
            f"A window of {window} moved by {stride} makes {squares} squares; "
            f"widen the stride until there are at most {MOST_SQUARES}."
        )
    return ""


def _in_pixels(input_size: tuple[int, int], options: Options) -> tuple[int, int]:
    """Window and stride in pixels of the input, what is left open filled in."""
    window = options.window or max(1, round(min(input_size) / SQUARES_ACROSS))
    return window, options.stride or max(1, window // 2)


def _on_plane(
    plane: tuple[int, int], input_size: tuple[int, int], options: Options
) -> tuple[int, int]:
    """Window and stride in positions of a layer's plane, at least 1 and never leaving gaps."""
    in_pixels = _in_pixels(input_size, options)
    scale = plane[0] / input_size[0]
    window = min(max(1, round(in_pixels[0] * scale)), *plane)
    return window, min(max(1, round(in_pixels[1] * scale)), window)


def _squares(plane: tuple[int, int], window: int, stride: int) -> int:
    return _squares_along(plane[0], window, stride) * _squares_along(plane[1], window, stride)


def _evaluations(options: Options, shapes: Shapes) -> int:
    """One for each square, and one for the whole picture."""
    plane = shapes.input_size if shapes.plane is None else shapes.plane
    return _squares(plane, *_on_plane(plane, shapes.input_size, options)) + 1


def _squares_along(length: int, window: int, stride: int) -> int:
    """Positions of a window that slides over a length, the last one moved inwards."""
    return -(-(length - window) // stride) + 1


METHOD = Method(
    name="occlusion",
    title="Occlusion",
    summary="How much the score drops when a square takes the reference's values, spread over the "
    "square and averaged over those that cover a point.",
    paper="Zeiler and Fergus 2014",
    thesis="section 2.3",
    options_type=Options,
    run=_run,
    evaluations=_evaluations,
    needs="game",
    uses_reference=True,
    unavailable=_unavailable,
    promises=ALL_BUT_COMPLETENESS,
    quick=Options(window=112, stride=112),
    two_variables=TwoVariables(
        lambda function, point, reference: occlusion(game_of_variables(function, point, reference)),
        r"\varphi_i = v(\{1, 2\}) - v(\{1, 2\} \setminus i)",
        "v(S) is f with the variables outside of S at their reference.",
    ),
)
