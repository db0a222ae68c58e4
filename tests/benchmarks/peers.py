"""Methods beside Captum, zennit and pytorch-grad-cam: one network with the same weights in both.

A network of eight convolutions of 3 x 3 in the manner of VGG, 224 x 224 pixels, with seeded
weights, in Keras and in PyTorch, on the processor. Both sides in turns in one process, medians; the
app's side is a whole `explain` with an empty cache. "Largest" is the largest difference of the two
maps as a share of the map's largest value, "norm" the difference's Euclidean norm as a share of the
map's: in float32 a ReLU, or a maximum, may fall to the other side, which changes a few pixels.
"""

from __future__ import annotations

import copy
import importlib.util
import time
from collections.abc import Callable, Sequence
from itertools import chain
from statistics import median
from typing import Any
from unittest.mock import patch

import keras
import numpy as np

from attribution_core import Classifier, explain, integrated_gradients, load_classifier
from attribution_core.arrays import FloatArray
from attribution_core.images import Pixels
from attribution_core.methods.options import OptionValue
from tests.benchmarks.problems import gallery_picture

TURNS = 3
SIZE, CLASSES = 224, 100
BLOCKS = ((32, 32), (64, 64), (128, 128), (256, 256))
LAST = "conv8"
STEPS = 32
PEERS = ("torch", "captum", "zennit", "pytorch_grad_cam")


def main() -> None:
    missing = [name for name in PEERS if importlib.util.find_spec(name) is None]
    if missing:
        raise SystemExit(f"Not installed: {', '.join(missing)}. `make benchmark` installs them.")
    _declare_operations()
    network = in_keras()
    peer = in_torch(network)
    classifier = load_classifier(network, preprocessing="none")
    picture = gallery_picture(classifier, "cat_coffee.png")
    # Without noise, maxima tie in the picture's flat parts, and each side takes another one.
    noise = np.random.default_rng(0).uniform(-4, 4, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.float32)
    print(
        f"{'peer':18}{'method':36}{'theirs s':>10}{'ours s':>8}{'ratio':>7}"
        f"{'largest':>9}{'norm':>9}"
    )
    # Its score is above 0: Ablation-CAM divides by it there.
    target = int(np.argmax(classifier.scores(picture)))
    for name, title, theirs, ours in comparisons(peer, network, classifier, picture, target):
        first: list[float] = []
        second: list[float] = []
        for turn in range(TURNS + 1):
            started = time.perf_counter()
            expected = theirs()
            middle = time.perf_counter()
            classifier.cache.clear()
            found = ours()
            # The first turn traces and warms up.
            if turn:
                first.append(middle - started)
                second.append(time.perf_counter() - middle)
        largest = np.abs(found - expected).max() / np.abs(expected).max()
        norm = np.linalg.norm(found - expected) / np.linalg.norm(expected)
        print(
            f"{name:18}{title:36}{median(first):10.3f}{median(second):8.3f}"
            f"{median(first) / median(second):7.2f}{largest:9.1e}{norm:9.1e}",
            flush=True,
        )


def _declare_operations() -> None:
    """zennit and pytorch-grad-cam import torchvision, which is not imported where its compiled
    part was made for another PyTorch (with CUDA, say), unless these operations are known."""
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{name}", "(Tensor dets, Tensor scores, float threshold) -> Tensor"
            )


def in_keras() -> keras.Model:
    """The network, seeded; its input is the pixels, 0 to 255."""
    initializer = keras.initializers.HeNormal(seed=0)
    points = keras.Input((SIZE, SIZE, 3))
    values, number = points, 0
    for block in BLOCKS:
        for channels in block:
            number += 1
            values = keras.layers.Conv2D(
                channels,
                3,
                padding="same",
                activation="relu",
                name=f"conv{number}",
                kernel_initializer=initializer.clone(),
            )(values)
        values = keras.layers.MaxPooling2D()(values)
    values = keras.layers.Flatten()(values)
    outputs = keras.layers.Dense(CLASSES, name="logits", activation="softmax")(values)
    network = keras.Model(points, outputs, name="eight_convolutions")
    random = np.random.default_rng(0)
    network.set_weights(
        [
            weight + random.normal(0, 0.05, weight.shape) * (weight.ndim == 1)
            for weight in network.get_weights()
        ]
    )
    return network


def in_torch(network: keras.Model) -> Any:
    """The same in PyTorch, to the logits."""
    import torch

    layers: list[Any] = []
    channels = 3
    for block in BLOCKS:
        for count in block:
            layers += [torch.nn.Conv2d(channels, count, 3, padding=1), torch.nn.ReLU()]
            channels = count
        layers.append(torch.nn.MaxPool2d(2))
    side = SIZE // 2 ** len(BLOCKS)
    layers += [torch.nn.Flatten(), torch.nn.Linear(channels * side * side, CLASSES)]
    made = torch.nn.Sequential(*layers).eval()
    taught = [each for each in made if isinstance(each, torch.nn.Conv2d | torch.nn.Linear)]
    given = [layer for layer in network.layers if layer.get_weights()]
    with torch.no_grad():
        for to, layer in zip(taught, given, strict=True):
            kernel, bias = layer.get_weights()
            if kernel.ndim == 4:
                kernel = kernel.transpose(3, 2, 0, 1)
            else:
                # Flattened with the channels last there, and first here.
                kernel = kernel.reshape(side, side, channels, CLASSES).transpose(3, 2, 0, 1)
            to.weight.copy_(torch.tensor(kernel.reshape(to.weight.shape)))
            to.bias.copy_(torch.tensor(bias))
    return made


Comparison = tuple[str, str, Callable[[], FloatArray], Callable[[], FloatArray]]


def comparisons(
    peer: Any, network: keras.Model, classifier: Classifier, picture: Pixels, target: int
) -> Sequence[Comparison]:
    """Peer, method, and both sides' maps: ``(h, w, 3)``, or ``(h, w)`` of class activation."""

    def ours(method: str, **options: OptionValue) -> Callable[[], FloatArray]:
        return lambda: explain(classifier, picture, method, target, **options).values

    return [
        *with_captum(peer, network, picture, target, ours),
        *with_zennit(peer, picture, target, ours),
        *with_grad_cam(peer, classifier, picture, target),
    ]


Ours = Callable[..., Callable[[], FloatArray]]


def apart(peer: Any) -> Any:
    """The same network, with a multiplication by 1 between each ReLU and the pooling above it.

    Captum's hooks meet on the tensor that is the output of the one and the input of the other, and
    the ReLU sees the pooling's derivative and not its multipliers: its values then do not sum to
    f(x) − f(x′).
    """
    import torch

    class Same(torch.nn.Module):
        def forward(self, values: Any) -> Any:
            return values * 1

    pairs = [[Same(), each] if isinstance(each, torch.nn.MaxPool2d) else [each] for each in peer]
    return torch.nn.Sequential(*chain(*pairs)).eval()


def in_float64(network: keras.Model, picture: Pixels, target: int) -> FloatArray:
    """Integrated Gradients of the class's logit, computed in float64 throughout.

    Layer by layer, since a whole Keras model rounds what it is given to float32: at such points
    some ReLUs and maxima fall to the other side.
    """

    def wide(layer: keras.Layer) -> keras.Layer:
        link = {"activation": "linear"} if layer.name == "logits" else {}
        return type(layer).from_config({**layer.get_config(), "dtype": "float64", **link})

    wider = keras.models.clone_model(network, clone_function=wide)
    wider.set_weights(network.get_weights())

    def logit(points: Any) -> Any:
        for layer in wider.layers[1:]:
            points = layer(points)
        return points[:, target]

    point = picture.astype(np.float64)
    return integrated_gradients(
        logit,
        point,
        np.zeros_like(point),
        steps=STEPS,
        rule="gauss_legendre",
    ).values


def with_captum(
    peer: Any, network: keras.Model, picture: Pixels, target: int, ours: Ours
) -> list[Comparison]:
    import torch
    from captum import attr

    point = torch.tensor(picture.transpose(2, 0, 1)[None].copy(), requires_grad=True)

    def theirs(method: Any, /, **given: Any) -> Callable[[], FloatArray]:
        return lambda: _channels_last(method.attribute(point, target=target, **given))

    side = {"sliding_window_shapes": (3, 32, 32), "strides": (3, 32, 32)}
    path = {"n_steps": STEPS, "internal_batch_size": 8, "method": "gausslegendre"}
    nodes = {"steps": STEPS, "rule": "gauss_legendre"}
    gradient = attr.Saliency(peer)
    squares = theirs(attr.Occlusion(peer), **side)
    return [
        ("Captum", "gradient", theirs(gradient, abs=False), ours("gradient")),
        ("Captum", "gradient × input", theirs(attr.InputXGradient(peer)), ours(TIMES_INPUT)),
        (
            "Captum",
            f"Integrated Gradients, {STEPS} nodes",
            theirs(attr.IntegratedGradients(peer), **path),
            ours("integrated_gradients", **nodes),
        ),
        (
            "Captum",
            "the same in float64 on both sides",
            lambda: _channels_last(
                attr.IntegratedGradients(copy.deepcopy(peer).double()).attribute(
                    point.double(), target=target, **path
                )
            ),
            lambda: in_float64(network, picture, target),
        ),
        ("Captum", "DeepLIFT", theirs(attr.DeepLift(peer)), ours("deeplift")),
        (
            "Captum",
            "DeepLIFT, its ReLU and pooling apart",
            theirs(attr.DeepLift(apart(peer))),
            ours("deeplift"),
        ),
        ("Captum", "guided backprop", theirs(attr.GuidedBackprop(peer)), ours(GUIDED)),
        ("Captum", "deconvnet", theirs(attr.Deconvolution(peer)), ours("deconvnet")),
        (
            "Captum",
            "occlusion, 49 squares",
            # There each of a square's values has the whole drop.
            lambda: squares()[:, :, 0] / 32**2,
            ours("occlusion", window=32, stride=32),
        ),
    ]


TIMES_INPUT, GUIDED = "gradient_times_input", "guided_backpropagation"


def with_zennit(peer: Any, picture: Pixels, target: int, ours: Ours) -> list[Comparison]:
    import torch
    from zennit import attribution, composites

    point = torch.tensor(picture.transpose(2, 0, 1)[None].copy())
    start = torch.eye(CLASSES)[[target]]

    def theirs(composite: Any) -> Callable[[], FloatArray]:
        def relevance() -> FloatArray:
            with attribution.Gradient(model=peer, composite=composite) as attributor:
                # Relevance starts at the class's score.
                logits = peer(point).detach()
                return _channels_last(attributor(point, start * logits)[1])

        return relevance

    low, high = torch.zeros_like(point), torch.full_like(point, 255)
    made = {
        "epsilon_plus_flat": composites.EpsilonPlusFlat(),
        "epsilon_alpha2_beta1_flat": composites.EpsilonAlpha2Beta1Flat(),
        "epsilon_gamma_box": composites.EpsilonGammaBox(low=low, high=high),
    }
    return [
        ("zennit", f"LRP, {preset}", theirs(composite), ours("lrp", preset=preset))
        for preset, composite in made.items()
    ]


def with_grad_cam(
    peer: Any, classifier: Classifier, picture: Pixels, target: int
) -> list[Comparison]:
    import pytorch_grad_cam as cams
    import torch
    from pytorch_grad_cam.utils.image import scale_cam_image
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    point = torch.tensor(picture.transpose(2, 0, 1)[None].copy())
    last = [each for each in peer if isinstance(each, torch.nn.ReLU)][-1]
    targets = [ClassifierOutputTarget(target)]

    def theirs(kind: Any) -> Callable[[], FloatArray]:
        made = kind(model=peer, target_layers=[last])
        return lambda: np.asarray(made(input_tensor=point, targets=targets)[0])

    def ours(method: str, **options: OptionValue) -> Callable[[], FloatArray]:
        def drawn() -> FloatArray:
            heatmap = explain(classifier, picture, method, target, layer=LAST, **options).heatmap
            # As there: cut off below 0, as large as the picture, and before and after from 0 to 1.
            large = scale_cam_image(np.maximum(heatmap, 0)[None], (SIZE, SIZE))
            return np.asarray(scale_cam_image(large)[0])

        return drawn

    def variant(name: str) -> Callable[[], FloatArray]:
        return ours("class_activation", variant=name)

    def with_epsilon() -> FloatArray:
        with patch.dict("attribution_core.methods.class_activation._BY_GRADIENT", PEERS_FORMULA):
            return variant("Grad-CAM++")()

    return [
        ("pytorch-grad-cam", "Grad-CAM", theirs(cams.GradCAM), ours("grad_cam")),
        ("pytorch-grad-cam", "LayerCAM", theirs(cams.LayerCAM), variant("LayerCAM")),
        ("pytorch-grad-cam", "HiResCAM", theirs(cams.HiResCAM), variant("HiResCAM")),
        ("pytorch-grad-cam", "XGrad-CAM", theirs(cams.XGradCAM), variant("XGrad-CAM")),
        ("pytorch-grad-cam", "Grad-CAM++", theirs(cams.GradCAMPlusPlus), variant("Grad-CAM++")),
        (
            "pytorch-grad-cam",
            "Grad-CAM++, with its ε = 1e-6",
            theirs(cams.GradCAMPlusPlus),
            with_epsilon,
        ),
        ("pytorch-grad-cam", "Ablation-CAM", theirs(cams.AblationCAM), variant("Ablation-CAM")),
    ]


def _grad_cam_plus_plus(activations: FloatArray, gradients: FloatArray) -> FloatArray:
    """With the ε that pytorch-grad-cam adds to the denominator, which squared gradients can be
    smaller than."""
    square = gradients**2
    denominator = 2 * square + square * gradients * activations.sum(axis=(0, 1)) + 1e-6
    weights = (square / denominator * np.maximum(gradients, 0)).sum(axis=(0, 1))
    return np.asarray(activations @ weights)


PEERS_FORMULA = {"Grad-CAM++": _grad_cam_plus_plus}


def _channels_last(values: Any) -> FloatArray:
    return np.asarray(values.detach().numpy()[0].transpose(1, 2, 0))


if __name__ == "__main__":
    main()
