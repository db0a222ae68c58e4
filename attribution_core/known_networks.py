"""The networks known by name: those that are shipped, and those of Keras Applications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/"
_KERNELS = "weights_tf_dim_ordering_tf_kernels"


@dataclass(frozen=True)
class KerasApplication:
    """A network of Keras Applications, trained on ImageNet's 1000 classes.

    Attributes
    ----------
    name, title : str
        As in links and commands; as its constructor in ``keras.applications`` is called.
    url : str
        Where Keras downloads its weights from.
    checksum : str
        Of that file, as in Keras: an MD5, or a SHA-256; empty where Keras has none.
    parameters : int
        How many the file holds, 4 bytes each.
    input_size : int
        Height and width of its pictures, in pixels.
    preprocessing : str
        What is done to RGB in 0..255 before it, as `preprocess_of` reads it; ``"none"`` where its
        own first layers do it.
    kind : str
        What network it is, in a few words.
    paper : str
        Authors and year.
    arxiv : str
        The paper's number there.
    local : bool
        Whether exact Shapley values come quickly at its highest layer: only a mean over the plane
        and a linear layer follow.
    """

    name: str
    title: str
    url: str
    checksum: str
    parameters: int
    input_size: int
    preprocessing: Literal["none", "minus_one_to_one", "caffe", "torch"]
    kind: str
    paper: str
    arxiv: str
    local: bool = True

    @property
    def file(self) -> str:
        """The file's name in Keras's cache."""
        return self.url.rpartition("/")[2]

    @property
    def megabytes(self) -> int:
        """What its parameters take, in MB of a million bytes; the file takes a little more."""
        return round(self.parameters * 4 / 1e6)

    @property
    def year(self) -> int:
        """The paper's."""
        return int(self.paper[-4:])


KERAS_APPLICATIONS: Mapping[str, KerasApplication] = {
    each.name: each
    for each in (
        KerasApplication(
            "vgg16",
            "VGG16",
            f"{_KERAS}vgg16/vgg16_{_KERNELS}.h5",
            "64373286793e3c8b2b4e3219cbf3544b",
            138_357_544,
            224,
            "caffe",
            "The original, three dense layers",
            "Simonyan and Zisserman, 2014",
            "1409.1556",
            local=False,
        ),
        KerasApplication(
            "vgg19",
            "VGG19",
            f"{_KERAS}vgg19/vgg19_{_KERNELS}.h5",
            "cbe5617147190e668d6c5d5026f83318",
            143_667_240,
            224,
            "caffe",
            "VGG16 with three more convolutions",
            "Simonyan and Zisserman, 2014",
            "1409.1556",
            local=False,
        ),
        KerasApplication(
            "resnet50",
            "ResNet50",
            f"{_KERAS}resnet/resnet50_{_KERNELS}.h5",
            "2cb95161c43110f7111970584f804107",
            25_636_712,
            224,
            "caffe",
            "Residual blocks around identities",
            "He et al., 2015",
            "1512.03385",
        ),
        KerasApplication(
            "resnet50v2",
            "ResNet50V2",
            f"{_KERAS}resnet/resnet50v2_{_KERNELS}.h5",
            "3ef43a0b657b3be2300d5770ece849e0",
            25_613_800,
            224,
            "minus_one_to_one",
            "Residual, rectified beforehand",
            "He et al., 2016",
            "1603.05027",
        ),
        KerasApplication(
            "inception_v3",
            "InceptionV3",
            f"{_KERAS}inception_v3/inception_v3_{_KERNELS}.h5",
            "9a0d58056eeedaa3f26cb7ebd46da564",
            23_851_784,
            299,
            "minus_one_to_one",
            "Convolutions of several sizes",
            "Szegedy et al., 2015",
            "1512.00567",
        ),
        KerasApplication(
            "xception",
            "Xception",
            f"{_KERAS}xception/xception_{_KERNELS}.h5",
            "0a58e3b7378bc2990ea3b43d5981f1f6",
            22_910_480,
            299,
            "minus_one_to_one",
            "Places and channels apart",
            "Chollet, 2016",
            "1610.02357",
        ),
        KerasApplication(
            "mobilenet_v2",
            "MobileNetV2",
            f"{_KERAS}mobilenet_v2/mobilenet_v2_{_KERNELS}_1.0_224.h5",
            "",
            3_538_984,
            224,
            "minus_one_to_one",
            "Residual blocks made for phones",
            "Sandler et al., 2018",
            "1801.04381",
        ),
        KerasApplication(
            "mobilenet_v3_large",
            "MobileNetV3Large",
            f"{_KERAS}mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float.h5",
            "59e551e166be033d707958cf9e29a6a7",
            5_507_432,
            224,
            "none",
            "Found by search, for phones",
            "Howard et al., 2019",
            "1905.02244",
            local=False,
        ),
        KerasApplication(
            "densenet121",
            "DenseNet121",
            f"{_KERAS}densenet/densenet121_{_KERNELS}.h5",
            "9d60b8095a5708f2dcce2bca79d332c7",
            8_062_504,
            224,
            "torch",
            "Each layer sees those below it",
            "Huang et al., 2016",
            "1608.06993",
        ),
        KerasApplication(
            "efficientnet_b0",
            "EfficientNetB0",
            "https://storage.googleapis.com/keras-applications/efficientnetb0.h5",
            "902e53a9f72be733fc0bcb005b3ebbac",
            5_330_571,
            224,
            "none",
            "Blocks that weigh their channels",
            "Tan and Le, 2019",
            "1905.11946",
        ),
        KerasApplication(
            "efficientnet_v2_b0",
            "EfficientNetV2B0",
            f"{_KERAS}efficientnet_v2/efficientnetv2-b0.h5",
            "21ecbf6da12460d5c40bb2f29ceb2188",
            7_200_312,
            224,
            "none",
            "EfficientNet, quicker to train",
            "Tan and Le, 2021",
            "2104.00298",
        ),
        KerasApplication(
            "convnext_tiny",
            "ConvNeXtTiny",
            f"{_KERAS}convnext/convnext_tiny.h5",
            "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
            28_589_128,
            224,
            "none",
            "Built as transformers are",
            "Liu et al., 2022",
            "2201.03545",
            local=False,
        ),
    )
}
"""Of each its table row: file, address and checksum are those in ``keras.applications``."""

SHIPPED: Mapping[str, str] = {
    "efficientnet_lite0": "EfficientNet-Lite0",
    "vgg16_cam": "VGG16 (CAM head, built in)",
    "clever_hans": "Clever Hans (bird or mammal)",
}
"""Names of the networks whose weights are in ``assets``, and their titles."""

KNOWN_NETWORKS: Mapping[str, str] = {
    **SHIPPED,
    **{name: network.title for name, network in KERAS_APPLICATIONS.items()},
}
"""Names of the classifiers that need no model file, and their titles."""
