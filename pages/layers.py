"""Layers: where in the network does it become class-specific?"""

from pages.ui.layers.page import render_layers
from pages.ui.shell.heading import heading
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
heading(
    "Where in the network does it become class-specific?",
    "One method at layer after layer, from the pixels on the left to the top on the right. "
    "Look down a column: do the maps differ between classes? The curve below measures it: "
    "near 1, the maps of two classes are the same (thesis, figure 3.1).",
)
if ready(engine(), scene, Needs(prediction=True)):
    render_layers(engine(), scene)
