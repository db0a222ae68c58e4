"""Classes and scores as they are typed."""

from __future__ import annotations

from attribution_core.network.classifier import Classifier
from attribution_core.scores import FINER, QUANTITIES, Contrast


def class_named(classifier: Classifier, text: str) -> int:
    """A class by number or by label, whatever its case; ValueError where there is none."""
    if text.isascii() and text.isdecimal():
        number = int(text)
        if number >= classifier.classes:
            raise ValueError(
                f"There is no class {number}; give a number between 0 and {classifier.classes - 1}."
            )
        return number
    wanted = text.strip().casefold()
    found = [number for number, label in enumerate(classifier.labels) if label.casefold() == wanted]
    if not found:
        near = [label for label in classifier.labels if wanted and wanted in label.casefold()][:5]
        hint = f"did you mean {', '.join(near)}?" if near else "give a number or a whole label."
        raise ValueError(f"No class is called '{text}'; {hint}")
    if len(found) > 1:
        raise ValueError(
            f"The classes {', '.join(map(str, found))} are all called '{text}'; give a number."
        )
    return found[0]


def score_named(classifier: Classifier, text: str | None) -> str | Contrast | None:
    """The score that is asked for; None for the classifier's own."""
    if text is None:
        return None
    kind, colon, against = text.partition(":")
    if kind == "against" and colon:
        return _contrast(classifier, against)
    if text not in (*QUANTITIES, "probability", FINER):
        raise ValueError(
            f"The score '{text}' is not known; use logit, log-probability, probability, finer or "
            "against:CLASS."
        )
    return text


def _contrast(classifier: Classifier, text: str) -> Contrast:
    """The contrast of a text such as ``espresso`` or ``0.6*espresso+cup``."""
    weight = 1.0
    before, times, after = text.partition("*")
    if times:
        try:
            weight, text = float(before), after
        except ValueError:
            raise ValueError(
                f"The weight '{before}' of a lead is no number; give one, such as 0.6."
            ) from None
    first, *others = (class_named(classifier, each) for each in text.split("+"))
    return Contrast(first, also=tuple(others), weight=weight)
