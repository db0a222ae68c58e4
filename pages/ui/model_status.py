"""What the page says of the model: loading, missing, being downloaded."""

from __future__ import annotations

import streamlit as st

from pages.ui.engine import Engine
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor

VGG16 = "vgg16"


def render_model_status(engine: Engine, scene: Scene) -> bool:
    """Say why a model cannot be used and offer VGG16's download; True where work can go on."""
    missing = next((model for model in engine.models() if model.name == VGG16), scene.model)
    if missing.missing:
        _offer_vgg16(engine, scene, missing.missing)
    return not scene.model.missing


def _offer_vgg16(engine: Engine, scene: Scene, reason: str) -> None:
    state = engine.downloads.look(VGG16).state
    busy = state in ("queued", "running")
    if scene.model.missing:
        st.warning(
            f"VGG16 cannot be used: {reason} Download them, or choose another model in the "
            "sidebar.",
            icon=":material/cloud_off:",
        )

    @st.fragment(run_every=0.5 if busy else None)
    def panel() -> None:
        snapshot = engine.downloads.look(VGG16, visitor())
        if snapshot.state in ("queued", "running"):
            engine.downloads.touch(visitor())
            progress = snapshot.estimate
            done = progress.done_bytes if progress else 0
            total = (progress.total_bytes if progress else None) or 553_000_000
            st.progress(
                min(done / total, 1.0),
                text=f"Downloading VGG16's weights: {done / 1e6:.0f} of {total / 1e6:.0f} MB",
            )
            if st.button("Cancel the download", key="cancel_download"):
                engine.downloads.cancel(visitor())
                st.rerun()
            return
        if busy:
            # Drops the timer, and takes VGG16 into the model list.
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center"):
            if not scene.model.missing:
                st.caption(
                    "VGG16's weights are not on this machine, so a built-in model is shown first."
                )
            if snapshot.state == "failed":
                st.caption(f":red[{snapshot.error}]")
            if snapshot.state == "cancelled":
                st.caption("The download was cancelled; it goes on where it stopped.")
            if st.button(
                "Download VGG16 (553 MB)",
                icon=":material/download:",
                key="download_vgg16",
                help="Once, into Keras's own cache folder, checked against its checksum.",
            ):
                if snapshot.state == "unknown":
                    engine.downloads.ask(visitor(), [VGG16])
                else:
                    engine.downloads.retry(visitor(), VGG16)
                st.rerun()

    panel()
