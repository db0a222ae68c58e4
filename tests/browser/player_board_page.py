"""A small app around the board, with values that the test can compute: see `true_values`."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image
from skimage.segmentation import slic

from pages.ui.components.player_board import PlayerPair, PlayerValues, player_board

GALLERY = Path(__file__).resolve().parents[2] / "assets" / "gallery"
BOARDS = ("50 superpixels", "200 superpixels", "inner layer")
PAIRS = (PlayerPair((3, 21), 0.8, "+0.8"), PlayerPair((7, 0), -0.4, "−0.4"))
TITLES = ("LIME", "KernelSHAP", "Exact <i>Shapley</i>", "Occlusion")


@cache
def picture() -> npt.NDArray[np.uint8]:
    with Image.open(GALLERY / "chelsea.png") as image:
        return np.asarray(image.convert("RGB").resize((224, 224)))


def reference() -> npt.NDArray[np.uint8]:
    return np.full_like(picture(), (0, 128, 255))


@cache
def segments(board: str) -> npt.NDArray[np.int64]:
    if board == "inner layer":
        return np.arange(49).reshape(7, 7)
    labels = slic(picture(), n_segments=int(board.split()[0]), compactness=10, start_label=0)
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int64)


def true_values(players: int, count: int, version: int) -> list[PlayerValues]:
    """Both signs; KernelSHAP and Occlusion without errors, and Occlusion lacks a player."""
    methods = []
    for i, title in enumerate(TITLES[:count]):
        random = np.random.default_rng(100 * version + i)
        values = random.normal(0.02, 0.05, players)
        errors = np.abs(random.normal(size=players)) * 0.01 / (1 + version) if i % 2 == 0 else None
        if i == 3:
            values[5] = np.nan
        methods.append(PlayerValues(title, values, errors))
    return methods


def set_absent(absent: tuple[int, ...]) -> None:
    # Nothing before it: Streamlit ends a callback at its first use of the session where the next
    # click has come meanwhile, and what the callback was to do is lost.
    st.session_state.absent = absent


if __name__ == "__main__":
    st.set_page_config(page_title="Board", layout="wide")
    with st.sidebar:
        board = st.selectbox("Players", BOARDS)
        count = st.number_input("Methods", 0, 4, 3)
        slow = st.toggle("Slow")
        lines = st.toggle("Lines")
        refine = st.button("Refine")
        labels = segments(board)
        players = int(labels.max()) + 1
        # Callbacks: a click on the board may end the run in which a button says it was pressed.
        st.button("All out", on_click=set_absent, args=(tuple(range(players)),))
        st.button("All in", on_click=set_absent, args=((),))
    st.session_state.setdefault("absent", ())
    st.session_state.setdefault("version", 0)
    st.session_state.version += refine
    if slow:
        time.sleep(0.4)  # a network that computes
    changed = player_board(
        picture=picture(),
        reference=None if board == "inner layer" else reference(),
        segments=labels,
        absent=st.session_state.absent,
        methods=true_values(players, count, st.session_state.version),
        pairs=PAIRS if lines else (),
        sort_by=0,
        key="board",
    )
    if changed is not None:
        st.session_state.absent = changed
    if slow:
        time.sleep(0.4)
    st.text(f"absent: {' '.join(map(str, st.session_state.absent))}.")
    st.caption(f"version {st.session_state.version}")
