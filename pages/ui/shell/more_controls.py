"""The sidebar's controls that are rarely used, one click away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

from attribution_core.images import INPUT
from attribution_core.methods.options import BFLOAT16, Option, OptionValue
from attribution_core.painting import COLOUR_SCALES
from attribution_core.registry import METHODS
from attribution_core.scores import FINER_WEIGHT, NEAREST
from pages.ui.shell.choices import choice, drawn
from pages.ui.shell.game_methods import game_methods
from pages.ui.shell.glossary import with_words
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session
from pages.ui.shell.settings import (
    BOUNDS,
    SAMPLED,
    SCALES,
    SEGMENTATIONS,
    VIEWS,
    Settings,
    one_of,
)
from pages.ui.shell.whole_numbers import whole_number_input

IN_FLOAT32 = ("randomisation", "axioms")
"""Pages that compute everything in float32."""

EVERY_LAYER = "every_layer"
"""The key of the switch that lists all layers."""


def render_more_controls(scene: Scene) -> None:
    """Draw them in a part of the sidebar that stays open or closed as the visitor left it."""
    settings = scene.settings
    opened = []

    def part(key: str, value: bool) -> bool:
        opened.append(st.expander("More", key=key, icon=":material/tune:", on_change="rerun"))
        return bool(opened[0].open)

    choice("sidebar-more", part, False, lambda text: one_of(text, ("yes", "no")) == "yes")
    with opened[0]:
        # Regions are of logits, and have colours of their own.
        regions = session().page == "regions"
        if not regions:
            _score(scene)
        _layers(scene)
        _players(settings)
        # Two pages use methods of their own, whichever the others show.
        if session().page == "superpixels":
            _method_options(scene, game_methods(exact=False))
        elif regions:
            _method_options(scene, (SAMPLED,), only=("budget",))
        else:
            _method_options(scene, settings.methods)
        if not regions:
            _display(settings)


def _score(scene: Scene) -> None:
    drawn(
        "score",
        lambda key, value: st.segmented_control(
            "Score to explain",
            scene.scores,
            required=True,
            format_func=str.capitalize,
            key=key,
            help=with_words(
                f"The class's {scene.quantity}, its probability, or the difference between its "
                f"{scene.quantity} and that of another class (contrast), or {FINER_WEIGHT:g} times "
                f"the mean of the {NEAREST} classes nearest to it (finer, after Finer-CAM)."
            ),
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
            title=scene.labels.__getitem__,
        )


def _layers(scene: Scene) -> None:
    classifier = scene.classifier
    if classifier is not None and len(classifier.layers) > len(classifier.main_layers):
        st.toggle(
            f"List all {len(classifier.layers)} layers",
            key=EVERY_LAYER,
            help="Only the last layer of each shape is listed otherwise.",
        )


def _players(settings: Settings) -> None:
    with st.expander("Superpixels", icon=":material/grid_view:"):
        if settings.layer == INPUT:
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
            if settings.segmentation == "superpixels":
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
            lambda key, value: whole_number_input(
                "Seed",
                int(BOUNDS["seed"][0]),
                int(BOUNDS["seed"][1]),
                key=key,
                help="For everything random: the same seed gives the same map.",
            ),
            settings.seed,
        )


def _method_options(scene: Scene, methods: Sequence[str], only: Collection[str] = ()) -> None:
    """The options of methods; ``only`` names those that count on this page, where not all do."""
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
                if only and option.name not in only:
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
        low, high, step = option.minimum or 0, option.maximum or 0, option.step or 1
        if isinstance(option.default, int):
            return whole_number_input(
                option.label, int(low), int(high), step=int(step), key=key, help=option.help
            )
        return st.number_input(
            option.label,
            float(low),
            float(high),
            step=float(step),
            key=key,
            help=option.help,
            format="%.3f",
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
