"""Requests as somebody would type them: Python code, and commands of a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from attribution_core.registry import METHODS
from attribution_core.request import Request
from attribution_core.scores import Contrast
from attribution_core.segmentations import Given, Segmentation, Slic


def python_code(
    requests: Sequence[Request], *, classifier: str, picture: str, labels: Mapping[int, str]
) -> str:
    """Code that makes the maps of requests.

    Parameters
    ----------
    requests : sequence of Request
        At least one, all of one picture. What is asked for one class is asked for all of them.
    classifier, picture : str
        Python expressions of a `Classifier` and of the picture's file; the second may name the
        folder ``ASSETS``.
    labels : mapping of int to str
        Of the target classes, for a comment.

    Returns
    -------
    str
        It leaves `Attribution` objects in the list ``maps``, class by class.

    Raises
    ------
    ValueError
        Where players are labels made elsewhere, which no code makes again.
    """
    asked = [_arguments(request) for request in requests]
    shared = {
        name: text for name, text in asked[0].items() if all(each[name] == text for each in asked)
    }
    calls = dict.fromkeys(
        _call(request, {name: text for name, text in each.items() if name not in shared})
        for request, each in zip(requests, asked, strict=True)
    )
    targets = list(dict.fromkeys(request.target for request in requests))
    # A label may come from a file, and a line break in it would end the comment.
    named = ", ".join(" ".join(labels.get(each, f"class {each}").split()) for each in targets)
    return "\n".join(
        [
            *_imports(
                picture, {text.partition("(")[0] for each in asked for text in each.values()}
            ),
            "",
            f"classifier = {classifier}",
            f"image = load_image({picture}, classifier.input_size)",
            f"shared = dict({_keywords(shared)})",
            "maps = []",
            f"for target in {targets}:  # {named}",
            "    maps += [",
            *(f"        {call}," for call in calls),
            "    ]",
        ]
    )


def shell_commands(requests: Sequence[Request], *, model: str, picture: str) -> str:
    """Commands that write the maps of requests to files.

    Parameters
    ----------
    requests : sequence of Request
        At least one, all of one picture. Every method is asked for every class and layer.
    model, picture : str
        As the command line takes them.

    Returns
    -------
    str
        A command for each reference, number of players, score and seed; empty where players are
        none that the command line has an argument for, such as a grid at the pixels.
    """
    settings = [_settings(request) for request in requests]
    if any(each is None for each in settings):
        return ""
    alike = groupby(
        sorted(range(len(requests)), key=lambda at: settings.index(settings[at])),
        key=lambda at: settings[at] or (),
    )
    groups = [(words, [requests[at] for at in each]) for words, each in alike]
    return "\n".join(
        _command(group, words, model, picture, "maps" if len(groups) == 1 else f"maps/{number}")
        for number, (words, group) in enumerate(groups, 1)
    )


def _arguments(request: Request) -> dict[str, str]:
    """Those arguments of `explain` that maps of one screen mostly share."""
    return {
        "layer": repr(request.layer),
        "reference": repr(request.reference),
        "score": _score(request.score),
        "superpixels": _players(request.segmentation),
        "seed": repr(request.seed),
    }


def _score(score: str | Contrast) -> str:
    if not isinstance(score, Contrast):
        return repr(score)
    return f"Contrast({score.against}, also={score.also}, weight={score.weight})"


def _players(segmentation: Segmentation) -> str:
    if isinstance(segmentation, Given):
        raise ValueError("Players that are labels made elsewhere cannot be written as code.")
    return repr(segmentation)


def _call(request: Request, own: Mapping[str, str]) -> str:
    keywords = _keywords({**own, **{name: repr(value) for name, value in request.options}})
    before = f"{keywords}, " if keywords else ""
    return f"explain(classifier, image, {request.method!r}, target, {before}**shared)"


def _keywords(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={text}" for name, text in values.items())


def _imports(picture: str, called: Iterable[str]) -> Iterator[str]:
    classes = sorted({"Contrast", "Grid", "Slic"} & set(called))
    names = [*classes, "explain", "load_classifier", "load_image"]
    yield f"from attribution_core import {', '.join(names)}"
    if "ASSETS" in picture:
        yield "from attribution_core.assets import ASSETS"


def _settings(request: Request) -> tuple[str, ...] | None:
    """The arguments that a command has once; None where there are none for the players."""
    score = request.score
    words = ["--reference", request.reference, "--seed", str(request.seed)]
    words += ["--score", score.as_text() if isinstance(score, Contrast) else score]
    players = request.segmentation
    if isinstance(players, Slic) and players == Slic(players.count):
        players = players.count
    if isinstance(players, int):
        words += ["--superpixels", str(players)]
    elif players is not None and METHODS[request.method].of_players:
        return None
    return tuple(words)


def _command(
    requests: Sequence[Request], settings: Sequence[str], model: str, picture: str, out: str
) -> str:
    methods = dict.fromkeys(request.method for request in requests)
    classes = dict.fromkeys(str(request.target) for request in requests)
    layers = dict.fromkeys(request.layer for request in requests)
    options = dict.fromkeys(
        f"{request.method}.{name}={_typed(value)}"
        for request in requests
        for name, value in request.options
        if value != METHODS[request.method].option_named(name).default
    )
    lines = [
        ["attributions", "explain", picture, "--out", out],
        ["--model", model],
        ["--method", *methods],
        ["--class", *classes],
        ["--layer", *layers],
        [*settings],
        *([["--option", *options]] if options else []),
    ]
    return " \\\n  ".join(shlex.join(line) for line in lines)


def _typed(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
