"""Downloading VGG16's weights, offered in a quiet line below the model list."""

from __future__ import annotations

import streamlit as st

from pages.ui.shell.fragments import draw_fragment
from pages.ui.shell.markdown import literal
from pages.ui.shell.session import session
from pages.ui.worker.engine import NOT_HERE, Engine, Model

VGG16 = "vgg16"
WEIGHTS_BYTES = 553_000_000

_POLL_SECONDS = 0.5


def render_model_download(engine: Engine, chosen: Model, me: str) -> None:
    """Below the model list: the offer where VGG16 is missing, and one's own download.

    It is one quiet line unless VGG16 is chosen.

    Parameters
    ----------
    engine
    chosen : Model
        The entry that is chosen in the list.
    me : str
        The visitor's name.
    """
    wanted = chosen.name == VGG16 and bool(chosen.missing)
    mine = session().asked_for_vgg16
    offered = NOT_HERE in (model.missing for model in engine.models() if model.name == VGG16)
    if not wanted and not mine and not offered:
        return
    busy = mine and _under_way(engine, me)

    def entry() -> None:
        engine.downloads.touch(me)
        if busy != (mine and _under_way(engine, me)):
            # Stops the timer, and updates the model list.
            st.rerun()
        if busy:
            _draw_progress(engine, me)
        elif wanted:
            _draw_offer(engine, chosen, me, mine=mine)
        elif mine and engine.downloads.look(VGG16, me).state == "failed":
            st.caption(":red[VGG16 could not be downloaded.] Choose it above to see why.")
        elif offered:
            _draw_button(engine, me, "VGG16: download", quiet=True)

    draw_fragment(entry, run_every=_POLL_SECONDS if busy else None)


def _under_way(engine: Engine, me: str) -> bool:
    return engine.downloads.look(VGG16, me).state in ("queued", "running")


def _draw_progress(engine: Engine, me: str) -> None:
    progress = engine.downloads.look(VGG16, me).estimate
    done = progress.done_bytes if progress else 0
    total = (progress.total_bytes if progress else None) or WEIGHTS_BYTES
    st.progress(
        min(done / total, 1.0),
        text=f"Downloading VGG16's weights: {done / 1e6:.0f} of {total / 1e6:.0f} MB",
    )
    st.button(
        "Cancel the download",
        key="cancel_download",
        on_click=engine.downloads.cancel,
        args=(me,),
    )


def _draw_offer(engine: Engine, chosen: Model, me: str, *, mine: bool) -> None:
    st.caption(literal(chosen.missing))
    snapshot = engine.downloads.look(VGG16, me)
    if mine and snapshot.state == "failed":
        st.caption(f":red[{literal(str(snapshot.error))}]")
    if mine and snapshot.state == "cancelled":
        st.caption("The download was cancelled; it goes on where it stopped.")
    _draw_button(engine, me, "Download VGG16", quiet=False)


def _draw_button(engine: Engine, me: str, label: str, *, quiet: bool) -> None:
    if st.button(
        f"{label} ({WEIGHTS_BYTES / 1e6:.0f} MB)",
        type="tertiary" if quiet else "secondary",
        icon=":material/download:",
        key="download_vgg16",
        help="Once, into Keras's own cache folder, checked against its checksum.",
    ):
        session().asked_for_vgg16 = True
        engine.downloads.ask(me, [VGG16])
        # After a failure, or a cancel of one's own.
        engine.downloads.retry(me, VGG16)
        st.rerun()
