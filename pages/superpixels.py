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
    "Click on a part of the picture to remove it: it takes the reference's values. The bars "
    "show how that changes each class, and the change that each method predicted.",
)
if ready(engine(), scene, Needs()):
    render_game(engine(), scene)
