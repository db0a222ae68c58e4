"""Text from outside the app, in a page's Markdown."""

from __future__ import annotations

import re


def literal(text: str) -> str:
    """The text as it stands, its Markdown escaped.

    A link or a model file can come from anyone: nothing in it may make the browser fetch a picture
    from elsewhere.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
