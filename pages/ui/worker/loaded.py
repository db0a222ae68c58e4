"""The networks that are in a process's memory: each loaded once, and let go for others."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from attribution_core.known_networks import KERAS_APPLICATIONS
from pages.ui.worker.networks import shield_keras
from pages.ui.worker.own_model_names import is_own
from pages.ui.worker.own_models import return_memory
from pages.ui.worker.room import leaving

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


class Loaded:
    """Networks by name; safe to use from several threads.

    Parameters
    ----------
    load : callable
        Makes the classifier of a name.
    most_bytes : int
        What networks of Keras Applications may take together.

    Attributes
    ----------
    classifiers : dict
        By name.
    used : dict
        When each was last asked for, by `time.monotonic`.
    """

    def __init__(self, load: Callable[[str], Classifier], most_bytes: int) -> None:
        self.classifiers: dict[str, Classifier] = {}
        self.used: dict[str, float] = {}
        self._load = load
        self._most_bytes = most_bytes
        self._loading = threading.Lock()

    def classifier(self, name: str) -> Classifier:
        """The classifier of a name, loaded where it is not there; whatever loading it raises."""
        with self._loading:
            if name not in self.classifiers:
                shield_keras()
                self._make_room(name)
                self.classifiers[name] = self._load(name)
                if not is_own(name):
                    # What is loaded stays: the garbage collector need not look at it again.
                    gc.freeze()
            self.used[name] = time.monotonic()
            return self.classifiers[name]

    def at_hand(self, name: str) -> Classifier | None:
        """The classifier, if it is in memory already."""
        found = self.classifiers.get(name)
        if found is not None:
            self.used[name] = time.monotonic()
        return found

    def forget(self, name: str) -> None:
        """Let go of a classifier."""
        self.classifiers.pop(name, None)

    def _make_room(self, asked: str) -> None:
        """Let go of networks of Keras Applications that nobody uses; ValueError where there is no
        room for another."""
        now = time.monotonic()
        unused = {
            name: now - self.used.get(name, now)
            for name in self.classifiers
            if name in KERAS_APPLICATIONS
        }
        for name in leaving(asked, unused, self._most_bytes):
            network = weakref.ref(self.classifiers[name].network)
            self.forget(name)
            return_memory(network)
