"""An attribution: what one method says of one class of one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attribution_core.images import INPUT
from attribution_core.request import Request
from attribution_core.scores import Quantity
from attribution_core.segmentations import Segments, counted, kind_of_player

_ALIKE, _WELL_ALIKE = 0.5, 0.8
"""Correlations of two seeds' values: below the first, a map is called mostly noise."""

if TYPE_CHECKING:
    from attribution_core.figures.printed import MapFigure
    from attribution_core.figures.style import FigureStyle


@dataclass(frozen=True, eq=False)
class Attribution:
    """What one method says of one class, in units of the score.

    Compared and hashed by identity, so that what is computed from one can be cached by it.

    Attributes
    ----------
    request : Request
        The settings that made it.
    model : str
        The classifier's name.
    model_fingerprint : str
        Of the classifier's network, as `Classifier.fingerprint`.
    label : str
        The target class's.
    values : float32 array
        Signed; ``(h, w, c)`` at the layer for gradient methods, ``(h, w)`` for Grad-CAM and the
        coalition methods. A player's value is spread evenly over its positions, so that every map
        sums to what its players do; so is, in occlusion, a square's.
    heatmap : float32 array ``(h, w)``
        The values, summed over channels.
    target : int
    score, reference_score : float
        Of the picture and of the reference; the mean of a method's own references, where it has
        any.
    completeness_gap : float or None
        |Σ values − (score − reference_score)| for the methods that promise it to vanish.
    standard_error : float32 array or None
        Of ``player_values`` where the method has players, else of ``values``.
    evaluations : int
        Passes that the values are based on, cached ones included.
    seconds : float
        Time that they took, in seconds.
    segments : int array ``(h, w)`` or None
        The player that each position belongs to, where the method gives each player a value.
    player_values : float32 array ``(players,)`` or None
    done, planned : int
        Work units, as in `Estimate`.
    finished : bool
        False while `refine` is under way; the last one is finished even where it stopped early.
    diagnostics : mapping of str to float
        What else the method reports, such as LIME's ``weighted_r2``.
    rounding : float
        What `size` can come to by rounding errors alone; 0 where that is not known.
    constant : bool
        Whether the values are slopes of a score that is linear in the layer's activations: the same
        whatever the picture.
    quantity : Quantity
        What the network has of each class beside a probability.
    """

    request: Request
    model: str
    model_fingerprint: str
    label: str
    values: npt.NDArray[np.float32]
    heatmap: npt.NDArray[np.float32]
    score: float
    reference_score: float
    completeness_gap: float | None
    standard_error: npt.NDArray[np.float32] | None
    evaluations: int
    seconds: float
    segments: Segments | None
    player_values: npt.NDArray[np.float32] | None
    done: int
    planned: int
    finished: bool
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    rounding: float = 0.0
    constant: bool = False
    quantity: Quantity = "logit"

    @property
    def target(self) -> int:
        return self.request.target

    @property
    def kind_of_player(self) -> str:
        """What each player is, such as "superpixel"; empty where the method gives them no values.

        Occlusion gives its values to positions: squares are only what it hides.
        """
        if self.player_values is None or self.segments is None:
            return ""
        request = self.request
        return kind_of_player(
            len(self.player_values),
            request.segmentation,
            self.segments.size,
            at_input=request.layer == INPUT,
        )

    @property
    def players(self) -> str:
        """How many players of which kind, such as "30 superpixels"; empty for a gradient method."""
        if self.request.method == "occlusion":
            # Before any square is hidden, the whole picture is evaluated.
            return counted(self.planned - 1, "square")
        if self.player_values is None:
            return ""
        return counted(len(self.player_values), self.kind_of_player)

    @property
    def total(self) -> float:
        """Sum of all values."""
        parts = self.values if self.player_values is None else self.player_values
        return float(parts.sum(dtype=np.float64))

    @cached_property
    def size(self) -> float:
        """The largest |value| of a player, or the sum of all |values| of a map."""
        if self.player_values is not None:
            return float(np.abs(self.player_values).max())
        return float(np.abs(self.heatmap).sum(dtype=np.float64))

    @property
    def blank(self) -> str:
        """Why there is nothing to see, in words without a full stop; empty where there is."""
        if self.size > self.rounding:
            return ""
        said = "No effect beyond rounding" if self.size else "All values are 0"
        if self.request.score != "probability":
            return said
        end = "1" if self.score > 0.5 else "0"
        return f"{said}: the probability is as good as {end}, so explain the {self.quantity}"

    @property
    def noise(self) -> str:
        """That the players can hardly be told apart, and what would do, in words without a full
        stop; empty where they can be, and where no standard errors are known.

        Of two seeds the values correlate by 1 − σ²/s², σ² being the mean squared standard error and
        s² the variance of the values over the players. σ² falls as evaluations grow.
        """
        error = self.standard_error
        if self.player_values is None or error is None or self.blank or len(error) < 3:
            return ""
        by_chance = float(np.mean(np.square(error, dtype=np.float64)))
        found = float(np.var(self.player_values, dtype=np.float64, ddof=1))
        if by_chance <= (1 - _ALIKE) * found:
            return ""
        true = found - by_chance
        if true <= 0:
            return "All differences between the players can be noise: raise the budget many times"
        enough = self.evaluations * by_chance / true * _WELL_ALIKE / (1 - _WELL_ALIKE)
        digits = 10 ** max(0, len(str(int(enough))) - 2)
        return (
            f"Mostly noise: two seeds would correlate about {true / found:.2f}; some "
            f"{int(-(-enough // digits) * digits):,} evaluations would give {_WELL_ALIKE:.1f}"
        )

    @property
    def unspecific(self) -> str:
        """That the map says nothing of the picture, and which one does, in words without a full
        stop; empty where it does."""
        if not self.constant:
            return ""
        return (
            "The same for every picture, since the network is linear from here on: "
            "Gradient × Input shows this one"
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader should know of a map that is drawn, each in words without a full stop."""
        return tuple(filter(None, (self.noise, self.unspecific)))

    def figure(self, style: FigureStyle | None = None) -> MapFigure:
        """The map as a figure for print; `figure` draws several side by side."""
        from attribution_core.figures.figure import figure
        from attribution_core.figures.style import FigureStyle

        return figure(self, style or FigureStyle(width="one column"))

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        return self.figure()._repr_png_()
