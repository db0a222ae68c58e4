"""Where the weights, labels and pictures are that come with the project."""

from __future__ import annotations

from pathlib import Path


def assets_beside(package: Path) -> Path:
    """Return the folder of assets that belongs to a copy of the core.

    A wheel keeps the app and all that it shows in one package, ``attribution_explorer``, since a
    folder called ``assets`` in site-packages could be anybody's. In a checkout, installed as
    editable or not at all, ``assets`` lies beside the core.

    Parameters
    ----------
    package : pathlib.Path
        The folder of ``attribution_core``.

    Returns
    -------
    pathlib.Path
        Beside it lie ``app.py`` and ``pages``.
    """
    installed = package.parent / "attribution_explorer" / "assets"
    return installed if installed.is_dir() else package.parent / "assets"


ASSETS = assets_beside(Path(__file__).resolve().parent)
"""The assets of this copy of the core."""
