"""The sidebar: the controls that all pages share, drawn from the scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from attribution_core.methods.options import BFLOAT16, Option, OptionValue
from attribution_core.painting import COLOUR_SCALES
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS
from pages.ui.shell.choices import decide, drawn
from pages.ui.shell.gallery import gallery_picture, pick_from_gallery
from pages.ui.shell.game_methods import game_methods
from pages.ui.shell.markdown import literal
from pages.ui.shell.model_download import render_model_download
from pages.ui.shell.own_picture import show_again, take_own_picture
from pages.ui.shell.requests import players_given
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session, visitor
from pages.ui.shell.settings import (
    BOUNDS,
    CLASS_CHOICES,
    MOST_CLASSES,
    SCALES,
    SCORES,
    SEGMENTATIONS,
    UPLOAD,
    VIEWS,
    Settings,
)
from pages.ui.worker.engine import Engine

DEFAULT_SIZE = (224, 224)
IN_FLOAT32 = ("randomisation", "axioms")
"""Pages that compute everything in float32."""


def render_sidebar(engine: Engine, scene: Scene) -> None:
    """Draw the controls; what a visitor changes there is in the next run's scene."""
    settings = scene.settings
    by_hand = session().page == "superpixels"
    with st.sidebar:
        _model(engine, scene)
        _picture(scene)
        _classes(scene)
        if not by_hand:
            _methods(settings)
        _layer(scene)
        _reference(settings)
        _score(scene)
        _players(scene)
        # The Superpixels page uses the methods of its game, whichever the other pages show.
        _method_options(scene, game_methods(exact=False) if by_hand else settings.methods)
        _display(settings)


def _model(engine: Engine, scene: Scene) -> None:
    models = {model.name: model for model in engine.models()}
    drawn(
        "model",
        lambda key, value: st.selectbox(
            "Model",
            tuple(models),
            format_func=lambda name: (
                models[name].title + (" · to be downloaded" if models[name].missing else "")
            ),
            key=key,
            help="VGG16 is the default where its weights are on this machine.",
        ),
        scene.settings.model,
        offered=models,
    )
    if scene.model.note:
        st.caption(scene.model.note)
    render_model_download(engine, scene.model, visitor())


def _picture(scene: Scene) -> None:
    chosen = scene.settings.picture
    st.markdown("**Picture**")
    pick_from_gallery(chosen, key="gallery", on_pick=lambda picked: decide("picture", picked))
    with st.expander("Your own picture", icon=":material/add_a_photo:"):
        st.file_uploader(
            "Upload a picture",
            type=["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"],
            help="At most 20 MB. It stays in this server's memory and is never written to disk.",
            on_change=take_own_picture,
            args=("upload",),
            key="upload",
        )
        if st.toggle("Use the camera"):
            st.camera_input(
                "Take a picture", on_change=take_own_picture, args=("camera",), key="camera"
            )
        if session().refused_picture:
            st.error(session().refused_picture)
            session().refused_picture = ""
        own = session().own_picture is not None
        if own and chosen != UPLOAD:
            st.button("Show it again", on_click=show_again)
    if own and chosen == UPLOAD:
        st.caption("Your own picture, centre crop")
        return
    entry = gallery_picture(chosen)
    st.caption(entry.title, help=literal(entry.origin))


def _classes(scene: Scene) -> None:
    drawn(
        "class_choice",
        lambda key, value: st.segmented_control(
            "Target classes",
            CLASS_CHOICES,
            required=True,
            format_func={"suggested": "Suggested", "top5": "Top five", "own": "My own"}.__getitem__,
            key=key,
            help="Suggested: the classes a gallery picture was chosen for, else the two most "
            "probable. Suggested and Top five follow the picture; your own stay.",
        ),
        scene.settings.class_choice,
    )
    labels, prediction = scene.labels, scene.prediction
    if not labels:
        st.multiselect(
            "Target classes",
            [],
            placeholder="The model is being loaded",
            disabled=True,
            label_visibility="collapsed",
        )
        return
    top = prediction.top(5) if prediction is not None else ()

    def described(number: int) -> str:
        if prediction is not None and number in top:
            return f"{labels[number]} · {100 * prediction.probabilities[number]:.1f} %"
        return labels[number]

    drawn(
        "classes",
        lambda key, value: st.multiselect(
            "Target classes",
            [*top, *(number for number in range(len(labels)) if number not in top)],
            format_func=described,
            key=key,
            max_selections=MOST_CLASSES,
            placeholder="Search all classes",
            label_visibility="collapsed",
            select_all=False,
        ),
        list(scene.classes),
        offered=range(len(labels)),
    )


def _methods(settings: Settings) -> None:
    summaries = "\n".join(f"- **{entry.title}**: {entry.help}" for entry in METHODS.values())
    drawn(
        "methods",
        lambda key, value: st.multiselect(
            "Methods",
            tuple(METHODS),
            format_func=lambda name: METHODS[name].title,
            key=key,
            help=summaries,
            placeholder="Choose one or more",
        ),
        list(settings.methods),
        offered=METHODS,
    )


def _layer(scene: Scene) -> None:
    chosen, classifier = scene.settings.layer, scene.classifier
    if classifier is None:
        if chosen:
            st.selectbox("Layer", [chosen], disabled=True, help="The model is being loaded.")
        return
    every = bool(st.session_state.get("every_layer", False))
    listed = list(classifier.layers if every else classifier.main_layers)
    if chosen not in listed:
        listed = [name for name in classifier.layers if name in {*listed, chosen}]

    def described(name: str) -> str:
        height, width, channels = classifier.layer(name).shape
        return f"{name} · {height}×{width}×{channels}"

    drawn(
        "layer",
        lambda key, value: st.selectbox(
            "Layer",
            listed,
            format_func=described,
            key=key,
            help="Where attributions are taken: at the input's pixels, or at the activations of a "
            "layer. Higher layers are more class-specific, and faster.",
        ),
        chosen,
        offered=listed,
    )
    if len(classifier.layers) > len(classifier.main_layers):
        st.toggle(
            f"List all {len(classifier.layers)} layers",
            key="every_layer",
            help="Only the last layer of each shape is listed otherwise.",
        )


def _reference(settings: Settings) -> None:
    kinds: tuple[str, ...] = REFERENCE_KINDS
    if settings.layer != "input":
        kinds = (*kinds, ZEROS)
    drawn(
        "reference",
        lambda key, value: st.selectbox(
            "Reference point",
            kinds,
            format_func=lambda kind: (
                kind.capitalize() + (" (no activations)" if kind == ZEROS else "")
            ),
            key=key,
            help="The baseline the picture is compared with: absent parts take its values, and "
            "paths start from it. Mean and blurred are computed from this picture.",
        ),
        settings.reference,
        offered=kinds,
    )


def _score(scene: Scene) -> None:
    drawn(
        "score",
        lambda key, value: st.segmented_control(
            "Score to explain",
            SCORES,
            required=True,
            format_func=str.capitalize,
            key=key,
            help="The class's logit, its probability, or the difference between its logit and "
            "that of another class.",
        ),
        scene.settings.score,
    )
    if scene.settings.score == "contrast" and scene.prediction is not None:
        drawn(
            "against",
            lambda key, value: st.selectbox(
                "Against the class",
                range(len(scene.labels)),
                format_func=scene.labels.__getitem__,
                key=key,
            ),
            scene.settings.against or 0,
            offered=range(len(scene.labels)),
        )


def _players(scene: Scene) -> None:
    settings = scene.settings
    at_input = settings.layer == "input"
    with st.expander("Superpixels", icon=":material/grid_view:", expanded=at_input):
        if at_input:
            drawn(
                "segmentation",
                lambda key, value: st.segmented_control(
                    "Players of coalition methods",
                    SEGMENTATIONS,
                    required=True,
                    format_func={"superpixels": "SLIC superpixels", "grid": "Grid"}.__getitem__,
                    key=key,
                ),
                settings.segmentation,
            )
        drawn(
            "count",
            lambda key, value: st.slider(
                "Count", int(BOUNDS["count"][0]), int(BOUNDS["count"][1]), key=key
            ),
            settings.count,
        )
        if scene.classifier is not None:
            height, width, _ = scene.classifier.layer(settings.layer).shape
            st.caption(players_given(settings, height, width))
        if at_input and settings.segmentation == "superpixels":
            drawn(
                "compactness",
                lambda key, value: st.number_input(
                    "Compactness",
                    *BOUNDS["compactness"],
                    step=1.0,
                    key=key,
                    help="Higher values give squarer superpixels.",
                ),
                settings.compactness,
            )
        drawn(
            "seed",
            lambda key, value: st.number_input(
                "Seed",
                int(BOUNDS["seed"][0]),
                int(BOUNDS["seed"][1]),
                step=1,
                key=key,
                help="For everything random: the same seed gives the same map.",
            ),
            settings.seed,
        )


def _method_options(scene: Scene, methods: Sequence[str]) -> None:
    options = scene.settings.options
    with st.expander("Method options", icon=":material/tune:"):
        described = [METHODS[name] for name in methods if METHODS[name].options]
        if not described:
            st.caption("The chosen methods have no options.")
        for method in described:
            st.markdown(f"**{method.title}**")
            for option in method.options:
                float32_only = not scene.model.bfloat16 or session().page in IN_FLOAT32
                if option.name == BFLOAT16 and float32_only:
                    continue
                value = options.get((method.name, option.name), option.default)
                _option(method.name, option, value)


def _option(method: str, option: Option, value: OptionValue) -> None:
    def draw(key: str, value: OptionValue) -> Any:
        if isinstance(option.default, bool):
            return st.toggle(option.label, key=key, help=option.help)
        if isinstance(option.default, str):
            return st.selectbox(
                option.label,
                option.choices,
                format_func=lambda choice: choice.replace("_", " "),
                key=key,
                help=option.help,
            )
        number = type(option.default)
        return st.number_input(
            option.label,
            number(option.minimum or 0),
            number(option.maximum or 0),
            step=number(option.step or 1),
            key=key,
            help=option.help,
            format=None if number is int else "%.3f",
        )

    drawn(f"{method}.{option.name}", draw, value)


def _display(settings: Settings) -> None:
    with st.expander("Display", icon=":material/palette:"):
        _colours(settings)
        drawn(
            "clip",
            lambda key, value: st.slider(
                "Clip percentile",
                *BOUNDS["clip"],
                step=0.5,
                key=key,
                help="Colours saturate at this percentile of the absolute values.",
            ),
            settings.clip,
        )
        drawn(
            "view",
            lambda key, value: st.segmented_control(
                "Map",
                VIEWS,
                required=True,
                format_func={"overlay": "Over the picture", "plain": "Plain"}.__getitem__,
                key=key,
            ),
            settings.view,
        )
        drawn(
            "opacity",
            lambda key, value: st.slider("Opacity", *BOUNDS["opacity"], step=0.05, key=key),
            settings.opacity,
        )
        drawn(
            "smooth",
            lambda key, value: st.toggle(
                "Interpolate coarse maps",
                key=key,
                help="Off: each position of an inner layer is a block.",
            ),
            settings.smooth,
        )


def _colours(settings: Settings) -> None:
    """Which colours, and what each of them stands for."""
    drawn(
        "colours",
        lambda key, value: st.segmented_control(
            "Colours",
            tuple(COLOUR_SCALES),
            required=True,
            format_func=lambda name: COLOUR_SCALES[name].title,
            key=key,
            help="Orange and blue are told apart without red–green vision too (protan and "
            "deutan sight). |Value| shows how large the values are, whatever their sign.",
        ),
        settings.colours,
    )
    drawn(
        "scale",
        lambda key, value: st.segmented_control(
            "Scale",
            SCALES,
            required=True,
            format_func={"map": "Per map", "method": "Shared by method"}.__getitem__,
            key=key,
            help="A scale shared by all classes of a method makes their maps comparable.",
        ),
        settings.scale,
    )
