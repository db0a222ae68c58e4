"""A page that waits for work which ends when a file appears; run by a server of its own.

``POLLED_FOLDER`` names the folder: ``estimate`` in it lets the first step end, ``end`` the second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    from attribution_core.classifier import Classifier

from attribution_core.images import Picture
from pages.ui.engine import Engine, Model
from pages.ui.progress import WorkSnapshot, follow
from pages.ui.settings import Settings
from pages.ui.sidebar import Scene
from pages.ui.work import Work

MODEL = Model("tiny", "Tiny")


@dataclass(frozen=True)
class WaitForFiles:
    """Two steps, each as long as its file is missing."""

    at_once: ClassVar[bool] = True

    model: str
    folder: Path

    def steps(self, classifier: Any) -> Iterator[str]:
        for name in ("estimate", "end"):
            while not (self.folder / name).exists():
                time.sleep(0.01)
            yield name

    def multiplications(self, classifier: Any) -> float:
        return 0.0


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    made = Engine({})
    # The work asks nothing of it.
    made._classifiers[MODEL.name] = cast("Classifier", object())
    return made


def draw(snapshots: Mapping[Work, WorkSnapshot], finished: bool) -> None:
    st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
    estimate = snapshots[work].estimate
    st.markdown(f"drawn {st.session_state['drawn']} times: {estimate}, finished {finished}")


work = WaitForFiles(MODEL.name, Path(os.environ["POLLED_FOLDER"]))
picture = Picture.of(np.zeros((16, 16, 3), np.float32))
scene = Scene(Settings(model=MODEL.name), MODEL, picture, None, (), ())
with engine().page_runs.one():
    follow(engine(), scene, [], {work: "the files"}, draw, caption="All is done.")
