"""VGG16 of full size: written in Keras's layout, downloaded from the loopback interface, loaded.

The original is Keras's own network, so that its architecture is compared as well.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

from attribution_core import Picture, load_classifier, request_or_reason
from attribution_core.explanation import pose
from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models import vgg16
from attribution_core.models.keras_weights import download_weights, find_weights
from attribution_core.request import granted

VGG16 = KERAS_APPLICATIONS["vgg16"]
FILE_NAME = VGG16.file
IMAGES = np.random.default_rng(5).integers(0, 256, (2, 224, 224, 3), np.uint8)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Downloaded:
    """What the tests share.

    Attributes
    ----------
    environment : mapping
        Where the downloaded file is found, and its checksum.
    logits : numpy.ndarray
        What the original says of `IMAGES`, (2, 1000).
    """

    environment: Mapping[str, str]
    logits: np.ndarray

    @property
    def path(self) -> Path:
        path = find_weights(VGG16, self.environment)
        assert path is not None
        return path


@pytest.fixture(scope="module")
def downloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Downloaded]:
    folder = tmp_path_factory.mktemp("vgg16")
    served = folder / "served" / FILE_NAME
    served.parent.mkdir()
    original = keras.applications.VGG16(weights=None, classifier_activation=None)
    for index, layer in enumerate(layer for layer in original.layers if layer.weights):
        # Keras starts biases at zero, where a bias that is not read would go unseen.
        layer.bias.assign(np.random.default_rng(index).normal(0.0, 0.1, layer.bias.shape))
    with h5py.File(served, "w") as file:
        save_weights_to_hdf5_group(file, original)
    inputs = keras.applications.vgg16.preprocess_input(IMAGES.astype(np.float32))
    logits = original(inputs).numpy()
    del original
    with served.open("rb") as file:
        md5 = hashlib.file_digest(file, "md5").hexdigest()

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served.parent)))
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    environment = {
        "ATTRIBUTION_VGG16_URL": f"http://127.0.0.1:{server.server_address[1]}/{FILE_NAME}",
        "ATTRIBUTION_VGG16_MD5": md5,
        "KERAS_HOME": str(folder / "keras"),
    }
    steps = list(download_weights(VGG16, environment=environment))
    server.shutdown()
    server.server_close()
    thread.join()
    assert steps[-1].done_bytes == steps[-1].total_bytes == served.stat().st_size
    assert steps[-1].done_bytes > 553_000_000
    served.unlink()
    yield Downloaded(environment, logits)
    (folder / "keras" / "models" / FILE_NAME).unlink()


def test_the_downloaded_network_says_what_the_original_says(
    downloaded: Downloaded,
) -> None:
    model = vgg16.load(downloaded.environment)
    assert model.count_params() == 138_357_544
    assert model.get_layer("predictions").activation is keras.activations.linear
    assert model.get_layer("block5_pool").output.shape == (None, 7, 7, 512)
    found = model(vgg16.preprocess(IMAGES)).numpy()
    scale = np.abs(downloaded.logits).max()
    assert scale > 0.1
    np.testing.assert_allclose(found / scale, downloaded.logits / scale, atol=1e-5)


def test_the_fast_head_says_what_the_plain_head_says(downloaded: Downloaded) -> None:
    """At VGG16's last pooling layer, whose first operation above is linear."""
    classifier = load_classifier("vgg16", environment=downloaded.environment)
    asked = request_or_reason(
        classifier,
        picture=Picture.of(IMAGES[0].astype(np.float32)),
        method="kernel_shap",
        target=285,
        layer="block5_pool",
    )
    problem = pose(classifier, granted(asked))
    game = problem.game()
    assert game.players == 49
    assert classifier.linear_head("block5_pool", game.players) is not None
    coalitions = np.random.default_rng(4).random((20, game.players)) < 0.5
    plain = problem.head.masked_logits(problem.point, problem.reference, game.segments, coalitions)
    scale = np.abs(plain).max()
    np.testing.assert_allclose(game.logits(coalitions) / scale, plain / scale, atol=1e-4)
    # Coalitions are told apart by far more than that.
    assert np.ptp(plain, axis=0).max() > 0.01 * scale


def test_a_truncated_file_is_refused(downloaded: Downloaded, tmp_path: Path) -> None:
    truncated = tmp_path / FILE_NAME
    with downloaded.path.open("rb") as file:
        truncated.write_bytes(file.read(10_000_000))
    with pytest.raises(ValueError, match="is truncated"):
        vgg16.build(truncated)
    with pytest.raises(ValueError, match="is truncated"):
        vgg16.load({**downloaded.environment, "ATTRIBUTION_VGG16_WEIGHTS": str(truncated)})


def test_a_corrupted_file_is_refused(downloaded: Downloaded) -> None:
    middle = downloaded.path.stat().st_size // 2
    with downloaded.path.open("r+b") as file:
        file.seek(middle)
        right = file.read(1)
        file.seek(middle)
        file.write(bytes([right[0] ^ 1]))
    try:
        with pytest.raises(ValueError, match="is corrupted"):
            vgg16.load(downloaded.environment)
    finally:
        with downloaded.path.open("r+b") as file:
            file.seek(middle)
            file.write(right)


def test_missing_weights_are_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not on this machine; download them"):
        vgg16.load({"KERAS_HOME": str(tmp_path)})
    with pytest.raises(ValueError, match="There is no file"):
        vgg16.build(tmp_path / FILE_NAME)


def test_preprocessing_is_that_of_keras() -> None:
    expected = keras.applications.vgg16.preprocess_input(IMAGES.astype(np.float32))
    of_array = vgg16.preprocess(IMAGES)
    assert of_array.dtype == np.float32
    np.testing.assert_allclose(of_array, expected, atol=1e-4)
    of_tensor = vgg16.preprocess(tf.constant(IMAGES))
    np.testing.assert_allclose(of_tensor.numpy(), expected, atol=1e-4)


def test_preprocessing_is_differentiable_and_keeps_the_type() -> None:
    point = tf.Variable(tf.ones((1, 2, 2, 3), tf.float64))
    with tf.GradientTape() as tape:
        blue, _, red = tf.unstack(vgg16.preprocess(point), axis=-1)
        total = tf.reduce_sum(2.0 * blue + 5.0 * red)
    assert total.dtype == tf.float64
    gradient = tape.gradient(total, point).numpy()
    np.testing.assert_array_equal(gradient, np.broadcast_to([5.0, 0.0, 2.0], (1, 2, 2, 3)))
    assert vgg16.preprocess(keras.Input((224, 224, 3))).shape == (None, 224, 224, 3)


def test_images_without_three_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="must have 3 channels"):
        vgg16.preprocess(np.zeros((1, 224, 224, 4)))
