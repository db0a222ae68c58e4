"""Methods: which method answers which question, and what does each show of this picture?"""

from pages.ui.methods.page import opened_method, render_methods
from pages.ui.shell.heading import heading
from pages.ui.shell.markdown import literal
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
opened = opened_method()
if opened is None:
    heading(
        "Which method answers which question?",
        "Every method on one picture. Below each map: what it took here, what it promises, and its "
        "correlation r with the map of another class, near 1 where the map hardly depends on the "
        "class. A click on a name opens its page.",
    )
else:
    heading(literal(opened.title), literal(opened.summary))
if ready(engine(), scene, Needs(prediction=True)):
    render_methods(engine(), scene, opened)
