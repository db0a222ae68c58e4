"""Classifiers by name, or from a model file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from attribution_core.built_in import BUILT_IN
from attribution_core.running.cache import Cache

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

Preprocessing = Literal["none", "zero_to_one", "minus_one_to_one", "caffe", "torch"]
PREPROCESSINGS: tuple[Preprocessing, ...] = get_args(Preprocessing)


def load_classifier(
    name_or_path: str | Path,
    *,
    labels: str | Path | Sequence[str] | None = None,
    preprocessing: Preprocessing = "none",
    cache: Cache | None = None,
    reproducible: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Classifier:
    """Load a classifier.

    Parameters
    ----------
    name_or_path : str or path
        ``"vgg16"`` (its weights must be on the machine, see `vgg16_weights`),
        ``"efficientnet_lite0"``, ``"vgg16_cam"`` or ``"clever_hans"`` (all shipped), or a
        ``.keras`` or ``.h5`` file of an image classifier, from which no code is run.
    labels : path or sequence of str, optional
        For a model file: the names of its classes, one a line or as a JSON list; ``class 0`` and
        so on where nothing is given.
    preprocessing : {"none", "zero_to_one", "minus_one_to_one", "caffe", "torch"}
        For a model file: what its network expects to be done to RGB in 0..255 before it. Nothing;
        x/255; x/127.5 − 1; BGR minus ImageNet's mean; x/255 normalised by ImageNet's mean and
        standard deviation.
    cache : Cache, optional
        Shared with other classifiers where the same is given.
    reproducible : bool
        As in `Classifier`: True where the same bits are wanted whatever was asked before.
    environment : mapping
        Where the variables that locate VGG16's weights are looked up.

    Returns
    -------
    Classifier

    Raises
    ------
    FileNotFoundError
        When VGG16's weights are not on this machine.
    ValueError
        When the model, its labels or its preprocessing do not exist or do not fit.
    """
    from attribution_core.models import clever_hans, efficientnet_lite0, vgg16, vgg16_cam
    from attribution_core.models.labels import imagenet_labels
    from attribution_core.network.classifier import Classifier

    if name_or_path in BUILT_IN:
        if labels is not None or preprocessing != "none":
            raise ValueError(
                f"The built-in model {name_or_path} has its own labels and preprocessing; "
                "give them for model files only."
            )
        name, labels = str(name_or_path), imagenet_labels()
        if name == "vgg16":
            network, preprocess = vgg16.load(environment), vgg16.preprocess
        elif name == "vgg16_cam":
            network, preprocess = vgg16_cam.load(), vgg16_cam.preprocess
        elif name == "clever_hans":
            network, preprocess = clever_hans.load(), clever_hans.preprocess
            labels = clever_hans.LABELS
        else:
            network, preprocess = efficientnet_lite0.load(), efficientnet_lite0.preprocess
        # Tests check the built-in networks by value, so that no visitor waits for it.
        return Classifier(
            name, network, preprocess, labels, cache, reproducible=reproducible, verified=True
        )

    path = Path(name_or_path)
    if path.suffix not in (".keras", ".h5", ".hdf5"):
        raise ValueError(
            f"The model '{name_or_path}' is not known; use {', '.join(BUILT_IN)} or the path of a "
            ".keras or .h5 file."
        )
    from attribution_core.models.model_file import load_model_file

    if preprocessing not in PREPROCESSINGS:
        raise ValueError(
            f"The preprocessing '{preprocessing}' is not known; use {', '.join(PREPROCESSINGS)}."
        )
    from attribution_core.network.endings import without_softmax

    network = load_model_file(path)
    return Classifier(
        path.stem,
        network,
        _preprocess(preprocessing),
        _labels(without_softmax(network), labels),
        cache,
        reproducible=reproducible,
    )


def _labels(network: Any, labels: str | Path | Sequence[str] | None) -> tuple[str, ...]:
    from attribution_core.models.labels import read_labels

    classes = network.output_shape[-1]
    if labels is None:
        return tuple(f"class {number}" for number in range(classes))
    if isinstance(labels, str | Path):
        return read_labels(Path(labels), classes)
    return tuple(labels)


def _preprocess(kind: Preprocessing) -> Callable[[Any], Any]:
    from attribution_core.models import vgg16

    return {
        "none": lambda images: images,
        "zero_to_one": lambda images: images / 255.0,
        "minus_one_to_one": lambda images: images / 127.5 - 1.0,
        "caffe": vgg16.preprocess,
        # ImageNet's mean and standard deviation on 0..1, as torchvision's models use them.
        "torch": lambda images: (images / 255.0 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225),
    }[kind]
