"""The settings that a visitor has chosen, by the link and in the sidebar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from pages.ui.shell.choices import (
    changed,
    follow_link,
    held,
    is_shared,
    note_shown,
    notice,
    parameters_of_screen,
    shared,
    widget_key,
)
from pages.ui.shell.gallery import gallery
from pages.ui.shell.navigation import came_by_history, complain
from pages.ui.shell.own_choices import not_understood
from pages.ui.shell.own_model_links import of_models_here, wait_for_file
from pages.ui.shell.restart import of_key, reports
from pages.ui.shell.session import session, visitor
from pages.ui.shell.settings import UPLOAD, Settings, decode, text_of
from pages.ui.worker.engine import Engine


def chosen_settings(engine: Engine) -> Settings:
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
        if begins and complaints:
            complain(*complaints)
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


def _notice_widgets() -> None:
    """Make what the visitor changed in the sidebar the choices."""
    choices, shown = session().choices, session().scene
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
        if name == "class_choice" and said == "own" and shown is not None:
            # One's own classes begin with those that are shown.
            choices.chosen["classes"] = text_of(shown.classes)
        if name == "model":
            # The layers of one network are not those of another.
            choices.chosen.pop("layer", None)


def _handed_classes() -> Sequence[int]:
    handed = session().choices.handed.get("classes")
    return handed if isinstance(handed, list) else ()
