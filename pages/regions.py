"""Regions: what speaks where?"""

from pages.ui.regions.page import render_regions
from pages.ui.shell.heading import heading
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
heading(
    "What speaks where?",
    "Each place is named after the class that it speaks for most. A classifier learns the names of "
    "whole pictures: nobody told it where things are.",
)
if ready(engine(), scene, Needs(prediction=True, classes=False)):
    render_regions(engine(), scene)
