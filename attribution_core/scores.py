"""Scores to explain: a class's logit or log-probability, its probability, its lead over others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray

Quantity = Literal["logit", "log-probability"]
"""What a network's scores are, before they become probabilities: its logits, or the logarithms of
its probabilities where these are made of other probabilities and not of logits, as the average of
several networks' answers is."""

QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)

Link = Literal["softmax", "sigmoid", "none", "exp"]
"""How these scores become probabilities: of one class among all; of each class for itself; not at
all, where the outputs are numbers to be predicted; of each class for itself, from its
log-probability."""

LINKS: tuple[Link, ...] = ("softmax", "sigmoid", "none")
"""Those that the owner of a network can say it has."""


def several(quantity: Quantity) -> str:
    """The quantity in the plural."""
    return "logits" if quantity == "logit" else "log-probabilities"


def each_by_itself(link: Link) -> bool:
    """Whether probabilities are of each class for itself, and need not sum to 1."""
    return link in ("sigmoid", "exp")


FINER = "finer"
"""The score "lead over the classes nearest to the target", of Finer-CAM (Zhang et al. 2025): the
target's logit minus 0.6 times the mean of the three nearest to it on the picture that is explained.
"""
NEAREST, FINER_WEIGHT = 3, 0.6
FINER_TITLE = "lead over the nearest classes"


@dataclass(frozen=True)
class Contrast:
    """The score "logit of the target minus ``weight`` times the mean logit of other classes".

    Attributes
    ----------
    against : int
        One of the other classes.
    of : Quantity
        What is subtracted; of a network that has log-probabilities, these. A request fills it in.
    also : tuple of int
        The others, where there are several.
    weight : float
        Above 0; 1 is the lead itself.
    """

    against: int
    of: Quantity = "logit"
    also: tuple[int, ...] = ()
    weight: float = 1.0

    @property
    def classes(self) -> tuple[int, ...]:
        """All that the target is contrasted with."""
        return (self.against, *self.also)

    def named(self, labels: Mapping[int, str]) -> str:
        """The score in words, classes by their labels where these are known."""
        names = [labels.get(each, f"class {each}") for each in self.classes]
        weight = "" if self.weight == 1 else f"{self.weight:g} × "
        mean = "the mean of " if self.also else ""
        return f"lead over {weight}{mean}{', '.join(names)}"

    def as_text(self) -> str:
        """As the command line takes it, such as ``against:967`` or ``against:0.6*967+968``."""
        weight = "" if self.weight == 1 else f"{self.weight:g}*"
        return f"against:{weight}{'+'.join(map(str, self.classes))}"


def finer(logits: FloatArray, target: int) -> Contrast:
    """What the score `FINER` is contrasted with, of a picture's logits ``(classes,)``.

    Of two classes as near, the first; of networks with fewer than four classes, all others.
    """
    distance = np.abs(np.asarray(logits, np.float64) - logits[target])
    nearest = [each for each in np.argsort(distance, kind="stable").tolist() if each != target]
    return Contrast(nearest[0], also=tuple(nearest[1:NEAREST]), weight=FINER_WEIGHT)


@dataclass(frozen=True)
class Score:
    """A scalar made from a network's outputs.

    Attributes
    ----------
    target : int
        The class whose score it is.
    probability : bool
        The class's probability where True, else the logit or log-probability.
    against : int or None
        The class whose logit or log-probability is subtracted, in a contrast.
    link : Link
        Of the network: what makes the probability.
    also : tuple of int
        Further classes, in a contrast with several: their mean is subtracted.
    weight : float
        Times which it is subtracted.
    """

    target: int
    probability: bool = False
    against: int | None = None
    link: Link = "softmax"
    also: tuple[int, ...] = ()
    weight: float = 1.0

    @classmethod
    def of(
        cls,
        kind: str | Contrast,
        target: int,
        classes: int | None,
        labels: Sequence[str] = (),
        link: Link = "softmax",
        quantity: Quantity | None = None,
        logits: FloatArray | None = None,
    ) -> Score:
        """The score that a name or a `Contrast` stands for, of a target class.

        Parameters
        ----------
        kind : "logit", "log-probability", "probability", "finer" or Contrast
        target : int
        classes : int or None
            How many there are; None while that is not known.
        labels : sequence of str, optional
            Of the classes, to name them in errors.
        link : Link
            Of the network.
        quantity : Quantity, optional
            Of the network; None while that is not known.
        logits : float array ``(classes,)``, optional
            Of the picture that is explained: the score "finer" is a lead over the classes that are
            nearest there, and needs them.

        Raises
        ------
        ValueError
            When a class does not exist, both classes of a contrast are the same, the kind is none
            of these, or the network has no such score.
        """
        if kind == FINER:
            if logits is None:
                raise ValueError("The score “finer” is one of a picture; give its logits.")
            kind = finer(logits, target)
        if isinstance(kind, Contrast):
            score = cls(target, against=kind.against, link=link, also=kind.also, weight=kind.weight)
            if not 0 < kind.weight < np.inf or len(set(kind.classes)) < len(kind.classes):
                raise ValueError(
                    f"The score “{kind.as_text()}” is no lead; give classes that differ, and a "
                    "weight above 0."
                )
            if target in kind.classes:
                known = f"“{labels[target]}”" if target < len(labels) else f"Class {target}"
                raise ValueError(
                    f"{known} is the class that the others are contrasted with, and cannot be "
                    "contrasted with itself; choose another class."
                )
        elif kind in (*QUANTITIES, "probability"):
            if kind != "probability" and quantity not in (None, kind):
                raise ValueError(_NOT_OF_THE_NETWORK[kind])
            score = cls(target, probability=kind == "probability", link=link)
            if score.probability and link == "none":
                raise ValueError(
                    "The network's outputs are numbers and no probabilities; explain an output "
                    "itself, with the score “logit”."
                )
        else:
            raise ValueError(
                f"The score '{kind}' is not known; use 'logit', 'log-probability', 'probability', "
                "'finer' or Contrast(class)."
            )
        for number in (score.target, *score.rivals):
            if classes is not None and not 0 <= number < classes:
                raise ValueError(
                    f"There is no class {number}; give a number between 0 and {classes - 1}."
                )
        return score

    @property
    def rivals(self) -> tuple[int, ...]:
        """The classes of a contrast."""
        return () if self.against is None else (self.against, *self.also)

    def weights(self, classes: int) -> npt.NDArray[np.float32]:
        """The score as weights ``(classes,)`` on the outputs."""
        weights = np.zeros(classes, np.float32)
        weights[self.target] = 1
        for rival in self.rivals:
            weights[rival] -= self.weight / len(self.rivals)
        return weights


_NOT_OF_THE_NETWORK = {
    "logit": (
        "The network has no logits: its outputs are made of other probabilities. Explain their "
        "logarithm, with the score “log-probability”."
    ),
    "log-probability": (
        "The network has logits, of which its probabilities are made; explain these, with the "
        "score “logit”."
    ),
}


def softmax(logits: FloatArray) -> npt.NDArray[np.float64]:
    """Probabilities along the last axis, in float64."""
    shifted = np.exp(np.asarray(logits, np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def probabilities_of(logits: FloatArray, link: Link) -> npt.NDArray[np.float64]:
    """Probabilities of logits or log-probabilities ``(…, classes)``; with no link, ValueError."""
    if link == "none":
        raise ValueError("The network's outputs are numbers and no probabilities.")
    if link == "softmax":
        return softmax(logits)
    if link == "exp":
        return np.exp(np.asarray(logits, np.float64))
    # Of the half that cannot overflow.
    smaller = np.exp(-np.abs(np.asarray(logits, np.float64)))
    return np.where(np.asarray(logits) < 0, smaller, 1.0) / (1.0 + smaller)


def score_values(logits: FloatArray, score: Score) -> npt.NDArray[np.float64]:
    """The score ``(n,)`` of logits ``(n, classes)``."""
    if score.probability:
        return probabilities_of(logits, score.link)[:, score.target]
    values = np.asarray(logits[:, score.target], np.float64)
    if score.against is None:
        return values
    rivals = np.asarray(logits[:, list(score.rivals)], np.float64)
    return np.asarray(values - score.weight * rivals.mean(axis=1))
