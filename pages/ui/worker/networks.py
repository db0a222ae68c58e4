"""How networks that are known by name, and the operator's own, are loaded: in any process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.models.loading import load_classifier
from attribution_core.models.pixels import size_in
from attribution_core.models.preprocessing import read_preprocessing
from attribution_core.running.cache import Cache
from attribution_core.scores import LINKS, Link
from pages.ui.worker.uploads import whole_number

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

MODEL = "ATTRIBUTION_MODEL"
"""The variable that names the operator's own model file; others say more of it."""

_MORE = ("ATTRIBUTION_NETWORKS_MB", "KERAS_HOME")
_ENDINGS = ("_WEIGHTS", "_MD5")


def whereabouts(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables that say which networks there are, where their files lie and what they may
    take: all that another process must know of them."""
    return tuple(
        (name, value)
        for name, value in sorted(environment.items())
        if name in _MORE
        or name.startswith(MODEL)
        or (name.startswith("ATTRIBUTION_") and name.endswith(_ENDINGS))
    )


def load_network(name: str, environment: Mapping[str, str], cache: Cache) -> Classifier:
    """A network known by name, or the operator's own where it is none of these.

    ValueError or OSError as `load_classifier`, and where a variable cannot be understood or, of a
    network that is not known, is missing.
    """
    if name in KNOWN_NETWORKS:
        return load_classifier(name, cache=cache, environment=environment)
    preprocessing = environment.get(f"{MODEL}_PREPROCESSING", "none")
    try:
        read_preprocessing(preprocessing)
    except ValueError as error:
        raise ValueError(f"{MODEL}_PREPROCESSING: {error}") from None
    if MODEL not in environment:
        raise ValueError(
            f"There is no network '{name}' here; choose one of {', '.join(KNOWN_NETWORKS)}, or "
            f"name a file of your own with {MODEL}."
        )
    return load_classifier(
        Path(environment[MODEL]).expanduser(),
        labels=environment.get(f"{MODEL}_LABELS"),
        preprocessing=preprocessing,
        link=_own_link(environment),
        input_size=own_size(environment),
        cache=cache,
    )


def network_bytes(environment: Mapping[str, str]) -> int:
    """What networks of Keras Applications may take together."""
    return whole_number(environment, "ATTRIBUTION_NETWORKS_MB", 4096) * 2**20


def own_size(environment: Mapping[str, str]) -> tuple[int, int] | None:
    """Height and width of pictures for the operator's own model, where it takes any."""
    asked = environment.get(f"{MODEL}_SIZE")
    try:
        return None if asked is None else size_in(asked)
    except ValueError as error:
        raise ValueError(f"{MODEL}_SIZE: {error}") from None


def _own_link(environment: Mapping[str, str]) -> Link | None:
    """What the operator's own model's outputs are, where it does not say it."""
    said = environment.get(f"{MODEL}_LINK")
    if said is None:
        return None
    for link in LINKS:
        if said == link:
            return link
    raise ValueError(f"{MODEL}_LINK: '{said}' is none of {', '.join(LINKS)}.")


def shield_keras() -> None:
    """Keep Streamlit from clearing Keras's session after every rerun, under running jobs."""
    import keras

    def keep_session(*arguments: Any, **keywords: Any) -> None:
        return None

    keras.backend.clear_session = keep_session
