"""The model that a command names, and its classifier, loaded once a process and command."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.models.loading import load_classifier
from attribution_core.network.classifier import Classifier
from attribution_core.running.cache import Cache
from attribution_core.saved_maps.files import ModelFile
from attribution_core.scores import Link


@dataclass(frozen=True)
class AskedModel:
    """What `load_classifier` needs to know, for processes that may have been started elsewhere.

    Attributes
    ----------
    run : str
        Different for each command: a file of the same name may hold another network by the next.
    name : str
        Of a known network, or the path of a file.
    labels : str or None
    preprocessing : str
    link : Link or None
    size : (height, width) or None
    cache_bytes : int or None
        That the classifier may keep of what it has computed; as usual where None.
    """

    run: str
    name: str
    labels: str | None
    preprocessing: str
    link: Link | None
    size: tuple[int, int] | None
    cache_bytes: int | None = None

    @staticmethod
    def of(asked: argparse.Namespace, run: str, cache_bytes: int | None) -> AskedModel:
        """The model that arguments name, with whole paths."""
        is_file = Path(asked.model).suffix in (".keras", ".h5", ".hdf5")
        return AskedModel(
            run,
            str(Path(asked.model).absolute()) if is_file else asked.model,
            None if asked.labels is None else str(asked.labels.absolute()),
            asked.preprocessing,
            asked.link,
            asked.size,
            cache_bytes,
        )

    @property
    def file(self) -> ModelFile | None:
        """Where the model is; None for one that is known by name."""
        if self.name in KNOWN_NETWORKS:
            return None
        labels = None if self.labels is None else str(Path(self.labels).resolve())
        return ModelFile(str(Path(self.name).resolve()), labels, self.preprocessing, self.link)

    def classifier(self) -> Classifier:
        """The classifier; the same object for the same model in one process.

        ValueError or OSError as `load_classifier`.
        """
        return _loaded(self)


@lru_cache(maxsize=1)
def _loaded(asked: AskedModel) -> Classifier:
    return load_classifier(
        asked.name,
        labels=asked.labels,
        preprocessing=asked.preprocessing,
        link=asked.link,
        input_size=asked.size,
        cache=None if asked.cache_bytes is None else Cache(asked.cache_bytes),
        # So that `replay` of one map gives the same bits, and printed numbers are the same,
        # independent of what else is made in this run.
        reproducible=True,
    )
