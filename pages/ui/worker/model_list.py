"""The model list: which networks there are for a visitor, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from attribution_core.known_networks import (
    KERAS_APPLICATIONS,
    KNOWN_NETWORKS,
    KerasApplication,
)
from attribution_core.models import clever_hans
from attribution_core.models.inspection import Limits, inspect
from attribution_core.models.keras_weights import find_weights
from attribution_core.models.preprocessing import title_of
from attribution_core.network.bfloat16 import processor_has_bfloat16
from pages.ui.worker.networks import own_size
from pages.ui.worker.own_models import OwnModel, OwnModels

OWN_MODEL = "own"
NOT_HERE = "Its weights are not here yet."
NOT_FETCHED = "Its weights are not here, and this server fetches none."
"""Why a network cannot be used: until its weights are downloaded, or where nobody may do that."""
CLEVER_HANS = "clever_hans"
WITHOUT_IMAGENET = (OWN_MODEL, CLEVER_HANS)
"""Models whose classes are not ImageNet's."""


@dataclass(frozen=True)
class Model:
    """An entry of the model list.

    ``default_layer`` is empty where the highest layer is the best start; ``missing`` says why the
    model cannot be used yet, empty where it can; ``kind`` says in a few words what network it is,
    ``note`` what else a visitor should know about it; ``bfloat16`` says whether bfloat16 may be
    faster than float32 on this processor, ``local`` whether the head at the default layer is local,
    which is known before the model is loaded; ``for_a_story`` says that it is offered only where a
    story or a link has chosen it; ``input_size`` is the height and width of its pictures;
    ``application`` is the network of Keras Applications that it is, if it is one.
    """

    name: str
    title: str
    default_layer: str = ""
    missing: str = ""
    kind: str = ""
    note: str = ""
    bfloat16: bool = False
    local: bool = False
    for_a_story: bool = False
    input_size: tuple[int, int] = (224, 224)
    application: KerasApplication | None = None


class ModelList:
    """The networks that a visitor may choose from.

    Parameters
    ----------
    environment : mapping
        As an engine's.
    own_models : OwnModels
        The networks that visitors have brought.

    Attributes
    ----------
    bfloat16 : bool
        Whether this processor computes in it.
    """

    def __init__(self, environment: Mapping[str, str], own_models: OwnModels) -> None:
        self._environment, self._own_models = environment, own_models
        downloads = environment.get("ATTRIBUTION_DOWNLOADS", "").strip().lower()
        self._not_here = NOT_FETCHED if downloads == "off" else NOT_HERE
        self.bfloat16 = processor_has_bfloat16()

    def of(self, visitor: str) -> tuple[Model, ...]:
        """The model list, those that cannot be used yet at its end; a newcomer gets the first.

        Those that a visitor has brought are in that visitor's list alone.
        """
        applications = [self._application(each) for each in KERAS_APPLICATIONS.values()]
        here = [each for each in applications if not each.missing]
        vgg16 = [each for each in here if each.name == "vgg16"]
        return (
            *vgg16,
            *self._shipped(),
            *(each for each in here if each not in vgg16),
            *self._operators_own(),
            *self._visitors_own(visitor),
            *(each for each in applications if each.missing),
        )

    def names(self, visitor: str) -> tuple[str, ...]:
        """Names of all in the model list, in no order: no look at the disk for weights."""
        at_hand = *self._shipped(), *self._operators_own(), *self._visitors_own(visitor)
        return (*KERAS_APPLICATIONS, *(each.name for each in at_hand))

    def entry(self, name: str, visitor: str) -> Model:
        """The entry of one model, for which alone the disk is looked at; KeyError without it."""
        if name in KERAS_APPLICATIONS:
            return self._application(KERAS_APPLICATIONS[name])
        at_hand = *self._shipped(), *self._operators_own(), *self._visitors_own(visitor)
        return {each.name: each for each in at_hand}[name]

    def _application(self, network: KerasApplication) -> Model:
        try:
            missing = "" if find_weights(network, self._environment) else self._not_here
        except ValueError as error:
            missing = str(error)
        is_vgg16 = network.name == "vgg16"
        size = network.input_size
        return Model(
            network.name,
            network.title,
            "block5_pool" if is_vgg16 else "",
            missing,
            kind=f"{network.kind} ({network.year})",
            note=f"{network.paper}, arXiv:{network.arxiv}. {facts_of(network)}.",
            bfloat16=is_vgg16 and self.bfloat16,
            local=network.local,
            input_size=(size, size),
            application=network,
        )

    def _shipped(self) -> tuple[Model, ...]:
        return (
            Model(
                "vgg16_cam",
                KNOWN_NETWORKS["vgg16_cam"],
                "block5_conv3",
                kind="VGG16’s convolutions, a small fitted head",
                note="VGG16's original convolutions under a small head that was fitted to "
                "EfficientNet-Lite0: for looking at VGG16's layers, not for what VGG16 answers.",
                bfloat16=self.bfloat16,
                local=True,
            ),
            Model(
                "efficientnet_lite0",
                f"{KNOWN_NETWORKS['efficientnet_lite0']} (built in)",
                "block6d_add",
                kind="A residual network made for phones",
                local=True,
            ),
            Model(
                CLEVER_HANS,
                KNOWN_NETWORKS[CLEVER_HANS],
                "conv4",
                kind="A small network of a story",
                note="Learned from pictures in which every bird carried a watermark and no mammal "
                "did: made to be caught, not to be used.",
                for_a_story=True,
                input_size=(clever_hans.INPUT_SIZE, clever_hans.INPUT_SIZE),
            ),
        )

    def _operators_own(self) -> Iterator[Model]:
        own = self._environment.get("ATTRIBUTION_MODEL")
        if own:
            yield Model(
                OWN_MODEL,
                Path(own).name,
                kind="This server’s own model file",
                input_size=self._size_before_loading(Path(own).expanduser()),
                bfloat16=self.bfloat16,
            )

    def _visitors_own(self, visitor: str) -> Iterator[Model]:
        own = self._own_models.of(visitor)
        for each in own:
            yield _entry(each, own, bfloat16=self.bfloat16)

    def _size_before_loading(self, path: Path) -> tuple[int, int]:
        """Of the operator's own model; a size that cannot be read is reported when it is loaded."""
        try:
            return own_size(self._environment) or _input_size(path)
        except ValueError:
            return _input_size(path)


@lru_cache(maxsize=4)
def _input_size(path: Path) -> tuple[int, int]:
    """Of the network in a file, known before it is loaded; any where the file cannot be read."""
    try:
        return inspect(path, path.name, Limits()).input_size or Model.input_size
    except (OSError, ValueError):
        return Model.input_size


def facts_of(network: KerasApplication) -> str:
    """A network's size, input and preprocessing, in a few words."""
    size, inside = network.input_size, network.preprocessing == "none"
    prepared = "prepared inside" if inside else f"prepared as {title_of(network.preprocessing)}"
    return f"About {network.megabytes} MB, pictures of {size}×{size}, {prepared}"


def _entry(own: OwnModel, beside: tuple[OwnModel, ...], *, bfloat16: bool) -> Model:
    """A visitor's network in the model list, whose titles all differ."""
    alike = sum(each.file == own.file for each in beside) > 1
    return Model(
        own.name,
        f"{own.file} ({own.digest[:4]})" if alike else own.file,
        own.highest,
        kind=f"Your own, prepared as {title_of(own.use.preprocessing)}",
        note=f"It belongs to this session and goes with it. SHA-256 {own.digest}.",
        bfloat16=bfloat16,
        input_size=own.input_size if all(own.input_size) else Model.input_size,
    )
