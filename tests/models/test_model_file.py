"""Model files from anywhere: loaded where they are Keras's own layers, and never run."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from attribution_core import load_classifier
from attribution_core.images import Pixels
from attribution_core.models.inspection import Limits
from attribution_core.models.model_file import load_model_file
from attribution_core.models.preprocessing import PREPROCESSINGS, Preprocessing
from tests.conftest import tiny_network

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`"),
]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_files_that_keras_saved(tmp_path: Path, tiny_image: Pixels, suffix: str) -> None:
    network, path = tiny_network(), tmp_path / f"mine{suffix}"
    network.save(path)
    expected = network(tiny_image[None] / 255.0)[0]
    classifier = load_classifier(path, preprocessing="zero_to_one")
    assert classifier.name == "mine"
    assert classifier.labels == ("class 0", "class 1", "class 2", "class 3", "class 4")
    assert classifier.layers == ("input", "stem", "joined", "pooled", "top")
    np.testing.assert_allclose(classifier.probabilities(tiny_image), expected, rtol=1e-4)
    assert classifier.scores(tiny_image).min() < 0
    assert load_classifier(str(path), preprocessing="zero_to_one").labels == classifier.labels


def test_a_compiled_model_with_a_loss_of_its_own(tmp_path: Path) -> None:
    """How it was trained does not matter."""
    network, path = tiny_network(), tmp_path / "trained.keras"
    network.compile("adam", loss=lambda truth, guess: keras.ops.mean(truth - guess))
    network.save(path)
    assert load_classifier(path).classes == 5


def test_sequential_models(tmp_path: Path) -> None:
    path = tmp_path / "plain.keras"
    keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255, name="rescaled"),
            layers.Conv2D(4, 3, name="plane"),
            layers.Flatten(),
            layers.Dense(2),
            layers.Softmax(),
        ]
    ).save(path)
    assert load_classifier(path).layers == ("input", "rescaled", "plane")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("none", [255, 0, 51]),
        ("zero_to_one", [1, 0, 0.2]),
        ("minus_one_to_one", [1, -1, -0.6]),
        ("caffe", [51 - 103.939, -116.779, 255 - 123.68]),
        ("torch", [(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225]),
    ],
)
def test_preprocessings(tmp_path: Path, kind: Preprocessing, expected: list[float]) -> None:
    """The logits of this network are the values of its one pixel."""
    assert kind in PREPROCESSINGS
    entry = keras.Input((1, 1, 3))
    path = tmp_path / "identity.keras"
    keras.Model(
        entry, layers.Dense(3, kernel_initializer="identity")(layers.Flatten()(entry))
    ).save(path)
    classifier = load_classifier(path, preprocessing=kind)
    np.testing.assert_allclose(classifier.scores(np.array([[[255.0, 0, 51]]])), expected, rtol=1e-4)


def with_layer(layer: Any) -> keras.Model:
    entry = keras.Input((8, 8, 3))
    return keras.Model(entry, layers.Dense(2)(layers.Flatten()(layer(entry))))


def lambda_that_leaves_a_trace(path: Path) -> Callable[[Any], Any]:
    """Only a lambda is written into a file with its code; it needs no import when it is run."""
    trace = str(path)
    return lambda images: (open(trace, "w").close(), images)[1]  # noqa: PTH123


class OwnLayer(layers.Layer):
    def call(self, images: Any) -> Any:
        return images


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_code_in_a_file_is_never_run(tmp_path: Path, suffix: str) -> None:
    trace, path = tmp_path / "trace", tmp_path / f"trap{suffix}"
    leave = lambda_that_leaves_a_trace(trace)
    with_layer(layers.Lambda(leave)).save(path)
    trace.unlink(missing_ok=True)
    said = r"asks for code of its own \(Lambda\), in its layer “lambda"
    with pytest.raises(ValueError, match=said):
        load_classifier(path)
    assert not trace.exists()
    keras.models.load_model(path, safe_mode=False)
    assert trace.exists(), "the trap should work where nobody looks"


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_lambda_deep_inside(tmp_path: Path, suffix: str) -> None:
    inner = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Lambda(lambda x: x, output_shape=(8, 8, 3))]
    )
    path = tmp_path / f"nested{suffix}"
    with_layer(inner).save(path)
    with pytest.raises(ValueError, match="code of its own"):
        load_classifier(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_custom_classes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"custom{suffix}"
    with_layer(OwnLayer()).save(path)
    with pytest.raises(
        ValueError, match=r"own \((Custom>)?OwnLayer\), in its layer “own_layer"
    ) as said:
        load_classifier(path)
    assert "decorate" not in str(said.value)


@pytest.mark.parametrize(
    "gadget",
    [
        {"class_name": "TFSMLayer", "module": "keras.layers", "config": {"filepath": "/tmp/x"}},
        {"class_name": "TorchModuleWrapper", "module": "keras.layers", "config": {}},
        {"class_name": "system", "module": "os", "config": {}},
        {"class_name": "function", "module": "builtins", "config": "eval"},
    ],
)
def test_configurations_that_call_something(tmp_path: Path, gadget: dict[str, Any]) -> None:
    path, forged = tmp_path / "fine.keras", tmp_path / "forged.keras"
    tiny_network().save(path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(forged, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1]["config"]["kernel_initializer"] = gadget
                content = json.dumps(config).encode()
            target.writestr(name, content)
    with pytest.raises(ValueError, match="code of its own"):
        load_classifier(forged)


def rewritten(path: Path, forged: Path, parts: dict[str, bytes]) -> None:
    """The same archive with other content under some names."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(forged, "w") as target:
        for name in source.namelist():
            target.writestr(name, parts.get(name) or source.read(name))


@pytest.mark.parametrize(
    ("units", "said"),
    [(10**9, "of parameters; at most"), (10**5, r"of parameters, of which the file holds 0 MB")],
)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_layer_of_a_size_that_the_file_does_not_have(
    tmp_path: Path, suffix: str, units: int, said: str
) -> None:
    """Refused before memory is taken for its parameters."""
    path, forged = tmp_path / f"fine{suffix}", tmp_path / f"forged{suffix}"
    tiny_network().save(path)

    def enlarged(description: bytes) -> bytes:
        config = json.loads(description)
        config["config"]["layers"][-1]["config"]["units"] = units
        return json.dumps(config).encode()

    if suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            config = enlarged(archive.read("config.json"))
        rewritten(path, forged, {"config.json": config})
    else:
        forged.write_bytes(path.read_bytes())
        with h5py.File(forged, "r+") as file:
            file.attrs["model_config"] = enlarged(file.attrs["model_config"]).decode()
    with pytest.raises(ValueError, match=rf"forged\S+ asks for \d+ MB {said}"):
        load_classifier(forged)


def test_activations_of_a_size_that_no_machine_has(tmp_path: Path) -> None:
    path, forged = tmp_path / "fine.keras", tmp_path / "forged.keras"
    with_layer(layers.UpSampling2D(2, name="larger")).save(path)
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    (larger,) = (each for each in config["config"]["layers"] if each["name"] == "larger")
    larger["config"]["size"] = [4000, 4000]
    config["config"]["layers"] = config["config"]["layers"][:2]
    config["config"]["output_layers"] = [["larger", 0, 0]]
    rewritten(path, forged, {"config.json": json.dumps(config).encode()})
    with pytest.raises(ValueError, match="at its layer “larger”; one picture's may take at most"):
        load_classifier(forged)


def declares(shape: tuple[int, ...]) -> Callable[[h5py.File], None]:
    return lambda file: file.create_dataset("bomb", shape, "f4", chunks=(1024,) * len(shape))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (declares((2**21, 2**20)), "declares an array of shape"),
        (
            lambda file: file.__setitem__("out", h5py.ExternalLink("/etc/hostname", "/")),
            "refers to other files",
        ),
        (lambda file: file.__setitem__("soft", h5py.SoftLink("/")), "refers to other files"),
        (
            lambda file: file.create_dataset(
                "outside", (4,), "f4", external=[("/etc/hostname", 0, 16)]
            ),
            "refers to other files",
        ),
    ],
)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_parameters_that_the_file_does_not_hold(
    tmp_path: Path, suffix: str, change: Callable[[h5py.File], None], said: str
) -> None:
    path, inner = tmp_path / f"fine{suffix}", tmp_path / "inner.h5"
    tiny_network().save(path)
    if suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            inner.write_bytes(archive.read("model.weights.h5"))
        with h5py.File(inner, "r+") as file:
            change(file)
        rewritten(path, tmp_path / "forged.keras", {"model.weights.h5": inner.read_bytes()})
    else:
        with h5py.File(path, "r+") as file:
            change(file)
        path.rename(tmp_path / "forged.h5")
    with pytest.raises(ValueError, match=said):
        load_classifier(tmp_path / f"forged{suffix}")


def test_a_small_file_of_many_zeros(tmp_path: Path) -> None:
    """Refused by what it says of its size, before any of it is unpacked."""
    path = tmp_path / "zeros.keras"
    tiny_network().save(path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("assets/zeros", "w", force_zip64=True) as entry,
    ):
        for _ in range(100):
            entry.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"unpacks to 10[0-9] MB, a hundred times"):
        load_classifier(path)
    assert tracemalloc.get_traced_memory()[1] < 2**25
    tracemalloc.stop()


def test_limits_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.keras"
    tiny_network().save(path)
    size = path.stat().st_size
    assert load_model_file(path, limits=Limits(file_bytes=4 * size)).name == "tiny"
    with pytest.raises(ValueError, match=r"has 0 MB; at most 0 MB can be taken"):
        load_model_file(path, limits=Limits(file_bytes=size - 1))
    with pytest.raises(ValueError, match=r"declares 0 MB of parameters"):
        load_model_file(path, limits=Limits(parameter_bytes=1000))
    packed = tmp_path / "packed.keras"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("config.json", "[" * 10**6)
    with pytest.raises(ValueError, match="unpacks to 1 MB"):
        load_model_file(packed, limits=Limits(file_bytes=10**5))


def test_vocabularies_are_not_read(tmp_path: Path) -> None:
    path, forged = tmp_path / "fine.keras", tmp_path / "forged.keras"
    tiny_network().save(path)
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    lookup = {"class_name": "StringLookup", "module": "keras.layers", "name": "words"}
    lookup["config"] = {"name": "words", "vocabulary": "/etc/hostname"}
    config["config"]["layers"].append(lookup)
    rewritten(path, forged, {"config.json": json.dumps(config).encode()})
    with pytest.raises(ValueError, match=r"reads text \(StringLookup\), in its layer “words”"):
        load_classifier(forged)


def test_depthwise_convolutions_as_keras_2_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "older.h5"
    network = with_layer(layers.DepthwiseConv2D(3, name="depthwise"))
    network.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        (depthwise,) = (
            each for each in config["config"]["layers"] if each["class_name"] == "DepthwiseConv2D"
        )
        depthwise["config"]["groups"] = 1
        file.attrs["model_config"] = json.dumps(config)
    picture = np.random.default_rng(0).uniform(0, 255, (8, 8, 3)).astype("f4")
    np.testing.assert_allclose(
        load_classifier(path).scores(picture), network(picture[None])[0], rtol=1e-5
    )


def archive(path: Path, config: bytes | None) -> None:
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("metadata.json", "{}")
        if config is not None:
            target.writestr("config.json", config)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("garbage.keras", lambda path: path.write_bytes(b"PK\x03\x04" + b"\x00\xff" * 100)),
        ("garbage.h5", lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\x00\xff" * 100)),
        ("empty.keras", lambda path: path.write_bytes(b"")),
        ("empty.h5", lambda path: path.write_bytes(b"")),
        ("bare.keras", lambda path: archive(path, None)),
        ("text.keras", lambda path: archive(path, b"not JSON")),
        ("deep.keras", lambda path: archive(path, b"[" * 200_000)),
        ("weights.h5", lambda path: h5py.File(path, "w").close()),
        ("mine.weights.h5", lambda path: tiny_network().save_weights(path)),
    ],
)
def test_files_without_a_model(tmp_path: Path, name: str, write: Callable[[Path], Any]) -> None:
    write(tmp_path / name)
    with pytest.raises(ValueError, match="has no description of a model") as caught:
        load_classifier(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("config", [b"{}", b"[]", b"3", b'{"class_name": "Nothing"}'])
def test_descriptions_of_nothing(tmp_path: Path, config: bytes) -> None:
    path = tmp_path / "nothing.keras"
    archive(path, config)
    with pytest.raises(ValueError, match="cannot be loaded") as caught:
        load_classifier(path)
    assert "\n" not in str(caught.value)


def test_damaged_weights(tmp_path: Path) -> None:
    path = tmp_path / "damaged.h5"
    tiny_network().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"damaged\.h5"):
        load_classifier(path)


def test_models_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "regression.keras"
    keras.Sequential([keras.Input((7,)), layers.Dense(2)]).save(path)
    with pytest.raises(ValueError, match="it should take pictures"):
        load_classifier(path)


def test_labels(tmp_path: Path) -> None:
    path, names = tmp_path / "mine.keras", tmp_path / "names.txt"
    tiny_network().save(path)
    names.write_text("ant\nbee\ncat\ndog\neel\n")
    expected = ("ant", "bee", "cat", "dog", "eel")
    assert load_classifier(path, labels=names).labels == expected
    assert load_classifier(path, labels=str(names)).labels == expected
    assert load_classifier(path, labels=expected).labels == expected
    names.write_text("ant\nbee\n")
    with pytest.raises(ValueError, match="names 2 classes, but the network has 5"):
        load_classifier(path, labels=names)
    with pytest.raises(ValueError, match="3 labels for 5 classes"):
        load_classifier(path, labels=["a", "b", "c"])
    with pytest.raises(ValueError, match="cannot be read"):
        load_classifier(path, labels=tmp_path / "none.txt")


def test_names_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"use efficientnet_lite0, vgg16_cam, clever_hans, vgg16, .* or the path"
    ):
        load_classifier("resnet")
    with pytest.raises(ValueError, match="There is no model file"):
        load_classifier(tmp_path / "none.keras")
    with pytest.raises(ValueError, match="has its own labels, preprocessing, outputs"):
        load_classifier("efficientnet_lite0", preprocessing="torch")
    path = tmp_path / "mine.keras"
    tiny_network().save(path)
    with pytest.raises(ValueError, match="preprocessing 'half' is not known"):
        load_classifier(path, preprocessing="half")
