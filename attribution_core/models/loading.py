"""Classifiers by name, from a model file, or from a Keras model."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution_core.known_networks import KERAS_APPLICATIONS, KNOWN_NETWORKS
from attribution_core.models.preprocessing import (
    MeanAndDeviation,
    Preprocessing,
    preprocess_of,
    read_preprocessing,
)
from attribution_core.running.cache import Cache

if TYPE_CHECKING:
    import keras

    from attribution_core.network.classifier import Classifier
    from attribution_core.network.endings import Ended
    from attribution_core.scores import Link


def load_classifier(
    model: str | Path | keras.Model,
    *,
    labels: str | Path | Sequence[str] | None = None,
    preprocessing: str | MeanAndDeviation = "none",
    link: Link | None = None,
    input_size: int | tuple[int, int] | None = None,
    cache: Cache | None = None,
    reproducible: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Classifier:
    """Load a classifier.

    Parameters
    ----------
    model : str, path or keras.Model
        ``"efficientnet_lite0"``, ``"vgg16_cam"`` or ``"clever_hans"`` (all shipped); a network of
        `KERAS_APPLICATIONS`, such as ``"resnet50"``, whose weights must be on the machine (see
        `keras_weights`); a ``.keras`` or ``.h5`` file of an image classifier, from which no code is
        run; or such a network itself, which stays as it is.
    labels : path or sequence of str, optional
        For a model file or a network: the names of its classes, or the text, CSV or JSON file
        that has them (see `labels_in`); ``class 0`` and so on where nothing is given. Of two
        classes with one output, the second's name is enough.
    preprocessing : str or MeanAndDeviation
        For a model file or a network: what it expects to be done to RGB in 0..255 before it.
        ``"none"``: nothing; ``"zero_to_one"``: x/255; ``"minus_one_to_one"``: x/127.5 − 1;
        ``"caffe"``: BGR minus ImageNet's mean; ``"torch"``: x/255 normalised by ImageNet's mean and
        standard deviation; ``"mean=R,G,B std=R,G,B"``: x/255 normalised by these.
    link : {"softmax", "sigmoid", "none"}, optional
        For a model file or a network that ends in neither softmax nor sigmoid: what makes
        probabilities of its outputs. Where not given: softmax of several, nothing of one.
    input_size : int or (height, width), optional
        For a network that takes pictures of any size, 1 to 4096 pixels a side; 224 where not given.
    cache : Cache, optional
        Shared with other classifiers where the same is given.
    reproducible : bool
        As in `Classifier`: True where the same bits are wanted whatever was asked before.
    environment : mapping
        Where the variables that locate weights are looked up, see `keras_weights`.

    Returns
    -------
    Classifier

    Raises
    ------
    FileNotFoundError
        When the weights of a network of Keras Applications are not on this machine.
    ValueError
        When the model, its labels or its preprocessing do not exist or do not fit.
    """
    if isinstance(model, str | Path):
        if model in KNOWN_NETWORKS:
            if labels is not None or preprocessing != "none" or link or input_size:
                raise ValueError(
                    f"The model {model} has its own labels, preprocessing, outputs and size; "
                    "give them for model files only."
                )
            return _known_by_name(str(model), cache, reproducible, environment)
        path = Path(model)
        if path.suffix not in (".keras", ".h5", ".hdf5"):
            raise ValueError(
                f"The model '{model}' is not known; use {', '.join(KNOWN_NETWORKS)} or the path of "
                "a .keras or .h5 file."
            )
    kind = _known(preprocessing)
    if isinstance(model, str | Path):
        from attribution_core.models.model_file import load_model_file

        name, network = path.stem, load_model_file(path)
    else:
        name, network = model.name, model
    return classifier_of(
        network,
        name,
        labels=labels,
        preprocessing=kind,
        link=link,
        input_size=input_size,
        cache=cache,
        reproducible=reproducible,
    )


def classifier_of(
    network: keras.Model,
    name: str,
    *,
    labels: str | Path | Sequence[str] | None = None,
    preprocessing: Preprocessing = "none",
    link: Link | None = None,
    input_size: int | tuple[int, int] | None = None,
    cache: Cache | None = None,
    reproducible: bool = False,
) -> Classifier:
    """A classifier on a network that is in memory, as `load_classifier` makes it from a file.

    Raises
    ------
    ValueError
        When the network is no image classifier, or the labels do not fit it.
    """
    from attribution_core.network.classifier import Classifier
    from attribution_core.network.endings import ended_in_scores

    if isinstance(labels, str | Path):
        labels = _labels(Path(labels), ended_in_scores(network, link, input_size))
    return Classifier(
        name,
        network,
        preprocess_of(preprocessing),
        labels,
        cache,
        reproducible=reproducible,
        link=link,
        input_size=input_size,
    )


def _known_by_name(
    name: str, cache: Cache | None, reproducible: bool, environment: Mapping[str, str]
) -> Classifier:
    from attribution_core.models import (
        clever_hans,
        efficientnet_lite0,
        keras_applications,
        vgg16,
        vgg16_cam,
    )
    from attribution_core.models.labels import imagenet_labels
    from attribution_core.network.classifier import Classifier

    labels: Sequence[str] = imagenet_labels()
    application = KERAS_APPLICATIONS.get(name)
    preprocess: Callable[[Any], Any]
    if name == "vgg16":
        network, preprocess = vgg16.load(environment), vgg16.preprocess
    elif application is not None:
        network = keras_applications.load(application, environment)
        preprocess = preprocess_of(application.preprocessing)
    elif name == "vgg16_cam":
        network, preprocess = vgg16_cam.load(), vgg16_cam.preprocess
    elif name == "clever_hans":
        network, preprocess = clever_hans.load(), clever_hans.preprocess
        labels = clever_hans.LABELS
    else:
        network, preprocess = efficientnet_lite0.load(), efficientnet_lite0.preprocess
    # Tests check these networks by value, so that no visitor waits for it.
    return Classifier(
        name, network, preprocess, labels, cache, reproducible=reproducible, verified=True
    )


def _known(preprocessing: str | MeanAndDeviation) -> Preprocessing:
    if isinstance(preprocessing, MeanAndDeviation):
        return preprocessing
    return read_preprocessing(preprocessing)


def _labels(path: Path, ended: Ended) -> tuple[str, ...]:
    """Of a file: a name for each class, or one for the second of two classes with one output."""
    from attribution_core.models.labels import read_labels

    try:
        return read_labels(path, ended.classes)
    except ValueError:
        if not ended.one_unit:
            raise
        return read_labels(path, 1)
