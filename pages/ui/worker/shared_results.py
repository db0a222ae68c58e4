"""Maps that several processes of one machine share through a folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from attribution_core.assets import ASSETS
from attribution_core.images import Picture, load_image
from pages.ui.worker.own_model_names import is_own
from pages.ui.worker.tasks import Explain, Task
from pages.ui.worker.uploads import whole_number

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier
    from attribution_core.saved_maps.results import Results

FOLDER, MEGABYTES = "ATTRIBUTION_RESULTS", "ATTRIBUTION_RESULTS_MB"
OF_VISITORS = "ATTRIBUTION_RESULTS_OF_VISITORS"
"""Variables: the folder, without which nothing is shared, what it may take, and whether maps of
visitors' pictures are kept there as well."""
_USUAL_MEGABYTES = 1024
_PICTURES = (".jpg", ".png")

_log = logging.getLogger(__name__)


class SharedResults:
    """Looks a map up before it is computed, and keeps it afterwards.

    Only maps of the gallery's pictures are kept, unless the operator allows more: a map can show
    what is in the picture, and what visitors bring is in memory alone. Those of visitors' networks
    never are.
    """

    def __init__(self, results: Results, of_visitors: bool = False) -> None:
        self._results = results
        self._of_visitors = of_visitors

    def steps(
        self, task: Task, classifier: Classifier, computed: Callable[[], Iterator[object]]
    ) -> Iterator[object]:
        """The steps of a task, as computed; one, where another process has made its map."""
        if not isinstance(task, Explain) or is_own(task.model):
            yield from computed()
            return
        from attribution_core.attribution import Attribution
        from attribution_core.explanation import key_of

        request, key = task.request, key_of(classifier, task.request)
        if classifier.cache.get(key) is None:
            label = classifier.labels[request.target]
            found = self._results.find(classifier.fingerprint, classifier.name, label, request)
            if found is not None:
                classifier.cache.put(key, found)
        for result in computed():
            finished = isinstance(result, Attribution) and result.finished and result
            if finished and (
                self._of_visitors or request.picture.digest in _gallery(classifier.input_size)
            ):
                self._results.keep(finished)
            yield result


def shared_results(environment: Mapping[str, str]) -> SharedResults | None:
    """Those of the folder that the operator names; None where none is named or can be made."""
    folder = environment.get(FOLDER, "").strip()
    if not folder:
        return None
    from attribution_core.saved_maps.results import Results

    most = whole_number(environment, MEGABYTES, _USUAL_MEGABYTES) * 2**20
    try:
        of_visitors = environment.get(OF_VISITORS, "").strip().lower() == "on"
        return SharedResults(Results(Path(folder).expanduser(), most), of_visitors)
    except OSError as error:
        _log.error("%s: no maps are shared, the folder cannot be made (%s).", FOLDER, error)
        return None


@lru_cache(maxsize=16)
def _gallery(size: tuple[int, int]) -> frozenset[str]:
    """Digests of the gallery's pictures at a network's input size."""
    files = (path for path in (ASSETS / "gallery").iterdir() if path.suffix in _PICTURES)
    return frozenset(Picture.of(load_image(path, size)).digest for path in files)
