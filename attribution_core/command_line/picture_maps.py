"""All maps of one picture: the piece of work that ``explain`` is cut into."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from attribution_core.command_line.asked_model import AskedModel
from attribution_core.command_line.exit_codes import sentence
from attribution_core.command_line.figure import draw_figure, figure_path
from attribution_core.command_line.files import safe
from attribution_core.command_line.folders import Folder
from attribution_core.command_line.map_files import (
    arrays_name,
    is_there,
    paint_again,
    write_map,
)
from attribution_core.command_line.progress import Line, Step
from attribution_core.explanation import explain_request
from attribution_core.images import Picture, decode
from attribution_core.methods.options import OptionValue
from attribution_core.network.classifier import Classifier
from attribution_core.painting import Colours
from attribution_core.request import Reason, Request, granted, request_or_reason
from attribution_core.scores import Contrast


@dataclass(frozen=True)
class Kind:
    """What maps of all pictures and classes have in common.

    Attributes
    ----------
    method, layer : str
    options : mapping of str to option
    named : bool
        Whether the method itself was asked for, and not only a set, of those that can be run.
    """

    method: str
    layer: str
    options: Mapping[str, OptionValue]
    named: bool


@dataclass(frozen=True)
class Plan:
    """What is made of every picture.

    Attributes
    ----------
    model : AskedModel
    out : Folder
    kinds : tuple of Kind
    classes : tuple of int or None
        The picture's top class where None.
    score : str, Contrast or None
        The classifier's own where None.
    reference : str
    superpixels : int or None
    seed : int
    colours : Colours
    figure : path or None
        Of a figure of all maps of a picture.
    pictures : int
        How many there are; of several, each has a figure of its own.
    """

    model: AskedModel
    out: Folder
    kinds: tuple[Kind, ...]
    classes: tuple[int, ...] | None
    score: str | Contrast | None
    reference: str
    superpixels: int | None
    seed: int
    colours: Colours
    figure: Path | None
    pictures: int

    @property
    def maps_each(self) -> int:
        """Maps of a picture."""
        return len(self.kinds) * (1 if self.classes is None else len(self.classes))


@dataclass(frozen=True)
class PictureFile:
    """A picture's file, and what the user calls it."""

    called: str
    path: str

    @staticmethod
    def named(name: str) -> PictureFile:
        """A file, by a path from where the command was typed."""
        return PictureFile(name, str(Path(name).absolute()))


def maps_of(plan: Plan, file: PictureFile) -> Iterator[Step | Line]:
    """Make the maps of one picture that are not there yet, and their figure; say what is done.

    The classifier evaluates the network below a layer once for all classes and methods.
    """
    classifier = plan.model.classifier()
    name = file.called
    try:
        decoded = decode(file.path, classifier.input_size)
        picture = Picture.of(decoded.pixels)
        if decoded.assumed:
            yield Line(f"{name}: {decoded.assumed}")
        targets = plan.classes
        if targets is None:
            targets = (int(np.argmax(classifier.scores(picture.pixels))),)
    except (ValueError, OSError) as error:
        yield Line(f"{name}: {sentence(error)}", failed=True)
        yield Step(name, plan.maps_each)
        return
    # Pictures of the same name are told apart by their content.
    of_picture = f"{safe(Path(name).stem)}-{picture.digest[:8]}"
    made: list[str] = []
    for target, kind in itertools.product(targets, plan.kinds):
        try:
            answer = _request_or_reason(plan, classifier, picture, target, kind)
            if isinstance(answer, Reason) and not kind.named:
                yield Line(f"{name}: {kind.method} at {kind.layer} is left out: {answer}")
                yield Step(name)
                continue
            of_map = f"{of_picture}.{kind.method}.{target}.{safe(kind.layer)}"
            done = _make(plan, classifier, granted(answer), of_map)
            made.append(of_map)
            label = classifier.labels[target]
            yield Step(f"{Path(name).name}: {kind.method}, {label}, {done}")
        except Exception as error:
            # One map that fails does not stop the others.
            yield Line(f"{name}: {kind.method} at {kind.layer}: {sentence(error)}", failed=True)
            yield Step(name)
    if plan.figure is not None and made:
        try:
            contents = [plan.out.read(arrays_name(each)) for each in made]
            draw_figure(figure_path(plan.figure, of_picture, plan.pictures), contents, plan.colours)
        except (ValueError, OSError) as error:
            yield Line(f"{name}: {sentence(error)}", failed=True)


def _request_or_reason(
    plan: Plan, classifier: Classifier, picture: Picture, target: int, kind: Kind
) -> Request | Reason:
    return request_or_reason(
        classifier,
        picture=picture,
        method=kind.method,
        target=target,
        layer=kind.layer,
        reference=plan.reference,
        score=plan.score,
        segmentation=plan.superpixels,
        seed=plan.seed,
        options=kind.options,
    )


def _make(plan: Plan, classifier: Classifier, request: Request, name: str) -> str:
    """Make one map, unless it exists."""
    if is_there(plan.out, name, request, classifier.fingerprint, plan.model.file):
        paint_again(plan.out, name, plan.colours)
        return "already there"
    attribution = explain_request(classifier, request)
    write_map(plan.out, name, attribution, datetime.now(UTC), plan.model.file, plan.colours)
    said = (attribution.blank,) if attribution.blank else attribution.notices
    return ", ".join(filter(None, [attribution.players, *map(str.lower, said), "done"]))
