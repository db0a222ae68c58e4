"""The app as its container runs it, behind its proxy, without a container engine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.browser.proxies import SERVING, answer, proxied
from tests.browser.servers import ROOT, Server, free_port, running

pytestmark = pytest.mark.served

PATH = "/attributions"


def steps(instruction: str, of: str = "Dockerfile") -> list[str]:
    """What follows an instruction in a Dockerfile, wherever it occurs."""
    lines = (SERVING / of).read_text("utf-8").replace("\\\n", " ").splitlines()
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{instruction} ")]


def put(source: str, target: str, folder: Path) -> None:
    """A file or folder of the project, copied into a folder."""
    if (ROOT / source).is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / source, folder / target, ignore=ignored)
    else:
        shutil.copy(ROOT / source, folder / target)


@dataclass(frozen=True)
class Container:
    """What the container holds: the app's folder, its home, and what may be written."""

    app: Path
    home: Path
    models: Path
    environment: Mapping[str, str]


@pytest.fixture
def container(tmp_path: Path) -> Container:
    app, home, models = (tmp_path / name for name in ("app", "home", "models"))
    for folder in (app, home, models):
        folder.mkdir()
    for step in steps("COPY"):
        put(*step.split(), app)
    said = dict(part.split("=", 1) for step in steps("ENV") for part in shlex.split(step))
    places = {"/models": str(models), "/tmp/matplotlib": str(tmp_path / "matplotlib")}
    environment = {name: places.get(value, value) for name, value in said.items()}
    outside = {"HOME": str(home), "PYTHONPATH": "", "STREAMLIT_SERVER_BASE_URL_PATH": PATH}
    return Container(app, home, models, {**environment, **outside})


@pytest.fixture
def app(container: Container) -> Iterator[Server]:
    (entry,) = steps("ENTRYPOINT")
    program, *arguments = json.loads(entry)
    assert program == "python"
    port = free_port()
    arguments = [each for each in arguments if not each.startswith("--server.port")]
    with running(
        [sys.executable, *arguments], container.app, container.environment, port, PATH
    ) as server:
        yield server


@pytest.fixture
def proxy(app: Server, tmp_path: Path) -> Iterator[str]:
    """The address of the proxy before the app."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    behind = app.url.removeprefix("http://").removesuffix(PATH)
    with proxied("nginx.conf", {"app:8501": behind}, folder, PATH) as address:
        yield address


def test_a_visitor_comes_through_the_proxy_and_nothing_is_written(
    container: Container, proxy: str, new_page: Callable[..., Page]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(container.app.rglob("*"))}
    # The page fails where anything is written to its console: what the policy forbids is.
    page = new_page(color_scheme="light")
    page.goto(f"{proxy}/?methods=gradient,grad_cam&classes=285&model=efficientnet_lite0")
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(2)
    for name in ("Superpixels", "Faithfulness", "Axioms"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_title(re.compile(f"^{name}"))
        expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page).to_have_url(re.compile(f"{PATH}/axioms"))
    page.close()  # before its server goes

    status, headers = answer(f"{proxy}{PATH}/")
    assert status == 200
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    scripts = re.search("script-src ([^;]*);", policy)
    assert scripts is not None
    assert "unsafe" not in scripts[1]
    assert answer(f"{proxy}{PATH}/_stcore/metrics")[0] == 404
    # Neither addresses nor links are noted.
    visits = (Path(container.app).parent / "proxy" / "visits").read_text("utf-8")
    assert visits
    assert "127.0.0.1" not in visits
    assert "efficientnet" not in visits

    # A file system that may only be read would do, beside the volume of the models.
    after = {path: path.stat().st_mtime_ns for path in sorted(container.app.rglob("*"))}
    assert after == before
    assert list(container.home.rglob("*")) == []


MAPS = "/?methods=gradient,grad_cam&classes=285&model=efficientnet_lite0"


def expect_maps(server: Server, new_page: Callable[..., Page]) -> None:
    """A visitor sees them, and is not asked for a network."""
    page = new_page(color_scheme="light")
    page.goto(server.url + MAPS)
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(2)
    expect(page.get_by_text("Your own picture")).to_be_visible()
    expect(page.get_by_text("Your own model")).to_have_count(0)
    page.close()


def test_a_space_answers(tmp_path: Path, new_page: Callable[..., Page]) -> None:
    file = "huggingface/Dockerfile"
    for step in steps("COPY", file):
        put(*step.split(), tmp_path)
    said = [part.split("=", 1) for step in steps("ENV", file) for part in shlex.split(step)]
    (entry,) = steps("ENTRYPOINT", file)
    _, *arguments = json.loads(entry)
    (front,) = re.findall("app_port: (.*)", (SERVING / "huggingface/README.md").read_text("utf-8"))
    assert f"--server.port={front}" in arguments
    assert steps("EXPOSE", file) == [front]
    arguments = [each for each in arguments if not each.startswith("--server.port")]
    with running([sys.executable, *arguments], tmp_path, dict(said)) as server:
        expect_maps(server, new_page)
        cookie = answer(f"{server.url}/_stcore/health")[1]["set-cookie"]
        assert "SameSite=None; Secure" in cookie


def test_the_secrets_of_community_cloud_are_the_apps_variables(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    for name in (".streamlit", "attribution_core", "assets", "pages", "app.py"):
        put(name, name, tmp_path)
    shutil.copy(SERVING / "community_cloud" / "secrets.toml", tmp_path / ".streamlit")
    with running([sys.executable, "-m", "streamlit", "run", "app.py"], tmp_path, {}) as server:
        expect_maps(server, new_page)
