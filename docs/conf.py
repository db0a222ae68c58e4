"""Sphinx's settings."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

project = "Attribution Explorer"
copyright = "the authors of Attribution Explorer"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "drawn_from_code",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = [
    "networks_table.md",
    "measured_*.md",
    "_build",
    "requirements.txt",
    "serving/huggingface",
]
html_theme = "furo"
html_title = project
html_show_sourcelink = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_use_rtype = False
# What docstrings quote in single backticks is code; it need not be a link.
default_role = "code"
