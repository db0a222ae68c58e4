"""Faithfulness: would removing what a map marks change the answer?"""

from pages.ui.faithfulness.page import choose_view, render_faithfulness
from pages.ui.shell.heading import heading
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
heading("Would removing what it marks change the answer?")
view = choose_view()
if ready(engine(), scene, Needs(classes=view in ("picture", "measures"), methods=True)):
    render_faithfulness(engine(), scene, view)
