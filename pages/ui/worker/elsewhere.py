"""Tasks whose steps are made by workers of a Dask scheduler, where the operator names one."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from attribution_core.attribution import Attribution
from attribution_core.images import Picture
from attribution_core.request import Request
from attribution_core.running.cache import Cache
from attribution_core.running.cluster.benches import Benches
from attribution_core.running.cluster.workers import check_scheduler
from pages.ui.worker.cost import together_with
from pages.ui.worker.loaded import Loaded
from pages.ui.worker.networks import load_network, network_bytes, whereabouts
from pages.ui.worker.own_model_names import is_own
from pages.ui.worker.own_models import return_memory
from pages.ui.worker.tasks import Explain, Task

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

SCHEDULER = "ATTRIBUTION_SCHEDULER"
"""The variable: a scheduler's address, without which all is computed in this process."""

MOST_AT_ONCE = 32
"""Steps under way at the same time, however many workers there are."""

CACHE_BYTES = 768 * 2**20
"""Of what a worker keeps of results."""


def scheduler_asked(environment: Mapping[str, str] = os.environ) -> str:
    """The address of the scheduler that the operator names; empty where none is named."""
    return environment.get(SCHEDULER, "").strip()


def check_scheduler_asked(environment: Mapping[str, str] = os.environ) -> None:
    """ValueError, a sentence, where the operator names a scheduler that does not answer."""
    if address := scheduler_asked(environment):
        try:
            check_scheduler(address)
        except ValueError as error:
            raise ValueError(f"{SCHEDULER}: {error}") from None


@dataclass(frozen=True)
class Order:
    """A task for a worker, with what it must know of networks."""

    task: Task
    variables: tuple[tuple[str, str], ...]


def begin(order: Order) -> Iterator[object]:
    """The steps of a task in this process, which is a worker; a network is loaded once in it."""
    # A generator, so that no step but the first loads the network.
    yield from order.task.steps(_loaded(order.variables).classifier(order.task.model))


@lru_cache(maxsize=1)
def _loaded(variables: tuple[tuple[str, str], ...]) -> Loaded:
    environment, cache = dict(variables), Cache(CACHE_BYTES)
    made = Loaded(lambda name: load_network(name, environment, cache), network_bytes(environment))
    # Where an app with other variables asks next, these networks leave memory.
    weakref.finalize(made, _leave, made.classifiers).atexit = False
    return made


def _leave(classifiers: dict[str, Classifier]) -> None:
    for classifier in classifiers.values():
        return_memory(weakref.ref(classifier.network))


class Elsewhere:
    """Has tasks computed by the workers of a scheduler, but for those about visitors' networks.

    Parameters
    ----------
    address : str
        The scheduler's.
    environment : mapping
        Of which workers are told what they must know of networks, and nothing else.
    """

    def __init__(self, address: str, environment: Mapping[str, str]) -> None:
        self.benches = Benches(address)
        self._variables = whereabouts(environment)

    @property
    def at_once(self) -> int:
        """About how many steps are made at the same time."""
        return min(max(1, self.benches.count), MOST_AT_ONCE)

    @property
    def described(self) -> str:
        """Who computes, in words."""
        count = self.benches.count
        if count == 0:
            return "No worker answers; the app computes by itself."
        return f"{count} worker{'' if count == 1 else 's'}"

    def is_for(self, task: Task) -> bool:
        """Whether a task is computed by a worker now."""
        return self.benches.count > 0 and not is_own(task.model)

    def steps(
        self, task: Task, classifier: Classifier, here: Callable[[], Iterator[object]]
    ) -> Iterator[object]:
        """The steps of a task; a map that is finished is kept in this process as well."""
        if is_own(task.model) or _is_known(task, classifier):
            yield from here()
            return
        for result in self.benches.steps(
            begin,
            Order(task, self._variables),
            here=here,
            near=_about(task),
            together=together_with(task),
        ):
            if isinstance(task, Explain) and isinstance(result, Attribution) and result.finished:
                from attribution_core.explanation import key_of

                classifier.cache.put(key_of(classifier, task.request), result)
            yield result


def _is_known(task: Task, classifier: Classifier) -> bool:
    if not isinstance(task, Explain):
        return False
    from attribution_core.explanation import key_of

    return classifier.cache.get(key_of(classifier, task.request)) is not None


def _about(task: Task) -> str:
    """The network and the picture: what a worker has computed of both shortens the next task."""
    request = getattr(task, "request", None)
    picture = request.picture if isinstance(request, Request) else getattr(task, "picture", None)
    return f"{task.model} {picture.digest if isinstance(picture, Picture) else ''}"
