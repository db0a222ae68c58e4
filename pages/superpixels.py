"""Superpixels: what if this part were not there?"""

from pages.ui.shell.heading import heading
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.superpixels.game_by_hand import render_game
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
heading(
    "What if this part were not there?",
    "Click on a part to take it out. The bars show how each class changes, and what each method "
    "predicted.",
)
if ready(engine(), scene, Needs()):
    render_game(engine(), scene)
