"""Memory of visitors' own networks: what is charged, what is taken, and what comes back.

Twenty sessions with three small networks each, as many as the usual bound admits; then two larger
architectures, each after one of its kind has been loaded and given back, since the first asks
TensorFlow for memory that it keeps for the next. Each is tried, used, explained and re-initialised.
Ends with an error where more is taken than is charged, a network is still in memory after its
session, or more than a tenth of what was charged stays with the process.
"""

from __future__ import annotations

import gc
import os
import tempfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from attribution_core.explanation import explain
from attribution_core.network.randomisation import Randomisation
from pages.ui.worker.engine import Engine
from pages.ui.worker.own_model_names import Use, name_while_tried
from pages.ui.worker.own_models import labels_for
from tests.conftest import tiny_network

SESSIONS, EACH = 20, 3
LARGER = {"MobileNetV2": keras.applications.MobileNetV2, "ResNet50": keras.applications.ResNet50}
METHODS: dict[str, dict[str, int]] = {
    "gradient_times_input": {},
    "kernel_shap": {"budget": 64},
}
STAYS = 0.1
_SLACK = 30e6
"""What TensorFlow's and Python's allocators may hold either way."""


def main() -> None:
    engine = Engine({"ATTRIBUTION_UPLOADS": "on"}, "127.0.0.1")
    print(f"{'networks':28}{'charged MB':>11}{'taken MB':>10}{'stays MB':>10}")
    _use(engine, "first", _file(tiny_network(0)))
    _give_back(engine, "first")
    _row(
        engine,
        f"{SESSIONS} sessions x {EACH}, small",
        [(f"visitor {number // EACH}", number) for number in range(SESSIONS * EACH)],
        lambda number: tiny_network(number + 1),
    )
    for title, build in LARGER.items():
        _use(engine, "first", _file(build(weights=None)))
        _give_back(engine, "first")
        _row(engine, title, [("visitor", 1)], lambda _, build=build: build(weights=None))


def _row(
    engine: Engine,
    title: str,
    brought: list[tuple[str, int]],
    build: Callable[[int], Any],
) -> None:
    before = _resident()
    for visitor, number in brought:
        _use(engine, visitor, _file(build(number)))
    charged, taken = engine.own_models.nbytes, _resident() - before
    for visitor in dict.fromkeys(visitor for visitor, _ in brought):
        _give_back(engine, visitor)
    stays = _resident() - before
    print(f"{title:28}{charged / 1e6:11.0f}{taken / 1e6:10.0f}{stays / 1e6:10.0f}", flush=True)
    assert charged <= engine.own_models.limits.in_all_bytes
    assert taken <= charged, "more is taken than is charged"
    assert stays <= STAYS * charged + _SLACK, "memory does not come back"


def _file(network: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        network.save(path)
        return path.read_bytes()


def _use(engine: Engine, visitor: str, content: bytes) -> None:
    """Bring a network, try it, and look at it on all pages that ask much of it."""
    digest = engine.own_models.bring(visitor, "network.keras", content)
    tried = engine._classifier(name_while_tried(digest))
    use = Use("none", labels_for(tried.classes))
    classifier = engine._classifier(engine.own_models.use(visitor, digest, use))
    random = np.random.default_rng(0)
    picture = random.uniform(0, 255, (*classifier.input_size, 3)).astype(np.float32)
    for method, options in METHODS.items():
        for layer in ("input", classifier.layers[-1]):
            explain(classifier, picture, method, 1, layer=layer, **options)
    changed = classifier.keep("randomisation", lambda: Randomisation(classifier)).at(2)
    explain(changed, picture, "gradient_times_input", 1)


def _give_back(engine: Engine, visitor: str) -> None:
    networks = [
        weakref.ref(engine._classifiers[own.name].network) for own in engine.own_models.of(visitor)
    ]
    engine.own_models.drop(visitor)
    for _ in range(300):
        if not any(network() is not None for network in networks):
            return
        time.sleep(0.1)
    raise AssertionError("a network that was given back is still in memory")


def _resident() -> int:
    """Bytes of this process in memory."""
    gc.unfreeze()
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
