"""A visitor's own network: brought as a file, tried under each preprocessing, then used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from attribution_core.images import Picture
from attribution_core.models.labels import checked_labels, labels_in
from attribution_core.models.preprocessing import (
    PREPROCESSINGS,
    MeanAndDeviation,
    Preprocessing,
    read_channels,
    title_of,
)
from attribution_core.running.standing import Snapshot
from attribution_core.scores import Link
from pages.ui.shell.choices import decide, forget, start_over
from pages.ui.shell.fragments import draw_fragment
from pages.ui.shell.gallery import gallery, pixels_of
from pages.ui.shell.markdown import literal
from pages.ui.shell.own_model_ends import choose_ends
from pages.ui.shell.own_picture import NOT_HERE
from pages.ui.shell.progress import plain
from pages.ui.shell.refusals import draw_refusal, refuse
from pages.ui.shell.scene import Scene, picture_of
from pages.ui.shell.session import OwnModelTried, session, visitor
from pages.ui.worker.engine import Engine, engine
from pages.ui.worker.housekeeping import LABELS, NETWORKS
from pages.ui.worker.own_model_names import USUAL, Ends, Use, digest_in, name_while_tried
from pages.ui.worker.own_models import OwnModels, labels_for
from pages.ui.worker.tasks import Prediction
from pages.ui.worker.trials import Open, Opened, Trial, TryPreprocessings

_POLL_SECONDS = 0.5
_TOP = 5

_BESIDE = ("astronaut", "castle", "clownfish", "coffee", "dog", "macaw", "viaduct")
"""Pictures of the gallery that stand for what networks are trained on."""

_MOST_LABEL_MEGABYTES = 5
_CHOSEN, _MEAN, _DEVIATION, _OF = "own_model_as", "own_model_mean", "own_model_std", "own_model_of"


def render_own_model(engine: Engine, scene: Scene) -> None:
    """Draw the entry beside the model list; nothing where the operator does not allow it."""
    if not engine.own_models.limits.allowed:
        return
    # Once decided, another one is drawn, which is closed.
    key = f"own_model_{session().decided}"
    with st.popover("Your own model", type="tertiary", key=key, width="content"):
        draw_refusal("model")
        tried = session().own_model
        if tried is None:
            _uploader(engine)
            _held(engine)
        else:
            _try(engine, scene, tried)


def _uploader(engine: Engine) -> None:
    limits = engine.own_models.limits
    key = _uploader_key()
    st.file_uploader(
        "A Keras model",
        type=NETWORKS,
        max_upload_size=max(1, limits.file_bytes // 2**20),
        on_change=_take_model,
        args=(key,),
        key=key,
        help=f"A whole image classifier, at most {limits.file_bytes // 2**20} MB and "
        f"{limits.per_visitor} of them. No code in it is run. It is kept in this server's "
        "memory; during the upload, an unnamed temporary file may hold it.",
    )
    awaited = digest_in(session().awaited.get("model", ""))
    if awaited:
        st.caption(f"The link waits for the file with the SHA-256 {awaited[:12]}….")
    else:
        st.caption("It belongs to this session alone, goes with it, and is in no link.")


def _uploader_key() -> str:
    """Of the next file: each is taken once."""
    return f"own_model_file_{session().brought}"


def _held(engine: Engine) -> None:
    for own in engine.own_models.of(visitor()):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f"{literal(own.file)}: {literal(title_of(own.use.preprocessing))}")
            st.button(
                "Change",
                type="tertiary",
                key=f"change_{own.digest}",
                on_click=_change,
                args=(own.digest,),
                help="Its preprocessing and labels.",
            )
            st.button(
                "Remove",
                type="tertiary",
                key=f"remove_{own.digest}",
                on_click=_remove,
                args=(own.digest,),
            )


def _take_model(widget: str) -> None:
    """Take the file of the upload widget, in its callback, or say why it is refused."""
    file = st.session_state.get(widget)
    if not isinstance(file, UploadedFile):
        if file is not None and widget == _uploader_key():  # not one that was taken already
            refuse("model", NOT_HERE)
        return
    session().brought += 1
    try:
        if file.size > engine().own_models.limits.file_bytes:
            raise ValueError(f"The file {file.name} is too large.")
        _belongings(visitor())
        digest = engine().own_models.bring(visitor(), file.name, file.getvalue())
    except ValueError as error:
        refuse("model", str(error))
    else:
        _begin(OwnModelTried(digest))
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        # It is kept once, not twice.
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def _begin(tried: OwnModelTried) -> None:
    """Try a network, or try it in another way."""
    session().own_model = tried
    st.session_state.pop(_CHOSEN, None)
    engine().jobs.ask(_waiter(), [Open(name_while_tried(tried.digest, tried.ends))])


def _change(digest: str) -> None:
    used = next(
        (own.use for own in engine().own_models.of(visitor()) if own.digest == digest), None
    )
    labels, ends = ((), USUAL) if used is None else (used.labels, used.ends)
    _begin(OwnModelTried(digest, labels, "as before" if labels else "", ends=ends))


def _remove(digest: str) -> None:
    """Give a network back, in a callback; the model list goes back to its first one if need be."""
    scene = session().scene
    if scene is not None and digest_in(scene.settings.model) == digest:
        decide("model", engine().default_model().name)
        _forget_choices()
        # It would keep the network in memory.
        session().scene = None
    engine().own_models.drop(visitor(), digest)


class _Belongings:
    """What a session has brought; given back when the session ends."""

    def __init__(self, models: OwnModels, owner: str) -> None:
        self._models, self._owner = models, owner

    def give_back(self) -> None:
        self._models.drop(self._owner)


@st.cache_resource(scope="session", on_release=_Belongings.give_back, show_spinner=False)
def _belongings(owner: str) -> _Belongings:
    return _Belongings(engine().own_models, owner)


def _waiter() -> str:
    """The name under which this session waits for the trial, beside its page's own tasks."""
    return f"{visitor()} own model"


def _try(engine: Engine, scene: Scene, tried: OwnModelTried) -> None:
    """The network that waits for a decision: its answers under each preprocessing."""
    st.markdown(f"**{literal(engine.own_models.file_name(tried.digest))}**")
    opening = engine.jobs.look(Open(name_while_tried(tried.digest, tried.ends)))
    opened = opening.estimate if isinstance(opening.estimate, Opened) else None
    # Also where it is refused: with another choice it may not be.
    undecided = engine.own_models.undecided(tried.digest) if opened is None else opened.undecided
    choose_ends(undecided, tried.ends, _retry)
    asked = None if opened is None else _asked(scene, tried, opened)
    snapshot: Snapshot[object] = opening
    if asked is not None:
        # Of what the page shows now: another picture is another question.
        engine.jobs.ask(_waiter(), [asked])
        snapshot = engine.jobs.look(asked)
    if opened is not None and asked is not None and isinstance(snapshot.estimate, Trial):
        _decide(tried, opened, snapshot.estimate)
        return
    if snapshot.state in ("failed", "cancelled", "unknown"):
        st.error(
            literal(plain(snapshot.error))
            if snapshot.error is not None
            else "The network is not being read any more; bring its file again."
        )
        st.button("Take another file", on_click=_discard, key="own_model_discard")
        return
    task = asked or Open(name_while_tried(tried.digest, tried.ends))

    def entry() -> None:
        engine.jobs.touch(_waiter())
        if engine.jobs.look(task).state not in ("queued", "running"):
            st.rerun()
        st.caption("Reading the network …" if asked is None else "Asking it about the picture …")

    draw_fragment(entry, run_every=_POLL_SECONDS)
    st.button("Cancel", on_click=_discard, key="own_model_discard")


def _asked(scene: Scene, tried: OwnModelTried, opened: Opened) -> TryPreprocessings:
    known = {entry.id for entry in gallery()}
    own = tried.own_preprocessing
    return TryPreprocessings(
        name_while_tried(tried.digest, tried.ends),
        picture_of(scene.settings, opened.input_size),
        _beside(opened.input_size, tuple(name for name in _BESIDE if name in known)),
        PREPROCESSINGS if own is None else (*PREPROCESSINGS, own),
    )


def _beside(size: tuple[int, int], names: Sequence[str]) -> tuple[Picture, ...]:
    return tuple(pixels_of(name, size) for name in names)


def _decide(tried: OwnModelTried, opened: Opened, found: Trial) -> None:
    labels = tried.labels or labels_for(opened.classes, opened.link)
    kinds = {str(each.preprocessing): each.preprocessing for each in found.tried}
    advised = found.advice.preprocessing
    # Streamlit forgets it while the network is asked anew.
    shown = tried.chosen or ("" if advised is None else str(advised))
    if st.session_state.get(_CHOSEN) is None and shown in kinds:
        st.session_state[_CHOSEN] = shown
    st.radio(
        "Preprocessing: what it answers under each",
        tuple(kinds),
        format_func=lambda kind: literal(title_of(kinds[kind])),
        captions=[_answer(each.logits, labels, opened.link) for each in found.tried],
        index=None,
        key=_CHOSEN,
        on_change=_choose,
    )
    st.caption(literal(found.advice.sentence))
    with st.expander("A mean and deviation of its own", key="own_model_numbers"):
        _numbers()
    st.file_uploader(
        "Names of its classes",
        type=LABELS,
        max_upload_size=_MOST_LABEL_MEGABYTES,
        on_change=_take_labels,
        args=("own_model_labels", opened.classes),
        key="own_model_labels",
        help="Text with a name a line, CSV or JSON, in the order of the network's outputs. "
        "During the upload, an unnamed temporary file may hold it.",
    )
    st.caption(_named(tried, opened.classes))
    with st.container(horizontal=True):
        st.button(
            "Use this model",
            type="primary",
            disabled=st.session_state.get(_CHOSEN) not in kinds,
            on_click=_use,
            args=(tried.digest, kinds, labels, tried.ends),
            key="own_model_use",
        )
        st.button("Discard", on_click=_discard, key="own_model_discard")


def _numbers() -> None:
    st.text_input("Mean of R, G, B", placeholder="0.5, 0.5, 0.5", key=_MEAN, max_chars=100)
    st.text_input("Standard deviation", placeholder="0.25", key=_DEVIATION, max_chars=100)
    st.segmented_control("Of values in", ("0..1", "0..255"), default="0..1", key=_OF, required=True)
    st.button("Try these", on_click=_take_numbers, key="own_model_try")


def _take_numbers() -> None:
    try:
        mean, deviation = (
            read_channels(str(st.session_state.get(key) or "")) for key in (_MEAN, _DEVIATION)
        )
        numbers = MeanAndDeviation(
            mean, deviation, 255 if st.session_state.get(_OF) == "0..255" else 1
        )
    except ValueError as error:
        refuse("model", str(error))
        return
    tried = session().own_model
    if tried is not None:
        st.session_state.pop(_CHOSEN, None)
        session().own_model = replace(tried, own_preprocessing=numbers, chosen=str(numbers))


def _retry(ends: Ends) -> None:
    """Try the network with other ends, of which it may have other classes."""
    tried = session().own_model
    if tried is not None:
        again = replace(tried, ends=ends)
        if ends.link != tried.ends.link:
            again = replace(again, labels=(), labels_file="")
        _begin(again)


def _choose() -> None:
    tried = session().own_model
    if tried is not None:
        session().own_model = replace(tried, chosen=str(st.session_state.get(_CHOSEN) or ""))


def _take_labels(widget: str, classes: int) -> None:
    file, tried = st.session_state.get(widget), session().own_model
    if file is None or tried is None:
        return
    if not isinstance(file, UploadedFile):
        refuse("model", NOT_HERE)
        return
    try:
        labels = checked_labels(labels_in(file.getvalue(), file.name), file.name, classes)
    except ValueError as error:
        refuse("model", str(error))
        return
    session().own_model = replace(tried, labels=labels, labels_file=file.name)


def _use(digest: str, kinds: dict[str, Preprocessing], labels: tuple[str, ...], ends: Ends) -> None:
    """Use the network as chosen, in a callback; a link that waited for it is shown."""
    kind = kinds.get(str(st.session_state.get(_CHOSEN)))
    if kind is None:
        return
    try:
        name = engine().own_models.use(visitor(), digest, Use(kind, labels, ends))
    except ValueError as error:
        refuse("model", str(error))
        return
    awaited, session().awaited = session().awaited, {}
    if digest_in(awaited.get("model", "")) == digest:
        start_over({**awaited, "model": name})
    else:
        decide("model", name)
        _forget_choices()
    _end_trial()


def _forget_choices() -> None:
    """Layer and classes of one network are not those of another."""
    for name in ("layer", "classes", "class_choice", "against"):
        forget(name)


def _discard() -> None:
    tried = session().own_model
    used = {own.digest for own in engine().own_models.of(visitor())}
    if tried is not None and tried.digest not in used:
        engine().own_models.drop(visitor(), tried.digest)
    _end_trial()


def _end_trial() -> None:
    session().own_model = None
    session().decided += 1
    engine().jobs.ask(_waiter(), [])


def _named(tried: OwnModelTried, classes: int) -> str:
    if tried.labels:
        return f"{classes} classes, named {literal(tried.labels_file)}."
    if len(labels_for(classes)) == 1000:
        return "1000 classes: named as ImageNet’s in their usual order, unless you bring names."
    return f"{classes} classes, numbered unless you bring names."


def _answer(logits: np.ndarray, labels: Sequence[str], link: Link) -> str:
    """The most probable classes, in a line of Markdown."""
    if not np.isfinite(logits).all():
        return "no finite scores"
    prediction = Prediction.of(logits, link)
    return ", ".join(
        f"{literal(labels[number][:40])} {prediction.said(number, 0)}"
        for number in prediction.top(_TOP)
    )
