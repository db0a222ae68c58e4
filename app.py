"""Attribution Explorer: where an image classifier looks, for each class, by every method."""

import streamlit as st

from attribution_core.assets import ASSETS
from pages.ui.components.address import watch_address
from pages.ui.operator.operations import operations
from pages.ui.operator.page import render_operator
from pages.ui.shell.following import follow_the_class, render_following
from pages.ui.shell.restart import ask_anew_after_a_restart
from pages.ui.shell.scene import make_scene, take_up_clicks
from pages.ui.shell.sidebar import render_sidebar
from pages.ui.shell.wire import check_what_browsers_send
from pages.ui.stage.strip import render_strip, set_the_stage
from pages.ui.stories.telling import open_story, render_story
from pages.ui.worker.engine import engine

st.set_page_config(
    page_title="Attribution Explorer",
    page_icon=str(ASSETS / "icon.png"),
    layout="wide",
    initial_sidebar_state=320,
)
st.html(ASSETS / "app.css")
explore = st.Page(
    "pages/explore.py",
    title="Explore",
    icon=":material/grid_on:",
    url_path="maps",  # never seen: the default page has no name in the address bar
    default=True,
)
# Unless it is asked for, nobody finds it; it is in no menu.
operator = st.Page(render_operator, title="Operator", url_path="operator", visibility="hidden")
page = st.navigation(
    [
        explore,
        *([operator] if operations().access.offered else []),
        st.Page(
            # Where somebody writes the page's name all the same.
            lambda: st.switch_page(explore, query_params=st.query_params.to_dict()),
            title="Explore",
            url_path="explore",
            visibility="hidden",
        ),
        st.Page("pages/methods.py", title="Methods", icon=":material/apps:"),
        st.Page("pages/regions.py", title="Regions", icon=":material/map:"),
        st.Page("pages/superpixels.py", title="Superpixels", icon=":material/extension:"),
        st.Page("pages/layers.py", title="Layers", icon=":material/layers:"),
        st.Page("pages/references.py", title="References", icon=":material/compare:"),
        st.Page("pages/randomisation.py", title="Randomisation", icon=":material/shuffle:"),
        st.Page("pages/faithfulness.py", title="Faithfulness", icon=":material/content_cut:"),
        st.Page("pages/axioms.py", title="Axioms", icon=":material/rule:"),
        st.Page("pages/stories.py", title="Stories", icon=":material/auto_stories:"),
    ],
    position="top",
)
if page.url_path == "explore":
    page.run()
st.set_page_config(page_title=f"{page.title} · Attribution Explorer")
if page.url_path == "operator":
    page.run()
    st.stop()
check_what_browsers_send()
watch_address()
with engine().page_runs.one():
    follow_the_class(page.url_path)
    open_story(engine(), page.url_path)
    scene = make_scene(engine(), page.url_path)
    set_the_stage()
    render_sidebar(engine(), scene)
    take_up_clicks()
    render_following()
    render_story(engine(), page.url_path)
    page.run()
    render_strip(scene)
ask_anew_after_a_restart()
