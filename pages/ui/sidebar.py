"""The sidebar: every control that all pages share, and the state behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from attribution_core.images import Picture, load_image
from attribution_core.methods.options import BFLOAT16, Option, OptionValue
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS
from pages.ui.engine import Engine, Model
from pages.ui.gallery import gallery, gallery_picture, pick_from_gallery, pixels_of
from pages.ui.game_methods import game_methods
from pages.ui.navigation import complain
from pages.ui.page_choices import in_link, taken_from_link
from pages.ui.settings import (
    BOUNDS,
    CLASS_CHOICES,
    MOST_CLASSES,
    SCALES,
    SCORES,
    SEGMENTATIONS,
    UPLOAD,
    VIEWS,
    Settings,
    decode,
    encode,
)
from pages.ui.work import Predict, Prediction

if TYPE_CHECKING:
    from attribution_core.classifier import Classifier

DEFAULT_SIZE = (224, 224)
IN_FLOAT32 = ("randomisation", "axioms")
"""Pages that evaluate nothing in bfloat16, whatever the options say."""
T = TypeVar("T")


@dataclass(frozen=True)
class Scene:
    """What the sidebar hands to a page.

    Attributes
    ----------
    settings : Settings
        With the layer filled in.
    model : Model
    picture : Picture
    prediction : Prediction or None
        Of the picture; None until the worker has it.
    classes : tuple of int
        The target classes; empty while they wait for the prediction.
    labels : tuple of str
        Of the model's classes; empty while a model file is being loaded.
    classifier : Classifier or None
        The model itself; None while it is being loaded.
    """

    settings: Settings
    model: Model
    picture: Picture
    prediction: Prediction | None
    classes: tuple[int, ...]
    labels: tuple[str, ...]
    classifier: Classifier | None = None


def visitor() -> str:
    """The name under which this session waits for work."""
    import uuid

    return str(st.session_state.setdefault("visitor", uuid.uuid4().hex))


def render_sidebar(engine: Engine, page: str) -> Scene:
    """Draw the controls and take what they say; `page` is the name of the page in links."""
    settings = _restored(engine)
    with st.sidebar:
        settings, model = _model(engine, settings)
        settings, picture = _picture(engine, settings)
        prediction = _prediction(engine, settings, picture)
        labels = engine.labels(settings.model)
        settings = _classes(settings, prediction, labels)
        if page != "superpixels":
            settings = _methods(settings)
        settings = _layer(engine, model, settings)
        settings = _reference(settings)
        settings = _score(settings, prediction, labels)
        settings = _players(engine, settings)
        # Whatever other pages show, that page has the methods of its game, and asks for none.
        methods = game_methods(exact=False) if page == "superpixels" else settings.methods
        settings = _method_options(settings, model, page, methods)
        settings = _display(settings)
    st.session_state["settings"] = settings
    parameters = encode(settings, Settings()) | in_link(page)
    if dict(st.query_params) != parameters:
        st.query_params.from_dict(parameters)
    classes = settings.classes if labels else ()
    classifier = engine.loaded(settings.model)
    return Scene(settings, model, picture, prediction, classes, labels, classifier)


def _restored(engine: Engine) -> Settings:
    """This session's settings, at its start those of the address bar."""
    if "settings" not in st.session_state:
        pictures = (*(entry.id for entry in gallery()), UPLOAD)
        settings, complaints = decode(
            taken_from_link(st.query_params.to_dict()),
            Settings(model=engine.default_model().name),
            tuple(model.name for model in engine.models()),
            pictures,
        )
        if settings.picture == UPLOAD:
            settings = replace(settings, picture=Settings().picture)
            complaints += ("An uploaded picture cannot travel in a link: upload it again.",)
        st.session_state["settings"] = settings
        st.session_state["complaints"] = complaints
    for complaint in st.session_state.pop("complaints", ()):
        complain(complaint)
    restored: Settings = st.session_state["settings"]
    return restored


def _chosen(key: str, draw: Callable[[str], T | None], value: T) -> T:
    """Draw a widget that starts from a value and keeps it, whatever page or run it is drawn in.

    Streamlit forgets a widget that was not drawn for a run, and one whose options have changed; the
    settings do not, so each run hands the widget its value anew.
    """
    key = f"choose_{key}"
    if key not in st.session_state:
        st.session_state[key] = value
    else:
        st.session_state[key] = st.session_state[key]
    drawn = draw(key)
    return value if drawn is None else drawn


def _model(engine: Engine, settings: Settings) -> tuple[Settings, Model]:
    models = {model.name: model for model in engine.models()}
    name = _chosen(
        "model",
        lambda key: st.selectbox(
            "Model",
            tuple(models),
            format_func=lambda name: models[name].title,
            key=key,
            help="VGG16 comes first wherever its weights are on this machine.",
        ),
        settings.model,
    )
    if models[name].note:
        st.caption(models[name].note)
    changed = name != settings.model
    if changed:
        # Layers of one network mean nothing to another.
        settings = replace(settings, model=name, layer="")
        st.session_state.pop("choose_layer", None)
    return settings, models[name]


def _picture(engine: Engine, settings: Settings) -> tuple[Settings, Picture]:
    loaded = engine.loaded(settings.model)
    size = loaded.input_size if loaded is not None else DEFAULT_SIZE
    st.markdown("**Picture**")
    picked = pick_from_gallery(settings.picture, key="gallery")
    if picked != settings.picture:
        settings = replace(settings, picture=picked)
    with st.expander("Your own picture", icon=":material/add_a_photo:"):
        upload = st.file_uploader(
            "Upload a picture",
            type=["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"],
            help="At most 20 MB. It stays in this server's memory and is never written to disk.",
            on_change=_own_picture_changed,
            args=("upload",),
            key="upload",
        )
        camera = None
        if st.toggle("Use the camera"):
            camera = st.camera_input(
                "Take a picture", on_change=_own_picture_changed, args=("camera",), key="camera"
            )
        source = st.session_state.pop("own_picture_changed", None)
        file = {"upload": upload, "camera": camera}.get(source or "")
        if file is not None:
            content = file.getvalue()
            try:
                load_image(content, size)
            except ValueError as error:
                st.error(f"{error} The picture shown is unchanged.")
            else:
                st.session_state["own_picture"] = content
                settings = replace(settings, picture=UPLOAD)
        own: bytes | None = st.session_state.get("own_picture")
        if own is not None and settings.picture != UPLOAD and st.button("Show it again"):
            settings = replace(settings, picture=UPLOAD)
    if settings.picture == UPLOAD and own is not None:
        st.caption("Your own picture, centre crop")
        return settings, _own_pixels(own, size)
    entry = gallery_picture(settings.picture)
    st.caption(entry.title, help=f"{entry.licence}: {entry.source}")
    return settings, pixels_of(entry.id, size)


def _own_picture_changed(source: str) -> None:
    st.session_state["own_picture_changed"] = source


@st.cache_data(max_entries=32, show_spinner=False)
def _own_pixels(content: bytes, size: tuple[int, int]) -> Picture:
    return Picture.of(load_image(content, size))


def _prediction(engine: Engine, settings: Settings, picture: Picture) -> Prediction | None:
    found = engine.jobs.look(Predict(settings.model, picture), visitor()).estimate
    return found if isinstance(found, Prediction) else None


def suggested_classes(
    settings: Settings, prediction: Prediction | None, labels: Sequence[str]
) -> tuple[int, ...]:
    """The classes to start with: those the picture was made for, else the two most probable."""
    if settings.class_choice == "top5":
        return prediction.top(5) if prediction is not None else ()
    if settings.picture != UPLOAD and settings.model != "own":
        made_for = gallery_picture(settings.picture).classes
        if made_for:
            return made_for
    return prediction.top(2) if prediction is not None else ()


def _classes(settings: Settings, prediction: Prediction | None, labels: Sequence[str]) -> Settings:
    choice = _chosen(
        "class_choice",
        lambda key: st.segmented_control(
            "Target classes",
            CLASS_CHOICES,
            required=True,
            format_func={"suggested": "Suggested", "top5": "Top five", "own": "My own"}.__getitem__,
            key=key,
            help="Suggested: the classes that a gallery picture was made for, else the two most "
            "probable. Both follow the picture; your own stay.",
        ),
        settings.class_choice,
    )
    if not labels:
        st.multiselect(
            "Target classes",
            [],
            placeholder="The model is being loaded",
            disabled=True,
            label_visibility="collapsed",
        )
        return replace(settings, class_choice=choice)
    top = prediction.top(5) if prediction is not None else ()
    classes = settings.classes
    if choice != "own":
        classes = suggested_classes(replace(settings, class_choice=choice), prediction, labels)
    classes = tuple(number for number in classes if _exists(number, labels))
    st.session_state["choose_classes"] = list(classes)

    def described(number: int) -> str:
        if prediction is not None and number in top:
            return f"{labels[number]} · {100 * prediction.probabilities[number]:.1f} %"
        return labels[number]

    picked = _chosen(
        "classes",
        lambda key: st.multiselect(
            "Target classes",
            [*top, *(number for number in range(len(labels)) if number not in top)],
            format_func=described,
            key=key,
            max_selections=MOST_CLASSES,
            placeholder="Search all classes",
            label_visibility="collapsed",
            select_all=False,
            on_change=_choose_own_classes,
        ),
        list(classes),
    )
    return replace(settings, class_choice=choice, classes=tuple(picked))


def _exists(number: int, labels: Sequence[str]) -> bool:
    """Whether a model has a class; if not, say so."""
    if number >= len(labels):
        complain(f"There is no class {number}: the model's go from 0 to {len(labels) - 1}.")
    return number < len(labels)


def _choose_own_classes() -> None:
    settings: Settings = st.session_state["settings"]
    if set(st.session_state["choose_classes"]) == set(settings.classes):
        # The browser reports its selection anew when the prediction reorders the list.
        return
    st.session_state["choose_class_choice"] = "own"
    st.session_state["settings"] = replace(
        settings, class_choice="own", classes=tuple(st.session_state["choose_classes"])
    )


def _methods(settings: Settings) -> Settings:
    summaries = "\n".join(f"- **{entry.title}**: {entry.help}" for entry in METHODS.values())
    picked = _chosen(
        "methods",
        lambda key: st.multiselect(
            "Methods",
            tuple(METHODS),
            format_func=lambda name: METHODS[name].title,
            key=key,
            help=summaries,
            placeholder="Choose one or more",
        ),
        list(settings.methods),
    )
    return replace(settings, methods=tuple(picked))


def _layer(engine: Engine, model: Model, settings: Settings) -> Settings:
    loaded = engine.loaded(settings.model)
    default = model.default_layer
    if loaded is None:
        name = settings.layer or default
        if name:
            st.selectbox("Layer", [name], disabled=True, help="The model is being loaded.")
        return replace(settings, layer=name)
    default = default or loaded.layers[-1]
    wanted = settings.layer or default
    if wanted not in loaded.layers:
        complain(f"{model.title} cannot be cut at a layer “{wanted}”; {default} is shown.")
        wanted = default
    every = bool(st.session_state.get("every_layer", False))
    listed = list(loaded.layers if every else loaded.main_layers)
    if wanted not in listed:
        listed = [name for name in loaded.layers if name in {*listed, wanted}]

    def described(name: str) -> str:
        height, width, channels = loaded.layer(name).shape
        return f"{name} · {height}×{width}×{channels}"

    if st.session_state.get("choose_layer") not in listed:
        st.session_state["choose_layer"] = wanted
    name = _chosen(
        "layer",
        lambda key: st.selectbox(
            "Layer",
            listed,
            format_func=described,
            key=key,
            help="Where attributions are taken: at the input's pixels, or at the activations of a "
            "layer. The higher, the more class-specific, and the faster.",
        ),
        wanted,
    )
    if len(loaded.layers) > len(loaded.main_layers):
        st.toggle(
            f"List all {len(loaded.layers)} layers",
            key="every_layer",
            help="Only the last layer of each shape is listed otherwise.",
        )
    return replace(settings, layer=name)


def _reference(settings: Settings) -> Settings:
    kinds: tuple[str, ...] = REFERENCE_KINDS
    if settings.layer != "input":
        kinds = (*kinds, ZEROS)
    if settings.reference not in kinds:
        complain("The pixels have no reference “zeros”; black, which is zero there, is shown.")
        settings = replace(settings, reference="black")
    if st.session_state.get("choose_reference") not in kinds:
        st.session_state["choose_reference"] = settings.reference
    kind = _chosen(
        "reference",
        lambda key: st.selectbox(
            "Reference point",
            kinds,
            format_func=lambda kind: (
                kind.capitalize() + (" (no activations)" if kind == ZEROS else "")
            ),
            key=key,
            help="What the picture is compared with: absent parts take its values, and paths "
            "start at it. Mean and blurred are made from this picture.",
        ),
        settings.reference,
    )
    return replace(settings, reference=kind)


def _score(settings: Settings, prediction: Prediction | None, labels: Sequence[str]) -> Settings:
    kind = _chosen(
        "score",
        lambda key: st.segmented_control(
            "Score to explain",
            SCORES,
            required=True,
            format_func=str.capitalize,
            key=key,
            help="The class's logit, its probability, or by how much its logit leads another's.",
        ),
        settings.score,
    )
    against = settings.against
    if kind == "contrast" and prediction is not None:
        if against is None or not _exists(against, labels):
            # The strongest rival: a class contrasted with itself has no map.
            ranked = prediction.top(MOST_CLASSES + 1)
            against = next((each for each in ranked if each not in settings.classes), ranked[0])
            st.session_state["choose_against"] = against
        against = _chosen(
            "against",
            lambda key: st.selectbox(
                "Against the class",
                range(len(labels)),
                format_func=labels.__getitem__,
                key=key,
            ),
            against,
        )
    return replace(settings, score=kind, against=against)


def _players(engine: Engine, settings: Settings) -> Settings:
    at_input = settings.layer == "input"
    with st.expander("Superpixels", icon=":material/grid_view:", expanded=at_input):
        kind = settings.segmentation
        if at_input:
            kind = _chosen(
                "segmentation",
                lambda key: st.segmented_control(
                    "Players of coalition methods",
                    SEGMENTATIONS,
                    required=True,
                    format_func={"superpixels": "SLIC superpixels", "grid": "Grid"}.__getitem__,
                    key=key,
                ),
                kind,
            )
        else:
            st.caption(
                "At an inner layer the players are its positions, or a grid of about this many "
                "cells where there are more."
            )
        count = _chosen(
            "count",
            lambda key: st.slider(
                "Count", int(BOUNDS["count"][0]), int(BOUNDS["count"][1]), key=key
            ),
            settings.count,
        )
        compactness = settings.compactness
        if at_input and kind == "superpixels":
            compactness = _chosen(
                "compactness",
                lambda key: st.number_input(
                    "Compactness",
                    *BOUNDS["compactness"],
                    step=1.0,
                    key=key,
                    help="Higher values give squarer superpixels.",
                ),
                compactness,
            )
        seed = _chosen(
            "seed",
            lambda key: st.number_input(
                "Seed",
                int(BOUNDS["seed"][0]),
                int(BOUNDS["seed"][1]),
                step=1,
                key=key,
                help="Of everything random: same seed, same map.",
            ),
            settings.seed,
        )
    return replace(
        settings, segmentation=kind, count=count, compactness=compactness, seed=int(seed)
    )


def _method_options(
    settings: Settings, model: Model, page: str, methods: Sequence[str]
) -> Settings:
    options: dict[tuple[str, str], OptionValue] = dict(settings.options)
    if not model.bfloat16 and any(option == BFLOAT16 for _, option in options):
        options = {place: value for place, value in options.items() if place[1] != BFLOAT16}
        complain(
            f"{model.title} is evaluated in float32: bfloat16 is for VGG16's networks, on "
            "processors that compute in it."
        )
    with st.expander("Method options", icon=":material/tune:"):
        described = [METHODS[name] for name in methods if METHODS[name].options]
        if not described:
            st.caption("The chosen methods have no options.")
        for method in described:
            st.markdown(f"**{method.title}**")
            for option in method.options:
                if option.name == BFLOAT16 and (not model.bfloat16 or page in IN_FLOAT32):
                    continue
                place = (method.name, option.name)
                value = _option(method.name, option, options.get(place, option.default))
                if value == option.default:
                    options.pop(place, None)
                else:
                    options[place] = value
    return replace(settings, options=options)


def _option(method: str, option: Option, value: OptionValue) -> OptionValue:
    def draw(key: str) -> Any:
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

    drawn: OptionValue = _chosen(f"{method}.{option.name}", draw, value)
    return drawn


def _display(settings: Settings) -> Settings:
    with st.expander("Display", icon=":material/palette:"):
        scale = _chosen(
            "scale",
            lambda key: st.segmented_control(
                "Colour scale",
                SCALES,
                required=True,
                format_func={"map": "Per map", "method": "Shared by method"}.__getitem__,
                key=key,
                help="A scale shared by all classes of one method lets their maps be compared.",
            ),
            settings.scale,
        )
        clip = _chosen(
            "clip",
            lambda key: st.slider(
                "Clip percentile",
                *BOUNDS["clip"],
                step=0.5,
                key=key,
                help="Colours saturate at this percentile of the values' sizes.",
            ),
            settings.clip,
        )
        view = _chosen(
            "view",
            lambda key: st.segmented_control(
                "Map",
                VIEWS,
                required=True,
                format_func={"overlay": "Over the picture", "plain": "Plain"}.__getitem__,
                key=key,
            ),
            settings.view,
        )
        opacity = _chosen(
            "opacity",
            lambda key: st.slider("Opacity", *BOUNDS["opacity"], step=0.05, key=key),
            settings.opacity,
        )
        smooth = _chosen(
            "smooth",
            lambda key: st.toggle(
                "Interpolate coarse maps",
                key=key,
                help="Off: each position of an inner layer is a block.",
            ),
            settings.smooth,
        )
    return replace(settings, scale=scale, clip=clip, view=view, opacity=opacity, smooth=smooth)
