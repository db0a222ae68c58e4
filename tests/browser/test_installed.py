"""The project as ``pip install`` leaves it: built without git, in an environment of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.browser.servers import ROOT, running

pytestmark = pytest.mark.installed

LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis")


def run(*command: object, folder: Path) -> str:
    """Run a command in a folder; what it writes on standard output."""
    # Nothing of the checkout may be found by way of the environment.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Built:
    """The project's files without its history, and what was built of them."""

    source: Path
    sdist: Path
    wheel: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    source = shutil.copytree(ROOT, folder / "source", ignore=LEFT_BEHIND)
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", source, folder=folder)
    (sdist,), (wheel,) = ((folder / "dist").glob(kind) for kind in ("*.tar.gz", "*.whl"))
    return Built(source, sdist, wheel)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands' folder of a fresh environment."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder, folder=folder)
    return folder / "bin"


@pytest.fixture(scope="module", params=["wheel", "editable"])
def commands(request: pytest.FixtureRequest, environment: Path, built: Built) -> Path:
    """The commands' folder after an installation of one kind."""
    what = [built.wheel] if request.param == "wheel" else ["-e", built.source]
    pins = ["--constraint", ROOT / "requirements.txt"]
    pip = [environment / "python", "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", *pins, *what, folder=environment)
    return environment


def test_the_sdist_is_the_whole_project(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {PurePosixPath(name).parts[1] for name in archive.getnames() if "/" in name}
    assert names >= {"README.md", "LICENSE", "Makefile", "requirements.txt", "pyproject.toml"}
    assert names >= {"app.py", "pages", "attribution_core", "tests", "assets"}


def test_the_wheel_has_two_packages_and_all_they_need(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = {PurePosixPath(name) for name in archive.namelist()}
    tops = {name.parts[0] for name in names if not name.parts[0].endswith(".dist-info")}
    assert tops == {"attribution_core", "attribution_explorer"}
    assets = PurePosixPath("attribution_explorer", "assets")
    there = {str(name.relative_to(assets.parent)) for name in names if assets in name.parents}
    wanted = {
        str(path.relative_to(built.source))
        for path in (built.source / "assets").rglob("*")
        # What made the weights and the gallery is of no use without the project's history.
        if path.is_file() and path.suffix != ".py"
    }
    assert there == wanted
    for package, folder in (("attribution_core", "."), ("pages", "attribution_explorer")):
        modules = {
            path.relative_to(built.source) for path in (built.source / package).rglob("*.py")
        }
        modules -= {Path("pages/ui/serve.py")}
        assert {PurePosixPath(folder) / module for module in modules} <= names
    assert any(name.name == "LICENSE.efficientnet_lite0.txt" for name in names)


def test_the_command_line_explains_a_picture(commands: Path, built: Built, tmp_path: Path) -> None:
    attributions = commands / "attributions"
    assert run(attributions, "--help", folder=tmp_path).startswith("usage: attributions ")
    picture = built.source / "assets" / "gallery" / "coffee.png"
    asked = ["--model", "efficientnet_lite0", "--method", "grad_cam", "--layer", "top_relu"]
    run(attributions, "explain", picture, *asked, "--out", "maps", folder=tmp_path)
    (map_,) = (tmp_path / "maps").glob("*.png")
    with Image.open(map_) as image:
        assert image.size == (224, 224)
    assert "espresso" in describe(commands, tmp_path)


def describe(commands: Path, folder: Path) -> str:
    """What the installed core calls class 967."""
    code = (
        "from attribution_core.models.labels import imagenet_labels; print(imagenet_labels()[967])"
    )
    return run(commands / "python", "-c", code, folder=folder)


def test_the_app_is_served_from_any_folder(
    commands: Path, tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    explorer = commands / "attribution-explorer"
    assert "--server.port" in run(explorer, "--help", folder=tmp_path)
    # Another project's pages in the folder are not taken for the app's.
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "__init__.py").write_text("raise ImportError('of another project')")
    with running([str(explorer)], tmp_path, {}) as server:
        page = new_page(color_scheme="light")
        page.goto(f"{server.url}/?methods=gradient&classes=285&model=efficientnet_lite0")
        expect(page.locator(".heatmap-grid .map.done")).to_have_count(1)
        expect(
            page.get_by_role("img", name=re.compile("^Gradient for Egyptian cat"))
        ).to_be_visible()
        # The project's own settings hold, here the background of its light theme.
        app = page.get_by_test_id("stApp")
        expect(app).to_have_css("background-color", "rgb(253, 252, 251)")
        page.close()  # before its server goes
