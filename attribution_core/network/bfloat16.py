"""Networks that compute in bfloat16: float32's range with 8 bits of precision instead of 24.

Processors with instructions for it evaluate VGG16's convolutions in little more than half the time,
and the rounding changes attributions far less than sampling coalitions does
(``tests/benchmarks/bfloat16.py``). Networks of depthwise convolutions gain nothing.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def processor_has_bfloat16(information: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this processor reports bfloat16 instructions; only Linux reports them.

    Without them TensorFlow converts back and forth, and takes longer than in float32.
    """
    if platform.system() != "Linux" or not information.is_file():
        return False
    flags = information.read_text("utf-8", errors="replace").split()
    return any(name in flags for name in _INSTRUCTIONS)


def in_bfloat16(network: keras.Model) -> keras.Model:
    """The same network with parameters and activations in bfloat16.

    Batch normalisation keeps its parameters in float32.

    Parameters
    ----------
    network : keras.Model
        Stays as it is.

    Raises
    ------
    ValueError
        When a layer cannot be rebuilt from its settings.
    """
    # Not above: pages ask about the processor, and should not wait for TensorFlow.
    import keras

    from attribution_core.network.graph import finish_normalisations
    from attribution_core.network.nesting import appearance

    def rounded(layer: Any) -> Any:
        if not isinstance(layer, keras.layers.Layer):
            return appearance(layer)
        keeps = isinstance(layer, keras.layers.BatchNormalization)
        policy = "mixed_bfloat16" if keeps else "bfloat16"
        return type(layer).from_config({**layer.get_config(), "dtype": policy})

    try:
        twin = keras.models.clone_model(network, clone_function=rounded, recursive=True)
        twin.set_weights(network.get_weights())
        finish_normalisations(twin)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise ValueError(
            f"The network {network.name} cannot be computed in bfloat16: not all of its layers "
            "can be rebuilt from their settings. Use float32."
        ) from error
    return twin
