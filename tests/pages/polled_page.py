"""A page that waits for files in the folder ``POLLED_FOLDER``; run by a server of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

from attribution_core.images import Picture
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings
from pages.ui.worker.engine import Engine
from pages.ui.worker.model_list import Model
from tests.pages.waiting_tasks import WaitForFiles

MODEL = Model("tiny", "Tiny")


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    made = Engine({})
    # The task asks nothing of it.
    made._classifiers[MODEL.name] = cast("Classifier", object())
    return made


def draw(snapshots: Snapshots, finished: bool) -> None:
    st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
    estimate = snapshots[task].estimate
    st.markdown(f"drawn {st.session_state['drawn']} times: {estimate}, finished {finished}")


task = WaitForFiles(MODEL.name, Path(os.environ["POLLED_FOLDER"]))
picture = Picture.of(np.zeros((16, 16, 3), np.float32))
scene = Scene(Settings(model=MODEL.name), MODEL, picture, None, (), ())
with engine().page_runs.one():
    follow(engine(), scene, [], {task: "the files"}, draw, caption="All is done.")
