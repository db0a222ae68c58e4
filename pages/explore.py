"""Explore: where does the network look, for each class, by each method?"""

from pages.ui.maps.open_saved import render_open_saved
from pages.ui.maps.picture_and_reference import render_picture_and_reference
from pages.ui.maps.pinned import render_maps_and_pin
from pages.ui.motion.player import explore_film, render_film
from pages.ui.shell.heading import heading
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
heading("Where does the network look?")
if ready(
    engine(),
    scene,
    Needs(network=False, methods=True),
    above=render_picture_and_reference,
):
    film = explore_film(scene)
    if film is None:
        render_maps_and_pin(engine(), scene)
    else:
        render_film(engine(), scene, film)
render_open_saved(engine(), scene)
