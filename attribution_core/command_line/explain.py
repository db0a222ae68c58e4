"""``explain``: every picture by every method, for every class, at every layer."""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from attribution_core.command_line.crews import crew_for, model_of
from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.files import prepared
from attribution_core.command_line.folders import folder_at
from attribution_core.command_line.named_classes import class_named, score_named
from attribution_core.command_line.picture_maps import Kind, PictureFile, Plan, maps_of
from attribution_core.command_line.progress import Line, ProgressBar
from attribution_core.images import INPUT
from attribution_core.registry import methods_named
from attribution_core.regular_files import open_regular
from attribution_core.running.cluster.crew import Crew, GivenUp

_MOST_BYTES = 100 * 10**6
"""Of a file of pictures' names."""


def explain_pictures(asked: argparse.Namespace) -> int:
    """Make all maps that are asked for and do not exist yet; return the exit code."""
    pictures = _pictures(asked)
    plan = _plan(asked, len(pictures))
    plan.out.prepare()
    if plan.figure is not None:
        prepared(plan.figure.parent)
    with crew_for(asked) as crew:
        plan = crew.answer(checked, plan, asked.classes, asked.score)
        failed = _explain(crew, plan, pictures)
    return SOME_FAILED if failed else DONE


def _plan(asked: argparse.Namespace, pictures: int) -> Plan:
    """What is asked, but for what only the model knows."""
    named = asked.method or ["gradient_times_input"]
    methods = _distinct([name for words in named for name in methods_named(words)])
    layers = _distinct(asked.layer or [INPUT])
    return Plan(
        model=model_of(asked),
        out=folder_at(asked.out),
        kinds=tuple(
            Kind(method, layer, _options(asked, method), method in named)
            for layer in layers
            for method in methods
        ),
        classes=None,
        score=None,
        reference=asked.reference,
        superpixels=asked.superpixels,
        seed=asked.seed,
        colours=asked.colours,
        figure=None if asked.figure is None else asked.figure.absolute(),
        pictures=pictures,
    )


def checked(plan: Plan, classes: Sequence[str] | None, score: str | None) -> Plan:
    """The plan with the classes and the score that are named.

    ValueError or OSError where there is no such model, or it has no such class, layer or score.
    """
    classifier = plan.model.classifier()
    for kind in plan.kinds:
        classifier.layer(kind.layer)
    return replace(
        plan,
        classes=None
        if classes is None
        else tuple(_distinct([class_named(classifier, text) for text in classes])),
        score=score_named(classifier, score),
    )


def _explain(crew: Crew, plan: Plan, pictures: Sequence[str]) -> int:
    """Have all pictures explained, and show how far it is; how many failures there were."""
    bar = ProgressBar(len(pictures) * plan.maps_each)
    if crew.described:
        bar.say(crew.described)
    failed = 0
    files = map(PictureFile.named, pictures)
    for file, event in crew.each(partial(maps_of, plan), files):
        if isinstance(event, GivenUp):
            failed += 1
            bar.say(f"{file.called}: given up: {sentence(event.error)}")
            bar.step(file.called, plan.maps_each)
        else:
            failed += isinstance(event, Line) and event.failed
            bar.show(event)
    bar.close()
    return failed


def _pictures(asked: argparse.Namespace) -> list[str]:
    """Those named, and those of a list, each once."""
    named = list(asked.pictures)
    if asked.pictures_from is not None:
        named += _listed(asked.pictures_from)
    if not named:
        raise ValueError(
            "No pictures are named; name the pictures before the options, or behind a --, or a "
            "file of their names with --pictures-from."
        )
    return _distinct(named)


def _listed(path: Path) -> list[str]:
    """The names in a text file, or in what comes through standard input."""
    if str(path) == "-":
        content = b"" if sys.stdin is None else sys.stdin.buffer.read(_MOST_BYTES + 1)
    else:
        with open_regular(
            path, "name a text file, or - and hand the names to standard input"
        ) as file:
            content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{path} has more than {_MOST_BYTES // 10**6} MB of names.")
    # A name that is no text is one of the file system's all the same.
    lines = os.fsdecode(content.removeprefix(codecs.BOM_UTF8)).split("\n")
    return [name for line in lines if (name := line.removesuffix("\r"))]


def _options(asked: argparse.Namespace, method: str) -> dict[str, Any]:
    return {name: value for owner, name, value in asked.option if owner == method}


def _distinct(items: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(items))
