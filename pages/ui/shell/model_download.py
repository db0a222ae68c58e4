"""Downloading weights of Keras Applications, offered in a quiet line below the model list."""

from __future__ import annotations

import streamlit as st

from attribution_core.known_networks import KERAS_APPLICATIONS, KerasApplication
from pages.ui.shell.fragments import draw_fragment
from pages.ui.shell.markdown import literal
from pages.ui.shell.session import session
from pages.ui.worker.engine import Engine
from pages.ui.worker.model_list import NOT_HERE, Model, facts_of

VGG16 = KERAS_APPLICATIONS["vgg16"]

UNDER_WAY = ("queued", "running")
_POLL_SECONDS = 0.5


def render_model_download(engine: Engine, chosen: Model, me: str) -> None:
    """Below the model list: the offer of the network that is chosen, and one's own download.

    It is one quiet line unless a network is chosen that is not here.

    Parameters
    ----------
    engine
    chosen : Model
        The entry that is chosen in the list.
    me : str
        The visitor's name.
    """
    wanted = chosen.application if chosen.missing else None
    mine = _asked()
    offered = engine.model(VGG16.name).missing == NOT_HERE
    if wanted is None and mine is None and not offered:
        return
    busy = _under_way(engine, mine, me)

    def entry() -> None:
        engine.downloads.touch(me)
        if mine is not _asked() or busy != _under_way(engine, mine, me):
            # Starts or stops the timer, and updates the model list.
            st.rerun()
        if busy and mine is not None:
            _draw_progress(engine, mine, me)
        if wanted is not None and not (busy and wanted is mine):
            _draw_offer(engine, chosen, wanted, me, busy_with=mine if busy else None)
        elif not busy and mine is not None and _state(engine, mine, me) == "failed":
            st.caption(f":red[{mine.title} could not be downloaded.] Choose it above to see why.")
        elif not busy and offered and wanted is None:
            _draw_button(engine, VGG16, me, "VGG16: download", quiet=True)

    draw_fragment(entry, run_every=_POLL_SECONDS if busy else None)


def takes_lines(engine: Engine, chosen: Model, me: str) -> bool:
    """Whether there is more to show than fits beside another entry."""
    mine = _asked()
    wanted = chosen.application is not None and bool(chosen.missing)
    return wanted or (mine is not None and _state(engine, mine, me) in (*UNDER_WAY, "failed"))


def _asked() -> KerasApplication | None:
    return KERAS_APPLICATIONS.get(session().asked_to_download)


def _state(engine: Engine, network: KerasApplication, me: str) -> str:
    return engine.downloads.look(network.name, me).state


def _under_way(engine: Engine, network: KerasApplication | None, me: str) -> bool:
    return network is not None and _state(engine, network, me) in UNDER_WAY


def _draw_progress(engine: Engine, network: KerasApplication, me: str) -> None:
    progress = engine.downloads.look(network.name, me).estimate
    done = progress.done_bytes if progress else 0
    total = (progress.total_bytes if progress else None) or network.parameters * 4
    st.progress(
        min(done / total, 1.0),
        text=f"Downloading {network.title}'s weights: {done / 1e6:.0f} of {total / 1e6:.0f} MB",
    )
    st.button(
        "Cancel the download",
        key="cancel_download",
        on_click=engine.downloads.cancel,
        args=(me,),
    )


def _draw_offer(
    engine: Engine,
    chosen: Model,
    network: KerasApplication,
    me: str,
    *,
    busy_with: KerasApplication | None,
) -> None:
    st.caption(literal(f"{chosen.missing} {facts_of(network)}; {network.paper}."))
    if chosen.missing != NOT_HERE:
        return
    snapshot = engine.downloads.look(network.name, me)
    mine = session().asked_to_download == network.name
    if mine and snapshot.state == "failed":
        st.caption(f":red[{literal(str(snapshot.error))}]")
    if mine and snapshot.state == "cancelled":
        st.caption("The download was cancelled; it goes on where it stopped.")
    if busy_with is not None:
        st.caption(f"It can be downloaded when {busy_with.title} is here.")
        return
    _draw_button(engine, network, me, f"Download {network.title}", quiet=False)


def _draw_button(
    engine: Engine, network: KerasApplication, me: str, label: str, *, quiet: bool
) -> None:
    st.button(
        f"{label} ({network.megabytes} MB)",
        type="tertiary" if quiet else "secondary",
        icon=":material/download:",
        key=f"download_{network.name}",
        help="Once, into Keras's own cache folder, and checked there.",
        on_click=_download,
        args=(engine, network, me),
    )


def _download(engine: Engine, network: KerasApplication, me: str) -> None:
    session().asked_to_download = network.name
    engine.downloads.ask(me, [network.name])
    # After a failure, or a cancel of one's own.
    engine.downloads.retry(me, network.name)
