"""The one engine of the server's process: models, the worker that serves all sessions, caches."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import config

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models import clever_hans
from attribution_core.models.keras_weights import DownloadProgress, download_weights
from attribution_core.models.labels import imagenet_labels
from attribution_core.running.cache import Cache, CacheStatistics
from attribution_core.running.jobs import Runner
from attribution_core.running.pace import Work
from pages.ui.worker.allocator import keep_few_arenas
from pages.ui.worker.cost import share_of, together_with, work_of
from pages.ui.worker.elsewhere import MOST_AT_ONCE, Elsewhere, scheduler_asked
from pages.ui.worker.housekeeping import keep_house
from pages.ui.worker.loaded import Loaded
from pages.ui.worker.model_list import CLEVER_HANS, OWN_MODEL, Model, ModelList
from pages.ui.worker.networks import load_network, network_bytes
from pages.ui.worker.own_model_names import is_own
from pages.ui.worker.own_models import OwnModels
from pages.ui.worker.page_runs import PageRuns, take_short_turns
from pages.ui.worker.room import bytes_taken
from pages.ui.worker.shared_results import shared_results
from pages.ui.worker.tasks import Task
from pages.ui.worker.uploads import uploads_of

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

INTERACTIVE, LONG = 1, 2
"""Priorities of tasks, beside 0 for what answers at once."""

INTERACTIVE_MULTIPLICATIONS = 50e9
"""Tasks below this, about a second on two cores, go before longer ones."""

MOST_TASKS = 192
"""Tasks one visitor may wait for: two classes at each of EfficientNet-Lite0's 69 layers fit."""

_OVER = object()

LONGEST_PAUSE_SECONDS = 0.1
"""A step's longest wait for pages that are being drawn: with many visitors one always is."""


class Engine:
    """Loads each model once, and runs all tasks: one step at a time, or on workers elsewhere.

    Parameters
    ----------
    environment : mapping
        ``ATTRIBUTION_MODEL`` may name a model file, with ``ATTRIBUTION_MODEL_LABELS``,
        ``ATTRIBUTION_MODEL_PREPROCESSING``, ``…_SIZE`` and ``…_LINK``; weights have those of
        `keras_weights`, and ``ATTRIBUTION_DOWNLOADS`` is ``off`` where visitors may not fetch any;
        ``ATTRIBUTION_NETWORKS_MB`` is what networks of Keras Applications may take together;
        ``ATTRIBUTION_RESULTS`` is a folder of maps that several processes share;
        ``ATTRIBUTION_SCHEDULER`` is a Dask scheduler whose workers compute;
        visitors' networks have those of `uploads_of`.
    address : str or None
        The address at which the app listens; None for all that the machine has.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, address: str | None = None
    ) -> None:
        self._environment = environment
        self.own_models = OwnModels(uploads_of(environment, address), self._forget)
        self.model_list = ModelList(environment, self.own_models)
        self._cache = Cache(768 * 2**20)
        self._shared = shared_results(environment)
        self._loaded = Loaded(lambda name: self._load(name), network_bytes(environment))
        self._classifiers, self._used = self._loaded.classifiers, self._loaded.used
        self._here = threading.Lock()
        address_asked = scheduler_asked(environment)
        self._elsewhere = Elsewhere(address_asked, environment) if address_asked else None
        self.page_runs = PageRuns()
        self.jobs: Runner[Task, object] = Runner(
            self._start,
            priority=self._priority,
            keep=16,
            per_waiter=MOST_TASKS,
            work=self._work,
            share=share_of,
            threads=1 if self._elsewhere is None else MOST_AT_ONCE,
            beside=self._may_begin_beside,
            at_once=lambda: 1 if self._elsewhere is None else self._elsewhere.at_once,
        )
        # A stalled download may block its thread for seconds: it gets one of its own.
        self.downloads: Runner[str, DownloadProgress] = Runner(self._download, patience=60)

    def models(self, visitor: str = "") -> tuple[Model, ...]:
        """The model list: see `ModelList.of`."""
        return self.model_list.of(visitor)

    def names(self, visitor: str = "") -> tuple[str, ...]:
        """Names of all in the model list: see `ModelList.names`."""
        return self.model_list.names(visitor)

    def model(self, name: str, visitor: str = "") -> Model:
        """The entry of one model; KeyError without it."""
        return self.model_list.entry(name, visitor)

    def default_model(self) -> Model:
        """VGG16 where its weights are, else its convolutions under the built-in head."""
        vgg16 = self.model("vgg16")
        return self.model("vgg16_cam") if vgg16.missing else vgg16

    def loaded(self, model: str) -> Classifier | None:
        """The classifier, if it is in memory already."""
        return self._loaded.at_hand(model)

    @property
    def cache(self) -> CacheStatistics:
        """What is kept of results, but for visitors' networks, whose caches are in their charge."""
        return self._cache.statistics

    @property
    def cluster(self) -> str:
        """Who computes besides this process, in words; empty where no scheduler is named."""
        return "" if self._elsewhere is None else self._elsewhere.described

    def charges(self) -> tuple[tuple[str, int], ...]:
        """The networks in memory with what each is charged for, in bytes, but for visitors'."""
        return tuple(
            (name, bytes_taken(4 * classifier.network.count_params()))
            for name, classifier in self._classifiers.copy().items()
            if not is_own(name)
        )

    def labels(self, model: str) -> tuple[str, ...]:
        """Labels of a model's classes, known before built-in models are loaded."""
        loaded = self.loaded(model)
        if loaded is not None:
            return loaded.labels
        if model == CLEVER_HANS:
            return clever_hans.LABELS
        if is_own(model):
            return self.own_models.labels(model)
        return () if model == OWN_MODEL else imagenet_labels()

    def _classifier(self, name: str) -> Classifier:
        found = self._loaded.classifier(name)
        if is_own(name) and not self.own_models.has(name):
            self._forget(name)  # given back meanwhile
        return found

    def _forget(self, name: str) -> None:
        self._loaded.forget(name)

    def _load(self, name: str) -> Classifier:
        if is_own(name):
            return self.own_models.classifier(name)
        return load_network(name, self._environment, self._cache)

    def _start(self, task: Task) -> Iterator[object]:
        # A generator, so that the first step loads the model, not the page that asks for the task.
        classifier = self._classifier(task.model)
        elsewhere = self._elsewhere

        def computed() -> Iterator[object]:
            def here() -> Iterator[object]:
                return self._one_at_a_time(task.steps(classifier))

            return here() if elsewhere is None else elsewhere.steps(task, classifier, here)

        shared = self._shared
        yield from shared.steps(task, classifier, computed) if shared else computed()

    def _one_at_a_time(self, steps: Iterator[object]) -> Iterator[object]:
        """Steps in this process: they would only take the processors from each other."""
        while True:
            with self._here:
                result = next(steps, _OVER)
            if result is _OVER:
                return
            yield result
            # Before the next step: pages share Python's lock and the processors with it. A higher
            # niceness would also give way to all other programs: with two busy ones no map came.
            self.page_runs.wait_for_end(LONGEST_PAUSE_SECONDS)

    def _may_begin_beside(self, task: Task, others: Sequence[Task]) -> bool:
        """Whether a step of a task may begin while those of others are under way."""
        elsewhere = self._elsewhere
        if elsewhere is None:
            return not others
        if self.loaded(task.model) is None:
            # The first step loads it, and the others would wait for that.
            return all(other.model != task.model for other in others)
        there = [other for other in others if elsewhere.is_for(other)]
        if not elsewhere.is_for(task):
            return len(there) == len(others)
        together = together_with(task)
        return len(there) < elsewhere.at_once and all(
            together_with(other) != together for other in there
        )

    def _work(self, task: Task) -> Work | None:
        classifier = self.loaded(task.model)
        return None if classifier is None else work_of(task, classifier)

    def _priority(self, task: Task) -> int:
        if task.at_once:
            return 0
        classifier = self.loaded(task.model)
        if classifier is None:
            return INTERACTIVE
        try:
            multiplications = task.multiplications(classifier)
        except ValueError:
            return 0
        return INTERACTIVE if multiplications <= INTERACTIVE_MULTIPLICATIONS else LONG

    def _download(self, model: str) -> Iterator[DownloadProgress]:
        return download_weights(KERAS_APPLICATIONS[model], environment=self._environment)


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The process's engine, shared by all sessions."""
    keep_few_arenas()
    made = Engine(address=st.get_option("server.address"))
    limits = made.own_models.limits
    if limits.allowed:
        # Streamlit's own limit is that of a picture; each place to upload has its own besides.
        # What is sent is a little longer than the file.
        most = max(st.get_option("server.maxUploadSize"), limits.file_bytes // 2**20 + 1)
        config.set_option("server.maxUploadSize", most)
    take_short_turns()
    keep_house(made.page_runs, limits.file_bytes * limits.allowed)
    return made
