"""The sidebar: the controls that all pages share, in the order in which one decides.

What is chosen most often is in sight on arrival at 1280×720; the rest is in `more_controls`.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from attribution_core.images import INPUT
from attribution_core.methods.method import QUESTIONS
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS, grouped, in_groups
from attribution_core.request import ZEROS
from attribution_core.version import VERSION
from pages.ui.shell.address import LONGEST, allowed
from pages.ui.shell.choices import decide, drawn
from pages.ui.shell.costs import costs_here
from pages.ui.shell.gallery import gallery_picture, pick_from_gallery
from pages.ui.shell.glossary import with_words
from pages.ui.shell.markdown import literal
from pages.ui.shell.method_presets import render_presets
from pages.ui.shell.model_download import render_model_download, takes_lines
from pages.ui.shell.more_controls import EVERY_LAYER, render_more_controls
from pages.ui.shell.own_model import render_own_model
from pages.ui.shell.own_picture import (
    MOST_BYTES,
    assumed,
    show_again,
    take_address,
    take_own_picture,
    take_pasted,
)
from pages.ui.shell.refusals import draw_refusal
from pages.ui.shell.requests import players_given
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session, visitor
from pages.ui.shell.settings import BOUNDS, CLASS_CHOICES, MOST_CLASSES, UPLOAD, Settings
from pages.ui.worker.engine import Engine
from pages.ui.worker.housekeeping import PICTURES


def render_sidebar(engine: Engine, scene: Scene) -> None:
    """Draw the controls; what a visitor changes there is in the next run's scene."""
    settings = scene.settings
    with st.sidebar:
        _picture(scene)
        _model(engine, scene)
        if session().page not in ("superpixels", "regions", "methods"):
            # These use methods of their own, whichever the other pages show.
            _methods(engine, scene)
        _classes(scene)
        _reference(settings)
        _layer(scene)
        _players(scene)
        render_more_controls(scene)
        st.caption(f"Attribution Explorer {VERSION}")


def _picture(scene: Scene) -> None:
    chosen = scene.settings.picture
    pick_from_gallery(
        chosen,
        key="gallery",
        on_pick=lambda picked: decide("picture", picked),
        on_paste=take_pasted,
    )
    own = session().own_picture is not None
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="small",
        key="picture_shown",
    ):
        if own and chosen == UPLOAD:
            st.caption("Your own, centre crop", width="content")
        else:
            entry = gallery_picture(chosen)
            st.caption(
                literal(entry.title),
                help=literal(entry.origin),
                width="content",
            )
        with st.popover("Your own picture", type="tertiary", key="own_picture"):
            _own_picture(scene, own=own)
    if own and chosen == UPLOAD:
        height, width = scene.picture.pixels.shape[:2]
        if sentences := assumed((height, width)):
            st.caption(literal(sentences))
    draw_refusal("picture")


def _own_picture(scene: Scene, *, own: bool) -> None:
    st.file_uploader(
        "Upload a picture",
        type=PICTURES,
        max_upload_size=MOST_BYTES // 2**20,
        help="At most 20 MB. It is kept in this server's memory until you leave. During the "
        "upload, an unnamed temporary file may hold it.",
        on_change=take_own_picture,
        args=("upload",),
        key="upload",
    )
    st.caption("Or paste one anywhere on the page: Ctrl+V, on a Mac ⌘V.")
    if allowed():
        st.text_input(
            "Address of a picture",
            placeholder="https://…",
            max_chars=LONGEST,
            on_change=take_address,
            args=("picture_address",),
            key="picture_address",
            help="The server fetches it: https only, at most 20 MB and 10 seconds.",
        )
    if st.toggle("Use the camera"):
        st.camera_input(
            "Take a picture", on_change=take_own_picture, args=("camera",), key="camera"
        )
    if own and scene.settings.picture != UPLOAD:
        st.button("Show it again", on_click=show_again)


def _model(engine: Engine, scene: Scene) -> None:
    models = {
        model.name: model
        for model in engine.models(visitor())
        if not model.for_a_story or model.name == scene.settings.model
    }

    def described(name: str) -> str:
        model = models[name]
        if not model.missing or model.application is None:
            return model.title
        return f"{model.title} · {model.application.megabytes} MB to download"

    drawn(
        "model",
        lambda key, value: st.selectbox(
            "Model",
            tuple(models),
            format_func=described,
            key=key,
            label_visibility="collapsed",
        ),
        scene.settings.model,
        offered=models,
        title=described,
    )
    st.caption(literal(scene.model.kind), help=literal(scene.model.note) or None)
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="small",
        key="other_models",
    ):
        render_own_model(engine, scene)
        quiet = not takes_lines(engine, scene.model, visitor())
        if quiet:
            render_model_download(engine, scene.model, visitor())
    if not quiet:
        render_model_download(engine, scene.model, visitor())


def _methods(engine: Engine, scene: Scene) -> None:
    costs = costs_here(engine, scene)
    with st.container(gap=None, key="methods"):
        render_presets(costs)
        drawn(
            "methods",
            lambda key, value: st.multiselect(
                "Method",
                grouped(),
                format_func=_title_of_method,
                key=key,
                help=_told_in_groups(costs.words),
                placeholder="Choose one or more",
            ),
            list(scene.settings.methods),
            offered=METHODS,
            title=_title_of_method,
        )


def _told_in_groups(costs: Mapping[str, str]) -> str:
    """Every method in Markdown, below the question that it answers."""
    return "\n\n".join(
        f"**{QUESTIONS[question]}**\n"
        + "\n".join(
            f"- **{each.title}**: {each.help}{costs[each.name] and f' *Here: {costs[each.name]}.*'}"
            for each in methods
        )
        for question, methods in in_groups().items()
    )


def _title_of_method(name: str) -> str:
    return METHODS[name].title


def _classes(scene: Scene) -> None:
    drawn(
        "class_choice",
        lambda key, value: st.segmented_control(
            "Target class",
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
    to_come = not scene.classes and prediction is None and scene.settings.class_choice != "own"
    if not labels or to_come:
        # An empty list that one can change would be reported as a choice of no class, by a browser
        # that has not drawn the classes yet.
        st.multiselect(
            "Target class",
            [],
            placeholder="Those of the prediction" if labels else "The model is being loaded",
            disabled=True,
            label_visibility="collapsed",
        )
        return
    top = prediction.top(5) if prediction is not None else ()

    def described(number: int) -> str:
        if prediction is not None and number in top:
            return f"{labels[number]} · {prediction.said(number)}"
        return labels[number]

    drawn(
        "classes",
        lambda key, value: st.multiselect(
            "Target class",
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
        title=described,
    )


def _reference(settings: Settings) -> None:
    kinds: tuple[str, ...] = REFERENCE_KINDS
    if settings.layer != INPUT:
        kinds = (*kinds, ZEROS)
    drawn(
        "reference",
        lambda key, value: st.selectbox(
            "Reference point",
            kinds,
            format_func=_title_of_reference,
            key=key,
            help="The baseline the picture is compared with: absent parts take its values, and "
            "paths start from it. Mean, blurred and shuffled are made from this picture.",
        ),
        settings.reference,
        offered=kinds,
        title=_title_of_reference,
    )


def _title_of_reference(kind: str) -> str:
    return kind.capitalize() + (" (no activations)" if kind == ZEROS else "")


def _layer(scene: Scene) -> None:
    chosen, classifier = scene.settings.layer, scene.classifier
    if classifier is None:
        if chosen:
            st.selectbox("Layer", [chosen], disabled=True, help="The model is being loaded.")
        return
    every = bool(st.session_state.get(EVERY_LAYER, False))
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
        title=described,
    )


def _players(scene: Scene) -> None:
    settings = scene.settings
    drawn(
        "count",
        lambda key, value: st.slider(
            "Superpixel count",
            int(BOUNDS["count"][0]),
            int(BOUNDS["count"][1]),
            key=key,
            help=with_words(
                "The players of coalition methods: at the pixels SLIC superpixels or the cells of "
                "a grid, at a layer blocks of its positions."
            ),
        ),
        settings.count,
    )
    if scene.classifier is not None:
        height, width, _ = scene.classifier.layer(settings.layer).shape
        st.caption(players_given(settings, height, width))
