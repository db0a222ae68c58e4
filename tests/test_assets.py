"""Where the assets are found, in a checkout and beside an installed core."""

from __future__ import annotations

from pathlib import Path

from attribution_core.assets import ASSETS, assets_beside

ROOT = Path(__file__).resolve().parents[1]


def test_in_a_checkout_they_lie_beside_the_core() -> None:
    assert ASSETS == ROOT / "assets"
    assert (ASSETS.parent / "app.py").is_file()


def test_installed_they_lie_in_the_apps_package(tmp_path: Path) -> None:
    """Whatever else calls itself assets in site-packages."""
    package, own, foreign = (
        tmp_path / name for name in ("attribution_core", "attribution_explorer/assets", "assets")
    )
    foreign.mkdir()
    assert assets_beside(package) == foreign
    own.mkdir(parents=True)
    assert assets_beside(package) == own
