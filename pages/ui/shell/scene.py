"""The scene that all pages show, made from the visitor's choices before anything is drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from attribution_core.images import Picture
from attribution_core.scores import QUANTITIES, Link, Quantity
from pages.ui.shell.choices import changed, decide, decide_shared, is_shared, share, write_link
from pages.ui.shell.chosen_settings import chosen_settings
from pages.ui.shell.filled_in import (
    scores_of,
    with_classes,
    with_layer,
    with_methods,
    with_options,
    with_rival,
    with_score,
)
from pages.ui.shell.gallery import pixels_of
from pages.ui.shell.navigation import complain
from pages.ui.shell.own_picture import own_pixels
from pages.ui.shell.restart import reports
from pages.ui.shell.session import session, visitor
from pages.ui.shell.settings import UPLOAD, Settings, encode
from pages.ui.worker.engine import Engine
from pages.ui.worker.model_list import Model
from pages.ui.worker.tasks import Predict, Prediction

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


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


def make_scene(engine: Engine, page: str) -> Scene:
    """Make the scene of this run and write its link; ``page`` is the page's name in links."""
    session().page, session().clicked = page, bool(reports())
    chosen = chosen_settings(engine)
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
    settings = with_classes(settings, prediction, labels)
    settings = with_layer(settings, model, classifier, page)
    settings = with_score(settings, model, classifier)
    settings = with_rival(settings, prediction, labels)
    settings = with_options(settings, model)
    settings = with_methods(settings, model, classifier, picture)
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
