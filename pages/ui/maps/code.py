"""The maps of a page as Python code and as a command of the shell, to copy."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from attribution_core.known_networks import KNOWN_NETWORKS
from attribution_core.request import Request
from attribution_core.saved_maps.as_code import python_code, shell_commands
from attribution_core.segmentations import counted
from pages.ui.maps.table import MapTable
from pages.ui.shell.gallery import gallery_picture
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import UPLOAD
from pages.ui.worker.tasks import Explain

YOUR_NETWORK, YOUR_PICTURE = "your_network.keras", "your_picture.png"
"""What stands for files whose place only their owner knows."""


def render_code(scene: Scene, table: MapTable) -> None:
    """Draw what can be opened; what is in it is written then."""
    requests = written_requests(scene, table)
    if not requests:
        return
    form = st.expander("As code", icon=":material/code:", key="as_code", on_change="rerun")
    if form.open:
        with form:
            render_both(scene, requests, sum(cell.task is not None for cell in table.cells))


def written_requests(scene: Scene, table: MapTable) -> list[Request]:
    """What code can ask for: maps of the network as it was learned, on the scene's own picture."""
    asked = [cell.task.request for cell in table.cells if isinstance(cell.task, Explain)]
    return [request for request in asked if request.picture == scene.picture]


def render_both(scene: Scene, requests: Sequence[Request], maps: int) -> None:
    """Draw both, and say which of a page's ``maps`` they leave out, and which files stand in them
    for one's own."""
    settings = scene.settings
    known = settings.model in KNOWN_NETWORKS
    file = None if settings.picture == UPLOAD else gallery_picture(settings.picture).file
    model = settings.model if known else YOUR_NETWORK
    if left_out := maps - len(requests):
        st.caption(
            f"Without {counted(left_out, 'map')} of this page: the code explains the network as it "
            "was learned, and the picture of the sidebar."
        )
    st.markdown("**In Python**")
    st.code(
        python_code(
            requests,
            classifier=f'load_classifier("{model}")',
            picture=f'"{YOUR_PICTURE}"' if file is None else f'ASSETS / "gallery" / "{file}"',
            labels=dict(enumerate(scene.labels)),
        ),
        language="python",
    )
    st.markdown("**In a terminal**")
    picture = YOUR_PICTURE if file is None else f"assets/gallery/{file}"
    if commands := shell_commands(requests, model=model, picture=picture):
        st.code(commands, language="bash")
    else:
        st.caption("The command line has no argument for these superpixels; Python has.")
    if not known:
        st.caption(
            f"Put your network’s file in the place of `{YOUR_NETWORK}`, with the labels, "
            "preprocessing, size and outputs that you gave here."
        )
    if file is None:
        st.caption(f"Put your picture’s file in the place of `{YOUR_PICTURE}`.")
