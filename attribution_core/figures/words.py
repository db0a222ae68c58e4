"""What a figure says of its maps: units, settings, and the caption."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from attribution_core.figures.lines import UNBROKEN
from attribution_core.images import INPUT
from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.methods.options import OptionValue
from attribution_core.painting import COLOUR_SCALES, Colours
from attribution_core.references import RANDOM_KINDS
from attribution_core.registry import METHODS
from attribution_core.request import Request
from attribution_core.scores import FINER, FINER_TITLE, QUANTITIES, Contrast, Quantity

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution

MOST_LISTED = 6
"""Layers or models that a caption names one by one."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def readable(value: float) -> str:
    """A number with three digits, zeros at its end among them: 15.0 beside 15.1.

    Its minus sign is as long as a plus.
    """
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-3 <= size < 1e5:
        text = f"{size:#.3g}".removesuffix(".") if size < 999.5 else f"{size:.0f}"
    else:
        digits, power = f"{size:.2e}".split("e")
        text = f"{digits}×10{str(int(power)).translate(_SUPERSCRIPTS)}"
    return f"−{text}" if value < 0 else text


_UNITS: dict[Quantity, str] = {"logit": "logits", "log-probability": "log p"}
"""Short, since a unit stands below a small map."""


def unit(attribution: Attribution) -> str:
    """What a map's values are measured in, such as "logits per pixel"."""
    return unit_of(attribution.request, attribution.kind_of_player)


def unit_of(request: Request, player: str = "") -> str:
    """What the values of a request's map are measured in.

    Parameters
    ----------
    request : Request
    player : str
        What each value is given to, such as "superpixel", where the method has players; else it is
        a pixel, or a position of the layer.
    """
    score = request.score
    if isinstance(score, Contrast):
        quantity = f"lead in {_UNITS[score.of]}"
    elif score == FINER:
        quantity = "lead"
    else:
        quantity = next((_UNITS[each] for each in QUANTITIES if each == score), score)
    measured = METHODS[request.method].unit_of(dict(request.options))
    if measured == "share × activation":
        return f"{quantity} × activation"
    slope = measured in ("slope", "squared slope")
    if slope:
        each = "grey level" if request.layer == INPUT else "unit of activation"
    else:
        each = player or ("pixel" if request.layer == INPUT else "position")
    named = f"{quantity} per {each}"
    return f"({named})²" if measured in ("squared slope", "squared share") else named


def model_title(name: str) -> str:
    """A model as a person calls it."""
    return KNOWN_NETWORKS.get(name, name)


def score_title(attribution: Attribution, labels: Mapping[int, str]) -> str:
    """The score that is explained; ``labels`` of other classes, where they are known."""
    score = attribution.request.score
    if isinstance(score, Contrast):
        return score.named(labels)
    return FINER_TITLE if score == FINER else score


def reference_title(attribution: Attribution) -> str:
    """The reference, named so that it stands alone."""
    kind = attribution.request.reference
    return "reference of zeros" if kind == "zeros" else f"{kind} reference"


def players_title(attribution: Attribution) -> str:
    """Such as "50 superpixels"; empty where the method has no players."""
    return attribution.players.replace(" ", UNBROKEN)


def option_title(method: str, name: str, value: OptionValue) -> str:
    """An option and its value, such as "steps 256"."""
    known = {option.name: option for option in METHODS[method].options}
    label = known[name].label if name in known else name
    said = label if label[:2].isupper() else label[:1].lower() + label[1:]
    if isinstance(value, bool):
        return said if value else f"{said}: no"
    shown = value.replace("_", " ") if isinstance(value, str) else f"{value:g}"
    if not value and name in known:
        shown = known[name].zero or shown
    return f"{said}{UNBROKEN}{shown}"


def caption(
    attributions: Sequence[Attribution],
    *,
    clip: float,
    shared: bool,
    dated: date | None,
    colours: Colours = "red-blue",
    labels: Sequence[str] = (),
) -> str:
    """All that a reader needs to make the maps again, in a few sentences.

    Parameters
    ----------
    attributions : sequence of Attribution
        At least one.
    clip, shared
        The scales, as in `painting.limits`.
    dated : date or None
        Said last; None leaves it out.
    colours : {"red-blue", "orange-blue", "absolute"}
    labels : sequence of str
        Of all classes where they are known: they name the class of a contrast.
    """
    known = dict(enumerate(labels)) | {each.target: each.label for each in attributions}
    models = _listed((model_title(each.model) for each in attributions), "models")
    places = list(dict.fromkeys(each.request.layer for each in attributions))
    layers = _listed(places, "layers")
    if len(places) <= MOST_LISTED:
        layers = f"layer{'s' if len(places) > 1 else ''} {layers}"
    if places == [INPUT]:
        layers = "at the input"
    scores = _listed((_explained(each, known) for each in attributions), "scores")
    references = [
        reference_title(each)
        for each in attributions
        if METHODS[each.request.method].uses_reference
    ]
    against = f", against the {_listed(references, 'references')}" if references else ""
    within = f"{clip:g}{UNBROKEN}% of " if clip < 100 else ""
    most = f"at least {within}" if within else ""
    scales = (
        f"the maps of a column share a scale, within which {most}each one’s values lie"
        if shared
        else f"{within}each map’s values lie within its scale"
    )
    sentences = [
        f"{models}, {layers}; {scores}{against}",
        *_methods(attributions),
        f"{COLOUR_SCALES[colours].said()}; {scales}",
    ]
    if dated is not None:
        sentences.append(f"{dated.day} {dated:%B %Y}".replace(" ", UNBROKEN))
    return " ".join(f"{sentence}." for sentence in sentences)


def _explained(attribution: Attribution, labels: Mapping[int, str]) -> str:
    title = score_title(attribution, labels)
    if isinstance(attribution.request.score, Contrast):
        return f"the {attribution.request.score.of}’s {title}"
    return f"the class’s {title}"


def _methods(attributions: Sequence[Attribution]) -> list[str]:
    """A sentence for each method, with the settings that its maps have."""
    sentences = []
    for method in dict.fromkeys(each.request.method for each in attributions):
        of_method = [each for each in attributions if each.request.method == method]
        settings: dict[str, None] = {}
        for each in of_method:
            settings |= dict.fromkeys(_settings(each))
        title = METHODS[method].title
        sentences.append(f"{title} ({', '.join(settings)})" if settings else title)
    return sentences


def _settings(attribution: Attribution) -> Iterable[str]:
    """What a method was told, in words: players, options that are on, and the seed."""
    request = attribution.request
    if not attribution.finished:
        yield f"unfinished, after {attribution.evaluations} evaluations"
    if attribution.player_values is not None:
        yield players_title(attribution)
    for name, value in request.options:
        if value is not False:
            yield option_title(request.method, name, value)
    if request.reference in RANDOM_KINDS or {"samples", "budget"} & dict(request.options).keys():
        yield f"seed{UNBROKEN}{request.seed}"


def _listed(items: Iterable[str], noun: str) -> str:
    """Distinct items in their order, or how many where they are many."""
    distinct = list(dict.fromkeys(items))
    if len(distinct) > MOST_LISTED:
        return f"{len(distinct)} {noun}"
    return distinct[0] if len(distinct) == 1 else f"{', '.join(distinct[:-1])} and {distinct[-1]}"
