"""Randomisation: does the map depend on what was learned?"""

from pages.ui.randomisation.page import render_randomisation
from pages.ui.shell.heading import heading
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
heading(
    "Does the map depend on what was learned?",
    "Parameters are re-initialised: a map that explains what was learned must change. At the "
    "pixels many of the marked positions stay, since the picture's edges show through; at a high "
    "layer they do not (thesis, figures 3.3 and 3.4; Adebayo et al. 2018). The signs change at "
    "both.",
)
if ready(engine(), scene, Needs(prediction=True)):
    render_randomisation(engine(), scene)
