"""Reference points: compared with what?"""

from pages.ui.references.reference_points import render_reference_points
from pages.ui.shell.heading import heading
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
heading(
    "Compared with what?",
    "An attribution explains the difference between the picture and a reference that stands "
    "for “nothing there”. Look along a row: what changes with the reference is as much a "
    "property of the reference as of the picture.",
)
if ready(engine(), scene, Needs()):
    render_reference_points(engine(), scene)
