"""What a method is given: a head, a point, a reference and a score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from attribution_core.arrays import FloatArray, Logits
from attribution_core.network.head import Head, HeadScore
from attribution_core.network.head_game import HeadGame
from attribution_core.network.local_head_game import LocalHeadGame
from attribution_core.references import ReferenceSet
from attribution_core.scores import Score
from attribution_core.segmentations import Segmentation, Segments


class Play(Protocol):
    """From labels ``(h, w)`` to the game whose players they are."""

    def __call__(self, segments: Segments, *, bfloat16: bool = False) -> HeadGame: ...


@dataclass(frozen=True)
class Problem:
    """One question to a network, at one layer.

    Attributes
    ----------
    head : Head
    point, reference : float arrays ``(h, w, c)``
        At the head's layer.
    ends : float32 array ``(2, classes)``
        Logits of the point and of the reference.
    score : Score
    seed : int
        The one source of randomness.
    at_input : bool
        Whether the layer is the input.
    input_size : (height, width)
        Of the picture, in pixels; sizes that options give in pixels are scaled by it.
    references_of : callable
        From the name of a set of references, as `references.reference_pictures` has them, to their
        activations ``(h, w, c)`` at the layer, each computed when it is asked for.
    segments_of : callable
        From a segmentation (None: the request's own) to labels ``(h, w)`` of the layer's plane.
    play : Play
        From labels ``(h, w)`` to the game whose players they are; with ``bfloat16``, coalitions
        are evaluated in it.
    walked_head : callable
        From the name of rules to the head that follows them back, in the place of derivatives; see
        `network.walk.head`.
    local_game : callable
        From labels ``(h, w)`` to the same game for the logits of all classes, where the head is
        local; None where it is not.
    """

    head: Head
    point: FloatArray
    reference: FloatArray
    ends: Logits
    score: Score
    seed: int
    at_input: bool
    input_size: tuple[int, int]
    references_of: Callable[[ReferenceSet], Sequence[FloatArray]]
    segments_of: Callable[[Segmentation], Segments]
    play: Play
    walked_head: Callable[[str], Head]
    local_game: Callable[[Segments], LocalHeadGame | None]

    @property
    def function(self) -> HeadScore:
        """The score as a differentiable function of points at the layer."""
        return self.function_of(self.score)

    def function_of(self, score: Score) -> HeadScore:
        """Another score as such a function."""
        return HeadScore(self.head, score)

    def walked(self, rules: str) -> HeadScore:
        """The score as a function whose gradients are what the named rules send back."""
        return HeadScore(self.walked_head(rules), self.score)

    def game(self, *, bfloat16: bool = False) -> HeadGame:
        """The game on the request's own segmentation."""
        return self.play(self.segments_of(None), bfloat16=bfloat16)
