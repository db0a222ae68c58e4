"""The scene that all pages show, made from the visitor's choices before anything is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from attribution_core.images import INPUT, Picture
from attribution_core.methods.options import BFLOAT16
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS, Request, evaluations_of, request_or_reason
from attribution_core.scores import FINER, QUANTITIES, Link, Quantity
from pages.ui.shell.choices import (
    changed,
    decide,
    decide_shared,
    follow_link,
    held,
    is_shared,
    note_shown,
    notice,
    parameters_of_screen,
    share,
    shared,
    widget_key,
    write_link,
)
from pages.ui.shell.gallery import gallery, gallery_picture, pixels_of
from pages.ui.shell.navigation import came_by_history, complain
from pages.ui.shell.own_choices import not_understood
from pages.ui.shell.own_model_links import of_models_here, wait_for_file
from pages.ui.shell.own_picture import own_pixels
from pages.ui.shell.restart import of_key, reports
from pages.ui.shell.rival import proposed_rival
from pages.ui.shell.session import session, visitor
from pages.ui.shell.settings import (
    EXACT,
    MOST_USUAL_EVALUATIONS,
    SAMPLED,
    SCORES,
    UPLOAD,
    Settings,
    decode,
    encode,
    segmentation_for,
    text_of,
)
from pages.ui.worker.engine import WITHOUT_IMAGENET, Engine, Model
from pages.ui.worker.own_model_names import is_own
from pages.ui.worker.tasks import Predict, Prediction

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

AT_THE_PIXELS = "superpixels"
"""The page that opens at the pixels, where its parts are parts of the picture."""

AT_THE_LAST_LAYER = "regions"
"""The page that opens at the last layer, from which many networks are linear."""


@dataclass(frozen=True)
class Scene:
    """The model, the picture and the settings that a page shows.

    Attributes
    ----------
    settings : Settings
        With the classes, the layer and the class contrasted with filled in.
    model : Model
    classifier : Classifier or None
        None while the model is being loaded.
    picture : Picture
    prediction : Prediction or None
        Of the picture; None until the worker has it.
    classes : tuple of int
        The target classes; empty while they wait for the prediction.
    labels : tuple of str
        Of the model's classes, no two alike; empty while a model file is being loaded.
    """

    settings: Settings
    model: Model
    picture: Picture
    prediction: Prediction | None
    classes: tuple[int, ...]
    labels: tuple[str, ...]
    classifier: Classifier | None = None

    @property
    def link(self) -> Link:
        """From the model's logits to probabilities; most models', while one is being loaded."""
        return "softmax" if self.classifier is None else self.classifier.link

    @property
    def quantity(self) -> Quantity:
        """What the model has of each class; as the settings say, while one is being loaded."""
        if self.classifier is not None:
            return self.classifier.quantity
        return next((each for each in QUANTITIES if each == self.settings.score), "logit")

    @property
    def scores(self) -> tuple[str, ...]:
        """Kinds of score that the model has: one output has no rival, numbers no probability."""
        return scores_of(self.quantity, self.link, len(self.labels))


def scores_of(quantity: Quantity, link: Link, classes: int) -> tuple[str, ...]:
    """Kinds of score of a model, of what it has of each class and its link to probabilities."""
    has = {
        quantity: True,
        "probability": link != "none",
        "contrast": classes != 1,
        FINER: classes != 1,
    }
    return tuple(kind for kind in SCORES if has.get(kind))


def make_scene(engine: Engine, page: str) -> Scene:
    """Make the scene of this run and write its link; ``page`` is the page's name in links."""
    session().page, session().clicked = page, bool(reports())
    chosen = _chosen_settings(engine)
    scene = scene_of(engine, chosen, visitor(), page)
    session().scene = scene
    usual = scene.settings.methods if chosen.methods == Settings().methods else Settings().methods
    share(encode(_as_chosen(scene.settings, chosen), replace(Settings(), methods=usual)))
    write_link()
    return scene


def _as_chosen(shown: Settings, chosen: Settings) -> Settings:
    """What is shown, without what was filled in for this page and picture alone.

    A proposed rival changes with the picture, and the layer at which the superpixels open is not
    that of the other pages.
    """
    rival = shown.against if shown.against == chosen.against else None
    return replace(shown, layer=shown.layer if chosen.layer else "", against=rival)


def scene_of(engine: Engine, settings: Settings, me: str, page: str = "") -> Scene:
    """The scene of settings as they were chosen, for a visitor of that name, on a page."""
    model = engine.model(settings.model, me)
    classifier = engine.loaded(model.name)
    picture = picture_of(
        settings, model.input_size if classifier is None else classifier.input_size
    )
    found = engine.jobs.look(Predict(model.name, picture), me).estimate
    prediction = found if isinstance(found, Prediction) else None
    labels = told_apart(engine.labels(model.name))
    settings = _with_classes(settings, prediction, labels)
    settings = _with_layer(settings, model, classifier, page)
    settings = _with_score(settings, model, classifier)
    settings = _with_rival(settings, prediction, labels)
    settings = _with_options(settings, model)
    settings = _with_methods(settings, model, classifier, picture)
    classes = settings.classes if labels else ()
    return Scene(settings, model, picture, prediction, classes, labels, classifier)


@lru_cache(maxsize=16)
def told_apart(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Labels, with the class's number where several classes have one label.

    A list in the browser knows its options by their titles alone.
    """
    repeated = Counter(labels)
    return tuple(
        f"{label} (class {number})" if repeated[label] > 1 else label
        for number, label in enumerate(labels)
    )


def current_scene() -> Scene:
    """The scene of this run, for a page's script."""
    scene = session().scene
    if scene is None:
        raise RuntimeError("A page was drawn before app.py made its scene.")
    return scene


def _chosen_settings(engine: Engine) -> Settings:
    """The settings the visitor chose; those of the link at the start of a session, and where the
    browser's Back or Forward led to it."""
    usual = Settings(model=engine.default_model().name)
    models = engine.names(visitor())
    pictures = (*(entry.id for entry in gallery()), UPLOAD)
    if not session().started or came_by_history():
        begins, session().started = not session().started, True
        if begins:
            session().choices.reported = reports()
            session().resumed = bool(session().choices.reported)
        session().absent.clear()  # who is taken out stands in the link too
        given = st.query_params.to_dict()
        asked, asked_for = of_models_here(engine, follow_link(given))
        settings, complaints = decode(asked, usual, models, pictures)
        if asked_for:
            wait_for_file(given)
            complaints += (asked_for,)
        if unknown := not_understood(given):
            complaints += (unknown,)
        if settings.picture == UPLOAD and session().own_picture is None:
            settings = replace(settings, picture=Settings().picture)
            complaints += ("An uploaded picture cannot travel in a link: upload it again.",)
        for complaint in complaints if begins else ():
            complain(complaint)
        return settings
    note_shown()
    _notice_widgets()
    choices = session().choices
    if choices.reported:  # picks made since, in widgets that are still to be drawn
        now = reports()
        choices.reported = {each: now.get(each, said) for each, said in choices.reported.items()}
    asked, asked_for = of_models_here(engine, shared())
    if asked_for:
        wait_for_file(parameters_of_screen())
        complain(asked_for)
    # Choices made on a page are among its options: there is nothing to complain about.
    return decode(asked, usual, models, pictures)[0]


def take_up_clicks() -> None:
    """Run again where the browser has reported clicks from the time of a server's restart."""
    resumed, session().resumed = session().resumed, False
    if resumed and any(is_shared(name) and changed(name) for name in session().choices.handed):
        st.rerun()


def adopt(settings: Settings, own_picture: bytes | None = None) -> None:
    """Replace all settings from a callback: every control shows them from the next run on.

    ``own_picture`` is a picture file, for settings whose picture is the visitor's own.
    """
    decide_shared(encode(settings, Settings()))
    if own_picture is not None:
        session().own_picture = own_picture


def choose_classes(classes: tuple[int, ...]) -> None:
    """Set the target classes, from a callback."""
    decide("class_choice", "own")
    decide("classes", classes)


def choose_methods(methods: tuple[str, ...]) -> None:
    """Set the methods, from a callback."""
    decide("methods", methods)


def _notice_widgets() -> None:
    """Make what the visitor changed in the sidebar the choices."""
    choices = session().choices
    for name in [name for name in choices.handed if is_shared(name) and changed(name)]:
        said = held(name)
        if name == "classes" and set(said) == set(_handed_classes()):
            # The browser reports its selection again when the prediction reorders the list.
            continue
        notice(name)
        if name == "classes":
            choices.chosen["class_choice"] = "own"
        if name == "class_choice":
            # What a list shows that is still to be drawn after a restart is older.
            past = of_key(widget_key("classes"), choices.reported)
            choices.reported = {
                each: said for each, said in choices.reported.items() if each not in past
            }
        if name == "class_choice" and said == "own" and session().scene is not None:
            # One's own classes begin with those that are shown.
            choices.chosen["classes"] = text_of(current_scene().classes)
        if name == "model":
            # The layers of one network are not those of another.
            choices.chosen.pop("layer", None)


def _handed_classes() -> Sequence[int]:
    handed = session().choices.handed.get("classes")
    return handed if isinstance(handed, list) else ()


def picture_of(settings: Settings, size: tuple[int, int]) -> Picture:
    """The picture that is chosen, at a network's input size."""
    if settings.picture == UPLOAD and session().own_picture is not None:
        try:
            return own_pixels(size)
        except ValueError as error:
            # It could be read at another network's size, beside less other work.
            complain(str(error))
            session().own_picture = None
    return pixels_of(settings.picture, size)


def suggested_classes(settings: Settings, prediction: Prediction | None) -> tuple[int, ...]:
    """The classes to start with: those the picture was made for, else the two most probable."""
    if settings.class_choice == "top5":
        return prediction.top(5) if prediction is not None else ()
    imagenet = settings.model not in WITHOUT_IMAGENET and not is_own(settings.model)
    if settings.picture != UPLOAD and imagenet:
        made_for = gallery_picture(settings.picture).classes
        if made_for:
            return made_for
    return prediction.top(2) if prediction is not None else ()


def _with_classes(
    settings: Settings, prediction: Prediction | None, labels: Sequence[str]
) -> Settings:
    if not labels:
        return settings
    classes = settings.classes
    if settings.class_choice != "own":
        classes = suggested_classes(settings, prediction)
    return replace(settings, classes=tuple(each for each in classes if _exists(each, labels)))


def _exists(number: int, labels: Sequence[str]) -> bool:
    """Whether the model has a class; if not, tell the visitor."""
    if number >= len(labels):
        complain(f"There is no class {number}: the model's go from 0 to {len(labels) - 1}.")
    return number < len(labels)


def _with_layer(
    settings: Settings, model: Model, classifier: Classifier | None, page: str
) -> Settings:
    """The layer, and a reference that exists at this layer."""
    layer = settings.layer or model.default_layer
    if page == AT_THE_PIXELS and not settings.layer and settings.reference != ZEROS:
        layer = INPUT
    at_the_last = page == AT_THE_LAST_LAYER and not settings.layer
    if at_the_last:
        layer = "" if classifier is None else classifier.layers[-1]
    if classifier is not None:
        usual = model.default_layer or classifier.layers[-1]
        layer = layer or usual
        if layer not in classifier.layers:
            complain(f"{model.title} cannot be cut at a layer “{layer}”; {usual} is shown.")
            layer = usual
    reference = settings.reference
    if layer == INPUT and reference == ZEROS:
        complain("The pixels have no reference “zeros”; black, which is zero there, is shown.")
        reference = REFERENCE_KINDS[0]
    return replace(settings, layer=layer, reference=reference)


def _with_score(settings: Settings, model: Model, classifier: Classifier | None) -> Settings:
    """The score, where the model has it."""
    if classifier is None:
        return settings
    quantity = classifier.quantity
    if settings.score in scores_of(quantity, classifier.link, classifier.classes):
        return settings
    if settings.score in QUANTITIES:
        # What the one is of another network: nobody has chosen between them.
        return replace(settings, score=quantity)
    if settings.score == "probability":
        complain(f"{model.title} gives numbers and no probabilities; its outputs are explained.")
    else:
        complain(f"{model.title} has one output, and no other to contrast it with.")
    return replace(settings, score=quantity)


def _with_rival(
    settings: Settings, prediction: Prediction | None, labels: Sequence[str]
) -> Settings:
    """The class to contrast with, a strong rival unless one was chosen."""
    against = settings.against
    if settings.score != "contrast" or prediction is None:
        return settings
    if against is None or not _exists(against, labels):
        against = proposed_rival(prediction, settings.classes, labels)
        against = prediction.top(1)[0] if against is None else against
    return replace(settings, against=against)


def _with_methods(
    settings: Settings, model: Model, classifier: Classifier | None, picture: Picture
) -> Settings:
    """The usual methods, with KernelSHAP where exact Shapley values cannot be had."""
    if settings.methods != Settings().methods:
        return settings
    if classifier is None:
        exact = model.local and settings.layer == model.default_layer
    else:
        asked = request_or_reason(
            classifier,
            picture=picture,
            method=EXACT,
            target=0,
            layer=settings.layer,
            reference=settings.reference,
            score="probability" if settings.score == "probability" else None,
            segmentation=segmentation_for(settings),
        )
        exact = (
            isinstance(asked, Request)
            and evaluations_of(classifier, asked) <= MOST_USUAL_EVALUATIONS
        )
    if exact:
        return settings
    sampled = tuple(SAMPLED if each == EXACT else each for each in settings.methods)
    return replace(settings, methods=sampled)


def _with_options(settings: Settings, model: Model) -> Settings:
    """Without options at their defaults, and without bfloat16 where it is no faster."""
    options = {
        (method, name): value
        for (method, name), value in settings.options.items()
        if value != METHODS[method].option_named(name).default
    }
    rounded = [option for option in options if option[1] == BFLOAT16]
    if rounded and not model.bfloat16:
        complain(
            f"{model.title} is evaluated in float32: bfloat16 is for VGG16's networks, on "
            "processors that compute in it."
        )
        options = {option: value for option, value in options.items() if option not in rounded}
    return replace(settings, options=options)
