"""Model files from anywhere: read as data, never as code."""

from __future__ import annotations

import json
import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution_core.models.inspection import MODEL_FILES, Description, Limits, inspect, layers_of

if TYPE_CHECKING:
    import keras

_MODELS = ("Functional", "Model", "Sequential")

_SLACK_BYTES = 2**20
"""What a network may keep beside what its file holds, such as the states of random numbers."""


def load_model_file(
    path: Path, *, name: str | None = None, limits: Limits | None = None
) -> keras.Model:
    """Load a ``.keras`` or ``.h5`` model whose layers are all Keras's own.

    Parameters
    ----------
    path : pathlib.Path
    name : str, optional
        What its owner calls the file; by default its own name.
    limits : Limits, optional
        What it may ask for.

    Raises
    ------
    ValueError
        When there is no such file, it is not a whole Keras model, it asks for code of its own (a
        Lambda layer, a custom class), which is never run, or for more memory than the limits allow.
    """
    if not path.is_file() or path.suffix not in MODEL_FILES:
        raise ValueError(
            f"There is no model file {path}; name a known model or an existing .keras or .h5 file."
        )
    name, limits = name or path.name, limits or Limits()
    described = inspect(path, name, limits)
    config = described.config
    import keras

    older = path.suffix != ".keras"
    if older:
        _refuse_unknown(config, name)
    _refuse_large(_apart(config, name, older=older), name, described, limits)
    try:
        model = keras.models.load_model(
            path,
            custom_objects=_of_keras_2() if older else None,
            compile=False,
            safe_mode=True,
        )
    except Exception as error:
        raise _not_loaded(name, error) from None
    if not isinstance(model, keras.Model):
        raise ValueError(f"The file {name} holds no model; save a whole model with Keras.")
    return model


def _refuse_unknown(config: dict[str, Any], name: str) -> None:
    """Refuse a layer that Keras does not have; older files do not say where it comes from."""
    import keras

    for kind, layer in layers_of(config):
        if not hasattr(keras.layers, kind) and kind not in _MODELS:
            raise ValueError(
                f"The model {name} asks for code of its own ({kind[:60]}), in its layer "
                f"“{layer[:60]}”, which is not run; it should consist of Keras's own layers."
            )


def _of_keras_2() -> dict[str, Any]:
    """What reads the layers that Keras 2 described in another way than Keras 3."""
    import keras

    class Depthwise:
        """Keras 2 wrote of depthwise convolutions that they have one group."""

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            described = {each: value for each, value in config.items() if each != "groups"}
            return keras.layers.DepthwiseConv2D.from_config(described)

    return {"DepthwiseConv2D": Depthwise}


def _apart(config: dict[str, Any], name: str, *, older: bool) -> Any:
    """The model that a description describes, without any memory for its parameters.

    In a thread of its own, since what Keras remembers of parameters that are still without values
    belongs to a thread.
    """
    from keras.src.legacy.saving.saving_utils import model_from_config

    made: list[Any] = []

    def make() -> None:
        import keras

        try:
            with keras.StatelessScope(initialize_variables=False):
                if older:
                    made.append(model_from_config(config, custom_objects=_of_keras_2()))
                else:
                    made.append(keras.models.model_from_json(json.dumps(config)))
        except Exception as error:
            made.append(_not_loaded(name, error))

    thread = threading.Thread(target=make, name="model-description")
    thread.start()
    thread.join()
    (found,) = made
    if isinstance(found, ValueError):
        raise found
    return found


def _refuse_large(model: Any, name: str, described: Description, limits: Limits) -> None:
    weights = sum(
        math.prod(weight.shape) * _bytes_of(weight.dtype)
        for weight in getattr(model, "weights", ())
    )
    if weights > limits.parameter_bytes:
        raise ValueError(
            f"The model {name} asks for {weights / 1e6:.0f} MB of parameters; at most "
            f"{limits.parameter_bytes / 1e6:.0f} MB can be taken."
        )
    if weights > described.parameter_bytes + _SLACK_BYTES:
        raise ValueError(
            f"The model {name} asks for {weights / 1e6:.0f} MB of parameters, of which the file "
            f"holds {described.parameter_bytes / 1e6:.0f} MB; it should be a whole model saved by "
            "Keras."
        )
    refuse_large_activations(model, name, limits.activation_bytes)


def refuse_large_activations(model: Any, name: str, most_bytes: int) -> None:
    """ValueError where a layer's activations of one picture take more; open sides count as 1."""
    for operation in getattr(model, "operations", ()):
        for tensor in _outputs(operation):
            shape = [size or 1 for size in tensor.shape or ()]
            if math.prod(shape) * 4 > most_bytes:
                raise ValueError(
                    f"The model {name} gives activations of shape {tuple(shape[1:])} at its layer "
                    f"“{operation.name}”; one picture's may take at most "
                    f"{most_bytes / 1e6:.0f} MB."
                )


def _outputs(operation: Any) -> list[Any]:
    return [tensor for node in operation._inbound_nodes for tensor in node.output_tensors]


def _bytes_of(dtype: str) -> int:
    digits = "".join(character for character in dtype if character.isdigit())
    return max(1, int(digits or 8) // 8) if dtype[:4] != "bflo" else 2


def _not_loaded(name: str, error: Exception) -> ValueError:
    # Damage can make Keras raise any type of error.
    return ValueError(
        f"The model {name} cannot be loaded ({type(error).__name__}: "
        f"{str(error).splitlines()[0][:200] if str(error) else 'no reason given'}); "
        "it should be a whole model saved by Keras."
    )
