"""Links of somebody's own network: they name its file by its SHA-256, and the file is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from pages.ui.shell.session import session, visitor
from pages.ui.worker.engine import Engine
from pages.ui.worker.own_model_names import digest_in

OF_THE_MODEL = ("model", "layer", "classes", "class_choice", "against")
"""Settings that say nothing without the network that they are of."""


def of_models_here(engine: Engine, parameters: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Settings without those of a network that this session has not brought.

    And a sentence that asks for its file; empty where nothing is missing.
    """
    asked = dict(parameters)
    digest = digest_in(asked.get("model", ""))
    if not digest:
        return asked, ""
    mine = {own.digest: own.name for own in engine.own_models.of(visitor())}
    if digest not in mine:
        return without_model(asked), _asked_for(engine, digest)
    # Here it may be prepared in another way, or have other labels.
    asked["model"] = mine[digest]
    return asked, ""


def wait_for_file(screen: Mapping[str, str]) -> None:
    """Keep all that a link says until the file of its network is brought."""
    session().awaited = dict(screen)


def without_model(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters without those that are of a network."""
    return {name: text for name, text in parameters.items() if name not in OF_THE_MODEL}


def _asked_for(engine: Engine, digest: str) -> str:
    file = f"This screen is of somebody's own network, whose file has the SHA-256 {digest[:12]}…"
    if not engine.own_models.limits.allowed:
        return f"{file}; this server takes no networks of visitors."
    return (
        f"{file}: bring that file under “Your own model” in the sidebar, and its settings come "
        "back."
    )
