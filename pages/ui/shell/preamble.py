"""What a page needs before it can go on, and controls to choose what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from attribution_core.registry import METHODS
from attribution_core.request import Request, request_or_reason
from pages.ui.shell.markdown import literal
from pages.ui.shell.model_status import render_model_status
from pages.ui.shell.progress import ask, follow, plain
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene, choose_classes, choose_methods
from pages.ui.shell.session import visitor
from pages.ui.shell.settings import Settings
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Predict, Prediction

OFFERED = 5
"""How many of the most probable classes are offered."""


@dataclass(frozen=True)
class Needs:
    """What a page needs besides a picture and a model whose weights are on this machine.

    Attributes
    ----------
    network : bool
        The network itself in memory, for the shapes of its layers.
    prediction : bool
        What the model says of the picture.
    classes, methods : bool
        At least one in the sidebar.
    """

    network: bool = True
    prediction: bool = False
    classes: bool = True
    methods: bool = False


def ready(
    engine: Engine,
    scene: Scene,
    needs: Needs,
    *,
    above: Callable[[Engine, Scene], None] | None = None,
) -> bool:
    """Whether a page can go on; where it cannot, the visitor is told what is missing.

    Parameters
    ----------
    engine, scene
    needs : Needs
    above : callable, optional
        Draws what can be seen as soon as there is a model, above any message.
    """
    if not render_model_status(scene):
        return False
    if above is not None:
        above(engine, scene)
    asked = Predict(scene.settings.model, scene.picture)
    opening = predictions_for(scene.settings, scene.picture)
    wanting = scene.prediction is None and (
        needs.prediction
        or (needs.network and engine.loaded(scene.settings.model) is None)
        or (needs.classes and not scene.classes)
    )
    # A task is cancelled only for the visitor who cancelled it; asking again retries a failure.
    if wanting and not ask(engine, opening):
        return False
    asking = engine.jobs.look(asked, visitor())
    if asking.state == "failed" or (wanting and asking.state == "cancelled"):
        _offer_to_ask_again(engine, opening, asking.error)
        return False
    if wanting:
        follow(engine, scene, opening, {}, lambda snapshots, finished: None)
        return False
    # Both at once, so that nobody chooses one only to be told about the other.
    lacks_classes = needs.classes and not scene.classes
    lacks_methods = needs.methods and not scene.settings.methods
    if lacks_classes and scene.prediction is not None:
        _offer_classes(scene, scene.prediction)
    if lacks_methods:
        _offer_methods(scene)
    return not (lacks_classes or lacks_methods)


def _offer_to_ask_again(engine: Engine, asked: Sequence[Predict], error: Exception | None) -> None:
    if error is None:
        st.info("The model has not been asked about this picture.", icon=":material/stop_circle:")
    else:
        st.error(
            f"{plain(error)} Choose another picture or model in the sidebar, or try again.",
            icon=":material/error:",
        )

    def ask_again() -> None:
        # Tasks of other pages are asked for again where they are needed.
        if ask(engine, asked):
            for each in asked:
                engine.jobs.retry(visitor(), each)

    st.button(
        "Ask the model" if error is None else "Try again",
        icon=":material/play_circle:",
        on_click=ask_again,
        key="ask_again",
    )


def _offer_classes(scene: Scene, prediction: Prediction) -> None:
    st.info(
        "Choose a target class: one of the model's top five here, or one or more of all classes in "
        "the sidebar.",
        icon=":material/category:",
    )
    top = prediction.top(OFFERED)
    with st.container(horizontal=True, key="offered_classes"):
        for number in top:
            st.button(
                f"{literal(scene.labels[number])} · {prediction.said(number)}",
                on_click=choose_classes,
                args=((number,),),
                key=f"offered_class_{number}",
            )
        if len(top) > 1:
            st.button(
                f"All {len(top)}",
                on_click=choose_classes,
                args=(top,),
                key="offered_class_all",
            )


def _offer_methods(scene: Scene) -> None:
    st.info(
        "Choose a method: one of these here, or one or more in the sidebar.",
        icon=":material/function:",
    )
    usual = Settings().methods
    with st.container(horizontal=True, key="offered_methods"):
        st.button(
            f"The usual {len(usual)}",
            on_click=choose_methods,
            args=(usual,),
            key="offered_method_usual",
            help=", ".join(METHODS[name].title for name in usual),
        )
        for name, method in METHODS.items():
            asked = request_or_reason(
                scene.classifier,
                picture=scene.picture,
                method=name,
                target=0,
                layer=scene.settings.layer,
            )
            if isinstance(asked, Request):
                st.button(
                    method.title,
                    on_click=choose_methods,
                    args=((name,),),
                    key=f"offered_method_{name}",
                    help=method.summary,
                )
