"""Classifiers that many tests share."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

# Small solutions are quicker on one thread than on several that wait for a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A worker stands on each processor already; threads of both that take turns cost a tenth.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from attribution_core import Classifier, load_classifier, load_image
from attribution_core.images import Pixels

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# What stands for a browser or a server, for networks of VGG16's or EfficientNet's size, and for
# processes that are started: a test that asks for one of these is marked, and ``make quick`` leaves
# it out.
MARKED_BY = {
    "browser": {"browser", "serve"},
    "network": {"efficientnet", "vgg16_cam", "downloaded", "built_in_networks"},
    "thorough": {"crew", "cluster"},
}


def pytest_collection_finish() -> None:
    """What was imported stays: to look through it for garbage takes a third of a second."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = {*getattr(item, "fixturenames", ())}
        for mark, names in MARKED_BY.items():
            if fixtures & names:
                item.add_marker(mark)


@pytest.fixture(scope="module")
def no_page_before() -> Iterator[None]:
    """For tests that start workers: these would run what is this process's main module.

    A page that was tested in this process is that since.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        yield


OF_CHANNELS = ("grad_cam", "class_activation")
"""Methods that weight a layer's channels: they have no map at the input."""

GALLERY = Path(__file__).resolve().parents[1] / "assets" / "gallery"


def tiny_network(seed: int = 1) -> Any:
    """A random network for pictures of 16x16: a residual block, a pooling and a softmax."""
    import keras
    from keras import layers

    seeds = iter(range(seed * 100, seed * 100 + 100))

    def random(spread: float) -> Any:
        return keras.initializers.RandomNormal(stddev=spread, seed=next(seeds))

    def convolution(filters: int, name: str, strides: int = 1) -> Any:
        return layers.Conv2D(
            filters,
            3,
            strides,
            padding="same",
            activation="relu",
            kernel_initializer=random(0.3),
            bias_initializer=random(0.1),
            name=name,
        )

    entry = keras.Input((16, 16, 3), name="pictures")
    stem = convolution(6, "stem")(entry)
    inside = convolution(6, "inside")(stem)
    joined = layers.Add(name="joined")([stem, inside])
    pooled = layers.MaxPooling2D(name="pooled")(joined)
    top = convolution(8, "top", strides=2)(pooled)
    flat = layers.Flatten(name="flat")(top)
    outputs = layers.Dense(5, activation="softmax", kernel_initializer=random(0.3), name="classes")(
        flat
    )
    return keras.Model(entry, outputs, name="tiny")


def scaled(images: Any) -> Any:
    """The tiny network's preprocessing."""
    return images / 127.5 - 1.0


@pytest.fixture(scope="session")
def tiny_classifier() -> Classifier:
    """A classifier of five classes for pictures of 16x16, cut at stem, joined, pooled and top."""
    from attribution_core.network.classifier import Classifier

    return Classifier("tiny", tiny_network(), scaled, ("ant", "bee", "cat", "dog", "eel"))


@pytest.fixture(scope="session")
def tiny_image() -> Pixels:
    """A smooth random picture of 16x16."""
    random = np.random.default_rng(7)
    coarse = random.uniform(0, 255, (4, 4, 3))
    return np.kron(coarse, np.ones((4, 4, 1))).astype(np.float32)


@pytest.fixture(scope="session")
def efficientnet() -> Classifier:
    """The built-in model."""
    return load_classifier("efficientnet_lite0")


@pytest.fixture(scope="session")
def vgg16_cam() -> Classifier:
    """VGG16's convolutions under their class-activation head."""
    return load_classifier("vgg16_cam")


@pytest.fixture(scope="session")
def cat_and_coffee() -> Pixels:
    """A cat (class 285) in the left half, a cup of coffee (class 967) in the right one."""
    return load_image(GALLERY / "cat_coffee.png", 224)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path, port: int = 0, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """Serve a folder's files, at a free port unless one is given; yields the address."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=str(folder)))
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder that is served, and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    with served(folder) as address:
        yield folder, address
