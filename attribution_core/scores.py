"""Scores to explain: a class's logit or log-probability, its probability, its lead over another."""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True)
class Contrast:
    """The score "logit of the target minus logit of the class ``against``".

    Attributes
    ----------
    against : int
    of : Quantity
        What is subtracted; of a network that has log-probabilities, these. A request fills it in.
    """

    against: int
    of: Quantity = "logit"


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
    """

    target: int
    probability: bool = False
    against: int | None = None
    link: Link = "softmax"

    @classmethod
    def of(
        cls,
        kind: str | Contrast,
        target: int,
        classes: int | None,
        labels: Sequence[str] = (),
        link: Link = "softmax",
        quantity: Quantity | None = None,
    ) -> Score:
        """The score that a name or a `Contrast` stands for, of a target class.

        Parameters
        ----------
        kind : "logit", "log-probability", "probability" or Contrast
        target : int
        classes : int or None
            How many there are; None while that is not known.
        labels : sequence of str, optional
            Of the classes, to name them in errors.
        link : Link
            Of the network.
        quantity : Quantity, optional
            Of the network; None while that is not known.

        Raises
        ------
        ValueError
            When a class does not exist, both classes of a contrast are the same, the kind is none
            of these, or the network has no such score.
        """
        if isinstance(kind, Contrast):
            score = cls(target, against=kind.against, link=link)
            if kind.against == target:
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
                f"The score '{kind}' is not known; use 'logit', 'log-probability', 'probability' "
                "or Contrast(class)."
            )
        for number in (score.target, score.against):
            if number is not None and classes is not None and not 0 <= number < classes:
                raise ValueError(
                    f"There is no class {number}; give a number between 0 and {classes - 1}."
                )
        return score

    def weights(self, classes: int) -> npt.NDArray[np.float32]:
        """The score as weights ``(classes,)`` on the outputs."""
        weights = np.zeros(classes, np.float32)
        weights[self.target] = 1
        if self.against is not None:
            weights[self.against] -= 1
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
    return values if score.against is None else values - logits[:, score.against]
